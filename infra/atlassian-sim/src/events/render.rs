//! The JSON of an audit event, in the dialects spoken; it holds only fields that the specification or a recorded
//! sample shows.

use serde_json::{Map, Value, json};

use super::{Action, Deed, Event, Subject, actions, place, site};
use crate::dialect::{Dialect, Dialects};
use crate::draw::{Domain, hash, hash_text};
use crate::ids;
use crate::population::tokens::Kind;
use crate::time;
use crate::world::org::Org;

/// Which of the two operations answers: only the stream bears `processedAt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Stream,
    Search,
}

/// Whether the dialects show an event at all.
pub(crate) fn shown(org: &Org, event: &Event, dialects: &Dialects) -> bool {
    let Subject::Use(at) = event.subject else { return true };
    !dialects.has(Dialect::NoExternalUse) || org.kind_at(at, event.actor, event.time_ms) != Kind::ExternalToken
}

/// The action id of an event, as the dialects write it.
pub(crate) fn action_id(org: &Org, event: &Event, dialects: &Dialects) -> String {
    shown_id(org, event.deed.id(), dialects)
}

/// An action id as the dialects write it.
pub(crate) fn shown_id(org: &Org, id: &str, dialects: &Dialects) -> String {
    if dialects.has(Dialect::DrawnActions) { actions::drawn_id(org.people.seed, id) } else { id.to_owned() }
}

/// The event at a position of the org's log.
pub(crate) fn event(
    org: &Org,
    position: usize,
    event: &Event,
    dialects: &Dialects,
    answer: Answer,
    base_url: &str,
) -> Value {
    let mut id = ids::uuid(org.people.seed, Domain::EventId, u32::try_from(position).unwrap_or(0));
    id.make_ascii_lowercase();
    let mut attributes = Map::new();
    attributes.insert("time".into(), time::zulu(event.time_ms).into());
    if answer == Answer::Stream {
        attributes.insert("processedAt".into(), time::zulu(event.processed_ms).into());
    }
    attributes.insert("action".into(), action_id(org, event, dialects).into());
    attributes.insert("actor".into(), actor(org, event, dialects));
    attributes.insert("context".into(), context(org, event));
    attributes.insert("container".into(), site::container(org, position, event));
    attributes.insert("location".into(), location(org, position, event));
    json!({
        "id": id,
        "type": "events",
        "attributes": attributes,
        "message": {"content": message(org, event), "format": "simple"},
        "links": {"self": format!("{base_url}/admin/v1/orgs/{}/events/{id}", org.id)},
    })
}

fn actor(org: &Org, event: &Event, dialects: &Dialects) -> Value {
    let Some(user) = event.actor else {
        return json!({"id": "confluence", "name": "Confluence", "email": "Atlassian app"});
    };
    let user = org.user(user);
    let mut actor = Map::new();
    actor.insert("id".into(), user.account_id.into());
    actor.insert("name".into(), user.name.into());
    if user.shows_email {
        actor.insert("email".into(), user.email.into());
    }
    if let Some(auth) = auth(org, event, dialects) {
        actor.insert("auth".into(), auth);
    }
    Value::Object(actor)
}

/// `auth` names the token that was used; in the `session-auth` dialect, also the token that was made.
fn auth(org: &Org, event: &Event, dialects: &Dialects) -> Option<Value> {
    if dialects.has(Dialect::NoAuth) {
        return None;
    }
    let created = event.deed == Deed::Known(Action::ApiTokenCreated);
    let (at, auth_type) = match event.subject {
        Subject::Use(at) => (at, "api-token"),
        Subject::Credential(at) if created && dialects.has(Dialect::SessionAuth) => (at, "session"),
        Subject::Credential(_) | Subject::User(_) | Subject::Policy(_) | Subject::Content(_) => return None,
    };
    let token = org.token(at);
    if dialects.has(Dialect::NoTokenIds) {
        return Some(json!({"authType": auth_type, "tokenLabel": token.label}));
    }
    Some(json!({"authType": auth_type, "tokenId": event_token_id(&token.id, dialects), "tokenLabel": token.label}))
}

/// A token's id as events write it.
pub(crate) fn event_token_id(id: &str, dialects: &Dialects) -> String {
    if dialects.has(Dialect::OtherIds) {
        return format!("ct-{:016x}", hash(&[Domain::Action as u64, hash_text(id)]));
    }
    id.to_owned()
}

/// What the deed was done to. Entries about credentials do not say which one (a known gap of Atlassian's log).
fn context(org: &Org, event: &Event) -> Value {
    match &event.subject {
        Subject::User(user) => {
            let user = org.user(*user);
            json!([{"id": user.account_id, "type": "users", "attributes": {"name": user.name}}])
        }
        Subject::Content(number) => item(event, *number),
        Subject::Use(at) => item(event, at.index % 9000),
        Subject::Credential(_) | Subject::Policy(_) => json!([]),
    }
}

fn item(event: &Event, number: u32) -> Value {
    let Deed::Known(action) = &event.deed else { return json!([]) };
    match action.product() {
        Some("jira") => {
            json!([{"id": format!("{}", 10_000 + number), "type": "issues", "attributes": {"issueKey": format!("OPS-{number}")}}])
        }
        Some(_) => json!([{"id": format!("{}", 98_000 + number), "type": "pages", "attributes": {}}]),
        None => json!([]),
    }
}

fn location(org: &Org, position: usize, event: &Event) -> Value {
    if let Some(from) = &event.from {
        return json!({"ip": from.0, "countryName": from.1});
    }
    let Some(place) = place::of_event(&org.people, position, event) else { return json!({"geo": "EU"}) };
    json!({"ip": place.ip, "countryName": place.country, "regionName": place.region, "city": place.city})
}

fn message(org: &Org, event: &Event) -> String {
    let who = event.actor.map_or_else(|| "Confluence".to_owned(), |user| org.user(user).name);
    match &event.deed {
        Deed::Known(action) => format!("{who}: {}", action.display_name()),
        Deed::Named(name) => format!("{who}: {name}"),
    }
}
