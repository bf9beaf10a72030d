//! Stores events once, each in one transaction with the usage profile that it moves.

use super::AT_A_TIME;
use crate::{
    config::{EventSettings, KeepEvents},
    decide::fold::{fold, profile_key},
    error::{Error, Result},
    model::{AuditEvent, EventKey, OrgId, ProfileKey, Timestamp, Topic, UsageProfile, Versioned, shard_of},
    ports::{Clock, EventStore, Written},
};
use chrono::TimeDelta;
use std::{
    collections::{BTreeMap, HashSet, btree_map::Entry},
    time::Duration,
};

/// How many events go into one transaction beside their profile (DynamoDB: 100 items), and how many bytes of raw text
/// (DynamoDB: 4 MiB, facts and keys included).
const EVENTS_A_TRANSACTION: usize = 50;
const BYTES_A_TRANSACTION: usize = 2 * 1024 * 1024;

/// How often a transaction is tried before others are called too busy.
const TRIES: u32 = 8;

/// An event this close to the end of its retention would expire before anything could use it.
const RETENTION_MARGIN: TimeDelta = TimeDelta::days(7);

/// What became of a delivery's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Stored now.
    pub stored: u64,
    /// Stored before, or twice in this delivery.
    pub repeated: u64,
    /// Counted, not stored: of no concern for credentials, or older than what is kept.
    pub ignored: u64,
}

/// Stores events. When this returns, all of them are durable; when it fails, some may be, and storing the same events
/// again completes it.
///
/// # Errors
/// [`Error::Contended`] after eight tries against others who write the same profile; any [`Error::Store`].
pub async fn record_events(
    store: &impl EventStore,
    clock: &impl Clock,
    org: &OrgId,
    events: Vec<AuditEvent>,
    settings: &EventSettings,
) -> Result<Recorded> {
    let sorted = sort(events, settings, clock.now());
    let mut recorded = Recorder { store, clock, org }.record(sorted.kept).await?;
    recorded.repeated += sorted.repeated;
    recorded.ignored = sorted.ignored;
    if recorded.ignored > 0 {
        store.count_ignored(org, recorded.ignored).await?;
    }
    Ok(recorded)
}

struct Sorted {
    kept: BTreeMap<EventKey, AuditEvent>,
    repeated: u64,
    ignored: u64,
}

fn sort(events: Vec<AuditEvent>, settings: &EventSettings, now: Timestamp) -> Sorted {
    let oldest = now - TimeDelta::days(settings.retention_days.into()) + RETENTION_MARGIN;
    let mut sorted = Sorted { kept: BTreeMap::new(), repeated: 0, ignored: 0 };
    for event in events {
        if event.time < oldest || !is_kept(&event, settings.keep) {
            sorted.ignored += 1;
        } else if let Entry::Vacant(place) = sorted.kept.entry(event.key()) {
            place.insert(event);
        } else {
            sorted.repeated += 1;
        }
    }
    sorted
}

fn is_kept(event: &AuditEvent, keep: KeepEvents) -> bool {
    match keep {
        KeepEvents::All => true,
        KeepEvents::Relevant => event.token.is_some() || event.topic != Topic::Other,
    }
}

struct Recorder<'a, S, C> {
    store: &'a S,
    clock: &'a C,
    org: &'a OrgId,
}

