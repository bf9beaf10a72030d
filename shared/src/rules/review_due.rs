//! `review-due`: somebody was to confirm that it is still needed, and has not.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Review, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "review-due",
    about: "was to be confirmed as still needed, and has not been",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Ask who answers for it whether it is still needed. If it is, enter a later review date.",
    tags: &["ISO 27001 A.5.18", "SOC 2 CC6.3", "NIST 800-53 AC-2"],
    parameters: &[],
    past: Past::Lost("what the register said then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, now: Timestamp) -> Verdict {
    let Some(entry) = subject.register else {
        return Verdict::Unknown { missing: "an entry in the register" };
    };
    let responsible = entry.responsible.as_deref();
    match (entry.review(now), entry.review_by) {
        (Review::NoDate | Review::Confirmed, _) | (_, None) => Verdict::Clean,
        (Review::Due, Some(by)) => {
            Verdict::Guilty { severity: Severity::Low, reason: say::review_due(by, responsible) }
        }
        (Review::NoAnswer, Some(by)) => {
            let ago = (now.date_naive() - by).num_days();
            Verdict::Guilty { severity: Severity::Medium, reason: say::review_not_answered(by, ago, responsible) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{entry, judge, subject, token};
    use super::*;
    use serde_json::json;

    fn severity(review_by: Option<&str>) -> Option<Severity> {
        let (token, entry) = (token(), entry(review_by));
        match judge(&RULE, json!({}), &Subject { register: Some(&entry), ..subject(&token) }, "2026-11-21") {
            Verdict::Guilty { severity, .. } => Some(severity),
            Verdict::Clean => None,
            Verdict::Unknown { missing } => panic!("unknown: {missing}"),
        }
    }

    #[test]
    fn an_answer_is_due_and_after_two_weeks_missing() {
        assert_eq!((severity(None), severity(Some("2026-11-21"))), (None, None));
        assert_eq!(severity(Some("2026-11-20")), Some(Severity::Low));
        assert_eq!(severity(Some("2026-11-06")), Some(Severity::Medium));
    }

    #[test]
    fn without_an_entry_it_cannot_be_judged() {
        let verdict = judge(&RULE, json!({}), &subject(&token()), "2026-11-21");
        assert!(matches!(verdict, Verdict::Unknown { .. }));
    }
}
