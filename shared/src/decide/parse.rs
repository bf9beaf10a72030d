//! From the bytes of a delivery to events, or to a reason why not. Nothing of a body is dropped: what is not an event is
//! given back with its bytes.

use super::{
    classify::{Class, classify},
    foreign,
};
use crate::{
    model::{
        AccountId, ActionCatalogue, Actor, AuditEvent, EventId, EventSource, Intake, Location, QuarantineId, Timestamp,
        Topic,
    },
    wire::{
        alert::{AlertClass, WireAlert},
        delivery::{self, Content, Item},
        event::{WireAttributes, WireEvent, WireLocation},
        time::parse_time,
    },
};
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An event's raw text may have at most this many bytes: with its profile it must fit into a DynamoDB item (400 KB).
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Ids go into a DynamoDB sort key, of at most 1,024 bytes escaped (the Organizations API names at most 128 characters).
const MAX_ID_BYTES: usize = 200;

/// Atlassian's action ids have a few dozen characters.
const MAX_ACTION_BYTES: usize = 512;

/// Seconds since 1970 of a key have at most ten digits (the year 2286), so that keys sort by time.
const MAX_EPOCH_SECS: i64 = 9_999_999_999;

/// What a delivery came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The events, in the order of the delivery.
    pub events: Vec<AuditEvent>,
    /// What is none, with the reason, to be quarantined.
    pub refused: Vec<Refused>,
    /// Test alerts: answered and not counted.
    pub acknowledged: u64,
}

/// A body, or one item of it, that is not an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is, why it is not taken and how to mend it. Holds nothing of the body but bounded names.
    pub reason: String,
    /// The bytes as they were sent.
    pub bytes: Vec<u8>,
}

impl Refused {
    /// The same bytes twice are one.
    pub fn id(&self) -> QuarantineId {
        QuarantineId::new(hex::encode(Sha256::digest(&self.bytes)))
    }
}

enum Understood {
    Event(Box<AuditEvent>),
    TestAlert,
}

/// Reads a delivery. Each item that cannot be understood is refused by itself; a body that is no batch, whole.
pub fn parse(body: &[u8], intake: Intake, catalogue: &ActionCatalogue) -> Parsed {
    let mut parsed = Parsed::default();
    let Ok(text) = std::str::from_utf8(body) else {
        let reason = "the body is not UTF-8 text (compressed, or in another encoding); send JSON in UTF-8".to_owned();
        parsed.refused.push(Refused { reason, bytes: body.to_vec() });
        return parsed;
    };
    for item in delivery::items(text) {
        match understand(&item, intake, catalogue) {
            Ok(Understood::Event(event)) => parsed.events.push(*event),
            Ok(Understood::TestAlert) => parsed.acknowledged += 1,
            Err(reason) => parsed.refused.push(Refused { reason, bytes: item.whole.as_bytes().to_vec() }),
        }
    }
    parsed
}

fn understand(item: &Item<'_>, intake: Intake, catalogue: &ActionCatalogue) -> Result<Understood, String> {
    let text = object(&item.content)?;
    let understood = match intake {
        Intake::AuditWebhook | Intake::Poll => org_event(text, catalogue).map(Understood::from)?,
        Intake::GuardDetectWebhook => alert(text)?,
    };
    if let Understood::Event(event) = &understood {
        fits(event)?;
    }
    Ok(understood)
}

impl From<AuditEvent> for Understood {
    fn from(event: AuditEvent) -> Self {
        Self::Event(Box::new(event))
    }
}

fn object<'a>(content: &Content<'a>) -> Result<&'a str, String> {
    match content {
        Content::Object(text) => Ok(text),
        Content::NoObject => Err("this is JSON but not an object; an audit event is a JSON object".to_owned()),
        Content::Twice(name) => Err(format!("it has `{name}` twice, so it is not clear which is meant; send it once")),
        Content::Truncated => {
            Err("the JSON is truncated: it ends before it is complete; send it again whole".to_owned())
        }
        Content::Broken { line, column } => {
            Err(format!("this is not JSON (it breaks in line {line}, column {column}); send the events as JSON"))
        }
    }
}

