//! Ports over memory for the unit tests of the flows: a store that can be told to contend, and a scripted stream.

use crate::{
    error::{Error, Result},
    model::{
        AccountId, ActionCatalogue, Actor, AuditEvent, EventId, EventKey, EventTokenId, Location, OrgId, Page,
        PollState, ProfileKey, QuarantineId, Quarantined, Timestamp, TokenMark, TokenRole, Topic, UsageProfile,
        Versioned,
    },
    ports::{Clock, Deadline, EventPage, EventQuery, EventSource, EventStore, PollStore, QuarantineStore, Written},
};
use chrono::{DateTime, TimeDelta};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

pub(super) fn org() -> OrgId {
    OrgId::new("org-1")
}

pub(super) fn at(second: i64) -> Timestamp {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// A use of a token, seconds after [`at`] 0.
pub(super) fn token_use(id: &str, token: &str, second: i64) -> AuditEvent {
    AuditEvent {
        id: EventId::new(id),
        action: "jira_issue_viewed".into(),
        time: at(second),
        processed_at: None,
        actor: Actor { id: Some(AccountId::new("u1")), ..Actor::default() },
        token: Some(TokenMark {
            auth_type: Some("api-token".into()),
            id: Some(EventTokenId::new(token)),
            label: None,
            role: TokenRole::Used,
        }),
        location: Location::default(),
        source: crate::model::EventSource::AuditLog,
        topic: Topic::TokenUse,
        raw: format!("{{\"id\":\"{id}\"}}"),
    }
}

pub(super) fn plain(id: &str, topic: Topic, second: i64) -> AuditEvent {
    AuditEvent { token: None, topic, ..token_use(id, "", second) }
}

/// An event as the stream gives it, processed one second after it happened.
pub(super) fn wire(id: &str, token: &str, second: i64) -> String {
    format!(
        r#"{{"id":"{id}","type":"events","attributes":{{"time":"{}","processedAt":"{}","action":"jira_issue_viewed",
            "actor":{{"id":"u1","auth":{{"authType":"api-token","tokenId":"{token}"}}}}}}}}"#,
        at(second).to_rfc3339(),
        at(second + 1).to_rfc3339()
    )
}

/// A clock that stands until somebody sleeps.
pub(super) struct TestClock(pub(super) Mutex<Timestamp>);

impl TestClock {
    pub(super) fn at(second: i64) -> Self {
        Self(Mutex::new(at(second)))
    }

    pub(super) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += TimeDelta::from_std(duration).unwrap();
    }
}

/// A deadline that is reached after so many questions.
pub(super) struct AfterQuestions(pub(super) AtomicU32);

