//! `over-scoped`: one of its scopes may do more than reading.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "over-scoped",
    about: "has a scope that may do more than the policy wants",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey, CredentialKind::ServiceAccountToken],
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner whether all these scopes are needed, and replace it by one with fewer where they are not.",
    tags: &["OWASP NHI5:2025", "ISO 27001 A.8.2", "SOC 2 CC6.3", "NIST 800-53 AC-6"],
    parameters: &[PARTS],
    past: Past::Known,
    build,
};

// The verbs of Atlassian's scopes that change things (support page on admin API scopes).
const PARTS: Parameter = Parameter::texts(
    "scopes_with",
    &["delete:", "manage:", "write:"],
    1,
    "A scope that holds one of these texts may do more than the policy wants.",
);

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    scopes_with: Vec<String>,
}

impl Default for Given {
    fn default() -> Self {
        Self { scopes_with: PARTS.default_texts() }
    }
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let Given { scopes_with } = parameters(given)?;
    if scopes_with.is_empty() || scopes_with.iter().any(|part| part.trim().is_empty()) {
        return Err("`scopes_with` is empty or holds an empty text; give parts of scopes, such as `write:`".to_owned());
    }
    Ok(Box::new(move |subject, _now| judge(subject, &scopes_with)))
}

fn judge(subject: &Subject<'_>, parts: &[String]) -> Verdict {
    let Some(scopes) = &subject.credential.scopes else {
        return Verdict::Unknown { missing: "its scopes" };
    };
    let wide = |scope: &&String| parts.iter().any(|part| scope.contains(part.as_str()));
    let found: Vec<&str> = scopes.iter().filter(wide).map(String::as_str).take(5).collect();
    if found.is_empty() {
        return Verdict::Clean;
    }
    Verdict::Guilty { severity: Severity::Low, reason: say::over_scoped(&found) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    #[test]
    fn a_scope_that_writes_convicts_and_the_policy_says_which_do() {
        let of = |scope: &str| Credential { scopes: Some(vec![scope.to_owned()]), ..token() };
        let verdict = |scope, given| judge(&RULE, given, &subject(&of(scope)), "2026-11-21");
        assert!(is_guilty(&verdict("write:jira-work", json!({}))));
        assert_eq!(verdict("read:jira-work", json!({})), Verdict::Clean);
        assert!(is_guilty(&verdict("read:keys:admin", json!({"scopes_with": [":admin"]}))));
        assert!(RULE.check(json!({"scopes_with": []}).as_object().unwrap()).is_err());
    }
}
