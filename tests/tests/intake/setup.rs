//! The world of a scenario: tables, a clock that is moved by hand, secrets, a stream.

use crate::fixtures::now;
use chrono::TimeDelta;
use ingest_audit::App;
use lambda_http::{Body, Request, Response, http};
use serde_json::{Value, json};
use shared::{
    config::{EventSettings, KeepEvents, PollSettings, Retention, Tables},
    decide::{
        fold::{fold, profile_key},
        parse::parse,
    },
    error::{Error, Result},
    flow::poll_events::{PollOutcome, Ports, poll},
    model::{
        AccountId, ActionCatalogue, AuditEvent, EventKey, Intake, OrgId, ProfileKey, SHARDS, Secret, Timestamp,
        UsageProfile,
    },
    ports::{
        Clock, Deadline, EventPage, EventQuery, EventSource, EventStore, OrgStates, PollStore, QuarantineStore,
        ReportReader, ReportStore, SecretSource,
    },
    secrets::SecretCache,
    store::Store,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokenwarden_tests::{
    dynamo::LocalDynamo,
    rights::{Role, Used},
};

pub(crate) const ORG: &str = "org-1";
pub(crate) const CREDENTIAL: &str = "Bearer local-webhook";
pub(crate) const EVENTS: EventSettings =
    EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };

const RETENTION: Retention = Retention { event_days: EVENTS.retention_days, report_days: 400 };

pub(crate) fn org() -> OrgId {
    OrgId::new(ORG)
}

/// A clock that stands until it is moved; a sleep moves it.
#[derive(Debug, Clone)]
pub(crate) struct Hand(Arc<Mutex<Timestamp>>);

impl Hand {
    pub(crate) fn at(time: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += TimeDelta::from_std(duration).unwrap();
    }
}

/// Secrets by purpose; those that are not set cannot be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(pub(crate) Arc<Mutex<BTreeMap<String, String>>>);

impl Secrets {
    pub(crate) fn with(purpose: &str, json: &Value) -> Self {
        Self(Arc::new(Mutex::new([(purpose.to_owned(), json.to_string())].into())))
    }
}

impl SecretSource for Secrets {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        let found = self.0.lock().unwrap().get(name).cloned();
        let unavailable = || Error::SecretUnavailable { name: name.into(), reason: "is not set".into() };
        found.map(Secret::new).ok_or_else(unavailable)
    }
}

/// A deadline that is reached after so many questions.
pub(crate) struct Pages(AtomicU32);

impl Pages {
    pub(crate) fn at_most(pages: u32) -> Self {
        Self(AtomicU32::new(pages))
    }
}

impl Deadline for Pages {
    fn reached(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Hand,
    pub(crate) secrets: Secrets,
    tables: Tables,
    dynamo: LocalDynamo,
}

impl World {
    pub(crate) async fn new() -> Self {
        let dynamo = LocalDynamo::start().await;
        let tables = dynamo.fresh_tables().await;
        let store = Store::new(dynamo.client(), tables.clone(), RETENTION);
        let secrets = Secrets::with("webhook", &json!({ORG: {"accepted": [{"value": CREDENTIAL}]}}));
        Self { store, clock: Hand::at(now()), secrets, tables, dynamo }
    }

    /// The tables, as a function reaches them.
    fn store_of(&self, function: &str) -> Store {
        let role = Role::of(function, &self.tables, &Used::default());
        Store::new(self.dynamo.client_of(&role), self.tables.clone(), RETENTION)
    }

    pub(crate) fn ingest(&self) -> App<Store, Secrets, Hand> {
        self.ingest_over(self.store_of("ingest-audit"))
    }

    pub(crate) fn ingest_over<S: EventStore + QuarantineStore + OrgStates>(&self, store: S) -> App<S, Secrets, Hand> {
        App::new(store, SecretCache::new(self.secrets.clone(), self.clock.clone()), self.clock.clone(), EVENTS)
    }

    pub(crate) async fn poll(&self, source: &impl EventSource) -> Result<PollOutcome> {
        self.poll_over(&self.store_of("poll-audit"), source, u32::MAX).await
    }

    pub(crate) async fn poll_over<S: EventStore + QuarantineStore + PollStore>(
        &self,
        store: &S,
        source: &impl EventSource,
        pages: u32,
    ) -> Result<PollOutcome> {
        let (deadline, limits) = (Pages::at_most(pages), PollSettings { requests_per_minute: 25 });
        poll(&Ports { store, source, clock: &self.clock, deadline: &deadline, events: EVENTS, limits }, &org()).await
    }

