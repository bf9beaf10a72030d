//! What the rules say of what the lists and the log show about a credential itself.

use crate::messages::{day, quoted};
use crate::model::{CredentialKind, Timestamp};
use chrono::SubsecRound;

/// `appeared-without-event`.
pub(crate) fn appeared_without_event(created_at: Timestamp) -> String {
    format!(
        "It is new in the list, made on {}, and the audit log, which covers the time of its making, holds no such entry.",
        day(created_at)
    )
}

/// `blocked-but-listed`.
pub(crate) fn blocked_but_listed() -> String {
    "It is blocked, so it cannot be used now as far as known; once allowed again, it works again.".into()
}

/// `disappeared`.
pub(crate) fn disappeared(
    label: &str,
    kind: CredentialKind,
    expired_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
) -> String {
    let before = format!("The report before had it as {}", quoted(label));
    let gone = match kind {
        CredentialKind::UserApiToken
        | CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient => {
            let expired = expired_at.map_or(String::new(), |at| format!(", or it went when it expired on {}", day(at)));
            format!("{before}, and it is in no list any more: its owner or an admin may have removed it{expired}.")
        }
        CredentialKind::ObservedToken => {
            format!("{before}, which was in no list, and the log that is kept shows no use of it any more.")
        }
        CredentialKind::Registered => {
            format!("{before}, and it is not in the register any more: somebody took it out.")
        }
    };
    let used = match last_used_at {
        None => "When it was last used is not known.".to_owned(),
        Some(at) => format!("It was last used on {}.", day(at)),
    };
    format!("{gone} {used} No action is needed.")
}

/// `key-attributed`.
pub(crate) fn key_attributed(action: &str, at: Timestamp, creator: &str) -> String {
    let at = at.trunc_subsecs(0).format("%Y-%m-%d %H:%M UTC");
    format!(
        "The log's entry “{action}” of {at} by {creator} was about this key: it is the only key that its creator made around that time, and the only such entry."
    )
}

/// `over-scoped`.
pub(crate) fn over_scoped(scopes: &[&str]) -> String {
    format!("It may do more than read: {}.", scopes.join(", "))
}

/// `reaches-many-orgs`. How many, not which: its readers may be limited to this org.
pub(crate) fn reaches_many_orgs(others: usize) -> String {
    let orgs = match others {
        1 => "another governed org".to_owned(),
        several => format!("{several} other governed orgs"),
    };
    format!("It was used in {orgs} too. Whoever holds it reaches them all, and ending it stops its work in them all.")
}

/// `unscoped`.
pub(crate) fn unscoped() -> String {
    // That an empty list means "all that its owner may do" is inferred; no source says it.
    "Its list shows no scopes: as far as known it may do all that its owner may do.".into()
}
