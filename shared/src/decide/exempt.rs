//! Which exemption covers a finding.

use crate::error::{Error, Result};
use crate::model::{AccountId, CredentialRef, Exemption, ExemptionScope, Finding, FindingId, FindingStatus, Timestamp};
use crate::rules::Rule;

/// What an exemption looks at.
#[derive(Debug, Clone, Copy)]
pub struct Covered<'a> {
    /// The finding, where there is one.
    pub finding: Option<&'a FindingId>,
    /// The credential.
    pub credential: &'a CredentialRef,
    /// Who answers for it.
    pub owner: Option<&'a AccountId>,
    /// Its label.
    pub label: &'a str,
    /// The rule, where there is one.
    pub rule: Option<&'a str>,
}

impl<'a> Covered<'a> {
    /// A finding.
    pub fn finding(finding: &'a Finding) -> Self {
        Self {
            finding: Some(&finding.id),
            credential: &finding.subject,
            owner: finding.owner.as_ref(),
            label: &finding.label,
            rule: Some(&finding.rule),
        }
    }
}

/// The first exemption in force that covers it; one that accepts the very finding comes before all others.
pub fn covering<'a>(exemptions: &'a [Exemption], of: &Covered<'_>, now: Timestamp) -> Option<&'a Exemption> {
    let fitting = exemptions.iter().filter(|one| one.until > now && covers(&one.scope, of));
    fitting.min_by_key(|one| one.scope.finding.is_none())
}

/// The status of a finding that stands.
pub fn status(exemptions: &[Exemption], of: &Covered<'_>, now: Timestamp) -> FindingStatus {
    match covering(exemptions, of, now) {
        None => FindingStatus::Open,
        Some(exemption) if exemption.scope.finding.is_some() => FindingStatus::Accepted,
        Some(_) => FindingStatus::Exempt,
    }
}

/// A finding as it is now, also by exemptions that were granted or ended since the last report.
pub fn as_of(finding: Finding, exemptions: &[Exemption], now: Timestamp) -> Finding {
    match finding.status {
        FindingStatus::Resolved => finding,
        FindingStatus::Open | FindingStatus::Exempt | FindingStatus::Accepted => {
            Finding { status: status(exemptions, &Covered::finding(&finding), now), ..finding }
        }
    }
}

fn covers(scope: &ExemptionScope, of: &Covered<'_>) -> bool {
    let ExemptionScope { finding, credential, owner, label, rule } = scope;
    finding.as_ref().is_none_or(|wanted| of.finding == Some(wanted))
        && credential.as_ref().is_none_or(|wanted| same(wanted, of.credential))
        && owner.as_ref().is_none_or(|wanted| of.owner == Some(wanted))
        && label.as_ref().is_none_or(|pattern| fits(&pattern.to_lowercase(), &of.label.to_lowercase()))
        && rule.as_ref().is_none_or(|wanted| of.rule == Some(wanted.as_str()))
}

/// A token that was exempt while it was only observed stays so once it is listed.
fn same(wanted: &CredentialRef, is: &CredentialRef) -> bool {
    wanted.id == is.id && wanted.kind.lasting() == is.kind.lasting()
}

/// Whether a text fits a pattern in which `*` stands for any characters.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether a scope can be meant: it names something, and a rule that exists.
///
/// # Errors
/// [`Error::Invalid`] that names the part, the reason and the mend.
pub fn check(scope: &ExemptionScope) -> Result<()> {
    let wrong = |part: &str, reason: &str| Err(Error::invalid(format!("scope.{part}"), reason));
    let ExemptionScope { finding, credential, owner, label, rule } = scope;
    let only_stars = |label: &str| label.chars().all(|one| one == '*' || one.is_whitespace());
    if label.as_deref().is_some_and(only_stars) {
        return wrong("label", "would cover every label; name a part of the labels that are meant");
    }
    if rule.as_deref().is_some_and(|rule| Rule::named(rule).is_none()) {
        return wrong("rule", "no such rule");
    }
    if finding.is_none() && credential.is_none() && owner.is_none() && label.is_none() && rule.is_none() {
        return Err(Error::invalid("scope", "names nothing; give `finding`, `credential`, `owner`, `label` or `rule`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::judge::tests::finding;
    use crate::rules::tests::at;

    fn exemption(scope: ExemptionScope) -> Exemption {
        Exemption {
            id: "x1".into(),
            scope,
            reason: "the payroll job".into(),
            author: "ann".into(),
            created_at: at("2026-11-01"),
            until: at("2026-12-01"),
        }
    }

    fn label(pattern: &str) -> ExemptionScope {
        ExemptionScope { label: Some(pattern.into()), ..ExemptionScope::default() }
    }

    fn is(scope: ExemptionScope, day: &str) -> FindingStatus {
        status(&[exemption(scope)], &Covered::finding(&finding()), at(day))
    }

    #[test]
    fn every_part_that_is_given_must_fit() {
        let scope = ExemptionScope { rule: Some("unused".into()), owner: Some("a1".into()), ..label("JENKINS*") };
        assert_eq!(is(scope.clone(), "2026-11-21"), FindingStatus::Exempt);
        assert_eq!(is(ExemptionScope { owner: Some("b2".into()), ..scope.clone() }, "2026-11-21"), FindingStatus::Open);
        assert_eq!(is(ExemptionScope { rule: Some("unscoped".into()), ..scope }, "2026-11-21"), FindingStatus::Open);
    }

    #[test]
    fn it_ends_on_its_day_and_accepting_the_finding_itself_is_told_apart() {
        let scope = ExemptionScope { finding: Some(finding().id), ..ExemptionScope::default() };
        assert_eq!(is(scope.clone(), "2026-11-30"), FindingStatus::Accepted);
        assert_eq!(is(scope, "2026-12-01"), FindingStatus::Open);
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, fitting) in [
            ("jenkins nightly", "jenkins nightly", true),
            ("jenkins", "jenkins nightly", false),
            ("*nightly", "jenkins nightly", true),
            ("j*n*y", "jenkins nightly", true),
            ("j*x*y", "jenkins nightly", false),
            ("jenkins nightly*nightly", "jenkins nightly", false),
        ] {
            assert_eq!(fits(pattern, text), fitting, "{pattern} and {text}");
        }
    }

    #[test]
    fn a_scope_that_covers_nothing_or_everything_is_refused() {
        assert!(check(&ExemptionScope::default()).unwrap_err().to_string().contains("names nothing"));
        assert!(check(&label("**")).unwrap_err().to_string().contains("every label"));
        let unknown = ExemptionScope { rule: Some("unusd".into()), ..ExemptionScope::default() };
        assert!(check(&unknown).is_err() && check(&label("payroll*")).is_ok());
    }
}
