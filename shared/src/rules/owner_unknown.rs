//! `owner-unknown`: nobody is known who answers for it.

use super::{Accounts, Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "owner-unknown",
    about: "has nobody who answers for it",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Look at where and when it is used, ask who knows it, and enter who answers for it in the register.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.9", "ISO 27001 A.5.16", "SOC 2 CC6.1"],
    parameters: &[],
    past: Past::Lost("which accounts were listed then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    let reason = match (subject.owner, &subject.credential.owner, subject.accounts) {
        (Some(_), ..) => return Verdict::Clean,
        (None, _, Accounts::NotWhole) => return Verdict::Unknown { missing: "the list of accounts" },
        (None, None, Accounts::Whole) => say::owner_unknown(),
        (None, Some(_), Accounts::Whole) => say::owner_not_listed(),
    };
    Verdict::Guilty { severity: Severity::Medium, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, owner, subject, token};
    use super::*;
    use crate::model::{Credential, OwnerStatus};
    use serde_json::json;

    #[test]
    fn nobody_and_somebody_unlisted_are_told_apart_and_an_unread_list_proves_nothing() {
        let (named, nameless) = (token(), Credential { owner: None, ..token() });
        let whole = |token| Subject { accounts: Accounts::Whole, ..subject(token) };
        for token in [&named, &nameless] {
            assert!(is_guilty(&judge(&RULE, json!({}), &whole(token), "2026-11-21")));
            assert!(matches!(judge(&RULE, json!({}), &subject(token), "2026-11-21"), Verdict::Unknown { .. }));
        }
        let ann = owner(OwnerStatus::Active);
        let known = Subject { owner: Some(&ann), ..whole(&named) };
        assert_eq!(judge(&RULE, json!({}), &known, "2026-11-21"), Verdict::Clean);
    }
}
