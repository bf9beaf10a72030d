//! `expired-still-listed`: its expiry date has passed, and the list still holds it.

use super::{Begins, Rule, Subject, day, without_parameters};
use crate::model::{CredentialKind, Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "expired-still-listed",
    about: "has expired and is still listed",
    begins: Begins::AsNote,
    kinds: &CredentialKind::ALL,
    build: |given| without_parameters(given, judge),
};

fn judge(subject: &Subject<'_>, now: Timestamp) -> Verdict {
    match subject.credential.expires_at {
        None => Verdict::Unknown { missing: "its expiry date" },
        Some(at) if at > now => Verdict::Clean,
        Some(at) => {
            let reason = format!(
                "It expired on {} and is still listed. What used it has stopped; nothing needs to be done.",
                day(at)
            );
            Verdict::Guilty { severity: Severity::Low, reason }
        }
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
