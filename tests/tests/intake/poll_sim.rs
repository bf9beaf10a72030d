//! The poll over HTTP, against the simulated org.

use crate::{
    fixtures::now,
    setup::{EVENTS, Hand, Pages, Secrets, World, folded},
};
use atlassian_sim::{Dialect, Dialects, Sim, SimOptions};
use serde_json::{Value, json};
use shared::{
    config::{AtlassianSettings, PollSettings},
    decide::parse::parse,
    flow::poll_events::{PollOutcome, Ports, TickEnd, poll},
    http::atlassian_http_client,
    model::{AuditEvent, Intake, OrgId, Timestamp},
    ports::{Clock, EventQuery, EventSource, EventStore, PollStore},
    secrets::SecretCache,
    source::AtlassianReader,
};
use std::{sync::Arc, time::Duration};

struct Org {
    sim: Sim,
    id: OrgId,
    reader: AtlassianReader<Secrets, Hand>,
}

impl Org {
    async fn start(world: &World, dialects: Dialects) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = SimOptions {
            users: 200,
            tokens: 60,
            max_events: 1_500,
            now: Some(now()),
            dialects,
            ..SimOptions::default()
        };
        let sim = Sim::start(listener, options).await.unwrap();
        let info = sim.orgs().remove(0);
        let id = OrgId::new(info.id);
        let keys = Secrets::with("atlassian-read", &json!({id.as_str(): {"key": info.read_key}}));
        let settings = AtlassianSettings { base_url: sim.url(), call_timeout: Duration::from_secs(10) };
        let secrets = Arc::new(SecretCache::new(keys, world.clock.clone()));
        let reader = AtlassianReader::new(atlassian_http_client(Duration::from_secs(10)), &settings, secrets).unwrap();
        Self { sim, id, reader }
    }

    async fn tick(&self, world: &World, pages: u32) -> PollOutcome {
        let (deadline, limits) = (Pages::at_most(pages), PollSettings { requests_per_minute: 25 });
        let (store, clock, source) = (&world.store, &world.clock, &self.reader);
        poll(&Ports { store, source, clock, deadline: &deadline, events: EVENTS, limits }, &self.id).await.unwrap()
    }

    async fn until_caught_up(&self, world: &World) -> u64 {
        let mut stored = 0;
        for _ in 0..50 {
            let outcome = self.tick(world, u32::MAX).await;
            stored += outcome.taken.stored;
            if outcome.end == TickEnd::CaughtUp {
                return stored;
            }
            self.advance(world, 60).await;
        }
        panic!("the poll does not come to its end");
    }

    async fn advance(&self, world: &World, seconds: i64) {
        world.clock.advance(seconds);
        self.post("/_sim/clock", &json!({"advance_seconds": seconds})).await;
    }

    async fn post(&self, path: &str, body: &Value) {
        let client = atlassian_http_client(Duration::from_secs(10));
        let answer = client.post(format!("{}{path}", self.sim.url())).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// The stream from a time on, read plainly.
    async fn plain(&self, world: &World, from: Timestamp) -> Vec<AuditEvent> {
        let catalogue = world.store.catalogue(&self.id).await.unwrap();
        let (mut query, mut events) = (EventQuery::Range { from, to: None }, Vec::new());
        loop {
            let page = self.reader.events(&self.id, &query).await.unwrap();
            for raw in &page.events {
                events.extend(parse(raw.as_bytes(), Intake::Poll, &catalogue).events);
            }
            match page.next {
                Some(next) if !page.events.is_empty() => query = EventQuery::Cursor(next),
                _ => return events,
            }
        }
    }
}

#[tokio::test]
async fn in_every_dialect_of_the_stream_the_profiles_are_those_of_a_plain_fold() {
    let dialects = [Dialect::Default, Dialect::CursorEnd, Dialect::NoTokenIds, Dialect::DrawnActions, Dialect::NoAuth];
    for dialect in dialects {
        let world = World::new().await;
        let org = Org::start(&world, Dialects::of([dialect])).await;
        let stored = org.until_caught_up(&world).await;
        let from = world.store.poll_state(&org.id).await.unwrap().unwrap().value.coverage[0].from;
        let events = org.plain(&world, from - chrono::TimeDelta::minutes(15)).await;
        assert_eq!(world.profiles(&org.id).await, folded(&events), "{dialect:?}");
        assert!(stored > 5, "{dialect:?}: {stored}");
    }
}

#[tokio::test]
async fn a_use_after_the_first_tick_is_seen_at_the_next_and_once() {
    for dialect in [Dialect::Default, Dialect::CursorEnd] {
        let world = World::new().await;
        let org = Org::start(&world, Dialects::of([dialect])).await;
        org.until_caught_up(&world).await;
        org.advance(&world, 3_600).await;
        org.post("/_sim/tokens", &json!({"owner": owner(&org).await, "label": "fresh"})).await;
        org.advance(&world, 60).await;
        assert_eq!(org.tick(&world, u32::MAX).await.taken.stored, 1, "{dialect:?}");
        assert_eq!(org.tick(&world, u32::MAX).await.taken.stored, 0, "{dialect:?}");
    }
}

async fn owner(org: &Org) -> String {
    let client = atlassian_http_client(Duration::from_secs(10));
    let url = format!("{}/_sim/tokens?kind=user_api_token&limit=100", org.sim.url());
    let tokens: Value = client.get(url).send().await.unwrap().json().await.unwrap();
    let active = |token: &&Value| token["state"] == "active" && token["owner"]["relation"] == "managed";
    let token = tokens["items"].as_array().unwrap().iter().find(active).unwrap();
    token["owner"]["account_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_429_ends_the_tick_and_the_wait_is_kept() {
    let world = World::new().await;
    let org = Org::start(&world, Dialects::default()).await;
    let path = format!("/admin/v1/orgs/{}/events-stream", org.id);
    org.post("/_sim/faults", &json!({"path_prefix": path, "status": 429, "retry_after": 120, "times": 1})).await;
    let until = world.clock.now() + chrono::TimeDelta::seconds(120);
    assert_eq!(org.tick(&world, u32::MAX).await.end, TickEnd::Waiting { until });
    org.advance(&world, 60).await;
    assert_eq!(org.tick(&world, u32::MAX).await.end, TickEnd::Waiting { until });
    org.advance(&world, 61).await;
    assert_eq!(org.tick(&world, u32::MAX).await.end, TickEnd::CaughtUp);
}
