//! `superseded`: the same owner made a newer token for the same job, it is in use, and this one went quiet.

use super::{Begins, Judge, Parameters, Rule, Subject, USER_AND_SERVICE_TOKENS, day, days, parameters, within};
use crate::model::{Credential, Severity, Timestamp, Use, UsedDays, Verdict};
use chrono::TimeDelta;
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "superseded",
    about: "went quiet when its owner began to use a newer one of the same name",
    begins: Begins::AsNote,
    kinds: USER_AND_SERVICE_TOKENS,
    build,
};

/// A job may run on the old token for so long after the new one was made.
const CHANGE_OVER: TimeDelta = TimeDelta::days(7);

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    quiet_days: i64,
}

impl Default for Given {
    fn default() -> Self {
        Self { quiet_days: 14 }
    }
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let Given { quiet_days } = parameters(given)?;
    within("quiet_days", quiet_days, 1..=365)?;
    Ok(Box::new(move |subject, now| judge(subject, quiet_days, now)))
}

fn judge(subject: &Subject<'_>, quiet_days: i64, now: Timestamp) -> Verdict {
    let (Some(made), Some(last)) = (subject.credential.created_at, subject.last_use()) else {
        return Verdict::Unknown { missing: "when it was made or Atlassian's own last-used date" };
    };
    if subject.credential.owner.is_none() {
        return Verdict::Unknown { missing: "its owner" };
    }
    let took_over = subject.siblings.iter().find(|other| takes_over(other, subject.credential, made, last));
    let Some(newer) = took_over else { return Verdict::Clean };
    let quiet = (now - last).num_days();
    if quiet < enough(subject, quiet_days) {
        return Verdict::Clean;
    }
    match subject.usage {
        Use::Unknown => Verdict::Unknown { missing: "which of the owner's tokens was used" },
        Use::Known => Verdict::Guilty { severity: Severity::Low, reason: reason(newer, last, quiet) },
    }
}

/// How many quiet days are enough. Its own rhythm tells sooner: a nightly job's token that missed some nights has stopped.
fn enough(subject: &Subject<'_>, quiet_days: i64) -> i64 {
    let rhythm = subject.profile.and_then(|profile| UsedDays::longest_interval_days(&profile.days));
    rhythm.map_or(quiet_days, |interval| (2 * interval).clamp(3, quiet_days.max(3)))
}

/// Named alike, made while the other was in use or soon after, and used since.
fn takes_over(newer: &Credential, older: &Credential, made: Timestamp, last: Timestamp) -> bool {
    let (Some(begun), Some(used)) = (newer.created_at, newer.last_used_at) else { return false };
    let dates_fit = begun > made && last <= begun + CHANGE_OVER && used > begun && used > last;
    dates_fit && newer.reference.kind == older.reference.kind && is_same_job(&newer.label, &older.label)
}

fn is_same_job(newer: &str, older: &str) -> bool {
    let older = job(older);
    !older.is_empty() && job(newer) == older
}

/// The words of a label without what only tells one release of a token from the next: numbers, dates, `v2`, `new`.
fn job(label: &str) -> String {
    let words = label.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    let telling = words.filter(|word| !matches!(word.as_str(), "" | "v" | "new" | "old" | "copy" | "token"));
    telling.collect::<Vec<_>>().join(" ")
}

fn reason(newer: &Credential, last: Timestamp, quiet: i64) -> String {
    let begun = newer.created_at.map_or(String::new(), |at| format!(", made on {}", day(at)));
    format!(
        "It was last used on {}, {} ago; its owner's newer “{}”{begun}, is in use. The job has probably moved.",
        day(last),
        days(quiet),
        newer.label
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, subject, token};
    use super::*;
    use serde_json::json;

    fn verdict(newer_made: &str, newer_used: Option<&str>, last: &str) -> Verdict {
        let old = Credential { last_used_at: Some(at(last)), ..token() };
        let newer = Credential {
            label: "Jenkins nightly v2 (2026)".to_owned(),
            reference: crate::model::CredentialRef { id: "t2".into(), ..old.reference.clone() },
            created_at: Some(at(newer_made)),
            last_used_at: newer_used.map(at),
            ..token()
        };
        let all = [old, newer];
        judge(&RULE, json!({}), &Subject { siblings: &all, ..subject(&all[0]) }, "2026-11-21")
    }

    #[test]
    fn a_newer_one_in_use_and_two_quiet_weeks_convict() {
        assert!(is_guilty(&verdict("2026-10-10", Some("2026-11-20"), "2026-10-12")));
    }

    #[test]
    fn another_job_s_token_takes_nothing_over() {
        assert_eq!(job("Jenkins nightly v2 (2026)"), job("jenkins-nightly"));
        assert_ne!(job("zapier sync"), job("jenkins nightly"));
        let old = Credential { last_used_at: Some(at("2026-10-12")), ..token() };
        let other = Credential {
            label: "zapier sync".into(),
            created_at: Some(at("2026-10-10")),
            last_used_at: Some(at("2026-11-20")),
            ..token()
        };
        let all = [old, other];
        let subject = Subject { siblings: &all, ..subject(&all[0]) };
        assert_eq!(judge(&RULE, json!({}), &subject, "2026-11-21"), Verdict::Clean);
    }

    #[test]
    fn one_that_is_not_used_or_came_long_before_or_a_fresh_change_over_does_not() {
        for (made, used, last) in [
            ("2026-10-10", None, "2026-10-12"),
            ("2026-08-01", Some("2026-11-20"), "2026-10-12"),
            ("2026-11-10", Some("2026-11-20"), "2026-11-12"),
            ("2026-01-10", Some("2026-11-20"), "2026-10-12"),
        ] {
            assert_eq!(verdict(made, used, last), Verdict::Clean, "{made} {used:?} {last}");
        }
    }
}
