//! `reaches-many-orgs`: the same token was used in other governed orgs too.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, FactName, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "reaches-many-orgs",
    about: "was used in other governed orgs too",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[FactName::EventsNameTokens],
    of: Of::Present,
    advice: "Ask its owner to make one for each org, so that one leak does not open them all.",
    tags: &["OWASP NHI9:2025", "ISO 27001 A.5.17", "NIST 800-53 AC-6"],
    parameters: &[],
    past: Past::Lost("in which orgs it had been used by then"),
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, _now: Timestamp) -> Verdict {
    match (subject.other_orgs.len(), subject.profile) {
        (others @ 1.., _) => Verdict::Guilty { severity: Severity::Medium, reason: say::reaches_many_orgs(others) },
        (0, Some(profile)) if profile.key.has_token_id() => Verdict::Clean,
        (0, Some(_) | None) => Verdict::Unknown { missing: "the id by which events name it" },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, profile, subject, token};
    use super::*;
    use crate::model::{OrgId, ProfileKey, UsageProfile};
    use serde_json::json;

    #[test]
    fn another_org_convicts_and_only_a_known_id_acquits() {
        let (token, others) = (token(), [OrgId::from("o2"), OrgId::from("o3")]);
        let of = |subject: Subject<'_>| judge(&RULE, json!({}), &subject, "2026-11-21");
        let verdict = of(Subject { other_orgs: &others, ..subject(&token) });
        assert!(is_guilty(&verdict));
        let Verdict::Guilty { reason, .. } = verdict else { panic!() };
        assert!(reason.contains("2 other governed orgs"), "{reason}");
        assert!(
            !others.iter().any(|org| reason.contains(org.as_str())),
            "its reader may be limited to this org: {reason}"
        );
        let named = profile("t1", 1, "2026-11-01", "2026-11-01");
        assert_eq!(of(Subject { profile: Some(&named), ..subject(&token) }), Verdict::Clean);
        let nameless = UsageProfile::empty(ProfileKey::of_label(None, "x"));
        for profile in [None, Some(&nameless)] {
            assert!(matches!(of(Subject { profile, ..subject(&token) }), Verdict::Unknown { .. }));
        }
    }
}
