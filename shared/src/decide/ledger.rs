//! The hash chain: an entry cannot be changed, removed or put elsewhere without every hash after it changing.

use super::case::{Call, Facts, Seen, failed_for};
use crate::model::{
    Action, ActionState, Evidence, LedgerAnswer, LedgerEntry, LedgerHead, LedgerRecord, OrgId, Scope, TaskState,
    stable_hash,
};
use crate::ports::{Acted, Revoked};
use std::fmt;

/// The entry that follows a head.
pub fn chain(org: &OrgId, head: &LedgerHead, record: LedgerRecord) -> LedgerEntry {
    let seq = head.seq + 1;
    LedgerEntry { seq, hash: hash(org, seq, &head.hash, &record), previous_hash: head.hash.clone(), record }
}

fn hash(org: &OrgId, seq: u64, previous_hash: &str, record: &LedgerRecord) -> String {
    // The derived order of fields is the canonical one; a record of texts, numbers and moments always has a JSON text.
    let record = serde_json::to_string(record).unwrap_or_default();
    stable_hash(&[org.as_str(), &seq.to_string(), previous_hash, &record])
}

/// Hex SHA-256 of what a plan rests on, as canonical JSON: field order as declared, no white space.
pub fn evidence_digest(evidence: &Evidence) -> String {
    stable_hash(&[&serde_json::to_string(evidence).unwrap_or_default()])
}

/// What Atlassian answered, for the entry that ends an action: nothing unless a call may have been made, and `unclear`
/// where the answer went with the process that waited for it.
pub fn answer_of(action: &Action, facts: &Facts) -> Option<LedgerAnswer> {
    match action.state {
        ActionState::Claimed => {}
        ActionState::Planned
        | ActionState::Waiting
        | ActionState::Withheld
        | ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => return None,
    }
    Some(match (&facts.call, action.plan.scope) {
        (Some(call), Scope::Credential | Scope::Owner) => of_call(call),
        (None, Scope::Credential) => LedgerAnswer::Unclear,
        (None, Scope::Owner) => of_order(action, facts),
    })
}

fn of_call(call: &Call) -> LedgerAnswer {
    match call {
        Call::Answered(Revoked::Now) => LedgerAnswer::Revoked,
        Call::Answered(Revoked::Already) => LedgerAnswer::AlreadyGone,
        Call::Answered(Revoked::AccountUnknown) => LedgerAnswer::AccountUnknown,
        Call::Refused(_) => LedgerAnswer::Refused,
        Call::RateLimited(_) => LedgerAnswer::RateLimited,
        Call::Unclear(_) => LedgerAnswer::Unclear,
    }
}

/// The last order's answer, or how the task ended that Atlassian began for it.
fn of_order(action: &Action, facts: &Facts) -> LedgerAnswer {
    match (&facts.acted, &facts.task) {
        (Some(Acted::Now), _) => LedgerAnswer::Done,
        (Some(Acted::AccountUnknown), _) => LedgerAnswer::AccountUnknown,
        (Some(Acted::Started(_)) | None, Some(Seen::Is(TaskState::Ended(failed)))) => {
            failed_for(&action.plan, failed).map_or(LedgerAnswer::Done, |_| LedgerAnswer::TaskFailed)
        }
        (
            Some(Acted::Started(_)) | None,
            Some(Seen::Is(TaskState::Running(_) | TaskState::Unknown) | Seen::AccountUnknown | Seen::Failed(_)) | None,
        ) => LedgerAnswer::Unclear,
    }
}

/// What of a reason may stand in the ledger: what follows a colon may be people's or Atlassian's words, with names.
pub fn own_words(reason: &str) -> String {
    reason.split_once(": ").map_or(reason, |(ours, _)| ours).to_owned()
}

/// The first entry of a chain that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} of the ledger {reason}")]
pub struct BadEntry {
    /// Its number.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: BadReason,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadReason {
    /// Another entry stands in its place, or none.
    Missing,
    /// It does not name the hash of the entry before it.
    Unlinked,
    /// Its hash is not that of its content.
    Changed,
    /// Its hash is not the one that was published.
    Replaced,
}

impl fmt::Display for BadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::Unlinked => "does not follow the entry before it",
            Self::Changed => "was changed",
            Self::Replaced => "is not the one whose hash was published",
        })
    }
}

/// Follows entries, oldest first, from a head that is trusted ([`LedgerHead::default`] for the beginning), and gives the
/// head that they lead to. A tail that was cut off shows only against a published head: see [`verify_against`].
///
/// # Errors
/// The first entry that is not as it was written.
pub fn verify<'a>(
    org: &OrgId,
    entries: impl Iterator<Item = &'a LedgerEntry>,
    from: &LedgerHead,
) -> Result<LedgerHead, BadEntry> {
    entries.into_iter().try_fold(from.clone(), |head, entry| follow(org, &head, entry))
}

/// [`verify`], and the chain must hold the entries of all these published heads.
///
/// # Errors
/// The first entry that is not as it was written, or the first one missing before the newest published head.
pub fn verify_against<'a>(
    org: &OrgId,
    entries: impl Iterator<Item = &'a LedgerEntry>,
    from: &LedgerHead,
    published: &[LedgerHead],
) -> Result<LedgerHead, BadEntry> {
    let check = |head: LedgerHead| match published.iter().any(|one| one.seq == head.seq && one.hash != head.hash) {
        true => Err(BadEntry { seq: head.seq, reason: BadReason::Replaced }),
        false => Ok(head),
    };
    let mut entries = entries.into_iter();
    let reached = entries.try_fold(check(from.clone())?, |head, entry| check(follow(org, &head, entry)?))?;
    match published.iter().any(|one| one.seq > reached.seq) {
        true => Err(BadEntry { seq: reached.seq + 1, reason: BadReason::Missing }),
        false => Ok(reached),
    }
}

fn follow(org: &OrgId, head: &LedgerHead, entry: &LedgerEntry) -> Result<LedgerHead, BadEntry> {
    let seq = head.seq + 1;
    let reason = if entry.seq != seq {
        BadReason::Missing
    } else if entry.previous_hash != head.hash {
        BadReason::Unlinked
    } else if entry.hash != hash(org, seq, &head.hash, &entry.record) {
        BadReason::Changed
    } else {
        return Ok(LedgerHead { seq, hash: entry.hash.clone() });
    };
    Err(BadEntry { seq, reason })
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
