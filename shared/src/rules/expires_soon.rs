//! `expires-soon`: whatever still uses it stops on that day.

use super::{Begins, Judge, Parameters, Rule, Subject, day, days, parameters};
use crate::model::{CredentialKind, LastUsedSource, Severity, Timestamp, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "expires-soon",
    about: "expires within a few days: what uses it will stop",
    begins: Begins::AsFinding,
    kinds: &CredentialKind::ALL,
    build,
};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    days: Vec<i64>,
}

impl Default for Given {
    fn default() -> Self {
        Self { days: vec![30, 7, 1] }
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
    let severity = match step {
        0 => Severity::High,
        1 => Severity::Medium,
        _ => Severity::Low,
    };
    Verdict::Guilty { severity, reason: reason(subject, expires_at, now) }
}

fn reason(subject: &Subject<'_>, expires_at: Timestamp, now: Timestamp) -> String {
    let left = (expires_at - now).num_days();
    let when = if left == 0 { "within a day".to_owned() } else { format!("in {}", days(left)) };
    let used = match (subject.last_used_source, subject.last_used_at) {
        (LastUsedSource::None, _) | (_, None) => "When it was last used is not known.".to_owned(),
        (_, Some(at)) => format!("It was last used on {}.", day(at)),
    };
    format!("It expires on {}, {when}; what uses it will stop then. {used}", day(expires_at))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{judge, subject, token};
    use super::*;
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
}
