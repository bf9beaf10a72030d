//! A small world for scenarios: a simulated org over HTTP, both tables in memory, a clock that only moves when told.

mod clock;
mod secrets;
mod sim;
mod ways;

pub use clock::{Steps, TestClock};
pub use secrets::FixedSecrets;
pub use ways::{LINK_KEY, PUBLIC_URL, Ways, WorldNotifiers};

use crate::{
    dynamo::LocalDynamo,
    rights::{Role, Used},
};
use atlassian_sim::{Sim, SimOptions};
use remediate_tokens::Trigger;
use serde_json::{Value, json};
use shared::{
    clock::NoDeadline,
    config::{AtlassianSettings, EventSettings, KeepEvents, PollSettings, ReportSettings, Retention},
    decide::policy,
    flow::decide_action::{self, Decider},
    model::{Action, ActionId, CredentialRow, Finding, LedgerEntry, OrgId, Report},
    ports::{CaseReader, Clock, ReportReader},
    secrets::SecretCache,
    signing::LocalSigner,
    source::{AtlassianReader, TokenRevokerClient},
    store::Store,
};
use std::{sync::Arc, time::Duration};

/// The first org of every simulated company.
pub const ORG: &str = "00000000-0000-4000-8000-000000000001";

/// The ids of the keys of its that the tests use.
pub const OWN_KEYS: [&str; 4] = ["sim-admin-key-id", "sim-read-key-id", "sim-tokens-key-id", "sim-events-key-id"];

/// The lists and the log of the world's org.
pub type Source = AtlassianReader<FixedSecrets, TestClock>;
/// Where nothing is said of a key, the heads of ledgers are published unsigned.
pub type NoSigner = Option<LocalSigner>;
/// What revokes in the world's org.
pub type Revoker = TokenRevokerClient<FixedSecrets, TestClock>;

/// The world.
pub struct World {
    /// The simulated org.
    pub sim: Arc<Sim>,
    /// The database; it ends with the world.
    pub dynamo: Arc<LocalDynamo>,
    /// The tables.
    pub tables: shared::config::Tables,
    /// The time.
    pub clock: TestClock,
    /// The org.
    pub org: OrgId,
    /// Where messages go.
    pub ways: Ways,
    /// What the functions used of their rights.
    pub used: Used,
    http: reqwest::Client,
    read_key: String,
    unscoped_key: String,
    own_keys: Value,
}

impl World {
    /// A company in the default dialect.
    pub async fn start() -> Self {
        Self::with(SimOptions::default()).await
    }

    /// A company as the options say, at noon of a fixed day.
    ///
    /// # Panics
    /// If something of it does not start.
    pub async fn with(options: SimOptions) -> Self {
        shared::http::install_crypto();
        let clock = TestClock::at("2026-11-21T12:00:00Z");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let options = SimOptions { now: Some(clock.now()), ..options };
        let sim = Sim::start(listener, options).await.expect("the simulated org starts");
        let dynamo = LocalDynamo::start().await;
        let tables = dynamo.fresh_tables().await;
        let own_keys = json!(OWN_KEYS);
        let http = shared::http::atlassian_http_client(Duration::from_secs(20));
        let (sim, dynamo, org) = (Arc::new(sim), Arc::new(dynamo), ORG.into());
        let (read_key, unscoped_key) = ("sim-read-key".into(), "sim-admin-key".into());
        let (ways, used) = (Ways::default(), Used::default());
        Self { sim, dynamo, tables, clock, org, ways, used, http, read_key, unscoped_key, own_keys }
    }

    /// The second org of the same simulation, in the same tables.
    ///
    /// # Panics
    /// If the simulation has none.
    pub async fn second(&self) -> Self {
        let org = self.sim_get("/_sim/orgs").await["items"][1]["id"].as_str().expect("a second org").into();
        Self {
            sim: Arc::clone(&self.sim),
            dynamo: Arc::clone(&self.dynamo),
            tables: self.tables.clone(),
            clock: self.clock.clone(),
            org,
            ways: self.ways.clone(),
            used: self.used.clone(),
            http: self.http.clone(),
            read_key: "sim-read-key-2".into(),
            unscoped_key: "sim-admin-key-2".into(),
            own_keys: Value::Null,
        }
    }

