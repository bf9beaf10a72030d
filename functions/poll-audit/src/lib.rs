//! Reads the event stream of every governed org from its checkpoint, once a minute.

use chrono::TimeDelta;
use futures::stream::{self, StreamExt};
use serde::Serialize;
use shared::{
    clock::SystemClock,
    config::{self, EventSettings, PollSettings},
    error::{Error, Result},
    flow::{
        health::poll_health,
        poll_events::{PollOutcome, Ports, poll},
        register::{ORGS_AT_A_TIME, governed, in_turn},
    },
    http,
    model::{Measure, Metric, OrgId, Timestamp},
    ports::{CaseReader, Clock, Deadline, EventSource, EventStore, PollStore, QuarantineStore},
    secrets::{Purpose, SecretCache, SecretsManagerSource},
    source::AtlassianReader,
    store::Store,
};
use std::time::Duration;

/// What is left of the invocation for the answer and for a page that takes longer than others.
pub const MARGIN: Duration = Duration::from_secs(5);

/// How often the schedule runs it (the template's `Schedule`).
const TICK: TimeDelta = TimeDelta::minutes(1);

/// The function, over its ports.
pub struct App<S, A, C> {
    store: S,
    source: A,
    clock: C,
    settings: Settings,
}

/// What it goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The configured orgs; those that are registered are polled as well.
    pub orgs: Vec<OrgId>,
    /// How events are kept.
    pub events: EventSettings,
    /// How the rate limit is used.
    pub limits: PollSettings,
}

/// What an invocation did, by org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// In the order in which they were polled.
    pub orgs: Vec<OrgOutcome>,
}

/// What became of one org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrgOutcome {
    /// Which.
    pub org: OrgId,
    /// What was read, or why not.
    #[serde(flatten)]
    pub result: Ticked,
}

/// One org's tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ticked {
    /// It was polled.
    Polled(PollOutcome),
    /// It failed; the others were polled all the same.
    Failed {
        /// Always `failed`.
        state: &'static str,
        /// The stable code of the error.
        code: &'static str,
        /// Why, without secrets.
        error: String,
    },
}

impl App<Store, AtlassianReader<SecretsManagerSource>, SystemClock> {
    /// The function as it runs on AWS: its clients are made here, once.
    ///
    /// # Errors
    /// [`Error::Setting`] that names what is missing or wrong.
    pub fn connect(settings: &config::Settings<'_>) -> Result<Self> {
        let (sdk, atlassian) = (http::sdk_config(), settings.atlassian()?);
        let (events, limits) = (settings.events()?, settings.poll()?);
        let store = Store::connect(&sdk, settings.tables()?, settings.retention()?);
        let key = settings.text("ATLASSIAN_READ_SECRET_ID")?;
        let keys = SecretsManagerSource::connect(&sdk, Purpose::AtlassianRead, key);
        let client = http::atlassian_http_client(atlassian.call_timeout);
        let source = AtlassianReader::new(client, &atlassian, SecretCache::new(keys, SystemClock).into())?;
        Ok(Self::new(store, source, SystemClock, Settings { orgs: settings.orgs()?, events, limits }))
    }
}

impl Outcome {
    fn measures(&self) -> Vec<Measure> {
        let taken = self.orgs.iter().filter_map(|org| match &org.result {
            Ticked::Polled(polled) => Some(polled.taken),
            Ticked::Failed { .. } => None,
        });
        let (stored, quarantined) = taken
            .clone()
            .fold((0, 0), |(stored, quarantined), one| (stored + one.stored, quarantined + one.quarantined));
        vec![
            (Metric::EventsStored, stored),
            (Metric::EventsQuarantined, quarantined),
            (Metric::OrgsFailed, (self.orgs.len() - taken.count()) as u64),
        ]
    }
}

