//! `blocked-but-listed`: it is blocked, so what used it has stopped, and it can be allowed again.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, CredentialStatus, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "blocked-but-listed",
    about: "is blocked and still listed",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "If its work is not missed, ask its owner to revoke it; if it is missed, allow it again.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "NIST 800-53 IA-5"],
    parameters: &[],
    past: Past::Lost("whether it was blocked then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    match subject.credential.status {
        CredentialStatus::Allowed => Verdict::Clean,
        CredentialStatus::Unknown => Verdict::Unknown { missing: "whether it is allowed or blocked" },
        CredentialStatus::Blocked => Verdict::Guilty { severity: Severity::Low, reason: say::blocked_but_listed() },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    #[test]
    fn the_list_s_word_decides() {
        let verdict = |status| judge(&RULE, json!({}), &subject(&Credential { status, ..token() }), "2026-11-21");
        assert_eq!(verdict(CredentialStatus::Allowed), Verdict::Clean);
        assert!(is_guilty(&verdict(CredentialStatus::Blocked)));
        assert!(matches!(verdict(CredentialStatus::Unknown), Verdict::Unknown { .. }));
    }
}
