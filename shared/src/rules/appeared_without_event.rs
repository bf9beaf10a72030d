//! `appeared-without-event`: it is new in the list, and the log has no entry about its making.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, days_since, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, FactName, Making, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "appeared-without-event",
    about: "is new, and the log holds no entry about its making",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey],
    needs: &[FactName::ActionsKnown, FactName::CreationsLeaveEvents],
    of: Of::Present,
    advice: "Ask its owner whether he made it. If not, revoke it and look at what the account did since.",
    tags: &["ISO 27001 A.8.15", "SOC 2 CC7.2", "NIST 800-53 AU-6"],
    parameters: &[WITHIN],
    past: Past::Lost("which events were about its making then"),
    build,
};

const WITHIN: Parameter =
    Parameter::number("within_days", 30, (1, 365), "It is new for so many days after it was made.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let within_days = number(given, &WITHIN)?;
    Ok(Box::new(move |subject, now| judge(subject, within_days, now)))
}

fn judge(subject: &Subject<'_>, within_days: i64, now: Timestamp) -> Verdict {
    let Some(created_at) = subject.credential.created_at else {
        return Verdict::Unknown { missing: "the date on which it was made" };
    };
    if days_since(created_at, now) > within_days {
        return Verdict::Clean;
    }
    match subject.history.making {
        Making::NotLookedFor => Verdict::Unknown { missing: "an audit log that covers the time of its making" },
        Making::Event(_) | Making::Ambiguous => Verdict::Clean,
        Making::NoEvent => {
            Verdict::Guilty { severity: Severity::Medium, reason: say::appeared_without_event(created_at) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, history, is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    fn verdict(making: Making, created_at: Option<&str>) -> Verdict {
        let (token, history) = (Credential { created_at: created_at.map(at), ..token() }, history(making));
        judge(&RULE, json!({}), &Subject { history: &history, ..subject(&token) }, "2026-11-21")
    }

    #[test]
    fn a_new_one_without_an_entry_convicts() {
        assert!(is_guilty(&verdict(Making::NoEvent, Some("2026-10-22"))));
        assert_eq!(verdict(Making::Ambiguous, Some("2026-10-22")), Verdict::Clean);
        assert_eq!(verdict(Making::NoEvent, Some("2026-10-21")), Verdict::Clean, "it is new no more");
    }

    #[test]
    fn without_its_date_or_a_log_of_that_time_it_cannot_be_judged() {
        assert!(matches!(verdict(Making::NoEvent, None), Verdict::Unknown { .. }));
        assert!(matches!(verdict(Making::NotLookedFor, Some("2026-11-20")), Verdict::Unknown { .. }));
    }
}
