//! `orphan-key`: an admin key whose creator has left, or is no admin any more. The key goes on working.

use super::{Accounts, Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, OwnerStatus, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "orphan-key",
    about: "is an admin key whose creator has left the org or is no org admin any more",
    begins: Begins::AsFinding,
    kinds: &[CredentialKind::OrgApiKey],
    needs: &[],
    of: Of::Present,
    advice: "Find out what uses it and name an admin who answers for it. Better: an admin makes a new key with only the scopes that are needed, and the old one is revoked once it is quiet.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "ISO 27001 A.8.2", "SOC 2 CC6.2", "NIST 800-53 AC-2(3)"],
    parameters: &[],
    past: Past::Lost("which state and roles its creator's account had then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    if subject.credential.owner.is_none() {
        return Verdict::Unknown { missing: "who made it" };
    }
    let Some(creator) = subject.owner else {
        return match subject.accounts {
            Accounts::Whole => left(None),
            Accounts::NotWhole => Verdict::Unknown { missing: "its creator's account" },
        };
    };
    match (creator.status, creator.org_admin) {
        (status @ (OwnerStatus::Inactive | OwnerStatus::Closed), _) => left(Some(status)),
        (OwnerStatus::Unknown, _) => Verdict::Unknown { missing: "the state of its creator's account" },
        (OwnerStatus::Active, None) => Verdict::Unknown { missing: "whether its creator is still an org admin" },
        (OwnerStatus::Active, Some(true)) => Verdict::Clean,
        (OwnerStatus::Active, Some(false)) => {
            Verdict::Guilty { severity: Severity::Medium, reason: say::orphan_key_no_admin() }
        }
    }
}

fn left(status: Option<OwnerStatus>) -> Verdict {
    Verdict::Guilty { severity: Severity::High, reason: say::orphan_key_left(status) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, key, owner, subject};
    use super::*;
    use crate::model::Owner;
    use serde_json::json;

    fn verdict(status: Option<OwnerStatus>, accounts: Accounts) -> Verdict {
        let (key, creator) = (key(), status.map(owner));
        judge(&RULE, json!({}), &Subject { owner: creator.as_ref(), accounts, ..subject(&key) }, "2026-11-21")
    }

    #[test]
    fn a_creator_who_left_convicts_and_one_who_is_here_may_have_lost_the_role() {
        for left in [Some(OwnerStatus::Inactive), Some(OwnerStatus::Closed), None] {
            assert!(is_guilty(&verdict(left, Accounts::Whole)), "{left:?}");
        }
        for unknown in [Some(OwnerStatus::Active), Some(OwnerStatus::Unknown)] {
            assert!(matches!(verdict(unknown, Accounts::Whole), Verdict::Unknown { .. }), "{unknown:?}");
        }
        assert!(matches!(verdict(None, Accounts::NotWhole), Verdict::Unknown { .. }));
    }

    #[test]
    fn a_creator_who_is_no_admin_any_more_convicts_less_and_one_who_is_an_admin_is_clean() {
        let key = key();
        let verdict = |org_admin| {
            let creator = Owner { org_admin, ..owner(OwnerStatus::Active) };
            judge(&RULE, json!({}), &Subject { owner: Some(&creator), ..subject(&key) }, "2026-11-21")
        };
        assert!(matches!(verdict(Some(false)), Verdict::Guilty { severity: Severity::Medium, .. }));
        assert_eq!(verdict(Some(true)), Verdict::Clean);
        assert!(matches!(verdict(None), Verdict::Unknown { .. }));
    }
}
