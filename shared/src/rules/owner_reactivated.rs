//! `owner-reactivated`: its owner's account was off and is on again.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, days_since, number};
use crate::messages::rules as say;
use crate::model::{CredentialKind, OwnerStatus, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "owner-reactivated",
    about: "belongs to an account that was turned off and is on again",
    begins: Begins::AsFinding,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey],
    needs: &[],
    of: Of::Present,
    advice: "Ask whoever turned the account on whether that was meant. If only the person was to come back, his old credentials are to be revoked.",
    tags: &["OWASP NHI1:2025", "ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2"],
    parameters: &[WITHIN],
    past: Past::Lost("which state its owner's account had then"),
    build,
};

const WITHIN: Parameter = Parameter::number(
    "within_days",
    30,
    (1, 365),
    "So many days after a report saw the account active again it is told.",
);

fn build(given: &Parameters) -> Result<Judge, String> {
    let within_days = number(given, &WITHIN)?;
    Ok(Box::new(move |subject, now| judge(subject, within_days, now)))
}

fn judge(subject: &Subject<'_>, within_days: i64, now: Timestamp) -> Verdict {
    let Some(owner) = subject.owner else {
        return Verdict::Unknown { missing: "its owner's account" };
    };
    match owner.status {
        OwnerStatus::Active => {}
        OwnerStatus::Unknown => return Verdict::Unknown { missing: "the state of its owner's account" },
        OwnerStatus::Inactive | OwnerStatus::Closed => return Verdict::Clean,
    }
    let Some(seen_at) = subject.history.owner_reactivated_at else { return Verdict::Clean };
    let ago = days_since(seen_at, now);
    let made_since = subject.credential.created_at.is_some_and(|at| at > seen_at);
    if ago > within_days || made_since {
        return Verdict::Clean;
    }
    let reason = match subject.credential.reference.kind {
        CredentialKind::OrgApiKey => say::creator_reactivated(seen_at, ago),
        CredentialKind::UserApiToken
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => say::owner_reactivated(seen_at, ago),
    };
    Verdict::Guilty { severity: Severity::High, reason }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, owner, subject, token};
    use super::*;
    use crate::model::{Credential, Making, RowHistory};
    use serde_json::json;

    fn verdict(status: Option<OwnerStatus>, back_at: Option<&str>, token: &Credential) -> Verdict {
        let owner = status.map(owner);
        let making = Making::NotLookedFor;
        let history = RowHistory { first_seen_at: None, owner_reactivated_at: back_at.map(at), making };
        let subject = Subject { owner: owner.as_ref(), history: &history, ..subject(token) };
        judge(&RULE, json!({}), &subject, "2026-11-21")
    }

    #[test]
    fn a_fresh_return_convicts() {
        assert!(is_guilty(&verdict(Some(OwnerStatus::Active), Some("2026-10-22"), &token())));
    }

    #[test]
    fn no_return_or_an_old_one_or_a_credential_made_since_is_clean() {
        for back in [None, Some("2026-10-21")] {
            assert_eq!(verdict(Some(OwnerStatus::Active), back, &token()), Verdict::Clean, "{back:?}");
        }
        let new = Credential { created_at: Some(at("2026-11-20")), ..token() };
        assert_eq!(verdict(Some(OwnerStatus::Active), Some("2026-11-19"), &new), Verdict::Clean);
        assert_eq!(verdict(Some(OwnerStatus::Inactive), Some("2026-11-19"), &token()), Verdict::Clean);
    }

    #[test]
    fn without_the_owner_or_his_state_it_cannot_be_judged() {
        for status in [None, Some(OwnerStatus::Unknown)] {
            assert!(matches!(verdict(status, Some("2026-11-19"), &token()), Verdict::Unknown { .. }));
        }
    }
}