    /// The same world with another reading key.
    #[must_use]
    pub fn with_read_key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.read_key);
        self
    }

    /// The same world, where nobody said which keys are our own.
    #[must_use]
    pub fn without_own_keys(mut self) -> Self {
        self.own_keys = Value::Null;
        self
    }

    /// The tables, as a function reaches them: it may do what the template grants its role.
    pub fn store_of(&self, function: &str) -> Store {
        self.store_by(self.dynamo.client_of(&Role::of(function, &self.tables, &self.used)))
    }

    /// The tables, as a test looks into them.
    pub fn store(&self) -> Store {
        self.store_by(self.dynamo.client())
    }

    /// The tables, reached by this client.
    pub fn store_by(&self, client: aws_sdk_dynamodb::Client) -> Store {
        Store::new(client, self.tables.clone(), Retention { event_days: 120, report_days: 400 })
    }

    fn atlassian(&self) -> AtlassianSettings {
        AtlassianSettings { base_url: self.sim.url(), call_timeout: Duration::from_secs(20) }
    }

    fn secrets(&self) -> Arc<SecretCache<FixedSecrets, TestClock>> {
        let keys = (self.read_key.as_str(), self.unscoped_key.as_str());
        let secrets = FixedSecrets::of(self.org.as_str(), keys, &self.own_keys);
        Arc::new(SecretCache::new(secrets, self.clock.clone()))
    }

    /// The org's lists and log.
    ///
    /// # Panics
    /// Never: the simulated org's address is one.
    pub fn source(&self) -> Source {
        AtlassianReader::new(self.http.clone(), &self.atlassian(), self.secrets()).expect("a valid address")
    }

    /// What revokes there.
    ///
    /// # Panics
    /// Never: the simulated org's address is one.
    pub fn revoker(&self) -> Revoker {
        TokenRevokerClient::new(self.http.clone(), &self.atlassian(), self.secrets()).expect("a valid address")
    }

    /// Polls until both readers have come to their end.
    ///
    /// # Panics
    /// If a tick fails.
    pub async fn poll(&self) {
        let settings = poll_audit::Settings { orgs: vec![self.org.clone()], events: events(), limits: limits() };
        let app = poll_audit::App::new(self.store_of("poll-audit"), self.source(), self.clock.clone(), settings);
        for _ in 0..100 {
            app.run(&NoDeadline).await.expect("the poll runs");
            let state = self.store().poll_lag(&self.org).await.expect("the checkpoint is read").expect("there is one");
            let live = state.live.caught_up_at == Some(self.clock.now());
            if live && state.backfill.is_none_or(|reader| reader.caught_up_at.is_some()) {
                return;
            }
            self.advance(Duration::from_secs(60)).await;
        }
        panic!("the poll did not come to its end");
    }

    /// One tick of report-tokens.
    ///
    /// # Panics
    /// If it fails.
    pub async fn tick_report(&self) -> report_tokens::Tick {
        let app = report_tokens::App {
            store: self.store_of("report-tokens"),
            source: self.source(),
            clock: self.clock.clone(),
            settings: ReportSettings { every_hours: 24, retention_days: 400 },
            orgs: vec![self.org.clone()],
        };
        let ticks = app.run(&NoDeadline).await.expect("the report runs");
        ticks.into_values().next().expect("the org was looked at")
    }

    /// Takes a report, a day after the last one if need be, and gives its summary.
    ///
    /// # Panics
    /// If none comes of it.
    pub async fn report(&self) -> Report {
        let before = self.latest().await.map(|report| report.id);
        for _ in 0..3 {
            self.tick_report().await;
            match self.latest().await {
                Some(report) if Some(&report.id) != before.as_ref() => return report,
                Some(_) | None => self.advance(Duration::from_secs(86_400)).await,
            }
        }
        panic!("no report was taken");
    }

    /// The newest report.
    ///
    /// # Panics
    /// If the table cannot be read.
    pub async fn latest(&self) -> Option<Report> {
        self.store().latest_report(&self.org).await.expect("the reports are read")
    }

    /// Every row of a report.
    ///
    /// # Panics
    /// If the table cannot be read.
    pub async fn rows(&self, report: &Report) -> Vec<CredentialRow> {
        let (store, mut rows, mut cursor) = (self.store(), Vec::new(), None);
        loop {
            let page = store.rows(&self.org, report, cursor, 1_000).await.expect("the rows are read");
            rows.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return rows,
            }
        }
    }

    /// Every finding, open and resolved.
    ///
    /// # Panics
    /// If the table cannot be read.
    pub async fn findings(&self) -> Vec<Finding> {
        let page = self.store().findings(&self.org, None, 10_000).await.expect("the findings are read");
        assert!(page.next.is_none(), "more findings than one page");
        page.items
    }

    /// Every action.
    ///
    /// # Panics
    /// If the table cannot be read.
    pub async fn actions(&self) -> Vec<Action> {
        let page = self.store().actions(&self.org, None, 10_000).await.expect("the actions are read");
        assert!(page.next.is_none(), "more actions than one page");
        page.items
    }

    /// One action.
    ///
    /// # Panics
    /// If it is not there.
    pub async fn action(&self, id: &ActionId) -> Action {
        self.store().action(&self.org, id).await.expect("the action is read").expect("the action is there").value
    }

    /// The whole ledger.
    ///
    /// # Panics
    /// If the table cannot be read.
    pub async fn ledger(&self) -> Vec<LedgerEntry> {
        let mut entries: Vec<LedgerEntry> = Vec::new();
        loop {
            let after = entries.last().map_or(0, |last| last.seq);
            let page = self.store().ledger(&self.org, after, 1_000).await.expect("the ledger is read");
            entries.extend(page.items);
            if page.next.is_none() {
                return entries;
            }
        }
    }

    /// remediate-tokens over these ports.
    pub fn remediation<S, R>(
        &self,
        store: S,
        revoker: R,
    ) -> remediate_tokens::App<S, R, WorldNotifiers, NoSigner, TestClock> {
        let (notifier, clock) = (self.ways.notifiers(&self.clock), self.clock.clone());
        let call_timeout = Duration::from_secs(20);
        remediate_tokens::App { store, revoker, notifier, signer: None, clock, call_timeout }
    }

    /// One sweep of remediate-tokens.
    ///
    /// # Panics
    /// If it fails.
    pub async fn sweep(&self) -> remediate_tokens::Outcome {
        let app = self.remediation(self.store_of("remediate-tokens"), self.revoker());
        app.run(Trigger::Sweep, &NoDeadline).await.expect("the sweep runs")
    }

    /// Puts a policy in force.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn put_policy(&self, text: &str) {
        let store = self.store_of("serve-reports");
        let before = store.policy(&self.org).await.expect("the policy is read");
        let policy = policy::parse(text).expect("a valid policy");
        let who = self.decider("admin");
        decide_action::put_policy(&store, &self.org, before.as_ref(), policy, who).await.expect("it is put in force");
    }

    /// Approves an action's plan as it stands.
    ///
    /// # Panics
    /// If the approval is refused.
    pub async fn approve(&self, id: &ActionId) {
        let hash = self.action(id).await.plan_hash;
        let store = self.store_of("serve-reports");
        decide_action::approve(&store, &self.org, id, &hash, self.decider("ann")).await.expect("it is approved");
    }

    /// Somebody who decides now.
    pub fn decider<'a>(&self, by: &'a str) -> Decider<'a> {
        Decider { by, at: self.clock.now(), reason: "because" }
    }

    /// Moves the time of everything.
    ///
    /// # Panics
    /// If the simulated org does not answer.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.sim_post("/_sim/clock", &json!({ "advance_seconds": by.as_secs() })).await;
    }
}

/// How events are kept in a world.
pub fn events() -> EventSettings {
    EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 }
}

/// How the rate limit is used in a world.
pub fn limits() -> PollSettings {
    PollSettings { requests_per_minute: 25 }
}

/// A policy that revokes what is unused, after a week and an approval.
pub const ENFORCE: &str = "\
mode: enforce
protected: [nobody-in-particular]
limits: {max_actions: 100, max_share_percent: 100, window_hours: 24}
rules:
  unused:
    respond: {steps: [{do: revoke, after_days: 7}], approval: required}
calendar: {weekend: [], from_hour: 0}
";

/// As [`ENFORCE`], and owners are asked first. It ends within its rules, so that a test can add another.
pub const ASK_AND_ENFORCE: &str = "\
mode: enforce
protected: [nobody-in-particular]
limits: {max_actions: 100, max_share_percent: 100, window_hours: 24}
recipients: {questions: Ann Admin, sender: tokens@example.com, fallback: fallback@example.com}
calendar: {weekend: [], from_hour: 0}
rules:
  unused:
    respond: {steps: [{do: notify, after_days: 0}, {do: revoke, after_days: 7}], approval: required}
";
