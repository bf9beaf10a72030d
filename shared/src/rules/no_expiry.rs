//! `no-expiry`: its source itself says that it never expires.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "no-expiry",
    about: "never expires",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Ask whoever answers for it to replace it by one that expires, and enter a date by which that is looked at again.",
    tags: &["OWASP NHI7:2025", "ISO 27001 A.5.17", "SOC 2 CC6.1", "NIST 800-53 IA-5"],
    parameters: &[],
    past: Past::Known,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    let credential = subject.credential;
    match credential.expires_at {
        _ if credential.never_expires => {
            Verdict::Guilty { severity: Severity::Medium, reason: say::no_expiry(credential.created_at) }
        }
        Some(_) => Verdict::Clean,
        None => Verdict::Unknown { missing: "its expiry date" },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    #[test]
    fn only_a_source_that_says_never_convicts() {
        let verdict = |token: &Credential| judge(&RULE, json!({}), &subject(token), "2026-11-21");
        let silent = Credential { expires_at: None, ..token() };
        assert!(matches!(verdict(&silent), Verdict::Unknown { .. }));
        assert!(is_guilty(&verdict(&Credential { never_expires: true, ..silent })));
        assert_eq!(verdict(&token()), Verdict::Clean);
    }
}
