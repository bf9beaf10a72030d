//! Actions: the plan as data, its states, and the decisions of people.

use super::{
    AccountId, ActionId, ActionKind, Approval, CredentialRef, FindingId, Hit, LastUsedSource, Means, MessageId,
    ReportId, TaskId, Timestamp, short_hash,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an action hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The one credential that was judged.
    Credential,
    /// Everything of the account that answers for it.
    Owner,
}

/// The credential as it was when the plan was made; it must still be so when the action is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Kind and id.
    pub credential: CredentialRef,
    /// Its label.
    pub label: String,
    /// Whose it is; the API that acts needs the account.
    pub owner: Option<AccountId>,
    /// The owner's name, for people.
    pub owner_name: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// What the judgement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The report that judged.
    pub report: ReportId,
    /// When it judged.
    pub judged_at: Timestamp,
    /// The last use known then. Any later use cancels the action.
    pub last_used_at: Option<Timestamp>,
    /// From where that date came.
    pub last_used_source: LastUsedSource,
    /// How many uses our events held then.
    pub uses_seen: u64,
}

/// A message of a ladder, before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// What.
    pub action: ActionKind,
    /// Not before this.
    pub due_at: Timestamp,
}

/// What would happen, to what and why: everything that a person needs before agreeing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What: the last step.
    pub action: ActionKind,
    /// What is done before it, in this order: messages.
    pub before: Vec<PlannedStep>,
    /// To one credential, or to everything of an owner.
    pub scope: Scope,
    /// To which.
    pub target: Target,
    /// The rule that asks for it; `None` where a person asked.
    pub rule: Option<String>,
    /// Why, as a sentence.
    pub why: String,
    /// What it rests on.
    pub evidence: Evidence,
    /// What it means for people, one sentence each.
    pub effects: Vec<String>,
    /// Whether it can be undone.
    pub reversible: bool,
    /// The version of the policy that it follows.
    pub policy_version: u64,
    /// Whether a person must agree.
    pub approval: Approval,
    /// Why a person must agree although the policy waives it.
    pub protected: Option<String>,
    /// Not before this.
    pub due_at: Timestamp,
    /// Not after this, unless a person agreed by then.
    pub expires_at: Timestamp,
    /// Why nothing is done although the rule asks for it.
    pub withheld: Option<String>,
    /// Every credential that it hits; empty where it hits the target alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    /// What it works with; `None` until that was read, and where it hits the target alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Means>,
}

impl Plan {
    /// Whether what it hits and works with is still to be read from Atlassian; nobody can agree to it before.
    pub fn is_unread(&self) -> bool {
        self.state() == PlanState::Reading
    }

    /// Whether there is something in it to agree to.
    pub fn state(&self) -> PlanState {
        match (&self.withheld, self.scope, &self.means) {
            (Some(_), ..) => PlanState::Withheld,
            (None, Scope::Owner, None) => PlanState::Reading,
            (None, Scope::Credential, _) | (None, Scope::Owner, Some(_)) => PlanState::Ready,
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { credential, label, owner_name, .. } = &self.target;
        let owner = owner_name.as_deref().unwrap_or("an unknown owner");
        match self.scope {
            Scope::Credential => writeln!(f, "{} '{label}' ({credential}) of {owner}", self.action.as_str())?,
            Scope::Owner => writeln!(f, "{} {owner}, with all credentials of the account", self.action.as_str())?,
        }
        writeln!(f, "  why: {}", self.why)?;
        self.effects.iter().try_for_each(|effect| writeln!(f, "  note: {effect}"))?;
        let day = |at: Timestamp| at.format("%Y-%m-%d %H:%M UTC");
        self.hits.iter().try_for_each(|hit| writeln!(f, "  hits: '{}' ({})", hit.label, hit.credential))?;
        self.before.iter().try_for_each(|step| writeln!(f, "  {}: {}", step.action.as_str(), day(step.due_at)))?;
        match (&self.withheld, self.is_unread()) {
            (Some(reason), _) => write!(f, "  withheld: {reason}"),
            (None, true) => write!(f, "  being read from Atlassian: nobody can agree to it yet"),
            (None, false) => write!(f, "  not before {}", day(self.due_at)),
        }
    }
}

/// Whether there is something in a plan to agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanState {
    /// What it hits is still being read from Atlassian: nobody can agree to it before.
    Reading,
    /// It is whole.
    Ready,
    /// It is held back, and says why.
    Withheld,
}

