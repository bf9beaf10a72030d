//! `admin-owned-token`: its owner is an org admin, so it may do what an admin may do.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "admin-owned-token",
    about: "belongs to an org admin",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::ObservedToken],
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner to let the job run under a service account, or with a token whose scopes are only what it needs.",
    tags: &["OWASP NHI5:2025", "ISO 27001 A.8.2", "SOC 2 CC6.3", "NIST 800-53 AC-6"],
    parameters: &[],
    past: Past::Lost("which roles its owner had then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    match subject.owner.and_then(|owner| owner.org_admin) {
        None => Verdict::Unknown { missing: "whether its owner is an org admin" },
        Some(false) => Verdict::Clean,
        Some(true) => Verdict::Guilty { severity: Severity::Medium, reason: say::admin_owned_token() },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, owner, subject, token};
    use super::*;
    use crate::model::{Owner, OwnerStatus};
    use serde_json::json;

    #[test]
    fn the_role_decides_and_where_the_list_does_not_say_nothing_is_known() {
        let token = token();
        let verdict = |org_admin| {
            let owner = Owner { org_admin, ..owner(OwnerStatus::Active) };
            judge(&RULE, json!({}), &Subject { owner: Some(&owner), ..subject(&token) }, "2026-11-21")
        };
        assert!(is_guilty(&verdict(Some(true))));
        assert_eq!(verdict(Some(false)), Verdict::Clean);
        assert!(matches!(verdict(None), Verdict::Unknown { .. }));
        assert!(matches!(judge(&RULE, json!({}), &subject(&token), "2026-11-21"), Verdict::Unknown { .. }));
    }
}
