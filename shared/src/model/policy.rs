//! The policy: what is judged, what is answered, how much, and in which mode.

use super::{AccountId, AuthPolicies, Calendar, Recipients, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whether anything is done. The stricter of the org's mode and a rule's mode wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Records what it would have done.
    #[default]
    Observe,
    /// Acts, within the plan, the approval and the budget.
    Enforce,
}

impl Mode {
    /// The name in the API, the tables and the policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

/// What can be done about a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Tell whoever answers for it. Changes nothing in Atlassian.
    Notify,
    /// Tell them again.
    Remind,
    /// Open an issue in the policy's project of Jira. Changes no credential.
    Ticket,
    /// Revoke the one credential. Cannot be undone.
    Revoke,
    /// Revoke all tokens of a service account. Cannot be undone.
    RevokeAll,
    /// Suspend an account in its directories: its access ends, its tokens stay.
    Suspend,
    /// Undo a suspension that was made from here.
    Restore,
    /// Move an account to the authentication policy that blocks API tokens.
    Block,
    /// Move an account to the authentication policy that allows them.
    Allow,
    /// Undo a block that was made from here: back to the policy from before.
    Release,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Notify,
        Self::Remind,
        Self::Ticket,
        Self::Revoke,
        Self::RevokeAll,
        Self::Suspend,
        Self::Restore,
        Self::Block,
        Self::Allow,
        Self::Release,
    ];

    /// The name in the API, the tables and the policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Remind => "remind",
            Self::Ticket => "ticket",
            Self::Revoke => "revoke",
            Self::RevokeAll => "revoke_all",
            Self::Suspend => "suspend",
            Self::Restore => "restore",
            Self::Block => "block",
            Self::Allow => "allow",
            Self::Release => "release",
        }
    }

    /// What it hits.
    pub fn scope(self) -> Scope {
        match self {
            Self::Notify | Self::Remind | Self::Ticket | Self::Revoke => Scope::Credential,
            Self::RevokeAll | Self::Suspend | Self::Restore | Self::Block | Self::Allow | Self::Release => Scope::Owner,
        }
    }

    /// Whether credentials stop working by it, so that none of them may be exempt or in use.
    pub fn ends_use(self) -> bool {
        match self {
            Self::Revoke | Self::RevokeAll | Self::Suspend | Self::Block => true,
            Self::Notify | Self::Remind | Self::Ticket | Self::Restore | Self::Allow | Self::Release => false,
        }
    }

    /// Whether it brings back what was before an action from here.
    pub fn undoes(self) -> bool {
        match self {
            Self::Restore | Self::Release => true,
            Self::Notify
            | Self::Remind
            | Self::Ticket
            | Self::Revoke
            | Self::RevokeAll
            | Self::Suspend
            | Self::Block
            | Self::Allow => false,
        }
    }

    /// Whether it only tells people something.
    pub fn only_tells(self) -> bool {
        match self {
            Self::Notify | Self::Remind | Self::Ticket => true,
            Self::Revoke
            | Self::RevokeAll
            | Self::Suspend
            | Self::Restore
            | Self::Block
            | Self::Allow
            | Self::Release => false,
        }
    }
}

/// Who must agree before an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// A person must.
    #[default]
    Required,
    /// The policy waives it; protected people's credentials need one all the same.
    Waived,
    /// Two persons must.
    TwoPersons,
}

impl Approval {
    /// How many persons must agree.
    pub fn persons(self) -> usize {
        match self {
            Self::Waived => 0,
            Self::Required => 1,
            Self::TwoPersons => 2,
        }
    }

    /// The name in the API, the tables and the policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Waived => "waived",
            Self::TwoPersons => "two_persons",
        }
    }
}

/// How the policy answers a rule's findings: a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// One after the other; what changes something in Atlassian stands last.
    pub steps: Vec<Step>,
    /// Who must agree to what changes something; nobody has to agree to a message.
    #[serde(default)]
    pub approval: Approval,
}

/// A step of a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    #[serde(rename = "do")]
    pub action: ActionKind,
    /// So many days after the plan was made (0 to 365), and not on a day on which nobody works. Has no default.
    pub after_days: u32,
}

/// What the policy says of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// Whether the rule judges at all.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// The rule's own mode; the org's applies where it is stricter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The rule's parameters, checked by the rule itself.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// What follows from a finding; nothing where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond: Option<Response>,
}

fn enabled() -> bool {
    true
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self { enabled: true, mode: None, parameters: serde_json::Map::new(), respond: None }
    }
}

/// How many actions a rolling window allows. Both bounds hold at once; zero means zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// At most so many actions in a window (0 to 1,000).
    pub max_actions: u32,
    /// At most so many percent of the credentials that the last complete report lists (0 to 100).
    pub max_share_percent: f64,
    /// The length of the window, in hours (1 to 720).
    pub window_hours: u32,
}

/// A policy, as a file or a request gives it and as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The org's mode.
    #[serde(default)]
    pub mode: Mode,
    /// Accounts that are never acted on without a person's approval. Must not be empty in enforce.
    #[serde(default)]
    pub protected: BTreeSet<AccountId>,
    /// The budget.
    pub limits: Limits,
    /// How long a plan waits for an approval after it is due, in days, before it expires (1 to 365).
    #[serde(default = "approval_days")]
    pub approval_valid_days: u32,
    /// For how many days whoever answers for a credential may keep it by the link in his mail (0 to 365; 0: not at all).
    #[serde(default = "keep_days")]
    pub keep_days: u32,
    /// Used within so many days before the plan is "in use": nothing of its owner is ended as a whole (1 to 365).
    #[serde(default = "in_use_days")]
    pub in_use_days: u32,
    /// Where people are moved; without it nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_policies: Option<AuthPolicies>,
    /// Who is told; without it nobody is.
    #[serde(default, skip_serializing_if = "Recipients::is_absent")]
    pub recipients: Recipients,
    /// The working days on which steps fall due.
    #[serde(default)]
    pub calendar: Calendar,
    /// The rules; a rule that is not named here judges with its defaults and is answered by nothing.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleSettings>,
}

fn in_use_days() -> u32 {
    30
}

fn approval_days() -> u32 {
    30
}

fn keep_days() -> u32 {
    90
}

/// A policy as it is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// 1, 2, 3, …
    pub version: u64,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Hex SHA-256 of the policy's canonical JSON.
    pub digest: String,
    /// What it says.
    pub policy: Policy,
}
