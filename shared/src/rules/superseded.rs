//! `superseded`: the same owner made a newer token for the same job, it is in use, and this one went quiet.

use super::{
    Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, USER_AND_SERVICE_TOKENS, days_since, number,
};
use crate::messages::rules as say;
use crate::model::{Credential, Severity, Timestamp, Use, UsedDays, Verdict};
use chrono::TimeDelta;

pub(super) const RULE: Rule = Rule {
    id: "superseded",
    about: "went quiet when its owner began to use a newer one of the same name",
    begins: Begins::AsNote,
    kinds: USER_AND_SERVICE_TOKENS,
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner whether the job has moved to the newer one, and revoke this one once he agrees.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.17", "SOC 2 CC6.2", "NIST 800-53 IA-5"],
    parameters: &[QUIET],
    past: Past::Known,
    build,
};

const QUIET: Parameter = Parameter::number(
    "quiet_days",
    QUIET_DAYS,
    (1, 365),
    "So many days without a use are enough where its own rhythm does not tell sooner.",
);

/// So many quiet days are enough where the policy gives no other number.
const QUIET_DAYS: i64 = 14;
/// However dense its rhythm, fewer quiet days tell nothing.
const QUIET_AT_LEAST_DAYS: i64 = 3;
/// A job may run on the old token for so long after the new one was made.
const CHANGE_OVER: TimeDelta = TimeDelta::days(7);

fn build(given: &Parameters) -> Result<Judge, String> {
    let quiet_days = number(given, &QUIET)?;
    Ok(Box::new(move |subject, now| judge(subject, quiet_days, now)))
}

fn judge(subject: &Subject<'_>, quiet_days: i64, now: Timestamp) -> Verdict {
    match successor(subject, quiet_days, now) {
        Err(missing) => Verdict::Unknown { missing },
        Ok(None) => Verdict::Clean,
        Ok(Some(found)) => {
            let reason = say::superseded(found.last_used_at, found.quiet_days, &found.newer.label, found.begun);
            Verdict::Guilty { severity: Severity::Low, reason }
        }
    }
}

/// Whether it is superseded, by the rule's own default.
pub(super) fn is(subject: &Subject<'_>, now: Timestamp) -> bool {
    USER_AND_SERVICE_TOKENS.contains(&subject.credential.reference.kind)
        && successor(subject, QUIET_DAYS, now).is_ok_and(|found| found.is_some())
}

/// What took its job over, and how long it has been quiet.
struct Successor<'a> {
    newer: &'a Credential,
    begun: Timestamp,
    last_used_at: Timestamp,
    quiet_days: i64,
}

/// The newer one that took the job over; an error is the fact that is missing.
fn successor<'a>(
    subject: &Subject<'a>,
    quiet_days: i64,
    now: Timestamp,
) -> Result<Option<Successor<'a>>, &'static str> {
    let (Some(made), Some(last)) = (subject.credential.created_at, subject.last_use()) else {
        return Err("when it was made or Atlassian's own last-used date");
    };
    if subject.credential.owner.is_none() {
        return Err("its owner");
    }
    let quiet = days_since(last, now);
    if quiet < QUIET_AT_LEAST_DAYS.min(quiet_days) {
        return Ok(None);
    }
    let mut others = subject.siblings.iter();
    let took_over = others.find_map(|other| Some((other, takes_over(other, subject.credential, made, last)?)));
    let Some((newer, begun)) = took_over else { return Ok(None) };
    if quiet < enough(subject, quiet_days) {
        return Ok(None);
    }
    match subject.usage {
        Use::Unknown => Err("which of the owner's tokens was used"),
        Use::Known => Ok(Some(Successor { newer, begun, last_used_at: last, quiet_days: quiet })),
    }
}

/// How many quiet days are enough. Its own rhythm tells sooner: a nightly job's token that missed some nights has stopped.
fn enough(subject: &Subject<'_>, quiet_days: i64) -> i64 {
    let rhythm = subject.profile.and_then(|profile| UsedDays::longest_interval_days(&profile.days));
    rhythm.map_or(quiet_days, |interval| (2 * interval).clamp(QUIET_AT_LEAST_DAYS, quiet_days.max(QUIET_AT_LEAST_DAYS)))
}

/// When the newer one was made, if it is named alike, was made while the other was in use or soon after, and used since.
fn takes_over(newer: &Credential, older: &Credential, made: Timestamp, last: Timestamp) -> Option<Timestamp> {
    let (begun, used) = (newer.created_at?, newer.last_used_at?);
    let dates_fit = begun > made && last <= begun + CHANGE_OVER && used > begun && used > last;
    // The labels are compared last: that is most of the work.
    let fits = dates_fit && newer.reference.kind == older.reference.kind && is_same_job(&newer.label, &older.label);
    fits.then_some(begun)
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