impl PlanState {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Ready => "ready",
            Self::Withheld => "withheld",
        }
    }
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Just planned.
    Planned,
    /// Waits for the approval, the grace period, the log or the budget.
    Waiting,
    /// The mode holds it back. It never becomes due; a change of policy plans it anew.
    Withheld,
    /// The intent is stored; the call may have been made.
    Claimed,
    /// Done, and seen to be done.
    Done,
    /// Ended without effect, for a reason that the facts gave.
    Cancelled,
    /// Ended by a person.
    Rejected,
    /// Nobody agreed in time.
    Expired,
    /// Tried, and given up.
    Failed,
}

impl Action {
    /// Whether as many persons agreed as the plan asks for.
    pub fn is_agreed(&self) -> bool {
        self.agreed.len() >= self.plan.approval.persons()
    }
}

impl ActionState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Planned,
        Self::Waiting,
        Self::Withheld,
        Self::Claimed,
        Self::Done,
        Self::Cancelled,
        Self::Rejected,
        Self::Expired,
        Self::Failed,
    ];

    /// The name in the API and the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Waiting => "waiting",
            Self::Withheld => "withheld",
            Self::Claimed => "claimed",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen to it.
    pub fn is_final(self) -> bool {
        match self {
            Self::Planned | Self::Waiting | Self::Withheld | Self::Claimed => false,
            Self::Done | Self::Cancelled | Self::Rejected | Self::Expired | Self::Failed => true,
        }
    }
}

/// A person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A message of a plan that was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Which message.
    pub message: MessageId,
}

/// The stored intent to call Atlassian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// When the intent was stored.
    pub at: Timestamp,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The task that Atlassian began for it; stored right after the answer that named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
}

/// An action, from its plan to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// hash(org, credential, action, case generation).
    pub id: ActionId,
    /// The finding that it answers; `None` where a person asked.
    pub finding: Option<FindingId>,
    /// The generation of the finding that it answers; 0 where a person asked.
    pub finding_generation: u32,
    /// The generation of the case: 1 for the credential's first action of this kind, one more for each that follows.
    pub generation: u32,
    /// Who asked for it; `None` where the policy did.
    pub requested_by: Option<String>,
    /// Where it stands.
    pub state: ActionState,
    /// What would happen, and why.
    pub plan: Plan,
    /// Hex SHA-256 of the plan's canonical JSON; an approval names it.
    pub plan_hash: String,
    /// When the plan was made.
    pub planned_at: Timestamp,
    /// Who agreed to this plan: no person twice.
    pub agreed: Vec<Agreement>,
    /// The messages of this plan that were handed over to be sent, in the order of the steps.
    pub told: Vec<Told>,
    /// Whoever answers for the credential said that it is not needed.
    #[serde(default)]
    pub not_needed: Option<Agreement>,
    /// The stored intent, once there is one.
    pub claim: Option<Claim>,
    /// Why it stands where it stands, for people.
    pub reason: Option<String>,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// When to look at it again; `None` once it is final or waits for a person alone.
    pub wake_at: Option<Timestamp>,
}

/// What a person (or the policy's author) decided, from which something must follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Unique: hash of (what, action or version, time).
    pub id: String,
    /// What was decided.
    pub kind: DecisionKind,
    /// The action that it is about.
    pub action: Option<ActionId>,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why; stays out of the ledger, because people write names.
    pub reason: String,
}

impl Decision {
    /// The id of what somebody decided about something at a moment.
    pub fn id_of(kind: DecisionKind, subject: &str, by: &str, at: Timestamp) -> String {
        short_hash(&[&format!("{kind:?}"), subject, by, &at.to_rfc3339()])
    }
}

/// The kinds of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// An action was approved.
    Approved,
    /// An action was rejected.
    Rejected,
    /// A person asked for an action.
    Requested,
    /// A new policy is in force: every open case is planned anew.
    PolicyChanged,
    /// The kill switch was put on.
    Stopped,
    /// The kill switch was released.
    Resumed,
    /// An exemption was granted: what it covers is cancelled.
    Exempted,
    /// Whoever answers for a credential said that it is not needed.
    Answered,
}
