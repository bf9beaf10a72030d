//! `disappeared`: the report before had it, and this one, complete there, has not.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "disappeared",
    about: "was in the report before and is not in this one",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Gone,
    advice: "Nothing has to be done. If its work is missed, its owner makes a new one.",
    tags: &["ISO 27001 A.5.9", "NIST 800-53 CM-8"],
    parameters: &[],
    past: Past::Lost("which credentials were listed then and are not any more"),
    build: |given| without_parameters(given, judge),
};

/// It is asked only of what is gone, so that it is gone is the fact, whatever else is missing.
fn judge(subject: &Subject<'_>, now: Timestamp) -> Verdict {
    let credential = subject.credential;
    let expired_at = credential.expires_at.filter(|at| *at <= now);
    let reason = say::disappeared(&credential.label, credential.reference.kind, expired_at, subject.last_used_at);
    Verdict::Guilty { severity: Severity::Note, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{judge, subject, token};
    use super::*;
    use serde_json::json;

    fn reason(now: &str) -> String {
        match judge(&RULE, json!({}), &subject(&token()), now) {
            Verdict::Guilty { severity: Severity::Note, reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_is_told_and_whether_it_had_expired() {
        assert!(reason("2027-02-02").contains("expired on 2027-02-01"), "{}", reason("2027-02-02"));
        assert!(!reason("2026-11-21").contains("expired"), "{}", reason("2026-11-21"));
    }

    #[test]
    fn what_is_listed_is_none_of_its_business() {
        assert_eq!(RULE.of, Of::Gone);
    }
}
