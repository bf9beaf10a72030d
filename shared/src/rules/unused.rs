//! `unused`: Atlassian's own last-used date is older than the window, and older than the token's own rhythm explains.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, days_since, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Use, UsedDays, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "unused",
    about: "has not been used for longer than the window, as Atlassian's own date says",
    begins: Begins::AsFinding,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner whether it is still needed, also by a job that runs once a quarter or once a year. Revoke it once that is answered.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2(3)"],
    parameters: &[WINDOW],
    past: Past::Known,
    build,
};

const WINDOW: Parameter = Parameter::number(
    "window_days",
    100,
    (1, 3650),
    "So many days without a use are allowed; one that is used rarely is given twice its longest interval.",
);

fn build(given: &Parameters) -> Result<Judge, String> {
    let window_days = number(given, &WINDOW)?;
    Ok(Box::new(move |subject, now| judge(subject, window_days, now)))
}

fn judge(subject: &Subject<'_>, window_days: i64, now: Timestamp) -> Verdict {
    let Some(last) = subject.last_use() else {
        return Verdict::Unknown { missing: "Atlassian's own last-used date" };
    };
    let idle = days_since(last, now);
    if idle <= window_days || subject.credential.expires_at.is_some_and(|at| at <= now) {
        return Verdict::Clean;
    }
    if subject.usage == Use::Unknown {
        return Verdict::Unknown { missing: "which of the owner's tokens was used" };
    }
    let rhythm = subject.profile.and_then(|profile| UsedDays::longest_interval_days(&profile.days));
    if rhythm.is_some_and(|interval| idle <= 2 * interval) {
        return Verdict::Clean;
    }
    Verdict::Guilty { severity: Severity::Medium, reason: say::unused(last, idle, window_days, rhythm) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, subject, token};
    use super::*;
    use crate::model::{ProfileKey, UsageProfile};
    use serde_json::json;

    fn idle_since(date: &str) -> crate::model::Credential {
        crate::model::Credential { last_used_at: Some(at(date)), ..token() }
    }

    #[test]
    fn a_use_within_the_window_is_clean_and_one_day_more_is_not() {
        let token = idle_since("2026-08-13");
        assert_eq!(judge(&RULE, json!({}), &subject(&token), "2026-11-21"), Verdict::Clean);
        let verdict = judge(&RULE, json!({}), &subject(&token), "2026-11-22");
        let Verdict::Guilty { reason, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!(reason, "Atlassian last saw it used on 2026-08-13, 101 days ago; the window is 100 days.");
    }

    #[test]
    fn a_later_event_of_use_counts() {
        let token = idle_since("2026-02-10");
        let used = Subject { last_used_at: Some(at("2026-11-01")), ..subject(&token) };
        assert_eq!(judge(&RULE, json!({}), &used, "2026-11-21"), Verdict::Clean);
    }

    #[test]
    fn a_quarterly_job_is_spared_until_twice_its_longest_interval() {
        let token = idle_since("2026-07-01");
        let mut profile = UsageProfile::empty(ProfileKey::of_label(None, "x"));
        ["2026-04-01", "2026-07-01"].iter().for_each(|date| profile.days.insert(at(date)));
        let quarterly = Subject { profile: Some(&profile), ..subject(&token) };
        assert_eq!(judge(&RULE, json!({}), &quarterly, "2026-12-30"), Verdict::Clean);
        assert!(is_guilty(&judge(&RULE, json!({}), &quarterly, "2026-12-31")));
    }

    #[test]
    fn without_the_listed_date_or_with_an_unjoined_use_it_cannot_be_judged() {
        let mut token = idle_since("2026-02-10");
        let unjoined = Subject { usage: Use::Unknown, ..subject(&token) };
        assert!(matches!(judge(&RULE, json!({}), &unjoined, "2026-11-21"), Verdict::Unknown { .. }));
        token.last_used_at = None;
        assert!(matches!(judge(&RULE, json!({}), &subject(&token), "2026-11-21"), Verdict::Unknown { .. }));
    }

    #[test]
    fn what_has_expired_is_not_called_unused() {
        let token = idle_since("2026-02-10");
        assert_eq!(judge(&RULE, json!({}), &subject(&token), "2027-02-02"), Verdict::Clean);
    }

    #[test]
    fn an_impossible_window_is_refused() {
        assert!(RULE.check(json!({"window_days": 0}).as_object().unwrap()).unwrap_err().contains("from 1 to 3650"));
    }

    #[test]
    fn where_no_list_of_atlassian_s_gives_a_date_an_event_alone_supports_nothing() {
        for kind in [CredentialKind::ObservedToken, CredentialKind::Registered] {
            let mut token = crate::model::Credential { last_used_at: None, ..token() };
            token.reference.kind = kind;
            let seen = Subject { last_used_at: Some(at("2026-01-01")), ..subject(&token) };
            assert!(matches!(judge(&RULE, json!({}), &seen, "2026-11-21"), Verdict::Unknown { .. }), "{kind}");
        }
    }
}
