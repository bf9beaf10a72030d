//! `service-account-quiet`: a service account's token that no service uses any more.

use super::{Begins, Judge, Parameters, Rule, Subject, day, days, parameters, within};
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "service-account-quiet",
    about: "is a service account's token that went quiet",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::ServiceAccountToken],
    build,
};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    quiet_days: i64,
}

impl Default for Given {
    fn default() -> Self {
        Self { quiet_days: 30 }
    }
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let Given { quiet_days } = parameters(given)?;
    within("quiet_days", quiet_days, 1..=3650)?;
    Ok(Box::new(move |subject, now| judge(subject, quiet_days, now)))
}

fn judge(subject: &Subject<'_>, quiet_days: i64, now: Timestamp) -> Verdict {
    let Some(last) = subject.last_use() else {
        return Verdict::Unknown { missing: "Atlassian's own last-used date" };
    };
    let quiet = (now - last).num_days();
    if quiet <= quiet_days {
        return Verdict::Clean;
    }
    let reason = format!(
        "A service account's token was last used on {}, {} ago: is its service still there?",
        day(last),
        days(quiet)
    );
    Verdict::Guilty { severity: Severity::Low, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_month_of_silence_is_told_and_the_policy_may_say_otherwise() {
        let token = token();
        assert_eq!(judge(&RULE, json!({}), &subject(&token), "2026-12-20"), Verdict::Clean);
        assert!(is_guilty(&judge(&RULE, json!({}), &subject(&token), "2026-12-21")));
        assert_eq!(judge(&RULE, json!({"quiet_days": 60}), &subject(&token), "2026-12-21"), Verdict::Clean);
    }
}
