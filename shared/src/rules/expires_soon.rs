//! `expires-soon`: whatever still uses it stops on that day.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, parameters, superseded};
use crate::messages::rules as say;
use crate::model::{CredentialKind, LastUsedSource, Severity, Timestamp, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "expires-soon",
    about: "expires within a few days: what uses it will stop",
    begins: Begins::AsFinding,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner whether it is still needed. If so, he makes a new one and puts it into use before that day.",
    tags: &["ISO 27001 A.5.17", "NIST 800-53 IA-5"],
    parameters: &[DAYS],
    past: Past::Known,
    build,
};

const DAYS: Parameter = Parameter::numbers(
    "days",
    &[30, 7, 1],
    (1, 365),
    "How many days before its end it is told; the fewer are left, the more it matters.",
);

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    days: Vec<i64>,
}

impl Default for Given {
    fn default() -> Self {
        Self { days: DAYS.default_numbers().to_vec() }
    }
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let Given { mut days } = parameters(given)?;
    days.sort_unstable();
    days.dedup();
    if days.is_empty() || !days.iter().all(|day| (1..=365).contains(day)) {
        return Err(format!("`days` is {days:?}; it must hold at least one number, each from 1 to 365"));
    }
    Ok(Box::new(move |subject, now| judge(subject, &days, now)))
}

fn judge(subject: &Subject<'_>, thresholds: &[i64], now: Timestamp) -> Verdict {
    let Some(expires_at) = subject.credential.expires_at else {
        return Verdict::Unknown { missing: "its expiry date" };
    };
    let left = expires_at - now;
    if left <= chrono::TimeDelta::zero() {
        return Verdict::Clean;
    }
    let Some(step) = thresholds.iter().position(|threshold| left <= chrono::TimeDelta::days(*threshold)) else {
        return Verdict::Clean;
    };
    // Its owner has a newer one in use already: to be reminded of this one would only be a bother.
    if superseded::is(subject, now) {
        return Verdict::Clean;
    }
    let severity = match step {
        0 => Severity::High,
        1 => Severity::Medium,
        _ => Severity::Low,
    };
    Verdict::Guilty { severity, reason: reason(subject, expires_at, now) }
}

fn reason(subject: &Subject<'_>, expires_at: Timestamp, now: Timestamp) -> String {
    let used = match subject.last_used_source {
        LastUsedSource::None => None,
        LastUsedSource::Inventory | LastUsedSource::Event => subject.last_used_at,
    };
    say::expires_soon(expires_at, (expires_at - now).num_days(), used)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    fn severity(now: &str) -> Option<Severity> {
        match judge(&RULE, json!({}), &subject(&token()), now) {
            Verdict::Guilty { severity, .. } => Some(severity),
            Verdict::Clean => None,
            Verdict::Unknown { missing } => panic!("unknown: {missing}"),
        }
    }

    #[test]
    fn the_nearer_the_day_the_more_it_matters() {
        assert_eq!(severity("2027-01-01"), None);
        assert_eq!(severity("2027-01-02"), Some(Severity::Low));
        assert_eq!(severity("2027-01-25"), Some(Severity::Medium));
        assert_eq!(severity("2027-01-31"), Some(Severity::High));
    }

    #[test]
    fn what_has_expired_expires_no_more() {
        assert_eq!(severity("2027-02-01"), None);
    }

    #[test]
    fn the_reason_names_the_day_and_the_last_use() {
        let verdict = judge(&RULE, json!({}), &subject(&token()), "2027-01-25");
        let Verdict::Guilty { reason, .. } = verdict else { panic!("{verdict:?}") };
        let expected =
            "It expires on 2027-02-01, in 7 days; what uses it will stop then. It was last used on 2026-11-20.";
        assert_eq!(reason, expected);
    }

    #[test]
    fn without_an_expiry_date_it_cannot_be_judged() {
        let endless = crate::model::Credential { expires_at: None, ..token() };
        assert!(matches!(judge(&RULE, json!({}), &subject(&endless), "2026-11-21"), Verdict::Unknown { .. }));
    }

    #[test]
    fn what_was_entered_by_hand_is_reminded_of_too() {
        let mut entered = token();
        entered.reference.kind = CredentialKind::Registered;
        let verdict = judge(&RULE, json!({}), &subject(&entered), "2027-01-25");
        assert!(RULE.kinds.contains(&CredentialKind::Registered) && is_guilty(&verdict));
    }

    #[test]
    fn one_whose_job_has_moved_to_a_newer_one_is_reminded_of_no_more() {
        let old = Credential { last_used_at: Some(at("2026-12-20")), ..token() };
        let (created_at, last_used_at) = (Some(at("2026-12-19")), Some(at("2027-01-24")));
        let newer = Credential { label: "jenkins nightly v2".into(), created_at, last_used_at, ..token() };
        let verdict = |siblings: &[Credential]| {
            judge(&RULE, json!({}), &Subject { siblings, ..subject(&siblings[0]) }, "2027-01-25")
        };
        assert!(is_guilty(&verdict(std::slice::from_ref(&old))));
        assert_eq!(verdict(&[old, newer]), Verdict::Clean);
    }
}
