//! `owner-unknown`: nobody is known who answers for it.

use super::{Accounts, Begins, Rule, Subject, without_parameters};
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "owner-unknown",
    about: "has nobody who answers for it",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    let reason = match (subject.owner, &subject.credential.owner, subject.accounts) {
        (Some(_), ..) => return Verdict::Clean,
        (None, _, Accounts::NotWhole) => return Verdict::Unknown { missing: "the list of accounts" },
        (None, None, Accounts::Whole) => "Its list names nobody who answers for it.",
        (None, Some(_), Accounts::Whole) => {
            "The account that its list names is in none of the org's lists of accounts."
        }
    };
    Verdict::Guilty { severity: Severity::Medium, reason: format!("{reason} Ask who knows what it is for.") }
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
