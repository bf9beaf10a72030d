//! What the rules say of the use of a credential.

use crate::messages::{counted, day, days, listed, quoted};
use crate::model::Timestamp;

/// `inventory-gap`. The label is the one that the events name, if they do.
pub(crate) fn inventory_gap(token_id: &str, label: Option<&str>, used_at: Timestamp) -> String {
    let label = label.map_or(String::new(), |label| format!(", {}", quoted(label)));
    format!(
        "A token of this account that no list holds (id {token_id}{label}) was used on {}: it may have been revoked since, or the list does not show all.",
        day(used_at)
    )
}

/// `never-used`.
pub(crate) fn never_used(created_at: Timestamp, age_days: i64, log_since: Timestamp) -> String {
    format!(
        "It was made on {}, {} ago; its list shows no last use, and the audit log, read without a gap since {}, holds none. That is no proof: not every use leaves an entry.",
        day(created_at),
        days(age_days),
        day(log_since)
    )
}

/// `scope-unused`: some of its writing scopes, and how it was used.
pub(crate) fn scope_unused(scopes: &[&str], uses: u64, span_days: i64, actions: &[&str]) -> String {
    format!(
        "It may change things ({}), and each of the {} that we saw over {} only read ({}). A scope that reads may be enough; a rare change may not have been seen.",
        scopes.join(", "),
        counted(uses, "use"),
        days(span_days),
        listed(actions)
    )
}

/// `service-account-quiet`.
pub(crate) fn service_account_quiet(last_used_at: Timestamp, quiet_days: i64) -> String {
    let (last, quiet) = (day(last_used_at), days(quiet_days));
    format!("A service account's token was last used on {last}, {quiet} ago: is its service still there?")
}

/// `shared-use`. The countries may be none.
pub(crate) fn shared_use(networks: u64, countries: &[String]) -> String {
    let from = if countries.is_empty() { String::new() } else { format!(" ({})", countries.join(", ")) };
    format!("It was used from about {networks} networks{from}: more than one job or person may hold it.")
}

/// `superseded`.
pub(crate) fn superseded(last_used_at: Timestamp, quiet_days: i64, newer: &str, newer_made: Timestamp) -> String {
    format!(
        "It was last used on {}, {} ago; its owner's newer {}, made on {}, is in use. The job has probably moved: of all revocations this would be the gentlest, and it ends the reminders about this one.",
        day(last_used_at),
        days(quiet_days),
        quoted(newer),
        day(newer_made)
    )
}

/// `unused`. The rhythm is the longest interval between two days of use that we saw.
pub(crate) fn unused(last_used_at: Timestamp, idle_days: i64, window_days: i64, rhythm_days: Option<i64>) -> String {
    let rhythm = rhythm_days.map_or(String::new(), |interval| {
        format!(" Between the uses that we saw there were at most {}.", days(interval))
    });
    let (last, idle, window) = (day(last_used_at), days(idle_days), days(window_days));
    format!("Atlassian last saw it used on {last}, {idle} ago; the window is {window}.{rhythm}")
}
