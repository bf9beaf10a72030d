//! `key-attributed`: one entry of the log, which names no key, can only be about this one.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, FactName, Making, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "key-attributed",
    about: "is an admin key whose making one entry of the log tells",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::OrgApiKey],
    needs: &[FactName::ActionsKnown],
    of: Of::Present,
    advice: "Nothing has to be done. If that person was not to make keys, ask him what this one is for.",
    tags: &["ISO 27001 A.8.15", "NIST 800-53 AU-6"],
    parameters: &[],
    past: Past::Lost("which events were about its making then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    let event = match &subject.history.making {
        Making::NotLookedFor => {
            return Verdict::Unknown { missing: "an audit log that covers the time of its making" };
        }
        Making::NoEvent | Making::Ambiguous => return Verdict::Clean,
        Making::Event(event) => event,
    };
    // Only the keys of one creator were compared, so another's key may fit an entry that does not name him.
    let Some(actor) = event.actor.as_ref().filter(|actor| Some(*actor) == subject.credential.owner.as_ref()) else {
        return Verdict::Unknown { missing: "proof that the entry is by the key's creator" };
    };
    let name = subject.owner.and_then(|owner| owner.name.as_deref()).or(subject.credential.owner_name.as_deref());
    let reason = say::key_attributed(&event.action, event.at, name.unwrap_or(actor.as_str()));
    Verdict::Guilty { severity: Severity::Note, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, history, is_guilty, judge, key, subject};
    use super::*;
    use crate::model::{CredentialDeed, CredentialEvent};
    use serde_json::json;

    fn verdict(making: Making) -> Verdict {
        let (key, history) = (key(), history(making));
        judge(&RULE, json!({}), &Subject { history: &history, ..subject(&key) }, "2026-11-21")
    }

    fn made_by(actor: Option<&str>) -> Making {
        let (action, actor) = ("api_key_created".to_owned(), actor.map(Into::into));
        Making::Event(CredentialEvent {
            id: "e1".into(),
            action,
            at: at("2026-02-01"),
            actor,
            deed: CredentialDeed::KeyMade,
        })
    }

    #[test]
    fn the_one_entry_that_fits_is_told() {
        assert!(is_guilty(&verdict(made_by(Some("a1")))));
        assert_eq!((verdict(Making::NoEvent), verdict(Making::Ambiguous)), (Verdict::Clean, Verdict::Clean));
    }

    #[test]
    fn without_a_log_of_that_time_or_the_entry_s_actor_nothing_is_said() {
        for unknown in [Making::NotLookedFor, made_by(None), made_by(Some("b2"))] {
            assert!(matches!(verdict(unknown), Verdict::Unknown { .. }));
        }
    }
}
