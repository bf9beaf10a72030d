//! What people decide: approve, reject, ask for an action, put the stop on and off, set the policy.
//!
//! Each is one transaction: the changed thing, a decision that wakes remediation, and a ledger entry that holds ids only.

use crate::{
    decide::{announce, ledger::evidence_digest},
    error::{Error, Result},
    model::{
        Action, ActionId, ActionState, Agreement, Decision, DecisionKind, LedgerKind, LedgerRecord, OrgId, Stop,
        Timestamp, Versioned,
    },
    ports::{CaseChange, CaseStore, Written},
};

mod answer;
mod policy;
mod request;

pub use answer::{keep, not_needed};
pub use policy::{Put, confirm_policy, looser, put_policy, submit_policy};
pub use request::{Asked, Request, actions_of, policy_in_force, request};

/// How often a decision is tried again when others change the same item.
pub(super) const TRIES: u32 = 5;

/// Who decides, when and why.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// The principal's subject.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// Why; kept with the decision, not in the ledger.
    pub reason: &'a str,
}

/// What a vote on a plan came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voted {
    /// It counts; the action as it is now.
    Counted(Box<Action>),
    /// The plan is no longer the one that was voted on; the action with its new plan.
    PlanChanged(Box<Action>),
}

/// Agrees to the plan with this hash. The same yes again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] for one's own request, [`Error::Conflict`] where the state forbids it.
pub async fn approve<S: CaseStore>(
    store: &S,
    org: &OrgId,
    id: &ActionId,
    plan_hash: &str,
    who: Decider<'_>,
) -> Result<Voted> {
    vote(store, org, id, plan_hash, who, Vote::Yes).await
}

/// Refuses the plan with this hash, which ends the action. The same no again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] where the state forbids it.
pub async fn reject<S: CaseStore>(
    store: &S,
    org: &OrgId,
    id: &ActionId,
    plan_hash: &str,
    who: Decider<'_>,
) -> Result<Voted> {
    vote(store, org, id, plan_hash, who, Vote::No).await
}

#[derive(Clone, Copy)]
enum Vote {
    Yes,
    No,
}

impl Vote {
    fn sentence(self) -> &'static str {
        match self {
            Self::Yes => "a person agreed to the plan",
            Self::No => "a person refused the plan",
        }
    }
}

async fn vote<S: CaseStore>(
    store: &S,
    org: &OrgId,
    id: &ActionId,
    plan_hash: &str,
    who: Decider<'_>,
    vote: Vote,
) -> Result<Voted> {
    for _ in 0..TRIES {
        let found = store.action(org, id).await?.ok_or_else(|| Error::NotFound(format!("action {id}")))?;
        if found.value.plan_hash != plan_hash {
            return Ok(Voted::PlanChanged(Box::new(found.value)));
        }
        let Some((next, kind, entry)) = counted(&found.value, who, vote)? else {
            return Ok(Voted::Counted(Box::new(found.value)));
        };
        let questions = store.policy(org).await?.and_then(|version| version.policy.recipients.questions);
        let change = CaseChange {
            messages: announce::ended(org, &next, questions.as_deref(), who.at),
            decision: Some(decision(kind, Some(id), id.as_str(), who)),
            record: Some(about(&next, entry, vote.sentence(), who)),
            action: Some(Versioned { version: found.version, value: next.clone() }),
            ..CaseChange::default()
        };
        if store.apply(org, &change).await? == Written::Stored {
            return Ok(Voted::Counted(Box::new(next)));
        }
    }
    Err(Error::Contended(format!("action {id}")))
}

type Counted = Option<(Action, DecisionKind, LedgerKind)>;

fn counted(action: &Action, who: Decider<'_>, vote: Vote) -> Result<Counted> {
    match vote {
        Vote::Yes => Ok(agreed(action, who)?.map(|next| (next, DecisionKind::Approved, LedgerKind::ActionApproved))),
        Vote::No => Ok(refused(action, who)?.map(|next| (next, DecisionKind::Rejected, LedgerKind::ActionRejected))),
    }
}

/// The action with an agreement; `None` if it has one already.
fn agreed(action: &Action, who: Decider<'_>) -> Result<Option<Action>> {
    if action.requested_by.as_deref() == Some(who.by) {
        return Err(Error::Forbidden("you asked for this action yourself; somebody else must approve it".into()));
    }
    match action.state {
        ActionState::Planned | ActionState::Waiting if action.plan.withheld.is_none() => {}
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld => {
            return Err(Error::Conflict(withheld(action)));
        }
        ActionState::Claimed
        | ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => return Err(Error::Conflict(too_late(action, "approved"))),
    }
    if action.plan.is_unread() {
        return Err(Error::Conflict(unread(action)));
    }
    if action.plan.action.only_tells() {
        return Err(Error::Conflict("the action only tells people something; nobody has to agree to it".to_owned()));
    }
    if action.agreed.iter().any(|agreed| agreed.by == who.by) || (action.is_agreed() && !action.agreed.is_empty()) {
        return Ok(None);
    }
    if action.plan.expires_at <= who.at {
        return Err(Error::Conflict(format!(
            "nobody approved this plan before {}; it has expired",
            action.plan.expires_at
        )));
    }
    let agreement = Agreement { by: who.by.to_owned(), at: who.at, reason: who.reason.to_owned() };
    let agreed = action.agreed.iter().cloned().chain([agreement]).collect();
    // The decision makes it looked at now in any case.
    let wake_at = Some(who.at.max(action.plan.due_at));
    Ok(Some(Action { agreed, wake_at, ..action.clone() }))
}