fn org_event(raw: &str, catalogue: &ActionCatalogue) -> Result<AuditEvent, String> {
    let event = serde_json::from_str::<WireEvent>(raw).map_err(|error| unread(raw, &error))?;
    let Some(attributes) = event.attributes else { return Err(unknown_object(raw)) };
    let id = event.id.ok_or_else(|| lacking("id"))?;
    let action = attributes.action.clone().ok_or_else(|| lacking("attributes.action"))?;
    let time = required_time(&attributes.time, "attributes.time")?;
    let Class { topic, token } = classify(&action, catalogue, attributes.actor.auth.as_ref());
    Ok(AuditEvent {
        id: EventId::new(id),
        action,
        time,
        processed_at: parse_time(&attributes.processed_at),
        actor: actor_of(&attributes),
        token,
        location: location_of(attributes),
        source: EventSource::AuditLog,
        topic,
        raw: raw.to_owned(),
    })
}

fn actor_of(attributes: &WireAttributes) -> Actor {
    let actor = &attributes.actor;
    Actor { id: actor.id.clone().map(AccountId::new), name: actor.name.clone(), email: actor.email.clone() }
}

fn location_of(attributes: WireAttributes) -> Location {
    let WireLocation { ip, country_name } = attributes.location;
    let inside = attributes.container.into_iter().filter(|one| one.kind.as_deref() != Some("orgs"));
    let places = inside.filter_map(|one| one.attributes.name.or(one.id)).collect();
    Location { ip, country: country_name, places }
}

fn alert(raw: &str) -> Result<Understood, String> {
    let keys = keys(raw);
    if !foreign::is_alert(&keys) && !keys.iter().any(|key| key == "type") {
        return Err(unknown_object(raw));
    }
    let alert = serde_json::from_str::<WireAlert>(raw).map_err(|error| unread(raw, &error))?;
    match alert.class() {
        AlertClass::Test => Ok(Understood::TestAlert),
        AlertClass::Alert => alert_event(raw, alert).map(Understood::from),
        AlertClass::UnknownType => Err(unknown_type(&alert, &keys, raw)),
    }
}

fn unknown_type(alert: &WireAlert, keys: &[String], raw: &str) -> String {
    if !foreign::is_alert(keys) {
        return unknown_object(raw);
    }
    let kind = bounded(alert.kind.as_deref().unwrap_or_default());
    format!(
        "a Guard Detect alert of the unknown type `{kind}`: it may be the end of an alert as well as one; \
         replay it with a version that knows this type"
    )
}

fn alert_event(raw: &str, alert: WireAlert) -> Result<AuditEvent, String> {
    let id = alert.identity().ok_or("a Guard Detect alert without `alertId` or `id`; send it as Guard Detect does")?;
    let stated = alert.times().into_iter().find_map(parse_time);
    let time = stated.ok_or("a Guard Detect alert without a time that can be read (`activity.time.start`)")?;
    Ok(AuditEvent {
        id: EventId::new(id),
        action: alert.kind.clone().unwrap_or_else(|| "guard-detect:alert".to_owned()),
        time,
        processed_at: None,
        actor: Actor { id: alert.actor.account_id.map(AccountId::new), name: alert.actor.name, email: None },
        token: None,
        location: Location::default(),
        source: EventSource::GuardDetect,
        topic: Topic::Alert,
        raw: raw.to_owned(),
    })
}

fn lacking(field: &str) -> String {
    format!("an org event without `{field}`: it cannot be told from others; send it as Atlassian does")
}

fn required_time(value: &Value, field: &str) -> Result<Timestamp, String> {
    if value.is_null() {
        return Err(lacking(field));
    }
    parse_time(value).ok_or_else(|| {
        format!("an org event whose `{field}` cannot be read as a time; it must be RFC 3339 or seconds or milliseconds since 1970")
    })
}

