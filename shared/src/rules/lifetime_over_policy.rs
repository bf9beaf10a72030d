//! `lifetime-over-policy`: it lives longer than the policy allows.

use super::{Begins, Judge, Parameters, Rule, Subject, day, days, parameters, within};
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "lifetime-over-policy",
    about: "lives longer than the policy allows",
    begins: Begins::AsFinding,
    kinds: &CredentialKind::ALL,
    build,
};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    max_days: i64,
}

impl Default for Given {
    fn default() -> Self {
        // Atlassian's own bound for user tokens since December 2024 (support page on managing API tokens).
        Self { max_days: 365 }
    }
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let Given { max_days } = parameters(given)?;
    within("max_days", max_days, 1..=3650)?;
    Ok(Box::new(move |subject, now| judge(subject, max_days, now)))
}

fn judge(subject: &Subject<'_>, max_days: i64, now: Timestamp) -> Verdict {
    let Some(created_at) = subject.credential.created_at else {
        return Verdict::Unknown { missing: "the date on which it was made" };
    };
    let lifetime = subject.credential.expires_at.map(|at| (at - created_at).num_days());
    let age = (now - created_at).num_days();
    match lifetime {
        Some(lifetime) if lifetime > max_days => guilty(created_at, &format!("lives {}", days(lifetime)), max_days),
        Some(_) => Verdict::Clean,
        None if age > max_days => guilty(created_at, &format!("is {} old already", days(age)), max_days),
        None => Verdict::Unknown { missing: "its expiry date" },
    }
}

fn guilty(created_at: Timestamp, how_long: &str, max_days: i64) -> Verdict {
    let reason = format!("It was made on {} and {how_long}; the policy allows {}.", day(created_at), days(max_days));
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
