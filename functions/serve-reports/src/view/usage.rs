//! A usage profile in readable form.

use serde_json::{Value, json};
use shared::model::{AuditEvent, KSmallest, UsageProfile};

/// What a credential is used for, as the events that we hold show it.
pub(crate) fn usage(profile: &UsageProfile) -> Value {
    json!({
        "joined_by": if profile.key.has_token_id() { "token_id" } else { "label" },
        "labels": profile.labels.members(),
        "first_used_at": profile.first_used_at,
        "last_used_at": profile.last_used_at,
        "uses": profile.uses,
        "mentions": profile.mentions,
        "days_used": profile.days.days().count(),
        "longest_interval_days": profile.days.longest_interval_days(),
        "networks": set(&profile.networks),
        "countries": set(&profile.countries),
        "actions": set(&profile.actions),
        "places": set(&profile.places),
        "hours_of_week": profile.hours.hours().collect::<Vec<_>>(),
    })
}

/// An event, without what Atlassian sent as a whole.
pub(crate) fn event(event: &AuditEvent) -> Value {
    json!({
        "id": event.id,
        "action": event.action,
        "time": event.time,
        "actor": event.actor.id,
        "topic": event.topic,
        "role": event.token.as_ref().map(|token| &token.role),
        "ip": event.location.ip,
        "country": event.location.country,
        "places": event.location.places,
    })
}

/// Some of the members, and how many there are (an estimate where there are more than shown).
fn set<const K: usize>(set: &KSmallest<K>) -> Value {
    json!({ "distinct": set.distinct(), "members": set.members() })
}
