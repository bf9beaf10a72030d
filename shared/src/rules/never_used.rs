//! `never-used`: neither its list nor the log shows that it was ever used.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, days_since, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, FactName, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "never-used",
    about: "was never used, as far as the list and the log show",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey, CredentialKind::ServiceAccountToken],
    needs: &[FactName::UsesLeaveEvents],
    of: Of::Present,
    advice: "Ask its owner whether it was ever put into use. If he made it for nothing, he revokes it.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2(3)"],
    parameters: &[AFTER],
    past: Past::Known,
    build,
};

const AFTER: Parameter =
    Parameter::number("after_days", 30, (1, 3650), "Younger ones, in days, are given time to be put into use.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let after_days = number(given, &AFTER)?;
    Ok(Box::new(move |subject, now| judge(subject, after_days, now)))
}

fn judge(subject: &Subject<'_>, after_days: i64, now: Timestamp) -> Verdict {
    let credential = subject.credential;
    let ended = credential.expires_at.is_some_and(|at| at <= now);
    if ended || subject.last_used_at.is_some() || subject.profile.is_some_and(|profile| profile.uses > 0) {
        return Verdict::Clean;
    }
    let Some(created_at) = credential.created_at else {
        return Verdict::Unknown { missing: "the date on which it was made" };
    };
    let Some(log_since) = subject.log_since else {
        return Verdict::Unknown { missing: "since when the audit log was read without a gap" };
    };
    let age = days_since(created_at, now);
    if age <= after_days {
        return Verdict::Clean;
    }
    if log_since > created_at && days_since(log_since, now) < after_days {
        return Verdict::Unknown { missing: "an audit log that was read for long enough" };
    }
    if subject.unlisted.iter().any(|profile| profile.uses > 0) {
        return Verdict::Unknown { missing: "which of the owner's tokens was used" };
    }
    Verdict::Guilty { severity: Severity::Low, reason: say::never_used(created_at, age, log_since) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, profile, subject, token};
    use super::*;
    use crate::model::{Credential, UsageProfile};
    use serde_json::json;

    fn fresh() -> Credential {
        Credential { last_used_at: None, created_at: Some(at("2026-10-01")), ..token() }
    }

    fn with_log<'a>(token: &'a Credential, since: Option<&str>) -> Subject<'a> {
        Subject { log_since: since.map(at), ..subject(token) }
    }

    fn verdict(subject: &Subject<'_>) -> Verdict {
        judge(&RULE, json!({}), subject, "2026-11-21")
    }

    #[test]
    fn no_use_in_the_list_and_in_a_log_that_is_long_enough_convicts() {
        let token = fresh();
        assert!(is_guilty(&verdict(&with_log(&token, Some("2026-09-30")))));
        assert!(is_guilty(&verdict(&with_log(&token, Some("2026-10-22")))));
        assert!(matches!(verdict(&with_log(&token, Some("2026-10-23"))), Verdict::Unknown { .. }));
    }

    #[test]
    fn a_use_by_either_source_or_youth_or_its_end_is_clean() {
        let (token, used) = (fresh(), profile("t1", 1, "2026-11-01", "2026-11-01"));
        let log = with_log(&token, Some("2026-09-30"));
        assert_eq!(verdict(&Subject { last_used_at: Some(at("2026-11-01")), ..log }), Verdict::Clean);
        assert_eq!(verdict(&Subject { profile: Some(&used), ..log }), Verdict::Clean);
        let young = Credential { created_at: Some(at("2026-10-22")), ..fresh() };
        let ended = Credential { expires_at: Some(at("2026-11-01")), ..fresh() };
        for token in [young, ended] {
            assert_eq!(verdict(&with_log(&token, Some("2026-09-30"))), Verdict::Clean);
        }
    }

    #[test]
    fn without_its_date_or_the_log_or_with_a_use_of_nobody_knows_which_it_cannot_be_judged() {
        let (token, undated) = (fresh(), Credential { created_at: None, ..fresh() });
        assert!(matches!(verdict(&with_log(&undated, Some("2026-09-30"))), Verdict::Unknown { .. }));
        assert!(matches!(verdict(&with_log(&token, None)), Verdict::Unknown { .. }));
        let stray: UsageProfile = profile("x9", 1, "2026-11-01", "2026-11-01");
        let unlisted = Subject { unlisted: &[&stray], ..with_log(&token, Some("2026-09-30")) };
        assert!(matches!(verdict(&unlisted), Verdict::Unknown { .. }));
    }
}
