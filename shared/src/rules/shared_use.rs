//! `shared-use`: it was used from so many networks that more than one job or person may hold it.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, FactName, Severity, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "shared-use",
    about: "was used from many networks",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[FactName::EventsNameTokens],
    of: Of::Present,
    advice: "Ask its owner where it is used. Give each job its own, so that one can be ended without the others.",
    tags: &["OWASP NHI9:2025", "ISO 27001 A.5.17", "SOC 2 CC7.2", "NIST 800-53 AU-6"],
    parameters: &[NETWORKS],
    past: Past::Lost("from which networks it had been used by then"),
    build,
};

const NETWORKS: Parameter = Parameter::number("networks", 4, (2, 1_000), "From so many networks on it is told.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let networks = number(given, &NETWORKS)?;
    Ok(Box::new(move |subject, _now| judge(subject, networks)))
}

fn judge(subject: &Subject<'_>, networks: u64) -> Verdict {
    let Some(profile) = subject.profile.filter(|profile| profile.uses > 0) else {
        return Verdict::Unknown { missing: "its uses in the audit log" };
    };
    let seen = profile.networks.distinct();
    if seen < networks {
        return Verdict::Clean;
    }
    let reason = say::shared_use(seen, profile.countries.members());
    Verdict::Guilty { severity: Severity::Medium, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use crate::model::{ProfileKey, UsageProfile};
    use serde_json::json;

    #[test]
    fn the_number_of_networks_decides_and_without_uses_nothing_is_known() {
        let token = token();
        let mut profile = UsageProfile::empty(ProfileKey::of_token(None, &"t1".into()));
        let verdict = |profile: &UsageProfile| {
            judge(&RULE, json!({}), &Subject { profile: Some(profile), ..subject(&token) }, "2026-11-21")
        };
        assert!(matches!(verdict(&profile), Verdict::Unknown { .. }));
        profile.uses = 9;
        (1..=3).for_each(|n| profile.networks.insert(&format!("192.0.{n}.0/24")));
        assert_eq!(verdict(&profile), Verdict::Clean);
        profile.networks.insert("198.51.100.0/24");
        assert!(is_guilty(&verdict(&profile)));
    }
}