impl<S, A, C> App<S, A, C>
where
    S: EventStore + QuarantineStore + PollStore + CaseReader,
    A: EventSource,
    C: Clock,
{
    /// The function over the tables, the orgs' audit logs and a clock.
    pub fn new(store: S, source: A, clock: C, settings: Settings) -> Self {
        Self { store, source, clock, settings }
    }

    /// Polls every org until the deadline.
    ///
    /// # Errors
    /// The first org's error if every org failed; those of the store if the orgs cannot be read.
    pub async fn run(&self, deadline: &impl Deadline) -> Result<Outcome> {
        let mut outcome = Outcome { orgs: Vec::new() };
        let mut failures = Vec::new();
        let polls: Vec<_> = self.orgs().await?.into_iter().map(|org| self.poll(org, deadline)).collect();
        let done: Vec<_> = stream::iter(polls).buffered(ORGS_AT_A_TIME).collect().await;
        for (org, polled) in done {
            let result = match polled {
                Ok(polled) => Ticked::Polled(polled),
                Err(error) => {
                    failures.push(error.clone());
                    Ticked::Failed { state: "failed", code: error.kind().code, error: error.to_string() }
                }
            };
            outcome.orgs.push(OrgOutcome { org, result });
        }
        if failures.len() == outcome.orgs.len()
            && let Some(first) = failures.into_iter().next()
        {
            return Err(first);
        }
        Ok(outcome)
    }

    /// What an invocation measured: what it did, and how far each org's log is read, even if nothing could be done.
    pub async fn measures(&self, outcome: &Result<Outcome>) -> Vec<Measure> {
        // An invocation that fails as a whole does not say for how many orgs.
        let mut measures = outcome.as_ref().map_or_else(|_| vec![(Metric::OrgsFailed, 1)], Outcome::measures);
        match self.lag().await {
            Ok(lag) => measures.extend(lag),
            Err(error) => tracing::error!(%error, "how far the logs are read is not known"),
        }
        measures
    }

    async fn lag(&self) -> Result<Vec<Measure>> {
        poll_health(&self.store, &self.orgs().await?, self.clock.now()).await
    }

    async fn poll(&self, org: OrgId, deadline: &impl Deadline) -> (OrgId, Result<PollOutcome>) {
        let polled = poll(&self.ports(deadline), &org).await;
        log(&org, &polled);
        (org, polled)
    }

    fn ports<'a, D: Deadline>(&'a self, deadline: &'a D) -> Ports<'a, S, A, C, D> {
        Ports {
            store: &self.store,
            source: &self.source,
            clock: &self.clock,
            deadline,
            events: self.settings.events,
            limits: self.settings.limits,
        }
    }

    async fn orgs(&self) -> Result<Vec<OrgId>> {
        let all = governed(&self.store.orgs().await?, &self.settings.orgs);
        Ok(in_turn(all.into_iter().collect(), TICK, self.clock.now()))
    }
}

/// What is left of an invocation that must end at this many milliseconds after 1970.
pub fn time_left(deadline_ms: u64, now: Timestamp) -> Duration {
    Duration::from_millis(deadline_ms.saturating_sub(u64::try_from(now.timestamp_millis()).unwrap_or(0)))
}

fn log(org: &OrgId, polled: &Result<PollOutcome, Error>) {
    match polled {
        Ok(PollOutcome { pages, taken, end }) => tracing::info!(
            %org,
            count = pages,
            stored = taken.stored,
            repeated = taken.repeated,
            quarantined = taken.quarantined,
            ignored = taken.ignored,
            state = end.name(),
            "polled"
        ),
        Err(error) => tracing::error!(%org, %error, kind = error.kind().code, "an org could not be polled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::flow::{poll_events::TickEnd, take_in::Taken};

    #[test]
    fn an_outcome_says_for_each_org_what_was_read_or_why_not() {
        let polled = PollOutcome { pages: 2, taken: Taken { stored: 3, ..Taken::default() }, end: TickEnd::CaughtUp };
        let failed = Ticked::Failed { state: "failed", code: "upstream", error: "Atlassian: 500".into() };
        let outcome = Outcome {
            orgs: vec![
                OrgOutcome { org: OrgId::new("o1"), result: Ticked::Polled(polled) },
                OrgOutcome { org: OrgId::new("o2"), result: failed },
            ],
        };
        assert_eq!(
            serde_json::to_value(&outcome).unwrap(),
            serde_json::json!({"orgs": [
                {"org": "o1", "pages": 2, "stored": 3, "repeated": 0, "quarantined": 0, "ignored": 0, "state": "caught_up"},
                {"org": "o2", "state": "failed", "code": "upstream", "error": "Atlassian: 500"},
            ]})
        );
    }

    #[test]
    fn what_was_stored_is_summed_and_who_failed_is_counted() {
        let taken = Taken { stored: 3, quarantined: 1, ..Taken::default() };
        let polled = |org| OrgOutcome {
            org: OrgId::new(org),
            result: Ticked::Polled(PollOutcome { pages: 1, taken, end: TickEnd::CaughtUp }),
        };
        let failed = Ticked::Failed { state: "failed", code: "upstream", error: "Atlassian: 500".into() };
        let outcome =
            Outcome { orgs: vec![polled("o1"), polled("o2"), OrgOutcome { org: OrgId::new("o3"), result: failed }] };
        let wanted = [(Metric::EventsStored, 6), (Metric::EventsQuarantined, 2), (Metric::OrgsFailed, 1)];
        assert_eq!(outcome.measures(), wanted);
    }

    #[test]
    fn the_time_left_is_never_negative() {
        let now = Timestamp::from_timestamp_millis(10_000).unwrap();
        assert_eq!(time_left(12_500, now), Duration::from_millis(2_500));
        assert_eq!(time_left(9_000, now), Duration::ZERO);
    }
}
