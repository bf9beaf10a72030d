//! `external-owner`: somebody answers for it whom the org does not manage.

use super::{Begins, Rule, Subject, without_parameters};
use crate::model::{CredentialKind, Relation, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "external-owner",
    about: "belongs to somebody whom the org does not manage",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    match subject.owner.map(|owner| owner.relation) {
        None | Some(Relation::Unknown) => Verdict::Unknown { missing: "how its owner belongs to the org" },
        Some(Relation::Managed | Relation::Service | Relation::System) => Verdict::Clean,
        Some(Relation::External) => {
            let reason = "Its owner is external: the org can neither list nor revoke his tokens, only end his access.";
            Verdict::Guilty { severity: Severity::Medium, reason: reason.to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, owner, subject, token};
    use super::*;
    use crate::model::{Owner, OwnerStatus};
    use serde_json::json;

    #[test]
    fn the_relation_decides() {
        let token = token();
        let verdict = |relation| {
            let owner = Owner { relation, ..owner(OwnerStatus::Active) };
            judge(&RULE, json!({}), &Subject { owner: Some(&owner), ..subject(&token) }, "2026-11-21")
        };
        assert!(is_guilty(&verdict(Relation::External)));
        assert_eq!(verdict(Relation::Managed), Verdict::Clean);
        assert!(matches!(verdict(Relation::Unknown), Verdict::Unknown { .. }));
    }
}
