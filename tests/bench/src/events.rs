//! The event path: from understood events to durable ones, each in one transaction with the profile that it moves.

use crate::{
    Outcome,
    function::Function,
    meter::Meter,
    secrets::{ORG, WEBHOOK},
    summary::Summary,
    surroundings::Surroundings,
};
use serde_json::{Value, json};
use shared::{
    clock::SystemClock,
    config::{EventSettings, KeepEvents},
    decide::parse::parse,
    flow::record_events::record_events,
    model::{ActionCatalogue, AuditEvent, Intake, OrgId, Timestamp},
    ports::Clock,
    store::Store,
};
use std::time::{Duration, Instant};
use tokenwarden_tests::lambda::event::{request, with_body};

const PART: &str = "Event path (record_events over dynoxide)";
const SETTINGS: EventSettings = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };
/// A load ends after this long even if it is not through.
const MOST: Duration = Duration::from_secs(20);

/// A way in which events come.
struct Load {
    name: &'static str,
    batches: usize,
    batch: usize,
    profiles: usize,
}

const LOADS: [Load; 3] = [
    Load { name: "batches of 50 of one profile", batches: 40, batch: 50, profiles: 1 },
    Load { name: "batches of 50 of 50 profiles", batches: 20, batch: 50, profiles: 50 },
    Load { name: "single events of 20 profiles", batches: 300, batch: 1, profiles: 20 },
];

/// Each load with new events, then the same events again.
pub(crate) async fn measure(summary: &mut Summary) -> Outcome<()> {
    for (number, load) in LOADS.iter().enumerate() {
        let surroundings = Surroundings::empty().await?;
        let (client, meter) = Meter::on(&surroundings.client());
        let store = surroundings.store_by(client);
        let batches = batches(load, number, SystemClock.now())?;
        for again in [false, true] {
            run(summary, load, &store, &meter, &batches, again).await?;
        }
    }
    summary.note(
        PART,
        "units as dynoxide tells them by DynamoDB's rules: 2 for each KB begun of an item in a transaction, 1 in an \
         index; the profile's own write included; consistent reads 1 for each 4 KB begun",
    );
    webhook(summary).await
}

async fn run(
    summary: &mut Summary,
    load: &Load,
    store: &Store,
    meter: &Meter,
    batches: &[Vec<AuditEvent>],
    again: bool,
) -> Outcome<()> {
    meter.take();
    let (begun, mut done, mut stored, mut repeated) = (Instant::now(), 0, 0, 0);
    for batch in batches {
        if begun.elapsed() > MOST {
            break;
        }
        done += batch.len();
        let recorded = record_events(store, &SystemClock, &OrgId::from(ORG), batch.clone(), &SETTINGS).await?;
        stored += recorded.stored;
        repeated += recorded.repeated;
    }
    let (secs, tally, count) = (begun.elapsed().as_secs_f64(), meter.take(), done as f64);
    let right = if again { repeated } else { stored };
    if right != done as u64 {
        return Err(format!("{}: {stored} stored and {repeated} repeated of {done}", load.name).into());
    }
    let kind = if again { "again" } else { "new" };
    summary.add(PART, format!("{}, {kind}", load.name), count / secs, "events/s");
    summary.add(PART, format!("{}, {kind}: writes", load.name), tally.writes / count, "units/event");
    summary.add(PART, format!("{}, {kind}: reads", load.name), tally.reads / count, "units/event");
    Ok(())
}

fn batches(load: &Load, number: usize, now: Timestamp) -> Outcome<Vec<Vec<AuditEvent>>> {
    let batch = |at: usize| -> Outcome<Vec<AuditEvent>> {
        let events = (0..load.batch).map(|n| event(number, at * load.batch + n, load.profiles, now));
        understood(&events.collect::<Vec<Value>>())
    };
    (0..load.batches).map(batch).collect()
}

/// The events as the webhook's parser gives them.
fn understood(events: &[Value]) -> Outcome<Vec<AuditEvent>> {
    let body = serde_json::to_vec(events)?;
    let parsed = parse(&body, Intake::AuditWebhook, &ActionCatalogue::default());
    if parsed.events.len() == events.len() { Ok(parsed.events) } else { Err("an event was not understood".into()) }
}

/// A use of a token as the audit log tells it, a little under one KB.
fn event(load: usize, n: usize, profiles: usize, now: Timestamp) -> Value {
    let profile = n % profiles;
    let at = (now - chrono::TimeDelta::seconds(n as i64 * 7)).to_rfc3339();
    json!({
        "id": format!("{load:08}-0000-4000-8000-{n:012}"), "type": "events",
        "attributes": {
            "time": at, "action": "jira_issue_viewed",
            "actor": {
                "id": format!("712020:{profile:08x}-0000-4000-8000-000000000000"), "name": format!("User {profile}"),
                "email": format!("user.{profile}@example.com"),
                "links": { "self": format!("https://api.atlassian.com/users/712020:{profile:08x}/manage/profile") },
                "auth": { "authType": "api-token", "tokenId": format!("{load}-{profile:024}"), "tokenLabel": "zapier sync" }
            },
            "context": [{ "id": "ari:cloud:jira::site/00000000-0000-4000-8000-00000000000a", "type": "issue",
                "attributes": { "siteHostName": "example.atlassian.net", "objectName": format!("ABC-{n}") } }],
            "container": [{ "id": "ari:cloud:jira::site/00000000-0000-4000-8000-00000000000a", "type": "sites",
                "attributes": { "siteHostName": "example.atlassian.net", "siteName": "example" } }],
            "location": { "ip": format!("198.51.{}.{}", profile % 100, n % 250), "countryName": "Germany" }
        },
        "message": { "content": "Viewed an issue", "format": "simple" }
    })
}

/// The function itself with one delivery of nearly 1 MiB, the largest that it takes.
async fn webhook(summary: &mut Summary) -> Outcome<()> {
    let surroundings = Surroundings::empty().await?;
    let function = Function::start("ingest-audit", &surroundings).await?;
    let path = format!("/webhooks/{ORG}/audit");
    let now = SystemClock.now();
    let deliver = |from: usize, count: usize| {
        let events: Vec<Value> = (from..from + count).map(|n| event(9, n, 200, now)).collect();
        with_body(request("POST", &path, &[("authorization", WEBHOOK)]), &Value::from(events).to_string())
    };
    function.request(&deliver(0, 1), 202).await?;
    let begin = function.peak_mb()?;
    let count = 1024 * 1024 / (event(9, 0, 200, now).to_string().len() + 8);
    let begun = Instant::now();
    function.request(&deliver(1, count), 202).await?;
    let secs = begun.elapsed().as_secs_f64();
    let (events, peak) = (count as f64, function.peak_mb()?);
    summary.add(PART, format!("ingest-audit, a delivery of 1 MiB ({count} events)"), events / secs, "events/s");
    summary.add(PART, "ingest-audit, peak memory after one event", begin, "MB");
    summary.add(PART, "ingest-audit, peak memory after that delivery", peak, "MB");
    function.end().await;
    Ok(())
}
