//! Whether the deletion of an org's data is due.

use crate::model::{Org, OrgState, Timestamp};
use chrono::TimeDelta;

/// Invocations that were under way when the org was removed have ended by then: the longest may take 290 seconds.
pub const SETTLING: TimeDelta = TimeDelta::minutes(5);

/// What the schedule should do about an org's data now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeDue {
    /// Nothing: nobody asked for it.
    NotAsked,
    /// Wait: what was under way may still write.
    From(Timestamp),
    /// Delete, or go on with it.
    Now,
}

/// Whether the deletion of an org's data is due.
pub fn purge_due(org: &Org, now: Timestamp) -> PurgeDue {
    match (org.state, &org.purge) {
        (OrgState::Purging, Some(purge)) if now < purge.asked_at + SETTLING => {
            PurgeDue::From(purge.asked_at + SETTLING)
        }
        (OrgState::Purging, Some(_)) => PurgeDue::Now,
        (OrgState::Purging, None) | (OrgState::Active | OrgState::Paused | OrgState::Removed, _) => PurgeDue::NotAsked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Purge;

    #[test]
    fn it_is_due_when_what_was_under_way_has_ended_and_only_for_an_org_that_is_being_purged() {
        let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let mut org = Org { purge: Some(Purge::asked(at)), ..Org::new("o".into(), "o".into(), at) };
        for state in [OrgState::Active, OrgState::Paused, OrgState::Removed] {
            org.state = state;
            assert_eq!(purge_due(&org, at + SETTLING), PurgeDue::NotAsked);
        }
        org.state = OrgState::Purging;
        assert_eq!(purge_due(&org, at), PurgeDue::From(at + SETTLING));
        assert_eq!(purge_due(&org, at + SETTLING), PurgeDue::Now);
    }
}