    /// Every profile of the org, by its key.
    pub(crate) async fn profiles(&self, org: &OrgId) -> BTreeMap<ProfileKey, UsageProfile> {
        let mut profiles = BTreeMap::new();
        for shard in 0..SHARDS {
            let mut cursor = None;
            loop {
                let page = self.store.profiles(org, shard, cursor).await.unwrap();
                profiles.extend(page.items.into_iter().map(|profile| (profile.key.clone(), profile)));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        profiles
    }

    /// The profiles of the actors of the fixtures: as good as all of them there, and ten times as quick to read.
    pub(crate) async fn fixture_profiles(&self) -> BTreeMap<ProfileKey, UsageProfile> {
        let mut profiles = BTreeMap::new();
        for n in 0..6 {
            let actor = AccountId::new(format!("712020:user-{n}"));
            let found = self.store.profiles_of(&org(), &actor).await.unwrap();
            profiles.extend(found.into_iter().map(|profile| (profile.key.clone(), profile)));
        }
        profiles
    }

    /// How many of these events are stored.
    pub(crate) async fn known(&self, org: &OrgId, events: &[AuditEvent]) -> usize {
        let keys: Vec<EventKey> = events.iter().map(AuditEvent::key).collect();
        self.store.known_events(org, &keys).await.unwrap().len()
    }

    /// What is in quarantine: the bodies with their reasons.
    pub(crate) async fn quarantined(&self) -> Vec<(String, String)> {
        let mut bodies = Vec::new();
        for header in self.store.quarantined(&org(), None, 100).await.unwrap().items {
            let (_, body) = self.store.quarantined_body(&org(), &header.id).await.unwrap().unwrap();
            bodies.push((String::from_utf8(body).unwrap(), header.reason));
        }
        bodies
    }
}

/// What a fold over the plain list gives.
pub(crate) fn folded(events: &[AuditEvent]) -> BTreeMap<ProfileKey, UsageProfile> {
    let mut profiles = BTreeMap::new();
    for event in events {
        let Some(key) = profile_key(event) else { continue };
        let profile = profiles.remove(&key).unwrap_or_else(|| UsageProfile::empty(key.clone()));
        profiles.insert(key, fold(profile, event));
    }
    profiles
}

/// The events of a list, understood.
pub(crate) fn understood(events: &[Value]) -> Vec<AuditEvent> {
    let body = Value::from(events.to_vec()).to_string();
    let parsed = parse(body.as_bytes(), Intake::Poll, &ActionCatalogue::default());
    assert_eq!(parsed.refused, []);
    parsed.events
}

/// A delivery to the audit webhook with the right credential.
pub(crate) fn delivery(body: impl Into<String>) -> Request {
    request("POST", &format!("/webhooks/{ORG}/audit"), &[("authorization", CREDENTIAL)], body.into())
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Request {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::Text(body)).unwrap()
}

/// The status and the JSON body of an answer.
pub(crate) fn told(response: Response<Body>) -> (u16, Value) {
    assert!(response.headers().contains_key("x-request-id"));
    let status = response.status().as_u16();
    let Body::Text(text) = response.into_body() else { panic!("an answer without text") };
    (status, serde_json::from_str(&text).unwrap())
}

/// How a stream shows its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// An empty `next`.
    Null,
    /// A cursor that later yields newer events.
    Cursor,
}

/// A stream of events in the order of their processing, in pages of 100 unless said otherwise.
pub(crate) struct Stream {
    events: Mutex<Vec<(Timestamp, String)>>,
    end: End,
    page: usize,
}

impl Stream {
    pub(crate) fn of(events: &[Value], end: End) -> Self {
        let stream = Self { events: Mutex::default(), end, page: 100 };
        stream.add(events);
        stream
    }

    pub(crate) fn paged(self, page: usize) -> Self {
        Self { page, ..self }
    }

    pub(crate) fn add(&self, events: &[Value]) {
        let understood = understood(events).into_iter();
        let mut all = self.events.lock().unwrap();
        all.extend(understood.map(|event| (event.processed_at.unwrap(), event.raw)));
        all.sort();
    }
}

impl EventSource for Stream {
    async fn events(&self, _: &OrgId, query: &EventQuery) -> Result<EventPage> {
        let parts = |text: &str| text.split(':').map(|part| part.parse::<i64>().unwrap()).collect::<Vec<_>>();
        let (from, to, offset) = match query {
            EventQuery::Cursor(cursor) => match parts(cursor)[..] {
                [from, to, offset] => (from, to, offset as usize),
                _ => return Err(Error::BadCursor),
            },
            EventQuery::Range { from, to } => (from.timestamp(), to.map_or(i64::MAX, |to| to.timestamp()), 0),
        };
        let all = self.events.lock().unwrap();
        let inside: Vec<&String> =
            all.iter().filter(|(at, _)| (from..=to).contains(&at.timestamp())).map(|(_, raw)| raw).collect();
        let page: Vec<String> = inside.iter().skip(offset).take(self.page).map(|raw| (*raw).clone()).collect();
        let after = offset + page.len();
        let next = match self.end {
            End::Null => after < inside.len(),
            End::Cursor => true,
        };
        Ok(EventPage { events: page, next: next.then(|| format!("{from}:{to}:{after}")) })
    }

    async fn actions(&self, _: &OrgId) -> Result<ActionCatalogue> {
        Ok(ActionCatalogue::default())
    }
}