/// Whether the event fits into the keys and items of the store, however far off its clock was: an event from the future
/// is stored as it is, because it proves use all the same.
fn fits(event: &AuditEvent) -> Result<(), String> {
    let token = event.token.as_ref().and_then(|token| token.id.as_ref()).map_or("", |id| id.as_str());
    let actor = event.actor.id.as_ref().map_or("", AccountId::as_str);
    let over = [
        ("raw text", event.raw.len(), MAX_EVENT_BYTES),
        ("id", event.id.as_str().len(), MAX_ID_BYTES),
        ("actor.id", actor.len(), MAX_ID_BYTES),
        ("actor.auth.tokenId", token.len(), MAX_ID_BYTES),
        ("action", event.action.len(), MAX_ACTION_BYTES),
    ];
    if let Some((name, has, limit)) = over.into_iter().find(|(_, has, limit)| has > limit) {
        return Err(format!("an event whose {name} has {has} bytes, over the limit of {limit}; it cannot be stored"));
    }
    if (0..=MAX_EPOCH_SECS).contains(&event.time.timestamp()) {
        return Ok(());
    }
    Err("an event whose time is before 1970 or after 2286; check the clock or the unit of the sender".to_owned())
}

fn unread(raw: &str, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    foreign::name(&keys(raw)).unwrap_or_else(|| {
        format!(
            "this looks like an event but cannot be read at line {line}, column {column}; send it as Atlassian does"
        )
    })
}

fn unknown_object(raw: &str) -> String {
    let keys = keys(raw);
    if let Some(name) = foreign::name(&keys) {
        return name;
    }
    if keys.iter().any(|key| key == "attributes") {
        return "this is an org event; its webhook belongs to /webhooks/{org}/audit".to_owned();
    }
    if foreign::is_alert(&keys) {
        return "this is a Guard Detect alert; its webhook belongs to /webhooks/{org}/guard-detect".to_owned();
    }
    let shown: Vec<String> = keys.iter().take(8).map(|key| format!("`{}`", bounded(key))).collect();
    format!(
        "this is JSON of an unknown shape (keys: {}): no org event, which has `id` and `attributes`, and no Guard Detect \
         alert; find out who sends it",
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    )
}

fn keys(raw: &str) -> Vec<String> {
    serde_json::from_str::<BTreeMap<String, &RawValue>>(raw).map(|map| map.into_keys().collect()).unwrap_or_default()
}

