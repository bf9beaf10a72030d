//! `unscoped`: it has no scopes, so nothing but its owner's own rights bounds it.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "unscoped",
    about: "has no scopes",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey, CredentialKind::ServiceAccountToken],
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner to replace it by one with the scopes that its job needs.",
    tags: &["OWASP NHI5:2025", "ISO 27001 A.8.2", "SOC 2 CC6.3", "NIST 800-53 AC-6"],
    parameters: &[],
    past: Past::Known,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    match subject.credential.scopes.as_deref() {
        None => Verdict::Unknown { missing: "its scopes" },
        Some([]) => Verdict::Guilty { severity: Severity::Low, reason: say::unscoped() },
        Some(_) => Verdict::Clean,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    #[test]
    fn an_empty_list_is_not_a_missing_one() {
        let verdict = |scopes| judge(&RULE, json!({}), &subject(&Credential { scopes, ..token() }), "2026-11-21");
        assert!(is_guilty(&verdict(Some(Vec::new()))));
        assert_eq!(verdict(Some(vec!["read:jira-work".to_owned()])), Verdict::Clean);
        assert!(matches!(verdict(None), Verdict::Unknown { .. }));
    }
}
