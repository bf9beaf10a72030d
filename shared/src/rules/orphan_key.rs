//! `orphan-key`: an admin key whose creator has left. The key goes on working.

use super::{Accounts, Begins, Rule, Subject, without_parameters};
use crate::model::{CredentialKind, OwnerStatus, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "orphan-key",
    about: "is an admin key whose creator has left the org",
    begins: Begins::AsFinding,
    kinds: &[CredentialKind::OrgApiKey],
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    if subject.credential.owner.is_none() {
        return Verdict::Unknown { missing: "who made it" };
    }
    let creator = match (subject.owner.map(|owner| owner.status), subject.accounts) {
        (Some(OwnerStatus::Inactive), _) => "account is deactivated",
        (Some(OwnerStatus::Closed), _) => "account is closed",
        (None, Accounts::Whole) => "account is not among the org's managed accounts",
        // Neither the list of users nor that of keys says who is an org admin.
        (Some(OwnerStatus::Active), _) => {
            return Verdict::Unknown { missing: "whether its creator is still an org admin" };
        }
        (Some(OwnerStatus::Unknown), _) => return Verdict::Unknown { missing: "the state of its creator's account" },
        (None, Accounts::NotWhole) => return Verdict::Unknown { missing: "its creator's account" },
    };
    let reason = format!(
        "Its creator's {creator}, and a key does not end with the account. Name somebody who answers for it, or replace it."
    );
    Verdict::Guilty { severity: Severity::High, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, key, owner, subject};
    use super::*;
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
}
