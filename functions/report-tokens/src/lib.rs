//! Takes the inventory, judges it and writes a dated report.

use futures::stream::{self, StreamExt};
use serde::Serialize;
use shared::{
    clock::SystemClock,
    config::{ReportSettings, Settings},
    decide::policy::default_policy,
    error::{Error, Result},
    flow::{
        register::{governed, register_org, seed_policy},
        take_report::{Outcome, Ports, take_report},
    },
    http,
    model::OrgId,
    ports::{CaseStore, Clock, Deadline, EventReader, FindingStore, ReportReader, ReportStore, TokenReader},
    secrets::{Purpose, SecretCache, SecretsManagerSource},
    source::AtlassianReader,
    store::Store,
};
use std::{collections::BTreeMap, sync::Arc};

/// So many orgs are reported on at the same time: a slow one delays no other, and each holds a few megabytes.
const ORGS_AT_A_TIME: usize = 8;
/// The author of a policy that nobody wrote.
const DEFAULT_AUTHOR: &str = "tokenwarden default";

/// The function, with everything that it needs.
pub struct App<S, R, C> {
    /// Both tables.
    pub store: S,
    /// Atlassian's lists, by the reading key.
    pub source: R,
    /// The time.
    pub clock: C,
    /// How reports are taken and kept.
    pub settings: ReportSettings,
    /// The orgs to register.
    pub orgs: Vec<OrgId>,
}

/// What one org's tick came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Tick {
    /// A report was taken, interrupted or not due.
    Ran(Outcome),
    /// It failed, for this reason.
    Failed {
        /// Why.
        error: String,
    },
}

impl App<Store, AtlassianReader<SecretsManagerSource>, SystemClock> {
    /// The function as it runs on AWS: its clients are made here, once.
    ///
    /// # Errors
    /// [`Error::Setting`] that names what is missing or wrong.
    pub fn connect(settings: &Settings<'_>) -> Result<Self> {
        let (sdk, atlassian) = (http::sdk_config(), settings.atlassian()?);
        let secret = settings.text("ATLASSIAN_READ_SECRET_ID")?;
        let secret = SecretsManagerSource::connect(&sdk, Purpose::AtlassianRead, secret);
        let client = http::atlassian_http_client(atlassian.call_timeout);
        Ok(Self {
            store: Store::connect(&sdk, settings.tables()?, settings.retention()?),
            source: AtlassianReader::new(client, &atlassian, Arc::new(SecretCache::new(secret, SystemClock)))?,
            clock: SystemClock,
            settings: settings.reports()?,
            orgs: settings.orgs()?,
        })
    }
}

impl<S, R, C> App<S, R, C>
where
    S: ReportStore + ReportReader + FindingStore + CaseStore + EventReader,
    R: TokenReader,
    C: Clock,
{
    /// One tick for every org. One org's failure does not stop the others.
    ///
    /// # Errors
    /// The last failure, if every org failed.
    pub async fn run(&self, deadline: &impl Deadline) -> Result<BTreeMap<String, Tick>> {
        let orgs = governed(&self.store.orgs().await?, &self.orgs);
        let ticks: Vec<_> = orgs.into_iter().map(|org| self.org_tick(org, deadline)).collect();
        let done: Vec<(OrgId, Result<Outcome>)> = stream::iter(ticks).buffer_unordered(ORGS_AT_A_TIME).collect().await;
        let (mut ticks, mut failure) = (BTreeMap::new(), None);
        for (org, outcome) in done {
            let tick = outcome.map(Tick::Ran).unwrap_or_else(|error| {
                failure = Some(error.clone());
                Tick::Failed { error: error.to_string() }
            });
            ticks.insert(org.to_string(), tick);
        }
        all_failed(&ticks, failure).map_or(Ok(ticks), Err)
    }

    async fn org_tick(&self, org: OrgId, deadline: &impl Deadline) -> (OrgId, Result<Outcome>) {
        let outcome = self.tick(&org, deadline).await;
        if let Err(error) = &outcome {
            tracing::error!(org = %org, error = %error, "the report failed");
        }
        (org, outcome)
    }

    async fn tick(&self, org: &OrgId, deadline: &impl Deadline) -> Result<Outcome> {
        let now = self.clock.now();
        let org = register_org(&self.store, &self.source, org, now).await?;
        seed_policy(&self.store, &org.id, &default_policy(), DEFAULT_AUTHOR, now).await?;
        let Self { store, source, clock, settings, .. } = self;
        take_report(&Ports { store, source, clock, settings: *settings }, &org, deadline).await
    }
}

fn all_failed(ticks: &BTreeMap<String, Tick>, failure: Option<Error>) -> Option<Error> {
    failure.filter(|_| ticks.values().all(|tick| matches!(tick, Tick::Failed { .. })))
}
