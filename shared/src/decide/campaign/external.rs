//! Tokens of external users, of which no list of Atlassian's holds any: who uses one, who has a seat, who used one since.

use super::{
    Known,
    settled::{by_log, used_since},
};
use crate::{
    decide::impact::Likely,
    messages::{campaign::external as say, seats},
    model::{
        CredentialKind, CredentialRow, Knowledge, LogSays, Relation, Seat, SeatState, Seats, Settled, Stand, Timestamp,
        UsedDays,
    },
};

/// Silence shorter than this is never taken for an end.
const QUIET_AT_LEAST_DAYS: i64 = 30;

/// Whether a credential is a token that the policies of external users reach. Of who is in no list it is not known
/// whether he is external, and he is shown all the same.
pub(super) fn belongs(row: &CredentialRow) -> bool {
    let relation = row.owner.as_ref().map_or(Relation::Unknown, |owner| owner.relation);
    match (row.credential.reference.kind, relation) {
        (CredentialKind::ObservedToken, Relation::External | Relation::Unknown) => true,
        (CredentialKind::UserApiToken, Relation::External) => row.last_used_at.is_some(),
        (
            CredentialKind::ObservedToken | CredentialKind::UserApiToken,
            Relation::Managed | Relation::Service | Relation::System | Relation::Unknown,
        ) => false,
        (
            CredentialKind::OrgApiKey
            | CredentialKind::ServiceAccountToken
            | CredentialKind::OauthClient
            | CredentialKind::Registered,
            _,
        ) => false,
    }
}

/// The seat of whoever holds a credential.
pub(super) fn seat<'a>(row: &CredentialRow, seats: &'a Seats) -> Option<&'a Seat> {
    seats.seats.get(row.credential.owner.as_ref()?)
}

/// How the holder of a token stands, and why.
pub(super) fn stand(
    row: &CredentialRow,
    known: &Known<'_>,
    holds_from: Option<Timestamp>,
    breaks: Likely,
) -> (Stand, Option<String>) {
    if let Some(seat) = seat(row, known.seats) {
        return match seat.state(known.now) {
            SeatState::Held => (Stand::Done, Some(say::seated(seat))),
            SeatState::Ended => (Stand::ByHand, Some(seats::step(seat, known.now))),
        };
    }
    match log_says(used_since(row, holds_from), known, holds_from) {
        LogSays::Used => return (Stand::Todo, Some(say::used_since())),
        LogSays::NoUse => return (Stand::Stays, Some(say::silent_since())),
        LogSays::CannotShow | LogSays::NotReadYet | LogSays::NotAsked => {}
    }
    match (breaks, known.external_uses()) {
        (Likely::Yes, _) => (Stand::Todo, None),
        (Likely::No, _) => (Stand::Stays, None),
        (Likely::Unknown, Knowledge::Proven) if is_quiet(row, known) => (Stand::Stays, Some(say::quiet())),
        (Likely::Unknown, Knowledge::Proven) => (Stand::Unclear, None),
        (Likely::Unknown, Knowledge::Unknown | Knowledge::Refuted) => (Stand::Unclear, Some(say::not_shown())),
    }
}

/// Whether it is silent for much longer than it ever was, in a log that was read without a gap since its last use.
fn is_quiet(row: &CredentialRow, known: &Known<'_>) -> bool {
    let pause = row.profile.as_ref().and_then(|profile| UsedDays::longest_interval_days(&profile.days));
    let at_least = (2 * pause.unwrap_or_default()).max(QUIET_AT_LEAST_DAYS);
    let read = |last: Timestamp| known.covered.is_some_and(|log| log.from <= last);
    row.last_used_at.is_some_and(|last| read(last) && (known.now - last).num_days() > at_least)
}

fn log_says(used: bool, known: &Known<'_>, holds_from: Option<Timestamp>) -> LogSays {
    by_log(used, known.external_uses(), known.covered, holds_from, known.report.generated_at)
}

/// What the log shows of the click.
pub(super) fn settled(settled: Settled, known: &Known<'_>, holds_from: Option<Timestamp>) -> Settled {
    let log = log_says(settled.used.is_some(), known, holds_from);
    Settled { log, verified: settled.reported && log == LogSays::NoUse, ..settled }
}