impl Deadline for AfterQuestions {
    fn reached(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

#[derive(Default)]
pub(super) struct Memory {
    pub(super) events: BTreeMap<EventKey, AuditEvent>,
    pub(super) profiles: BTreeMap<ProfileKey, Versioned<UsageProfile>>,
    pub(super) quarantined: BTreeMap<String, (Quarantined, Vec<u8>)>,
    pub(super) ignored: u64,
    pub(super) catalogue: ActionCatalogue,
    pub(super) poll: Option<Versioned<PollState>>,
    /// Before the next transactions, somebody else stores these.
    pub(super) rivals: VecDeque<Vec<AuditEvent>>,
    /// The sizes of the transactions that were tried.
    pub(super) transactions: Vec<usize>,
    /// The next writes of a checkpoint find that somebody was there first.
    pub(super) poll_rivals: u32,
}

#[derive(Default)]
pub(super) struct MemoryStore(pub(super) Mutex<Memory>);

impl MemoryStore {
    pub(super) fn with<R>(&self, look: impl FnOnce(&mut Memory) -> R) -> R {
        look(&mut self.0.lock().unwrap())
    }
}

impl Memory {
    fn transact(&mut self, profile: &Versioned<UsageProfile>, events: &[AuditEvent]) -> Written {
        let stored = self.profiles.get(&profile.value.key).map_or(0, |stored| stored.version);
        if stored != profile.version || events.iter().any(|event| self.events.contains_key(&event.key())) {
            return Written::Contended;
        }
        let next = Versioned { version: stored + 1, value: profile.value.clone() };
        self.profiles.insert(profile.value.key.clone(), next);
        self.events.extend(events.iter().map(|event| (event.key(), event.clone())));
        Written::Stored
    }

    fn rival(&mut self) {
        let Some(events) = self.rivals.pop_front() else { return };
        let Some(key) = events.first().and_then(crate::decide::fold::profile_key) else { return };
        let stored = self.profiles.get(&key).cloned();
        let Versioned { version, value } = stored.unwrap_or(Versioned { version: 0, value: UsageProfile::empty(key) });
        let value = events.iter().fold(value, crate::decide::fold::fold);
        self.transact(&Versioned { version, value }, &events);
    }
}

impl EventStore for MemoryStore {
    async fn known_events(&self, _: &OrgId, keys: &[EventKey]) -> Result<HashSet<EventKey>> {
        Ok(self.with(|memory| keys.iter().filter(|key| memory.events.contains_key(key)).cloned().collect()))
    }

    async fn profile(&self, _: &OrgId, key: &ProfileKey) -> Result<Option<Versioned<UsageProfile>>> {
        Ok(self.with(|memory| memory.profiles.get(key).cloned()))
    }

    async fn record_with_profile(
        &self,
        _: &OrgId,
        profile: &Versioned<UsageProfile>,
        events: &[AuditEvent],
    ) -> Result<Written> {
        Ok(self.with(|memory| {
            memory.transactions.push(events.len());
            memory.rival();
            memory.transact(profile, events)
        }))
    }

    async fn record_plain(&self, _: &OrgId, events: &[AuditEvent]) -> Result<()> {
        self.with(|memory| memory.events.extend(events.iter().map(|event| (event.key(), event.clone()))));
        Ok(())
    }

    async fn count_ignored(&self, _: &OrgId, count: u64) -> Result<()> {
        self.with(|memory| memory.ignored += count);
        Ok(())
    }

    async fn catalogue(&self, _: &OrgId) -> Result<ActionCatalogue> {
        Ok(self.with(|memory| memory.catalogue.clone()))
    }

    async fn put_catalogue(&self, _: &OrgId, catalogue: &ActionCatalogue) -> Result<()> {
        self.with(|memory| memory.catalogue = catalogue.clone());
        Ok(())
    }
}

impl QuarantineStore for MemoryStore {
    async fn quarantine(&self, _: &OrgId, header: &Quarantined, body: &[u8]) -> Result<()> {
        let id = header.id.as_str().to_owned();
        self.with(|memory| {
            memory.quarantined.entry(id).or_insert((header.clone(), body.to_vec()));
        });
        Ok(())
    }

    async fn quarantined(&self, _: &OrgId, _: Option<String>, _: u32) -> Result<Page<Quarantined>> {
        Ok(self.with(|memory| Page {
            items: memory.quarantined.values().map(|(header, _)| header.clone()).collect(),
            next: None,
        }))
    }

    async fn quarantined_body(&self, _: &OrgId, id: &QuarantineId) -> Result<Option<(Quarantined, Vec<u8>)>> {
        Ok(self.with(|memory| memory.quarantined.get(id.as_str()).cloned()))
    }

    async fn remove_quarantined(&self, _: &OrgId, header: &Quarantined) -> Result<()> {
        self.with(|memory| memory.quarantined.remove(header.id.as_str()));
        Ok(())
    }
}

impl PollStore for MemoryStore {
    async fn poll_state(&self, _: &OrgId) -> Result<Option<Versioned<PollState>>> {
        Ok(self.with(|memory| memory.poll.clone()))
    }

    async fn put_poll_state(&self, _: &OrgId, state: &Versioned<PollState>) -> Result<Written> {
        Ok(self.with(|memory| {
            let stored = memory.poll.as_ref().map_or(0, |poll| poll.version);
            if memory.poll_rivals > 0 || stored != state.version {
                memory.poll_rivals = memory.poll_rivals.saturating_sub(1);
                return Written::Contended;
            }
            memory.poll = Some(Versioned { version: stored + 1, value: state.value.clone() });
            Written::Stored
        }))
    }
}

/// A stream that answers from a script and notes what it was asked.
#[derive(Default)]
pub(super) struct Scripted {
    pub(super) answers: Mutex<VecDeque<Result<EventPage>>>,
    pub(super) asked: Mutex<Vec<EventQuery>>,
    pub(super) actions: Mutex<VecDeque<Result<ActionCatalogue>>>,
}

impl Scripted {
    pub(super) fn new(answers: impl IntoIterator<Item = Result<EventPage>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() }
    }

    pub(super) fn asked(&self) -> Vec<EventQuery> {
        self.asked.lock().unwrap().clone()
    }
}

/// A page of the stream.
pub(super) fn page(events: &[String], next: Option<&str>) -> Result<EventPage> {
    Ok(EventPage { events: events.to_vec(), next: next.map(str::to_owned) })
}

impl EventSource for Scripted {
    async fn events(&self, _: &OrgId, query: &EventQuery) -> Result<EventPage> {
        self.asked.lock().unwrap().push(query.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        answer.unwrap_or_else(|| Ok(EventPage { events: Vec::new(), next: None }))
    }

    async fn actions(&self, _: &OrgId) -> Result<ActionCatalogue> {
        let answer = self.actions.lock().unwrap().pop_front();
        answer.unwrap_or_else(|| Err(Error::Upstream { what: "event-actions".into(), reason: "no script".into() }))
    }
}
