//! What is remembered of a credential from report to report, and which event was about its making.

use crate::model::{
    Credential, CredentialDeed, CredentialEvent, CredentialKind, CredentialRow, Interval, Making, Owner, OwnerStatus,
    RowHistory, Timestamp,
};
use chrono::TimeDelta;

/// So far apart may the list's date of making and the event's be.
const APART: TimeDelta = TimeDelta::minutes(10);
/// So long after a credential was made its event may still come; before that nothing is said.
const EVENT_LATE: TimeDelta = TimeDelta::minutes(30);

/// What was written to the log about credentials, and which time it covers.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    /// The events about credentials that name none of them by an id, by time.
    pub events: &'a [CredentialEvent],
    /// The time, up to now, that was read without a gap.
    pub covered: Option<Interval>,
}

/// What is remembered of a credential now.
pub fn history(
    before: Option<&CredentialRow>,
    credential: &Credential,
    owner: Option<&Owner>,
    making: impl FnOnce() -> Making,
    now: Timestamp,
) -> RowHistory {
    let old = before.map(|row| row.history.clone()).unwrap_or_default();
    let is_active = |owner: &Owner| owner.status == OwnerStatus::Active;
    let was_inactive = before.and_then(|row| row.owner.as_ref()).is_some_and(|owner| {
        matches!(owner.status, OwnerStatus::Inactive | OwnerStatus::Closed)
            && Some(&owner.account_id) == credential.owner.as_ref()
    });
    let owner_reactivated_at = match owner.is_some_and(is_active) {
        true if was_inactive => Some(now),
        true => old.owner_reactivated_at,
        false => None,
    };
    let making = if old.making == Making::NotLookedFor { making() } else { old.making };
    RowHistory { first_seen_at: Some(old.first_seen_at.unwrap_or(now)), owner_reactivated_at, making }
}

/// Which event was about the making of a credential.
///
/// Atlassian's entries do not say which credential they are about (ACCESS-1196), so an event fits by its kind, its time
/// and, where both are known, its actor; it is told only if it is the one that fits and no sibling fits it as well.
pub fn making(credential: &Credential, siblings: &[Credential], log: &Log<'_>) -> Making {
    let (Some(made), Some(deed)) = (credential.created_at, deed_of(credential.reference.kind)) else {
        return Making::NotLookedFor;
    };
    if !log.covered.is_some_and(|covered| covered.from <= made - APART && made + EVENT_LATE <= covered.to) {
        return Making::NotLookedFor;
    }
    let near = around(log.events, made);
    let by_owner = |event: &&CredentialEvent| match (&event.actor, &credential.owner) {
        (Some(actor), Some(owner)) => actor == owner,
        (None, _) | (_, None) => true,
    };
    let fits: Vec<&CredentialEvent> = near.iter().filter(|event| event.deed == deed).filter(by_owner).collect();
    let rivals = siblings.iter().filter(|other| other.reference.kind == credential.reference.kind);
    let close = |other: &&Credential| other.created_at.is_some_and(|at| (at - made).abs() <= APART);
    match (fits.as_slice(), rivals.filter(close).count()) {
        ([], _) => Making::NoEvent,
        ([event], 0 | 1) => Making::Event((*event).clone()),
        (_several, _) => Making::Ambiguous,
    }
}

/// The deed by which a credential of a kind is made. Where there is one, it is its owner's own, so nobody else's fits.
fn deed_of(kind: CredentialKind) -> Option<CredentialDeed> {
    match kind {
        CredentialKind::UserApiToken => Some(CredentialDeed::TokenMade),
        CredentialKind::OrgApiKey => Some(CredentialDeed::KeyMade),
        // Whether making these leaves an event, and which, is not documented.
        CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => None,
    }
}

fn around(events: &[CredentialEvent], at: Timestamp) -> &[CredentialEvent] {
    let first = events.partition_point(|event| event.at < at - APART);
    let last = events.partition_point(|event| event.at <= at + APART);
    &events[first..last]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::judge::tests::row;
    use crate::rules::tests::{at, key, owner, token};

    fn event(deed: CredentialDeed, moment: Timestamp, actor: &str) -> CredentialEvent {
        CredentialEvent { id: "e1".into(), action: "made".into(), at: moment, actor: Some(actor.into()), deed }
    }

    fn found(credential: &Credential, siblings: &[Credential], events: &[CredentialEvent]) -> Making {
        let covered = Some(Interval { from: at("2026-01-01"), to: at("2026-11-21") });
        making(credential, siblings, &Log { events, covered })
    }

    #[test]
    fn the_one_event_that_fits_is_told() {
        let made = event(CredentialDeed::KeyMade, at("2026-02-01") + TimeDelta::minutes(2), "a1");
        assert_eq!(found(&key(), &[key()], std::slice::from_ref(&made)), Making::Event(made.clone()));
        assert_eq!(found(&token(), &[], &[made]), Making::NoEvent, "an event about a key is about no token");
    }

    #[test]
    fn two_events_or_two_credentials_are_ambiguous() {
        let made = event(CredentialDeed::TokenMade, at("2026-02-01"), "a1");
        assert_eq!(found(&token(), &[token(), token()], std::slice::from_ref(&made)), Making::Ambiguous);
        assert_eq!(found(&token(), &[token()], &[made.clone(), made]), Making::Ambiguous);
    }

    #[test]
    fn somebody_else_s_event_does_not_fit() {
        assert_eq!(found(&token(), &[], &[event(CredentialDeed::TokenMade, at("2026-02-01"), "b2")]), Making::NoEvent);
    }

    #[test]
    fn nothing_is_said_of_a_time_that_the_log_does_not_cover_or_may_still_report() {
        let log = |from: &str, to: Timestamp| {
            let covered = Some(Interval { from: at(from), to });
            making(&token(), &[], &Log { events: &[], covered })
        };
        assert_eq!(log("2026-02-01", at("2026-11-21")), Making::NotLookedFor);
        assert_eq!(log("2026-01-01", at("2026-02-01") + TimeDelta::minutes(29)), Making::NotLookedFor);
        assert_eq!(making(&token(), &[], &Log { events: &[], covered: None }), Making::NotLookedFor);
    }

    #[test]
    fn a_return_is_remembered_until_the_owner_leaves_again() {
        let (inactive, active) = (owner(OwnerStatus::Inactive), owner(OwnerStatus::Active));
        let seen = |before: &CredentialRow, owner: &Owner, day| {
            history(Some(before), &token(), Some(owner), || Making::NotLookedFor, at(day))
        };
        let gone = CredentialRow { owner: Some(inactive.clone()), ..row() };
        let back = seen(&gone, &active, "2026-11-20");
        assert_eq!(back.owner_reactivated_at, Some(at("2026-11-20")));
        let later = CredentialRow { owner: Some(active.clone()), history: back, ..row() };
        assert_eq!(seen(&later, &active, "2026-11-21").owner_reactivated_at, Some(at("2026-11-20")));
        assert_eq!(seen(&later, &inactive, "2026-11-21").owner_reactivated_at, None);
    }
}
