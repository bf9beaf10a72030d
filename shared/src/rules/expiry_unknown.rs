//! `expiry-unknown`: its list shows no expiry date.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "expiry-unknown",
    about: "has no expiry date in its list",
    begins: Begins::AsNote,
    kinds: &[
        CredentialKind::UserApiToken,
        CredentialKind::OrgApiKey,
        CredentialKind::ServiceAccountToken,
        CredentialKind::Registered,
    ],
    needs: &[],
    of: Of::Present,
    advice: "Look its expiry up where it was made. For one that was entered by hand, enter the date.",
    tags: &["OWASP NHI7:2025", "ISO 27001 A.5.17", "NIST 800-53 IA-5"],
    parameters: &[],
    past: Past::Known,
    build: |given| without_parameters(given, judge),
};

/// The absent date is the very fact that it reports.
fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    let credential = subject.credential;
    if credential.expires_at.is_some() || credential.never_expires {
        return Verdict::Clean;
    }
    Verdict::Guilty { severity: Severity::Low, reason: say::expiry_unknown() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    #[test]
    fn only_neither_a_date_nor_a_never_convicts() {
        let verdict = |token: &Credential| judge(&RULE, json!({}), &subject(token), "2026-11-21");
        let silent = Credential { expires_at: None, ..token() };
        assert!(is_guilty(&verdict(&silent)));
        assert_eq!(verdict(&token()), Verdict::Clean);
        assert_eq!(verdict(&Credential { never_expires: true, ..silent }), Verdict::Clean);
    }
}