fn bounded(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TokenRole;

    fn audit(body: &str) -> Parsed {
        parse(body.as_bytes(), Intake::AuditWebhook, &ActionCatalogue::default())
    }

    fn guard(body: &str) -> Parsed {
        parse(body.as_bytes(), Intake::GuardDetectWebhook, &ActionCatalogue::default())
    }

    fn event(id: &str) -> String {
        format!(
            r#"{{"id":"{id}","attributes":{{"time":"2026-05-19T10:00:00.5Z","action":"jira_issue_viewed","actor":
               {{"id":"u1","auth":{{"authType":"api-token","tokenId":"t1","tokenLabel":"zapier sync"}}}}}}}}"#
        )
    }

    fn refused_whole(parsed: &Parsed, body: &[u8], part: &str) {
        assert_eq!(parsed.events, []);
        assert_eq!(parsed.refused.len(), 1, "{parsed:?}");
        assert_eq!(parsed.refused[0].bytes, body);
        assert!(parsed.refused[0].reason.contains(part), "{}", parsed.refused[0].reason);
    }

    #[test]
    fn an_event_is_understood_and_its_text_kept() {
        let parsed = audit(&event("e1"));
        let [found] = &parsed.events[..] else { panic!("{parsed:?}") };
        assert_eq!(found.raw, event("e1"));
        assert_eq!(found.time.to_rfc3339(), "2026-05-19T10:00:00.500+00:00");
        assert_eq!(found.token.as_ref().unwrap().role, TokenRole::Used);
        assert_eq!(found.topic, Topic::TokenUse);
    }

    #[test]
    fn the_good_ones_of_a_batch_are_events_and_each_bad_one_is_refused_by_itself() {
        let bad = r#"{"id":"e3","attributes":{"action":"a"}}"#;
        let parsed = audit(&format!("[{},{bad},{}, 4]", event("e1"), event("e2")));
        assert_eq!(parsed.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["e1", "e2"]);
        assert_eq!(parsed.refused[0].bytes, bad.as_bytes());
        assert!(parsed.refused[0].reason.contains("`attributes.time`"), "{}", parsed.refused[0].reason);
        assert_eq!(parsed.refused[1].bytes, b"4");
    }

    #[test]
    fn what_is_not_an_org_event_is_refused_whole_and_named() {
        let cut = &event("e1")[..40];
        for (body, part) in [
            (cut, "truncated"),
            (r#"{"entities":[{"timestamp":"2020-01-01"}],"pagingInfo":{}}"#, "Data Center"),
            (r#"{"auditType":{"area":"SECURITY"},"author":{}}"#, "Data Center"),
            (r#"{"offset":0,"limit":10,"total":1,"records":[{}]}"#, "page of Jira's"),
            (r#"{"timestamp":1,"webhookEvent":"jira:issue_updated"}"#, "Jira or Confluence webhook"),
            (r#"{"alertId_s":"a","alertTitle_s":"b"}"#, "Azure"),
            (r#"{"alertId":"a","alertTitle":"b"}"#, "/webhooks/{org}/guard-detect"),
            (r#"{"attributes":{"action":"a","time":1}}"#, "without `id`"),
            (r#"{"id":"e","attributes":{"time":1}}"#, "without `attributes.action`"),
            (r#"{"id":"e","attributes":{"action":"a","time":"23/11/2023, 5:21 pm"}}"#, "cannot be read as a time"),
            (r#"{"id":"e","attributes":{"action":"a","time":"2999-01-01T00:00:00Z"}}"#, "after 2286"),
            (r#"{"id":"e","attributes":"x"}"#, "looks like an event"),
            (r#"{"hello":"world"}"#, "unknown shape (keys: `hello`)"),
            (r#""hello""#, "not an object"),
            ("<html>", "not JSON"),
        ] {
            refused_whole(&audit(body), body.as_bytes(), part);
        }
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_refused_whole() {
        let body = [0x1f, 0x8b, 0x08, 0xff];
        refused_whole(&parse(&body, Intake::AuditWebhook, &ActionCatalogue::default()), &body, "UTF-8");
    }

    #[test]
    fn an_event_that_no_key_could_hold_is_refused() {
        let long = event(&"x".repeat(300));
        refused_whole(&audit(&long), long.as_bytes(), "id has 300 bytes");
    }

    #[test]
    fn test_alerts_are_acknowledged_and_not_counted() {
        let parsed = guard(r#"[{"type":"beacon:create:test"},{"alertTitle":"[SAMPLE] x","alertId":"a"}]"#);
        assert_eq!(parsed, Parsed { acknowledged: 2, ..Parsed::default() });
    }

    #[test]
    fn an_alert_needs_little_and_an_unknown_type_is_refused() {
        let minimal = r#"{"alertId":"al-1","alertTitle":"User API token created: x",
            "activity":{"time":{"start":"2026-05-29T10:31:25.269207718Z"}},"id":"delivery-1"}"#;
        let [found] = &guard(minimal).events[..] else { panic!() };
        assert_eq!((found.id.as_str(), found.topic), ("al-1", Topic::Alert));
        let unknown = r#"{"type":"beacon:closed:x","alertId":"al-1","detectionTime":1700713286385}"#;
        refused_whole(&guard(unknown), unknown.as_bytes(), "unknown type `beacon:closed:x`");
        let no_time = r#"{"type":"beacon:create:x","alertId":"al-1"}"#;
        refused_whole(&guard(no_time), no_time.as_bytes(), "without a time");
        let stray = event("e1");
        refused_whole(&guard(&stray), stray.as_bytes(), "/webhooks/{org}/audit");
    }

    #[test]
    fn a_reason_holds_nothing_of_the_body_but_bounded_names() {
        let body = r#"{"id":"e","attributes":"ATATT3xFfGF0-secret"}"#;
        assert!(!audit(body).refused[0].reason.contains("ATATT"));
    }
}
