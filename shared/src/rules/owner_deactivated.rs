//! `owner-deactivated`: its owner's account is turned off.

use super::{Begins, Of, Past, Rule, Subject, USER_AND_SERVICE_TOKENS, without_parameters};
use crate::messages::rules as say;
use crate::model::{OwnerStatus, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "owner-deactivated",
    about: "belongs to an account that is deactivated or closed",
    begins: Begins::AsFinding,
    kinds: USER_AND_SERVICE_TOKENS,
    needs: &[],
    of: Of::Present,
    advice: "Ask the owner's team whether anything relied on it. If nothing does, revoke it, so that it cannot come back with the account.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2(3)"],
    parameters: &[],
    past: Past::Lost("which state its owner's account had then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    let Some(owner) = subject.owner else {
        return Verdict::Unknown { missing: "its owner's account" };
    };
    // A deactivated account's tokens answer 401 and stay listed (ACCESS-1816, AX-684); that they work again
    // once it is turned on is inferred.
    match owner.status {
        OwnerStatus::Active => Verdict::Clean,
        OwnerStatus::Unknown => Verdict::Unknown { missing: "the state of its owner's account" },
        OwnerStatus::Inactive | OwnerStatus::Closed => {
            Verdict::Guilty { severity: Severity::Low, reason: say::owner_deactivated(owner.status) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, owner, subject, token};
    use super::*;

    fn verdict(status: OwnerStatus) -> Verdict {
        let (token, owner) = (token(), owner(status));
        judge(&RULE, serde_json::json!({}), &Subject { owner: Some(&owner), ..subject(&token) }, "2026-11-21")
    }

    #[test]
    fn the_account_s_state_decides() {
        assert_eq!(verdict(OwnerStatus::Active), Verdict::Clean);
        assert!(is_guilty(&verdict(OwnerStatus::Inactive)));
        assert!(is_guilty(&verdict(OwnerStatus::Closed)));
        assert!(matches!(verdict(OwnerStatus::Unknown), Verdict::Unknown { .. }));
    }
}
