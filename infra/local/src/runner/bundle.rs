//! Everything that runs on the machine, without its listeners.

use super::{
    clock::{Begin, VirtualClock},
    crash::CrashSwitch,
    credentials::{Credentials, Drawn, LocalSecrets},
    data_dir::DataDir,
    database::{LocalDatabase, StreamRecord},
    functions::{Functions, Parts, Secrets, shown, tick},
    orgs::{self, Atlassian, GovernedOrg, SimClock},
    stream::Stream,
};
use crate::failure::{Failure, Result};
use atlassian_sim::Sim;
use chrono::TimeDelta;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use serve_reports::Pages;
use shared::{
    config::Tables,
    model::{Policy, Secret, Timestamp},
    ports::Clock,
    signing::LocalSigner,
    store::{Store, create::create_tables},
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where the tables are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// In the data directory.
    OnDisk,
    /// In memory only.
    InMemory,
}

/// A function with a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Each minute.
    PollAudit,
    /// Every 5 minutes.
    ReportTokens,
    /// Every 5 minutes, and by the stream.
    RemediateTokens,
}

impl Function {
    /// Every function with a schedule.
    pub const ALL: [Self; 3] = [Self::PollAudit, Self::ReportTokens, Self::RemediateTokens];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PollAudit => "poll-audit",
            Self::ReportTokens => "report-tokens",
            Self::RemediateTokens => "remediate-tokens",
        }
    }

    /// The function of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

/// Who may use `/_local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalAccess {
    /// Everybody on this machine: the org is simulated.
    Open,
    /// Admins: the org is real.
    Admin,
}

/// What a bundle is made of.
pub struct BundleOptions {
    /// The data directory, held.
    pub dir: Arc<DataDir>,
    /// Where the tables are kept.
    pub keep: Keep,
    /// Where time begins.
    pub begin: Begin,
    /// Which Atlassian.
    pub atlassian: Atlassian,
    /// Where mails say that people answer; empty where nothing listens.
    pub public_url: String,
}

/// The bundle.
pub struct Bundle {
    /// The time of every function.
    pub clock: VirtualClock,
    /// The embedded database.
    pub database: Arc<LocalDatabase>,
    /// The tables' names.
    pub tables: Tables,
    /// The mapping from the cases table's stream to remediate-tokens.
    pub stream: Stream,
    /// Who may use `/_local`.
    pub access: LocalAccess,
    /// The secrets, for the runner's own routes.
    pub secrets: Arc<Secrets>,
    /// What opens the routes.
    pub credentials: Credentials,
    /// Whether they were drawn just now.
    pub drawn: Drawn,
    /// The orgs governed.
    pub orgs: Vec<GovernedOrg>,
    /// Atlassian's base URL.
    pub atlassian: String,
    functions: Functions,
    sim: Mutex<Option<Sim>>,
    sim_clock: Option<SimClock>,
    advancing: Mutex<()>,
    running: [Mutex<()>; 3],
}

impl Bundle {
    /// Opens the database, reaches Atlassian, and makes the functions. Nothing runs yet.
    ///
    /// # Errors
    /// What cannot be opened or reached, and how to mend it.
    pub async fn open(options: BundleOptions) -> Result<Arc<Self>> {
        let BundleOptions { dir, keep, begin, atlassian, public_url } = options;
        let access = access(&atlassian);
        belong(&dir, &atlassian)?;
        let (credentials, drawn) = match access {
            LocalAccess::Open => (Credentials::fixed(), Drawn::Before),
            LocalAccess::Admin => Credentials::kept(&dir)?,
        };
        let crash = CrashSwitch::from_environment()?;
        let clock = VirtualClock::open(begin, Arc::clone(&dir))?;
        let reached = atlassian.reach(&orgs::client()).await?;
        adopt(&clock, reached.clock.as_ref()).await?;
        let file = dir.path().join("dynamodb.sqlite");
        let database = Arc::new(LocalDatabase::open((keep == Keep::OnDisk).then_some(file.as_path())).await?);
        let tables = Tables { history: "tokenwarden-history".into(), cases: "tokenwarden-cases".into() };
        create_tables(&database.client(), &tables).await.map_err(Failure::function("making the tables"))?;
        let secrets = LocalSecrets::new(&credentials, &reached.orgs, dir.path());
        let secrets = match access {
            LocalAccess::Open => secrets.opening_tickets_at(&reached.url),
            LocalAccess::Admin => secrets,
        };
        let functions = Functions::new(&Parts {
            database: &database,
            tables: &tables,
            clock: &clock,
            secrets: &secrets,
            orgs: reached.orgs.iter().map(|org| org.id.clone()).collect(),
            atlassian: &reached.url,
            data_dir: dir.path(),
            public_url: &public_url,
            pages: pages(access),
            crash,
            ledger_key: ledger_key(&dir)?,
        });
        let functions = functions.map_err(Failure::function("setting up the functions"))?;
        Ok(Arc::new(Self {
            stream: Stream::open(dir)?,
            secrets: Arc::clone(&functions.secrets),
            clock,
            database,
            tables,
            access,
            credentials,
            drawn,
            orgs: reached.orgs,
            atlassian: reached.url,
            functions,
            sim: Mutex::new(reached.sim),
            sim_clock: reached.clock,
            advancing: Mutex::default(),
            running: Default::default(),
        }))
    }

