//! What the counts of reports say about an org that Atlassian documents nowhere.

use super::classify::credential_actions;
use crate::model::{
    ActionCatalogue, Fact, FactName, Facts, JoinState, Knowledge, Observations, PollState, Section, SectionStatus,
};
use std::fmt::Display;

/// With fewer cases than this, that none was seen says nothing.
const ENOUGH: u64 = 10;

/// What the facts are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Whether an event's token id ever equalled a listed id.
    pub join: JoinState,
    /// What all reports counted.
    pub observed: &'a Observations,
    /// What this report could read.
    pub sections: &'a [Section],
    /// The org's own list of actions.
    pub catalogue: &'a ActionCatalogue,
    /// The poll's checkpoint.
    pub poll: Option<&'a PollState>,
}

/// The facts, each proven, refuted or unknown, with the numbers.
pub fn facts(evidence: &Evidence<'_>) -> Facts {
    let fact = |name: FactName| {
        let (knowledge, evidence) = one(name, evidence);
        Fact { name, knowledge, evidence }
    };
    Facts(FactName::ALL.into_iter().map(fact).collect())
}

fn one(name: FactName, of: &Evidence<'_>) -> (Knowledge, String) {
    let seen = of.observed;
    match name {
        FactName::ListsReadable => lists(of.sections),
        FactName::ActionsKnown => actions(of.catalogue),
        FactName::EventsNameTokens => {
            let all = seen.used_with_id + seen.used_without_id;
            share(seen.used_with_id, all, "tokens seen in use are named by an id in their events")
        }
        FactName::EventIdsAreListIds => {
            let all = seen.ids_listed + seen.ids_not_listed;
            let (knowledge, text) =
                share(seen.ids_listed, all, "token ids of managed accounts' events are in the lists");
            match of.join {
                JoinState::Proven => (Knowledge::Proven, text),
                JoinState::Unproven => (knowledge, text),
            }
        }
        FactName::UsesLeaveEvents => {
            share(seen.moved_with_event, seen.moved, "tokens whose last-used date moved also left an event of use")
        }
        FactName::ExternalUsesLeaveEvents => external(seen),
        FactName::CreationsLeaveEvents => {
            share(seen.made_with_event, seen.made, "credentials made in a time that the log covers left an event")
        }
        FactName::EventsComeInTime => delays(of.poll),
    }
}

/// One case proves; none of many refutes; none of few says nothing.
fn share(with: u64, all: u64, what: &str) -> (Knowledge, String) {
    let knowledge = match (with, all) {
        (1.., _) => Knowledge::Proven,
        (0, ENOUGH..) => Knowledge::Refuted,
        (0, _) => Knowledge::Unknown,
    };
    (knowledge, format!("{with} of {all} {what}."))
}

fn external(seen: &Observations) -> (Knowledge, String) {
    let text = format!(
        "{} tokens were seen in use by accounts that are not managed; the lists hold {} such accounts.",
        seen.external_used, seen.external_accounts
    );
    // Nobody has to use a token, so seeing none refutes nothing.
    (if seen.external_used > 0 { Knowledge::Proven } else { Knowledge::Unknown }, text)
}