/// The action, ended by a person; `None` if it was so already.
fn refused(action: &Action, who: Decider<'_>) -> Result<Option<Action>> {
    match action.state {
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld => {}
        ActionState::Rejected => return Ok(None),
        ActionState::Claimed
        | ActionState::Done
        | ActionState::Cancelled
        | ActionState::Expired
        | ActionState::Failed => return Err(Error::Conflict(too_late(action, "rejected"))),
    }
    let reason = Some(format!("rejected by {}: {}", who.by, who.reason));
    Ok(Some(Action { state: ActionState::Rejected, reason, changed_at: who.at, wake_at: None, ..action.clone() }))
}

fn unread(action: &Action) -> String {
    let why = action.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!(
        "what the action hits is still being read from Atlassian{why}, so there is nothing to agree to yet: wait until \
         the plan was read (`plan_state` is `ready`), then look at it and approve its `plan_hash`"
    )
}

fn withheld(action: &Action) -> String {
    let why = action.plan.withheld.as_deref().or(action.reason.as_deref()).unwrap_or("the mode holds it back");
    format!("the action is withheld and cannot be approved: {why}")
}

fn too_late(action: &Action, verb: &str) -> String {
    let why = action.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("the action is {}{why}; it can no longer be {verb}", action.state.as_str())
}

/// What the kill switch is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Nothing is done from now on.
    Stop,
    /// Actions go on.
    Resume,
}

/// Puts the kill switch on or off; where it stands so already, nothing changes. Returns it as it is then.
///
/// # Errors
/// [`Error::Contended`] if the budget keeps moving.
pub async fn set_stop<S: CaseStore>(store: &S, org: &OrgId, switch: Switch, who: Decider<'_>) -> Result<Option<Stop>> {
    let (kind, entry, detail) = match switch {
        Switch::Stop => (DecisionKind::Stopped, LedgerKind::Stopped, "the kill switch was put on"),
        Switch::Resume => (DecisionKind::Resumed, LedgerKind::Resumed, "the kill switch was released"),
    };
    for _ in 0..TRIES {
        let mut budget = store.budget(org).await?;
        if budget.value.stopped.is_some() == (switch == Switch::Stop) {
            return Ok(budget.value.stopped);
        }
        budget.value.stopped = (switch == Switch::Stop).then(|| stop(who));
        budget.value.restored_at = budget.value.restored_at.filter(|_| switch == Switch::Stop);
        let stopped = budget.value.stopped.clone();
        let change = CaseChange {
            budget: Some(budget),
            decision: Some(decision(kind, None, "stop", who)),
            record: Some(record(entry, detail, who)),
            ..CaseChange::default()
        };
        if store.apply(org, &change).await? == Written::Stored {
            return Ok(stopped);
        }
    }
    Err(Error::Contended("the kill switch".into()))
}

fn stop(who: Decider<'_>) -> Stop {
    Stop { by: who.by.to_owned(), at: who.at, reason: who.reason.to_owned() }
}

pub(super) fn decision(kind: DecisionKind, action: Option<&ActionId>, subject: &str, who: Decider<'_>) -> Decision {
    let id = Decision::id_of(kind, subject, who.by, who.at);
    Decision { id, kind, action: action.cloned(), by: who.by.into(), at: who.at, reason: who.reason.into() }
}

pub(super) fn about(action: &Action, kind: LedgerKind, detail: &str, who: Decider<'_>) -> LedgerRecord {
    LedgerRecord {
        action: Some(action.id.clone()),
        credential: Some(action.plan.target.credential.clone()),
        plan_hash: Some(action.plan_hash.clone()),
        policy_version: Some(action.plan.policy_version),
        evidence_digest: Some(evidence_digest(&action.plan.evidence)),
        ..record(kind, detail, who)
    }
}

pub(super) fn record(kind: LedgerKind, detail: &str, who: Decider<'_>) -> LedgerRecord {
    LedgerRecord {
        at: who.at,
        kind,
        principal: who.by.to_owned(),
        action: None,
        credential: None,
        plan_hash: None,
        policy_version: None,
        detail: detail.to_owned(),
        evidence_digest: None,
        answer: None,
    }
}