    /// The tables, as the functions see them.
    pub fn store(&self) -> &Store {
        &self.functions.store
    }

    /// Registers the orgs and gives them their first policy; what is in force stays.
    ///
    /// # Errors
    /// What the store said.
    pub async fn register(&self, policy: &Policy, author: &str) -> Result<()> {
        for org in &self.orgs {
            super::register::register(self.store(), org, policy, author, self.clock.now())
                .await
                .map_err(Failure::function(format!("registering the org {}", org.id)))?;
        }
        Ok(())
    }

    /// Invokes a function as its schedule does, and waits for it. One invocation of a function at a time.
    ///
    /// # Errors
    /// What the function said.
    pub async fn invoke(&self, function: Function) -> shared::error::Result<Value> {
        let _alone = self.running[function as usize].lock().await;
        match function {
            Function::PollAudit => self.functions.poll().await,
            Function::ReportTokens => self.functions.report().await,
            Function::RemediateTokens => shown(&self.functions.remediate(&tick()).await?),
        }
    }

    /// Hands records of the stream to remediate-tokens, and says how many of them it handled.
    ///
    /// # Errors
    /// What the function said; none of the records is handled then.
    pub async fn deliver(&self, records: &[StreamRecord]) -> shared::error::Result<usize> {
        let _alone = self.running[Function::RemediateTokens as usize].lock().await;
        let outcome = self.functions.remediate(&json!({ "Records": records })).await?;
        let failed = outcome.batch_item_failures.first();
        let place = |failed: &remediate_tokens::Failure| {
            records.iter().position(|record| record.sequence == failed.item_identifier).unwrap_or(0)
        };
        Ok(failed.map_or(records.len(), place))
    }

    /// A request to ingest-audit.
    pub async fn ingest(&self, request: Request) -> Response<Body> {
        self.functions.ingest.handle(request).await
    }

    /// A request to serve-reports.
    pub async fn serve(&self, request: Request) -> Response<Body> {
        self.functions.serve.handle(request).await
    }

    /// Moves the clock of every function and of the simulated org, and sweeps what expired.
    ///
    /// # Errors
    /// If it cannot be stored (nothing moved then), or the simulated org did not follow (asking again makes it).
    pub async fn advance(&self, by: TimeDelta) -> Result<Timestamp> {
        let _alone = self.advancing.lock().await;
        let now = self.clock.advance(by)?;
        if let Some(clock) = &self.sim_clock {
            clock.follow(now).await?;
        }
        let database = Arc::clone(&self.database);
        let swept = tokio::task::spawn_blocking(move || database.sweep(now)).await;
        swept.map_err(|error| Failure::Database(error.to_string()))??;
        Ok(self.clock.now())
    }

    /// Lets what runs end, and closes the database and the simulated org.
    pub async fn close(&self) {
        for function in &self.running {
            drop(function.lock().await);
        }
        if let Some(sim) = self.sim.lock().await.take() {
            sim.shutdown().await;
        }
        self.database.close().await;
    }
}

fn access(atlassian: &Atlassian) -> LocalAccess {
    match atlassian {
        Atlassian::Simulated { .. } | Atlassian::Elsewhere { .. } => LocalAccess::Open,
        Atlassian::Real { .. } => LocalAccess::Admin,
    }
}

fn pages(access: LocalAccess) -> Pages {
    match access {
        LocalAccess::Open => Pages::Open,
        LocalAccess::Admin => Pages::SignIn,
    }
}

/// The private key that signs the heads of the ledgers: drawn at the first start, and kept readable by its owner alone.
fn ledger_key(dir: &DataDir) -> Result<Secret> {
    const FILE: &str = "ledger-key.json";
    if let Some(kept) = dir.read(FILE)? {
        return Ok(kept);
    }
    let drawn = LocalSigner::generate().map_err(Failure::function("drawing the key of the ledger"))?;
    dir.write(FILE, &drawn.expose())?;
    Ok(drawn)
}

/// A data directory holds simulated orgs or one real org, never both: what is decided for one must not reach the other.
fn belong(dir: &DataDir, atlassian: &Atlassian) -> Result<()> {
    const FILE: &str = "atlassian.json";
    let is = match atlassian {
        Atlassian::Simulated { .. } | Atlassian::Elsewhere { .. } => "a simulated org".to_owned(),
        Atlassian::Real { url, org, .. } => format!("the org {org} at {url}"),
    };
    match dir.read::<String>(FILE)? {
        None => dir.write(FILE, &is),
        Some(was) if was == is => Ok(()),
        Some(was) => Err(Failure::Option {
            name: "--data-dir",
            reason: format!("{} holds the data of {was}, not of {is}; choose another directory", dir.path().display()),
        }),
    }
}

/// Brings our clock and the simulator's to the later of both.
async fn adopt(clock: &VirtualClock, sim: Option<&SimClock>) -> Result<()> {
    let Some(sim) = sim else { return Ok(()) };
    let ahead = sim.now().await? - clock.now();
    if ahead >= TimeDelta::seconds(1) {
        clock.advance(ahead)?;
    }
    sim.follow(clock.now()).await
}
