//! Takes the inventory, judges it and writes a dated report; erases accounts, and deletes what is stored of an org that
//! is to be forgotten.

use futures::stream::{self, StreamExt};
use serde::Serialize;
use shared::{
    clock::SystemClock,
    config::{ReportSettings, Settings},
    decide::policy::default_policy,
    error::{Error, Result},
    flow::{
        erase::{Erased, erase},
        health::report_health,
        purge::{Purged, purge, to_purge},
        register::{ORGS_AT_A_TIME, governed, register_org, seed_policy},
        take_report::{Outcome, Ports, take_report},
    },
    http,
    model::{Measure, Metric, Org, OrgId, OrgState},
    ports::{Clock, Deadline, ErasureStore, EventReader, PurgeStore, ReportReader, ReportStore, TokenReader},
    secrets::{Purpose, SecretCache, SecretsManagerSource},
    source::AtlassianReader,
    store::Store,
};
use std::{collections::BTreeMap, sync::Arc};

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
    /// As before, and accounts are being erased.
    Erased {
        /// What became of its report; none where the org is paused or removed.
        #[serde(skip_serializing_if = "Option::is_none")]
        report: Option<Outcome>,
        /// What became of the erasures.
        erasure: Erased,
    },
    /// The org was removed, and what is stored of it is being deleted.
    Purged(Purged),
    /// It failed, for this reason.
    Failed {
        /// Why.
        error: String,
    },
}

/// What is to be done for an org.
enum Work {
    /// Its report, if one is due, and then the accounts that are to be erased.
    Report(OrgId),
    /// The accounts that are to be erased.
    Erase(Org),
    /// The deletion of what is stored of it.
    Purge(Org),
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
    S: ReportStore + ReportReader + PurgeStore + ErasureStore + EventReader,
    R: TokenReader,
    C: Clock,
{
    /// One tick for every org. One org's failure does not stop the others.
    ///
    /// # Errors
    /// The last failure, if every org failed.
    pub async fn run(&self, deadline: &impl Deadline) -> Result<BTreeMap<String, Tick>> {
        let registered = self.store.orgs().await?;
        // Reports come first: a deletion takes as long as it is let, and can wait.
        let reports = governed(&registered, &self.orgs).into_iter().map(Work::Report);
        let resting = registered.iter().filter(|org| matches!(org.state, OrgState::Paused | OrgState::Removed));
        let erasures = resting.cloned().map(Work::Erase);
        let work = reports.chain(erasures).chain(to_purge(&registered).cloned().map(Work::Purge));
        let ticks: Vec<_> = work.map(|work| self.org_tick(work, deadline)).collect();
        let done: Vec<(OrgId, Result<Option<Tick>>)> =
            stream::iter(ticks).buffer_unordered(ORGS_AT_A_TIME).collect().await;
        let (mut ticks, mut failure) = (BTreeMap::new(), None);
        for (org, outcome) in done {
            let tick = outcome.unwrap_or_else(|error| {
                failure = Some(error.clone());
                Some(Tick::Failed { error: error.to_string() })
            });
            ticks.extend(tick.map(|tick| (org.to_string(), tick)));
        }
        all_failed(&ticks, failure).map_or(Ok(ticks), Err)
    }

    /// What an invocation measured: how the reports stand, even if nothing could be done, and whose tick failed.
    pub async fn measures(&self, ticks: &Result<BTreeMap<String, Tick>>) -> Vec<Measure> {
        let failed = |tick: &&Tick| matches!(tick, Tick::Failed { .. });
        // An invocation that fails as a whole does not say for how many orgs.
        let failed = ticks.as_ref().map_or(1, |ticks| ticks.values().filter(failed).count() as u64);
        let mut measures = vec![(Metric::OrgsFailed, failed)];
        match self.health().await {
            Ok(health) => measures.extend(health),
            Err(error) => tracing::error!(%error, "how the reports stand is not known"),
        }
        measures
    }

    async fn health(&self) -> Result<Vec<Measure>> {
        report_health(&self.store, &self.store.orgs().await?, self.settings.every_hours, self.clock.now()).await
    }

    async fn org_tick(&self, work: Work, deadline: &impl Deadline) -> (OrgId, Result<Option<Tick>>) {
        let (org, outcome) = match work {
            Work::Report(org) => (org.clone(), self.report_and_erase(&org, deadline).await.map(Some)),
            Work::Erase(org) => {
                let erased = erase(&self.store, &org, &self.clock, deadline).await;
                (org.id, erased.map(|erased| erased.map(|erasure| Tick::Erased { report: None, erasure })))
            }
            Work::Purge(org) => {
                let purged = purge(&self.store, &org, &self.clock, deadline).await;
                (org.id, purged.map(|purged| Some(Tick::Purged(purged))))
            }
        };
        if let Err(error) = &outcome {
            tracing::error!(org = %org, error = %error, "the tick failed");
        }
        (org, outcome)
    }

    /// A report that fails keeps no account from being erased.
    async fn report_and_erase(&self, org: &OrgId, deadline: &impl Deadline) -> Result<Tick> {
        let ran = self.tick(org, deadline).await;
        let erased = match self.store.org(org).await? {
            Some(org) => erase(&self.store, &org, &self.clock, deadline).await?,
            None => None,
        };
        let report = ran?;
        Ok(match erased {
            Some(erasure) => Tick::Erased { report: Some(report), erasure },
            None => Tick::Ran(report),
        })
    }

    async fn tick(&self, org: &OrgId, deadline: &impl Deadline) -> Result<Outcome> {
        let now = self.clock.now();
        let Some(org) = register_org(&self.store, &self.source, org, now).await? else {
            return Ok(Outcome::NothingDue);
        };
        seed_policy(&self.store, &org.id, &default_policy(), DEFAULT_AUTHOR, now).await?;
        let Self { store, source, clock, settings, .. } = self;
        take_report(&Ports { store, source, clock, settings: *settings }, &org, deadline).await
    }
}

fn all_failed(ticks: &BTreeMap<String, Tick>, failure: Option<Error>) -> Option<Error> {
    failure.filter(|_| ticks.values().all(|tick| matches!(tick, Tick::Failed { .. })))
}
