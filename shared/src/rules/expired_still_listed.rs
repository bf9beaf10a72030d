//! `expired-still-listed`: its expiry date has passed, and the list still holds it.

use super::{Begins, Of, Past, Rule, Subject, without_parameters};
use crate::messages::rules as say;
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "expired-still-listed",
    about: "has expired and is still listed",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    needs: &[],
    of: Of::Present,
    advice: "Nothing has to be done. If its work is missed, its owner makes a new one.",
    tags: &["ISO 27001 A.5.9", "NIST 800-53 IA-5"],
    parameters: &[],
    past: Past::Known,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, now: Timestamp) -> Verdict {
    match subject.credential.expires_at {
        None => Verdict::Unknown { missing: "its expiry date" },
        Some(at) if at > now => Verdict::Clean,
        Some(at) => Verdict::Guilty { severity: Severity::Low, reason: say::expired_still_listed(at) },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, subject, token};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_day_decides() {
        let token = token();
        assert_eq!(judge(&RULE, json!({}), &subject(&token), "2027-01-31"), Verdict::Clean);
        assert!(is_guilty(&judge(&RULE, json!({}), &subject(&token), "2027-02-01")));
    }
}