fn lists(sections: &[Section]) -> (Knowledge, String) {
    let named = |status: SectionStatus| {
        let names = sections.iter().filter(|section| section.status == status).map(|section| section.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let refused = named(SectionStatus::NotPermitted);
    let failed = named(SectionStatus::Failed);
    match (refused.is_empty(), failed.is_empty()) {
        (false, _) => (Knowledge::Refuted, format!("The reading key may not read: {refused}.")),
        (true, false) => (Knowledge::Unknown, format!("Could not be read, for other reasons: {failed}.")),
        (true, true) => (Knowledge::Proven, "The reading key could read every list in scope.".to_owned()),
    }
}

fn actions(catalogue: &ActionCatalogue) -> (Knowledge, String) {
    match (catalogue.0.len(), credential_actions(catalogue)) {
        (0, _) => (Knowledge::Unknown, "The org's list of actions was not read yet.".to_owned()),
        (all, 0) => (Knowledge::Refuted, format!("None of {all} actions of the org's list names tokens or keys.")),
        (all, some) => (Knowledge::Proven, format!("{some} of {all} actions of the org's list name tokens or keys.")),
    }
}

fn delays(poll: Option<&PollState>) -> (Knowledge, String) {
    let Some(delays) = poll.map(|poll| &poll.delays).filter(|delays| delays.all() > 0) else {
        return (
            Knowledge::Unknown,
            "No event has been read with the time at which Atlassian processed it.".to_owned(),
        );
    };
    let (late, all) = (delays.late(), delays.all());
    let text = format!(
        "{} of {all} events were processed within 15 minutes; the latest took {}.",
        all - late,
        in_words(delays.longest_secs)
    );
    match late * 100 <= all * 5 {
        true => (Knowledge::Proven, text),
        false => (Knowledge::Refuted, text),
    }
}

fn in_words(secs: i64) -> impl Display {
    match secs {
        ..120 => format!("{secs} s"),
        120..7_200 => format!("{} min", secs / 60),
        7_200.. => format!("{} h", secs / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ActionName, Delays, SectionName};

    fn drawn(observed: &Observations, join: JoinState, poll: Option<&PollState>) -> Facts {
        let catalogue = ActionCatalogue::default();
        facts(&Evidence { join, observed, sections: &[], catalogue: &catalogue, poll })
    }

    #[test]
    fn one_case_proves_and_none_of_ten_refutes() {
        let of = |moved, moved_with_event| {
            let observed = Observations { moved, moved_with_event, ..Observations::default() };
            drawn(&observed, JoinState::Unproven, None).knowledge(FactName::UsesLeaveEvents)
        };
        assert_eq!([of(40, 37), of(10, 0), of(9, 0)], [Knowledge::Proven, Knowledge::Refuted, Knowledge::Unknown]);
    }

    #[test]
    fn the_evidence_has_the_numbers() {
        let observed = Observations { moved: 40, moved_with_event: 37, ..Observations::default() };
        let facts = drawn(&observed, JoinState::Unproven, None);
        let told = facts.0.iter().find(|fact| fact.name == FactName::UsesLeaveEvents).unwrap();
        assert_eq!(told.evidence, "37 of 40 tokens whose last-used date moved also left an event of use.");
    }

    #[test]
    fn without_anything_seen_nothing_is_known() {
        let facts = drawn(&Observations::default(), JoinState::Unproven, None);
        let known: Vec<_> = facts.0.iter().filter(|fact| fact.knowledge != Knowledge::Unknown).collect();
        assert_eq!(known.len(), 1, "{known:?}");
        assert_eq!(known[0].name, FactName::ListsReadable);
    }

    #[test]
    fn no_external_use_refutes_nothing() {
        let observed = Observations { external_accounts: 500, ..Observations::default() };
        let facts = drawn(&observed, JoinState::Proven, None);
        assert_eq!(facts.knowledge(FactName::ExternalUsesLeaveEvents), Knowledge::Unknown);
        assert!(facts.proves(FactName::EventIdsAreListIds));
    }

    #[test]
    fn a_list_that_the_key_may_not_read_is_named() {
        let mut section = Section::pending(SectionName::OrgApiKeys);
        section.status = SectionStatus::NotPermitted;
        assert_eq!(lists(&[section]), (Knowledge::Refuted, "The reading key may not read: org_api_keys.".to_owned()));
    }

    #[test]
    fn the_list_of_actions_must_name_credentials() {
        let of = |display: &str, group: &str| {
            let name = ActionName { display: display.into(), group: group.into() };
            actions(&ActionCatalogue([("a".to_owned(), name)].into())).0
        };
        assert_eq!(of("Moved a page", "Pages"), Knowledge::Refuted);
        assert_eq!(of("Created API token", "API tokens"), Knowledge::Proven);
        assert_eq!(actions(&ActionCatalogue::default()).0, Knowledge::Unknown);
    }

    #[test]
    fn few_late_events_are_in_time_and_many_are_not() {
        let mut delays = Delays::default();
        (0..95).for_each(|_| delays.insert(20));
        (0..5).for_each(|_| delays.insert(3_000));
        let mut poll = crate::decide::poll::tests::state();
        poll.delays = delays;
        assert_eq!(super::delays(Some(&poll)).0, Knowledge::Proven);
        poll.delays.insert(10_000);
        let (knowledge, text) = super::delays(Some(&poll));
        assert_eq!((knowledge, text.contains("the latest took 2 h")), (Knowledge::Refuted, true), "{text}");
    }
}
