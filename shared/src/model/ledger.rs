//! The budget that all actions share, and the ledger that records them.

use super::{ActionId, CredentialRef, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rolling-window budget and the kill switch of one org: one item, so that one conditional write checks both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Which actions took a place, and when.
    pub holds: BTreeMap<String, Timestamp>,
    /// The kill switch, when it is on.
    pub stopped: Option<Stop>,
    /// When it was found in a table that was restored from a backup; until the kill switch is released.
    #[serde(default)]
    pub restored_at: Option<Timestamp>,
    /// Whether it was read from the table that it was written to.
    #[serde(skip)]
    pub home: Home,
}

/// Whether something was read from the table that it was written to. A table that is restored from a backup has another
/// name (Amazon DynamoDB Developer Guide, "Point-in-time recovery": a restore makes a new table).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Home {
    /// It was.
    #[default]
    Here,
    /// Nobody wrote it yet, or a release that did not say where.
    Unmarked,
    /// It was written to the table of this name.
    Elsewhere(String),
}

impl Budget {
    /// Why nothing may be done: the kill switch is on, or this is a copy that nobody has looked at.
    pub fn halt(&self, now: Timestamp) -> Option<Stop> {
        let copied = match &self.home {
            Home::Here | Home::Unmarked => None,
            Home::Elsewhere(table) => Some(Stop::restored(table, now)),
        };
        self.stopped.clone().or(copied)
    }
}

impl Stop {
    /// The kill switch that nobody put on: the table is a copy of another one.
    pub fn restored(table: &str, at: Timestamp) -> Self {
        let reason = format!(
            "this table was restored from a backup of {table}: what was done after the backup is not in it; take a \
             report, look at the plan, then release the kill switch"
        );
        Self { by: "tokenwarden".to_owned(), at, reason }
    }
}

/// The kill switch, put on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Who put it on.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// What a ledger entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    /// A policy came into force.
    PolicySet,
    /// A policy was proposed that needs a second person.
    PolicyProposed,
    /// A person asked for an action.
    ActionRequested,
    /// A person agreed to a plan.
    ActionApproved,
    /// A person refused a plan.
    ActionRejected,
    /// A message to whoever answers for a credential, or a ticket about it, was handed over to be sent; the detail is the
    /// step.
    OwnerTold,
    /// Whoever answers for a credential said that it is not needed.
    OwnerAnswered,
    /// The intent to act was stored and the budget taken.
    ActionClaimed,
    /// The effect was seen.
    ActionDone,
    /// The action ended without effect.
    ActionCancelled,
    /// Nobody agreed in time.
    ActionExpired,
    /// The action was given up.
    ActionFailed,
    /// The kill switch was put on.
    Stopped,
    /// The kill switch was released.
    Resumed,
    /// What is known of credentials was entered or removed by hand.
    RegisterChanged,
    /// An exemption was granted.
    ExemptionGranted,
    /// An exemption was ended before its day.
    ExemptionEnded,
    /// The org was added to those governed.
    OrgAdded,
    /// The org was paused.
    OrgPaused,
    /// The org is governed again.
    OrgContinued,
    /// The org's name or the sections out of its scope were changed.
    OrgChanged,
    /// The org was removed from those governed.
    OrgRemoved,
    /// A campaign was begun.
    CampaignStarted,
    /// Somebody said that what no API does was done by hand.
    CampaignClicked,
    /// A campaign was ended.
    CampaignEnded,
    /// An external account was given a seat in the Test policy.
    SeatTaken,
    /// An external account's seat in the Test policy was freed.
    SeatFreed,
    /// Somebody asked that an account be erased.
    ErasureAsked,
    /// An account was erased.
    ErasureDone,
}

/// What Atlassian answered to the call that an entry is about: a fixed word, nothing of the answer itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerAnswer {
    /// The credential was revoked by this call.
    Revoked,
    /// The credential was not there (any more).
    AlreadyGone,
    /// The owner's account is not known or not managed.
    AccountUnknown,
    /// The call was refused for good.
    Refused,
    /// We were asked to wait.
    RateLimited,
    /// No answer came, or it was lost with the process that waited for it.
    Unclear,
    /// What was ordered for the account was done, at once or by a task that ended well.
    Done,
    /// The task that Atlassian began failed for the account.
    TaskFailed,
}

/// What is to be recorded; the chain adds the rest. Holds ids, no names and no addresses.
///
/// The hash of an entry is over this record as JSON in the order of these fields. So a field that is added later stands
/// last and is left out where it is `None`: what was written before it keeps its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRecord {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: LedgerKind,
    /// Who: a principal's subject, or `policy`.
    pub principal: String,
    /// The action.
    pub action: Option<ActionId>,
    /// The credential.
    pub credential: Option<CredentialRef>,
    /// The plan that was followed.
    pub plan_hash: Option<String>,
    /// The policy that was followed.
    pub policy_version: Option<u64>,
    /// A fixed sentence, without names.
    pub detail: String,
    /// Hex SHA-256 of the evidence on which the plan rests; `None` where there is no action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_digest: Option<String>,
    /// What Atlassian answered; `None` where nothing was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<LedgerAnswer>,
}

/// An entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// 1, 2, 3, …
    pub seq: u64,
    /// The hash of the entry before; 64 zeros for the first.
    pub previous_hash: String,
    /// Hex SHA-256 of (org, seq, previous hash, canonical JSON of the record).
    pub hash: String,
    /// What it records.
    #[serde(flatten)]
    pub record: LedgerRecord,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// The newest entry's number; 0 where there is none.
    pub seq: u64,
    /// Its hash; 64 zeros where there is none.
    pub hash: String,
}

impl Default for LedgerHead {
    fn default() -> Self {
        Self { seq: 0, hash: "0".repeat(64) }
    }
}
