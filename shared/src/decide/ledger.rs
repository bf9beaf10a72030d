//! The hash chain: an entry cannot be changed, removed or put elsewhere without every hash after it changing.

use crate::model::{LedgerEntry, LedgerHead, LedgerRecord, OrgId, stable_hash};
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

/// [`verify`], and the chain must hold the entry of a published head.
///
/// # Errors
/// The first entry that is not as it was written, or the first one missing before the published head.
pub fn verify_against<'a>(
    org: &OrgId,
    entries: impl Iterator<Item = &'a LedgerEntry>,
    from: &LedgerHead,
    published: &LedgerHead,
) -> Result<LedgerHead, BadEntry> {
    let check = |head: LedgerHead| match head.seq == published.seq && head.hash != published.hash {
        true => Err(BadEntry { seq: head.seq, reason: BadReason::Replaced }),
        false => Ok(head),
    };
    let mut entries = entries.into_iter();
    let reached = entries.try_fold(check(from.clone())?, |head, entry| check(follow(org, &head, entry)?))?;
    match reached.seq < published.seq {
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
mod tests {
    use super::*;
    use crate::model::LedgerKind;
    use chrono::DateTime;

    fn org() -> OrgId {
        OrgId::new("org-1")
    }

    fn record(n: u32) -> LedgerRecord {
        LedgerRecord {
            at: DateTime::from_timestamp(1_790_000_000, n).unwrap(),
            kind: LedgerKind::ActionDone,
            principal: "policy".into(),
            action: None,
            credential: None,
            plan_hash: None,
            policy_version: Some(3),
            detail: format!("entry {n}"),
        }
    }

    fn entries(count: u32) -> (Vec<LedgerEntry>, LedgerHead) {
        let mut head = LedgerHead::default();
        let entries = (0..count).map(|n| {
            let entry = chain(&org(), &head, record(n));
            head = LedgerHead { seq: entry.seq, hash: entry.hash.clone() };
            entry
        });
        (entries.collect(), head)
    }

    fn verified(entries: &[LedgerEntry]) -> Result<LedgerHead, BadEntry> {
        verify(&org(), entries.iter(), &LedgerHead::default())
    }

    fn bad(seq: u64, reason: BadReason) -> Result<LedgerHead, BadEntry> {
        Err(BadEntry { seq, reason })
    }

    #[test]
    fn an_untouched_chain_leads_to_its_head() {
        let (entries, head) = entries(5);
        assert_eq!(verified(&entries), Ok(head.clone()));
        let from = LedgerHead { seq: 3, hash: entries[2].hash.clone() };
        assert_eq!(verify(&org(), entries[3..].iter(), &from), Ok(head));
    }

    #[test]
    fn one_changed_field_is_found_in_its_entry() {
        let (mut entries, _) = entries(5);
        entries[2].record.principal = "somebody else".into();
        assert_eq!(verified(&entries), bad(3, BadReason::Changed));
    }

    #[test]
    fn a_changed_entry_with_a_recomputed_hash_unlinks_the_next() {
        let (mut entries, _) = entries(5);
        entries[2].record.detail = "nothing happened".into();
        entries[2].hash = hash(&org(), 3, &entries[2].previous_hash, &entries[2].record);
        assert_eq!(verified(&entries), bad(4, BadReason::Unlinked));
    }

    #[test]
    fn a_removed_entry_is_missed() {
        let (mut entries, _) = entries(5);
        entries.remove(1);
        assert_eq!(verified(&entries), bad(2, BadReason::Missing));
    }

    #[test]
    fn swapped_entries_are_found() {
        let (mut entries, _) = entries(5);
        entries.swap(1, 2);
        assert_eq!(verified(&entries), bad(2, BadReason::Missing));
    }

    #[test]
    fn entries_that_swapped_their_contents_are_found() {
        let (mut entries, _) = entries(5);
        let second = entries[1].record.clone();
        entries[1].record = std::mem::replace(&mut entries[2].record, second);
        assert_eq!(verified(&entries), bad(2, BadReason::Changed));
    }

    #[test]
    fn a_cut_tail_shows_against_the_published_head() {
        let (entries, head) = entries(5);
        let against = |entries: &[LedgerEntry], published: &LedgerHead| {
            verify_against(&org(), entries.iter(), &LedgerHead::default(), published)
        };
        assert_eq!(against(&entries, &head), Ok(head.clone()));
        assert_eq!(against(&entries[..3], &head), bad(4, BadReason::Missing));
        let forged = LedgerHead { seq: 4, hash: "f".repeat(64) };
        assert_eq!(against(&entries, &forged), bad(4, BadReason::Replaced));
    }

    #[test]
    fn the_chain_of_another_org_does_not_pass() {
        let (entries, _) = entries(1);
        let other = verify(&OrgId::new("org-2"), entries.iter(), &LedgerHead::default());
        assert_eq!(other, bad(1, BadReason::Changed));
    }
}
