//! `lifetime-over-policy`: it lives longer than the policy allows.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, days_since, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "lifetime-over-policy",
    about: "lives longer than the policy allows",
    begins: Begins::AsFinding,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner to replace it by one with a shorter life.",
    tags: &["OWASP NHI7:2025", "ISO 27001 A.5.17", "SOC 2 CC6.1", "NIST 800-53 IA-5"],
    parameters: &[LONGEST],
    past: Past::Known,
    build,
};

const LONGEST: Parameter = Parameter::number("max_days", 365, (1, 3650), "The longest life that is allowed, in days.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let max_days = number(given, &LONGEST)?;
    Ok(Box::new(move |subject, now| judge(subject, max_days, now)))
}

fn judge(subject: &Subject<'_>, max_days: i64, now: Timestamp) -> Verdict {
    let Some(created_at) = subject.credential.created_at else {
        return Verdict::Unknown { missing: "the date on which it was made" };
    };
    let lifetime = subject.credential.expires_at.map(|at| days_since(created_at, at));
    let age = days_since(created_at, now);
    match lifetime {
        Some(lifetime) if lifetime > max_days => guilty(say::lifetime_over_policy(created_at, lifetime, max_days)),
        Some(_) => Verdict::Clean,
        None if age > max_days => guilty(say::age_over_policy(created_at, age, max_days)),
        None => Verdict::Unknown { missing: "its expiry date" },
    }
}

fn guilty(reason: String) -> Verdict {
    Verdict::Guilty { severity: Severity::Low, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_year_is_allowed_by_default_and_half_a_year_by_setting() {
        assert_eq!(judge(&RULE, json!({}), &subject(&token()), "2026-11-21"), Verdict::Clean);
        assert!(is_guilty(&judge(&RULE, json!({"max_days": 180}), &subject(&token()), "2026-11-21")));
    }

    #[test]
    fn without_an_expiry_date_only_its_age_can_convict() {
        let endless = crate::model::Credential { expires_at: None, ..token() };
        let young = judge(&RULE, json!({}), &subject(&endless), "2026-11-21");
        assert_eq!(young, Verdict::Unknown { missing: "its expiry date" });
        assert!(is_guilty(&judge(&RULE, json!({}), &subject(&endless), "2027-02-03")));
    }
}
