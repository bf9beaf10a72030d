//! What the rules say of the people who answer for a credential.

use crate::messages::{day, days};
use crate::model::{OwnerStatus, Timestamp};
use chrono::NaiveDate;

/// `admin-owned-token`.
pub(crate) fn admin_owned_token() -> String {
    "Its owner is an org admin: whoever holds it may do what an admin may do, as far as its scopes allow.".into()
}

/// `external-owner`.
pub(crate) fn external_owner() -> String {
    "Its owner is external: the org can neither list nor revoke his tokens, only end his access.".into()
}

/// `orphan-key`, of a creator who is an active account and no org admin any more.
pub(crate) fn orphan_key_no_admin() -> String {
    "Its creator is no org admin any more, and a key does not end with the role as far as known. Name an admin who answers for it, or replace it.".into()
}

/// `orphan-key`, of a creator who left; `None` where his account is in no list.
pub(crate) fn orphan_key_left(creator: Option<OwnerStatus>) -> String {
    let creator = creator.map_or("not among the org's managed accounts".to_owned(), |status| state(status).to_owned());
    format!(
        "Its creator's account is {creator}, and a key does not end with the account. Name somebody who answers for it, or replace it."
    )
}

/// `owner-deactivated`.
pub(crate) fn owner_deactivated(status: OwnerStatus) -> String {
    let state = state(status);
    format!(
        "Its owner's account is {state}: it cannot be used now as far as known, and works again if the account is turned on."
    )
}

/// `owner-not-permitted`.
pub(crate) fn owner_not_permitted(owner: &str) -> String {
    format!("The policy says who may hold such a credential, and its owner, {owner}, is not among them.")
}

/// `owner-reactivated`, of a token.
pub(crate) fn owner_reactivated(seen_at: Timestamp, ago_days: i64) -> String {
    format!(
        "Its owner's account was turned off and is on again, as the report of {} first saw, {} ago: his tokens work again as far as known.",
        day(seen_at),
        days(ago_days)
    )
}

/// `owner-reactivated`, of an admin key, which had not stopped.
pub(crate) fn creator_reactivated(seen_at: Timestamp, ago_days: i64) -> String {
    format!(
        "Its creator's account was turned off and is on again, as the report of {} first saw, {} ago. The key itself does not end with the account.",
        day(seen_at),
        days(ago_days)
    )
}

/// `owner-unknown`, where the list names nobody.
pub(crate) fn owner_unknown() -> String {
    "Its list names nobody who answers for it. Ask who knows what it is for.".into()
}

/// `owner-unknown`, where the list names an account that is in no list of accounts.
pub(crate) fn owner_not_listed() -> String {
    "The account that its list names is in none of the org's lists of accounts. Ask who knows what it is for.".into()
}

/// `review-due`, while an answer is awaited.
pub(crate) fn review_due(review_by: NaiveDate, responsible: Option<&str>) -> String {
    format!("Somebody was to confirm by {review_by} that it is still needed; {} has not yet.", asked(responsible))
}

/// `review-due`, when nobody answered.
pub(crate) fn review_not_answered(review_by: NaiveDate, ago_days: i64, responsible: Option<&str>) -> String {
    let (ago, asked) = (days(ago_days), asked(responsible));
    format!(
        "Nobody has answered since {review_by}, {ago} ago, whether it is still needed; {asked} was to say so. What is known of it may be out of date."
    )
}

/// `too-many-per-owner`.
pub(crate) fn too_many_per_owner(held: usize, most: usize) -> String {
    format!("Its owner holds {held} of this kind; the policy allows {most}. Each is one more that can leak unseen.")
}

fn asked(responsible: Option<&str>) -> &str {
    responsible.unwrap_or("whoever answers for it")
}

fn state(status: OwnerStatus) -> &'static str {
    match status {
        OwnerStatus::Active => "active",
        OwnerStatus::Inactive => "deactivated",
        OwnerStatus::Closed => "closed",
        OwnerStatus::Unknown => "in a state that is not known",
    }
}
