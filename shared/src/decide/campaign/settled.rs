//! What came of what was done by hand, as the lists and the log show it.

use crate::model::{CredentialRow, CredentialStatus, Settled, Timestamp};

/// Takes a token into account that was to be blocked from that moment on.
pub(super) fn add(settled: &mut Settled, row: &CredentialRow, holds_from: Option<Timestamp>) {
    match row.credential.status {
        CredentialStatus::Blocked => settled.blocked += 1,
        CredentialStatus::Allowed => settled.allowed += 1,
        CredentialStatus::Unknown => settled.not_said += 1,
    }
    let used = holds_from.is_some_and(|from| row.last_used_at.is_some_and(|at| at > from));
    if used && settled.used.is_none() {
        settled.used = Some(row.credential.label.clone());
    }
}

/// What it shows, by a report of that moment.
pub(super) fn after(settled: Settled, clicked_at: Timestamp, reported_at: Timestamp) -> Settled {
    let reported = reported_at > clicked_at;
    let all = settled.blocked > 0 && settled.allowed + settled.not_said == 0;
    Settled { reported, verified: reported && all && settled.used.is_none(), ..settled }
}
