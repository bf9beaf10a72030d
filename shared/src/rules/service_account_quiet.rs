//! `service-account-quiet`: a service account's token that no service uses any more.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, days_since, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "service-account-quiet",
    about: "is a service account's token that went quiet",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::ServiceAccountToken],
    needs: &[],
    of: Of::Present,
    advice: "Ask whoever runs the service whether it still exists. If it does not, revoke the token and look at the account's others.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2(3)"],
    parameters: &[QUIET],
    past: Past::Known,
    build,
};

const QUIET: Parameter = Parameter::number("quiet_days", 30, (1, 3650), "So many days without a use are quiet.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let quiet_days = number(given, &QUIET)?;
    Ok(Box::new(move |subject, now| judge(subject, quiet_days, now)))
}

fn judge(subject: &Subject<'_>, quiet_days: i64, now: Timestamp) -> Verdict {
    let Some(last) = subject.last_use() else {
        return Verdict::Unknown { missing: "Atlassian's own last-used date" };
    };
    let quiet = days_since(last, now);
    if quiet <= quiet_days {
        return Verdict::Clean;
    }
    Verdict::Guilty { severity: Severity::Low, reason: say::service_account_quiet(last, quiet) }
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
