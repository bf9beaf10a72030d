//! `external-owner`: somebody answers for it whom the org does not manage.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Relation, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "external-owner",
    about: "belongs to somebody whom the org does not manage",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Ask the person in your org who works with him what it is for. Ending his access to your sites ends its access too.",
    tags: &["OWASP NHI3:2025", "ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2"],
    parameters: &[],
    past: Past::Lost("how its owner belonged to the org then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    match subject.owner.map(|owner| owner.relation) {
        None | Some(Relation::Unknown) => Verdict::Unknown { missing: "how its owner belongs to the org" },
        Some(Relation::Managed | Relation::Service | Relation::System) => Verdict::Clean,
        Some(Relation::External) => Verdict::Guilty { severity: Severity::Medium, reason: say::external_owner() },
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

    #[test]
    fn an_observed_token_needs_its_owner_s_relation_too() {
        let mut observed = token();
        observed.reference.kind = CredentialKind::ObservedToken;
        let external = Owner { relation: Relation::External, ..owner(OwnerStatus::Active) };
        let known = Subject { owner: Some(&external), ..subject(&observed) };
        assert!(is_guilty(&judge(&RULE, json!({}), &known, "2026-11-21")));
        assert!(matches!(judge(&RULE, json!({}), &subject(&observed), "2026-11-21"), Verdict::Unknown { .. }));
    }
}
