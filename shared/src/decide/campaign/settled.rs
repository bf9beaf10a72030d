//! What came of what was done by hand, as the lists and the log show it.

use super::member::name_of;
use crate::model::{AccountId, CredentialRow, CredentialStatus, Interval, Knowledge, LogSays, Settled, Timestamp};
use chrono::TimeDelta;

/// Silence is looked at over so long before it counts: what runs each night has then had its turn.
const WATCHED: TimeDelta = TimeDelta::days(1);

/// Takes a token into account that was to be blocked from that moment on.
pub(super) fn add(settled: &mut Settled, row: &CredentialRow, holds_from: Option<Timestamp>) {
    match row.credential.status {
        CredentialStatus::Blocked => settled.blocked += 1,
        CredentialStatus::Allowed => settled.allowed += 1,
        CredentialStatus::Unknown => settled.not_said += 1,
    }
    add_use(settled, row, holds_from);
}

/// Takes into account whether a token was used although what was clicked holds.
pub(super) fn add_use(settled: &mut Settled, row: &CredentialRow, holds_from: Option<Timestamp>) {
    if !used_since(row, holds_from) {
        return;
    }
    settled.used.get_or_insert_with(|| row.credential.label.clone());
    let name = name_of(row).or(row.credential.owner.as_ref().map(AccountId::as_str));
    let name = name.unwrap_or("somebody whom the log does not name").to_owned();
    if settled.used_by.len() < Settled::MOST_NAMED && !settled.used_by.contains(&name) {
        settled.used_by.push(name);
    }
}

/// Whether a token was used after that moment.
pub(super) fn used_since(row: &CredentialRow, holds_from: Option<Timestamp>) -> bool {
    holds_from.is_some_and(|from| row.last_used_at.is_some_and(|at| at > from))
}

/// What it shows where the list of tokens says of each whether it is blocked.
pub(super) fn by_list(settled: Settled) -> Settled {
    let all = settled.blocked > 0 && settled.allowed + settled.not_said == 0;
    Settled { verified: settled.reported && all && settled.used.is_none(), ..settled }
}

/// What the log says of use from that moment on to a report of another.
pub(super) fn by_log(
    used: bool,
    shows: Knowledge,
    covered: Option<Interval>,
    holds_from: Option<Timestamp>,
    reported_at: Timestamp,
) -> LogSays {
    let read = |from: Timestamp, log: Interval| log.from <= from && log.to.min(reported_at) >= from + WATCHED;
    let watched = holds_from.zip(covered).is_some_and(|(from, log)| read(from, log));
    match (used, shows, watched) {
        (true, _, _) => LogSays::Used,
        (false, Knowledge::Unknown | Knowledge::Refuted, _) => LogSays::CannotShow,
        (false, Knowledge::Proven, true) => LogSays::NoUse,
        (false, Knowledge::Proven, false) => LogSays::NotReadYet,
    }
}
