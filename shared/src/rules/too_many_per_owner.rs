//! `too-many-per-owner`: one account holds more credentials of the kind than the policy allows.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, USER_AND_SERVICE_TOKENS, number};
use crate::messages::rules as say;
use crate::model::{Severity, Timestamp, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "too-many-per-owner",
    about: "belongs to an account that holds more of its kind than the policy allows",
    begins: Begins::AsNote,
    kinds: USER_AND_SERVICE_TOKENS,
    needs: &[],
    of: Of::Present,
    advice: "Go through them with their owner: which job uses which, and which are needed no more.",
    tags: &["ISO 27001 A.5.17", "SOC 2 CC6.1", "NIST 800-53 IA-5"],
    parameters: &[MOST],
    past: Past::Known,
    build,
};

const MOST: Parameter = Parameter::number("most", 3, (1, 1_000), "So many of a kind are allowed for one account.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let most = number(given, &MOST)?;
    Ok(Box::new(move |subject, now| judge(subject, most, now)))
}

fn judge(subject: &Subject<'_>, most: usize, now: Timestamp) -> Verdict {
    if subject.credential.owner.is_none() {
        return Verdict::Unknown { missing: "its owner" };
    }
    let kind = subject.credential.reference.kind;
    let lives = |at: Option<Timestamp>| at.is_none_or(|at| at > now);
    let same = subject.siblings.iter().filter(|other| other.reference.kind == kind && lives(other.expires_at));
    let held = same.count();
    if held <= most {
        return Verdict::Clean;
    }
    Verdict::Guilty { severity: Severity::Low, reason: say::too_many_per_owner(held, most) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    #[test]
    fn expired_ones_and_other_kinds_do_not_count() {
        let expired = Credential { expires_at: Some(at("2026-01-01")), ..token() };
        let held = [token(), token(), expired, super::super::tests::key()];
        let of = |given| judge(&RULE, given, &Subject { siblings: &held, ..subject(&held[0]) }, "2026-11-21");
        assert_eq!(of(json!({"most": 2})), Verdict::Clean);
        assert!(is_guilty(&of(json!({"most": 1}))));
    }
}
