//! `own-key-expiring`: one of the keys that Tokenwarden itself uses ends soon, and with it everything here.

use super::{Begins, Of, Own, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "own-key-expiring",
    about: "is a key that Tokenwarden itself uses, and expires soon",
    begins: Begins::AsFinding,
    kinds: &[CredentialKind::OrgApiKey],
    needs: &[],
    of: Of::Present,
    advice: "Make a new key with the same scopes in admin.atlassian.com and put it into the secret before that day.",
    tags: &["ISO 27001 A.5.17", "NIST 800-53 IA-5"],
    parameters: &[],
    past: Past::Known,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, now: Timestamp) -> Verdict {
    match subject.own {
        Own::Yes => {}
        Own::No => return Verdict::Clean,
        Own::NotKnown => return Verdict::Unknown { missing: "the ids of the keys that Tokenwarden uses" },
    }
    let Some(expires_at) = subject.credential.expires_at else {
        return Verdict::Unknown { missing: "its expiry date" };
    };
    let left = (expires_at - now).num_days();
    let severity = match left {
        ..=1 => Severity::High,
        2..=7 => Severity::Medium,
        8..=30 => Severity::Low,
        _ => return Verdict::Clean,
    };
    Verdict::Guilty { severity, reason: say::own_key_expiring(expires_at, left.max(0)) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{judge, key, subject};
    use super::*;
    use serde_json::json;

    fn verdict(own: Own, now: &str) -> Verdict {
        let key = key();
        judge(&RULE, json!({}), &Subject { own, ..subject(&key) }, now)
    }

    #[test]
    fn it_warns_30_7_and_1_days_before() {
        let severity = |now| match verdict(Own::Yes, now) {
            Verdict::Guilty { severity, .. } => Some(severity),
            Verdict::Clean | Verdict::Unknown { .. } => None,
        };
        let told = ["2026-12-01", "2027-01-10", "2027-01-26", "2027-01-31"].map(severity);
        assert_eq!(told, [None, Some(Severity::Low), Some(Severity::Medium), Some(Severity::High)]);
    }

    #[test]
    fn other_keys_are_none_of_its_business_and_unknown_ones_are_said_to_be_unknown() {
        assert_eq!(verdict(Own::No, "2027-01-31"), Verdict::Clean);
        assert!(matches!(verdict(Own::NotKnown, "2027-01-31"), Verdict::Unknown { .. }));
    }
}