impl<S: EventStore, C: Clock> Recorder<'_, S, C> {
    async fn record(&self, mut events: BTreeMap<EventKey, AuditEvent>) -> Result<Recorded> {
        let keys: Vec<EventKey> = events.keys().cloned().collect();
        let known = if keys.is_empty() { HashSet::new() } else { self.store.known_events(self.org, &keys).await? };
        events.retain(|key, _| !known.contains(key));
        let mut stored = 0;
        let (plain, by_profile) = by_profile(events);
        if !plain.is_empty() {
            self.store.record_plain(self.org, &plain).await?;
            stored += plain.len();
        }
        let profiles: Vec<(ProfileKey, Vec<AuditEvent>)> = by_profile.into_iter().collect();
        for wave in profiles.chunks(AT_A_TIME) {
            stored += self.record_wave(wave).await?;
        }
        Ok(Recorded { stored: stored as u64, repeated: (keys.len() - stored) as u64, ignored: 0 })
    }

    async fn record_wave(&self, wave: &[(ProfileKey, Vec<AuditEvent>)]) -> Result<usize> {
        let mut running = Vec::with_capacity(wave.len());
        for (key, events) in wave {
            running.push(self.record_profile(key, events));
        }
        futures::future::join_all(running).await.into_iter().sum()
    }

    async fn record_profile(&self, key: &ProfileKey, events: &[AuditEvent]) -> Result<usize> {
        let mut stored = 0;
        for transaction in transactions(events) {
            stored += self.record_transaction(key, transaction).await?;
        }
        Ok(stored)
    }

    /// How many of these events were stored by us; the others were stored by somebody else meanwhile.
    async fn record_transaction(&self, key: &ProfileKey, events: &[AuditEvent]) -> Result<usize> {
        let mut fresh = events.to_vec();
        for attempt in 0..TRIES {
            if attempt > 0 {
                self.clock.sleep(self.backoff(key, attempt)).await;
                let keys: Vec<EventKey> = fresh.iter().map(AuditEvent::key).collect();
                let known = self.store.known_events(self.org, &keys).await?;
                fresh.retain(|event| !known.contains(&event.key()));
            }
            if fresh.is_empty() {
                return Ok(0);
            }
            match self.try_once(key, &fresh).await? {
                Written::Stored => return Ok(fresh.len()),
                Written::Contended => {}
            }
        }
        Err(Error::Contended("the usage profile of a token".to_owned()))
    }

    async fn try_once(&self, key: &ProfileKey, fresh: &[AuditEvent]) -> Result<Written> {
        let loaded = self.store.profile(self.org, key).await?;
        let Versioned { version, value } =
            loaded.unwrap_or_else(|| Versioned { version: 0, value: UsageProfile::empty(key.clone()) });
        let profile = Versioned { version, value: fresh.iter().fold(value, fold) };
        self.store.record_with_profile(self.org, &profile, fresh).await
    }

    /// Up to 20 ms at first, doubling up to 1 s. The clock's nanoseconds differ between those who contend.
    fn backoff(&self, key: &ProfileKey, attempt: u32) -> Duration {
        let most_ms = (10_u32 << attempt.min(10)).min(1_000);
        let seed = format!("{} {} {attempt}", self.clock.now().timestamp_subsec_nanos(), key.identity);
        Duration::from_millis(shard_of(&seed, most_ms + 1).into())
    }
}

type ByProfile = BTreeMap<ProfileKey, Vec<AuditEvent>>;

fn by_profile(events: BTreeMap<EventKey, AuditEvent>) -> (Vec<AuditEvent>, ByProfile) {
    let (mut plain, mut grouped) = (Vec::new(), ByProfile::new());
    for event in events.into_values() {
        match profile_key(&event) {
            Some(key) => grouped.entry(key).or_default().push(event),
            None => plain.push(event),
        }
    }
    (plain, grouped)
}

/// The events of one profile, cut into what fits into a transaction each.
fn transactions(events: &[AuditEvent]) -> Vec<&[AuditEvent]> {
    let mut cut = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, event) in events.iter().enumerate() {
        bytes += event.raw.len();
        if at > start && (at - start == EVENTS_A_TRANSACTION || bytes > BYTES_A_TRANSACTION) {
            cut.push(&events[start..at]);
            (start, bytes) = (at, event.raw.len());
        }
    }
    if start < events.len() {
        cut.push(&events[start..]);
    }
    cut
}

#[cfg(test)]
#[path = "record_events_tests.rs"]
mod tests;
