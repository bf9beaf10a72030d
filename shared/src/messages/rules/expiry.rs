//! What the rules say of the end of a credential.

use crate::messages::{day, days};
use crate::model::Timestamp;

/// `expired-still-listed`.
pub(crate) fn expired_still_listed(expired_at: Timestamp) -> String {
    let day = day(expired_at);
    format!("It expired on {day} and is still listed. What used it has stopped; nothing needs to be done.")
}

/// `expires-soon`.
pub(crate) fn expires_soon(expires_at: Timestamp, left_days: i64, last_used_at: Option<Timestamp>) -> String {
    let when = if left_days == 0 { "within a day".to_owned() } else { format!("in {}", days(left_days)) };
    let used = match last_used_at {
        None => "When it was last used is not known.".to_owned(),
        Some(at) => format!("It was last used on {}.", day(at)),
    };
    format!("It expires on {}, {when}; what uses it will stop then. {used}", day(expires_at))
}

/// `expiry-unknown`.
pub(crate) fn expiry_unknown() -> String {
    "The list shows no expiry for it: it may never expire, or its date is not shown. So no reminder can be given."
        .into()
}

/// `lifetime-over-policy`, by its expiry date.
pub(crate) fn lifetime_over_policy(created_at: Timestamp, lifetime_days: i64, max_days: i64) -> String {
    let (made, lives, max) = (day(created_at), days(lifetime_days), days(max_days));
    format!("It was made on {made} and lives {lives}; the policy allows {max}.")
}

/// `lifetime-over-policy`, by its age, where no expiry date is shown.
pub(crate) fn age_over_policy(created_at: Timestamp, age_days: i64, max_days: i64) -> String {
    let (made, age, max) = (day(created_at), days(age_days), days(max_days));
    format!("It was made on {made} and is {age} old already; the policy allows {max}.")
}

/// `no-expiry`.
pub(crate) fn no_expiry(created_at: Option<Timestamp>) -> String {
    let made = created_at.map_or(String::new(), |at| format!(" It was made on {}.", day(at)));
    format!("Its source says that it never expires: whoever holds it may use it until somebody ends it.{made}")
}

/// `own-key-expiring`.
pub(crate) fn own_key_expiring(expires_at: Timestamp, left_days: i64) -> String {
    let (day, left) = (day(expires_at), days(left_days));
    format!(
        "Tokenwarden itself uses this key, and it expires on {day}, in {left}. Make a new one and put it into the secret before."
    )
}
