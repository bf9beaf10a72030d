//! A message on its way.

use serde_json::{Value, json};
use shared::model::{Audience, Message, Outgoing};

/// A message, with where it stands.
pub(crate) fn message(outgoing: &Outgoing) -> Value {
    let Message { id, audience, kind, action, credential, rule, subject, text, at } = &outgoing.message;
    let audience = match audience {
        Audience::Owner(account) => json!({ "kind": "owner", "account": account }),
        Audience::Security => json!({ "kind": "security", "account": null }),
        Audience::Tickets => json!({ "kind": "tickets", "account": null }),
    };
    json!({
        "id": id,
        "kind": kind,
        "audience": audience,
        "action": action,
        "credential": credential,
        "rule": rule,
        "subject": subject,
        "text": text,
        "at": at,
        "state": outgoing.state,
        "attempts": outgoing.attempts,
        "next_at": outgoing.next_at,
        "sent_at": outgoing.sent_at,
        "delivered": outgoing.delivered,
        "ticket": outgoing.ticket,
        "reason": outgoing.reason,
    })
}
