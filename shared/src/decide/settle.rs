//! Which findings changed between what is stored and what a report found.

use crate::messages::report as say;
use crate::model::{Finding, FindingStatus, FindingTransition, Timestamp};

/// What a report says of a finding that stands but that it did not make again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Its credential was judged, and the rule held nothing against it.
    JudgedClean,
    /// Its credential was seen, but the rule could not judge it.
    NotJudged,
    /// The policy switched the rule off.
    RuleOff,
    /// Its credential is in no list any more, and the list was read to its end.
    Vanished,
    /// It was only known by its uses, and no event of use is held any more.
    Forgotten,
    /// The list was not read to its end, so nothing can be said.
    NotRead,
}

/// What to write for a finding that the report made.
pub fn found(stored: Option<&Finding>, found: &Finding, now: Timestamp) -> Option<FindingTransition> {
    let Some(stored) = stored else {
        let new = Finding { opened_at: now, changed_at: now, ..found.clone() };
        return Some(if is_open(found) { FindingTransition::Open(new) } else { FindingTransition::Change(new) });
    };
    let again =
        Finding { generation: stored.generation + 1, opened_at: stored.opened_at, changed_at: now, ..found.clone() };
    let as_before =
        Finding { generation: stored.generation, opened_at: stored.opened_at, changed_at: now, ..found.clone() };
    let differs = stored.severity != found.severity || stored.status != found.status || stored.subject != found.subject;
    match (is_open(stored), is_open(found)) {
        // A new case begins: resolved before, or no longer covered by an exemption.
        (false, true) => Some(FindingTransition::Open(again)),
        (true, true) | (true, false) | (false, false) if differs => Some(FindingTransition::Change(as_before)),
        (true, true) | (true, false) | (false, false) => None,
    }
}

fn is_open(finding: &Finding) -> bool {
    finding.status == FindingStatus::Open
}

/// What to write for a stored finding that the report did not make again.
pub fn not_found(stored: &Finding, absence: Absence, now: Timestamp) -> Option<FindingTransition> {
    let resolved = |reason: &str| {
        let finding =
            Finding { status: FindingStatus::Resolved, changed_at: now, reason: reason.to_owned(), ..stored.clone() };
        Some(FindingTransition::Resolve(finding))
    };
    match absence {
        Absence::NotJudged | Absence::NotRead => None,
        _any if !stored.stands() => None,
        Absence::JudgedClean => resolved(say::judged_clean()),
        Absence::RuleOff => resolved(say::rule_off()),
        Absence::Forgotten => resolved(say::forgotten()),
        Absence::Vanished => resolved(say::vanished()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::judge::tests::finding;

    fn now() -> Timestamp {
        "2026-11-21T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_new_one_opens_and_the_same_again_writes_nothing() {
        assert!(matches!(found(None, &finding(), now()), Some(FindingTransition::Open(_))));
        assert_eq!(found(Some(&finding()), &finding(), now()), None);
    }

    #[test]
    fn a_resolved_one_opens_again_as_a_new_generation() {
        let resolved = Finding { status: FindingStatus::Resolved, ..finding() };
        let Some(FindingTransition::Open(again)) = found(Some(&resolved), &finding(), now()) else { panic!() };
        assert_eq!((again.generation, again.status, again.id), (2, FindingStatus::Open, finding().id));
    }

    #[test]
    fn it_resolves_only_where_something_was_seen() {
        for (absence, resolves) in [
            (Absence::JudgedClean, true),
            (Absence::Vanished, true),
            (Absence::RuleOff, true),
            (Absence::Forgotten, true),
            (Absence::NotJudged, false),
            (Absence::NotRead, false),
        ] {
            assert_eq!(not_found(&finding(), absence, now()).is_some(), resolves, "{absence:?}");
        }
    }

    #[test]
    fn an_exemption_changes_a_finding_and_its_end_begins_a_new_case() {
        let exempt = Finding { status: FindingStatus::Exempt, ..finding() };
        assert_eq!(found(Some(&exempt), &exempt, now()), None);
        let Some(FindingTransition::Change(covered)) = found(Some(&finding()), &exempt, now()) else { panic!() };
        assert_eq!((covered.generation, covered.status), (1, FindingStatus::Exempt));
        let Some(FindingTransition::Open(again)) = found(Some(&exempt), &finding(), now()) else { panic!() };
        assert_eq!((again.generation, again.status), (2, FindingStatus::Open));
        assert!(matches!(found(None, &exempt, now()), Some(FindingTransition::Change(_))));
    }

    #[test]
    fn a_token_that_is_listed_at_last_keeps_its_finding() {
        let mut observed = finding();
        observed.subject.kind = crate::model::CredentialKind::ObservedToken;
        let Some(FindingTransition::Change(kept)) = found(Some(&observed), &finding(), now()) else { panic!() };
        assert_eq!((kept.subject, kept.generation, kept.opened_at), (finding().subject, 1, finding().opened_at));
    }
}
