//! `inventory-gap`: its owner's account used a token that no list holds.

use super::{
    Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, USER_AND_SERVICE_TOKENS, days_since, number,
};
use crate::messages::rules as say;
use crate::model::{EventTokenId, FactName, Relation, Severity, Timestamp, UsageProfile, Verdict};

pub(super) const RULE: Rule = Rule {
    id: "inventory-gap",
    about: "belongs to an account that used a token that no list holds",
    begins: Begins::AsNote,
    kinds: USER_AND_SERVICE_TOKENS,
    needs: &[FactName::EventIdsAreListIds],
    of: Of::Present,
    advice: "Ask its owner whether he revoked the other one. If he did not, compare the list in admin.atlassian.com with this report.",
    tags: &["ISO 27001 A.5.9", "SOC 2 CC6.1", "NIST 800-53 CM-8"],
    parameters: &[WITHIN],
    past: Past::Lost("which of its owner's uses belonged to no listed token then"),
    build,
};

const WITHIN: Parameter =
    Parameter::number("within_days", 7, (1, 365), "A use so many days ago is fresh enough to be told.");

fn build(given: &Parameters) -> Result<Judge, String> {
    let within_days = number(given, &WITHIN)?;
    Ok(Box::new(move |subject, now| judge(subject, within_days, now)))
}

fn judge(subject: &Subject<'_>, within_days: i64, now: Timestamp) -> Verdict {
    match subject.owner.map(|owner| owner.relation) {
        None | Some(Relation::Unknown) => return Verdict::Unknown { missing: "how its owner belongs to the org" },
        // Their tokens are in no list, and each that was seen has its own row.
        Some(Relation::External | Relation::System) => return Verdict::Clean,
        Some(Relation::Managed | Relation::Service) => {}
    }
    let fresh = |(at, ..): &(Timestamp, _, _)| days_since(*at, now) <= within_days;
    let newest = subject.unlisted.iter().filter_map(|profile| use_of(profile)).filter(fresh).max_by_key(|one| one.0);
    let Some((used_at, id, profile)) = newest else { return Verdict::Clean };
    let label = profile.labels.members().iter().find(|label| !label.is_empty());
    let reason = say::inventory_gap(id.as_str(), label.map(String::as_str), used_at);
    Verdict::Guilty { severity: Severity::Low, reason }
}

/// Its last use, if its events name a token.
fn use_of(profile: &UsageProfile) -> Option<(Timestamp, &EventTokenId, &UsageProfile)> {
    let id = profile.token_id.as_ref().filter(|_| profile.uses > 0)?;
    Some((profile.last_used_at?, id, profile))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, is_guilty, judge, owner, profile, subject, token};
    use super::*;
    use crate::model::{Owner, OwnerStatus, ProfileKey};
    use serde_json::json;

    fn verdict(relation: Option<Relation>, unlisted: &[&UsageProfile]) -> Verdict {
        let token = token();
        let owner = relation.map(|relation| Owner { relation, ..owner(OwnerStatus::Active) });
        judge(&RULE, json!({}), &Subject { owner: owner.as_ref(), unlisted, ..subject(&token) }, "2026-11-21")
    }

    #[test]
    fn a_fresh_use_of_a_token_in_no_list_is_told_on_its_owner_s_others() {
        let fresh = profile("x9", 3, "2026-11-01", "2026-11-14");
        for relation in [Relation::Managed, Relation::Service] {
            assert!(is_guilty(&verdict(Some(relation), &[&fresh])), "{relation:?}");
            assert_eq!(verdict(Some(relation), &[]), Verdict::Clean);
        }
        assert_eq!(verdict(Some(Relation::External), &[&fresh]), Verdict::Clean);
    }

    #[test]
    fn an_old_use_or_one_that_names_no_token_is_not() {
        let old = profile("x9", 3, "2026-11-01", "2026-11-13");
        let last_used_at = Some(at("2026-11-20"));
        let nameless = UsageProfile { uses: 3, last_used_at, ..UsageProfile::empty(ProfileKey::of_label(None, "x")) };
        assert_eq!(verdict(Some(Relation::Managed), &[&old, &nameless]), Verdict::Clean);
    }

    #[test]
    fn without_its_owner_nothing_is_known() {
        assert!(matches!(verdict(None, &[]), Verdict::Unknown { .. }));
        assert!(matches!(verdict(Some(Relation::Unknown), &[]), Verdict::Unknown { .. }));
    }
}
