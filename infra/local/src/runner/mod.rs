//! The bundle on one machine: the functions behind their HTTP routes, the schedules, the stream, an embedded DynamoDB,
//! and a simulated org.
//!
//! The parts, from the inside out:
//! - `data_dir`, `clock`, `database`: what survives a restart, and a `kill -9`.
//! - `credentials`, `orgs`, `register`: who may do what, and which Atlassian is governed.
//! - `mailbox`: where mails and events go.
//! - `functions`, `bundle`: the handlers that Lambda runs, over all that.
//! - `stream`, `schedules`: what starts them, as the template says.
//! - `guard`, `server`, `local_routes`, `answer`: HTTP.
//! - `crash`: a crash on order, for tests.

mod answer;
pub mod bundle;
pub mod clock;
pub mod crash;
pub mod credentials;
pub mod data_dir;
pub mod database;
pub mod functions;
mod guard;
mod local_routes;
mod mailbox;
pub mod orgs;
mod register;
mod schedules;
mod server;
pub mod stream;

pub use schedules::Schedules;

use crate::failure::{Failure, Result};
use atlassian_sim::SimOptions;
use bundle::{Bundle, BundleOptions, Function, Keep};
use chrono::TimeDelta;
use clock::Begin;
use data_dir::DataDir;
use guard::Guard;
use orgs::Atlassian;
use serde_json::Value;
use server::Served;
use shared::{
    decide::policy::default_policy,
    model::{Policy, Timestamp},
    ports::{Clock, ReportReader},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use stream::Stream;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// How long requests that still run may take to end.
const GRACE: Duration = Duration::from_secs(20);

/// What a runner is started with; `Default` is for tests: ports that the system chooses, a temporary data directory, no
/// schedules, a simulated org of its own.
#[derive(Debug)]
pub struct RunnerOptions {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// What survives; a directory that is removed in the end where it is `None`.
    pub data_dir: Option<PathBuf>,
    /// The first version of the policy, with its author; the default one where it is `None`.
    pub policy: Option<(Policy, String)>,
    /// Whether functions are started by the time, and the stream delivered by itself.
    pub schedules: Schedules,
    /// Which Atlassian.
    pub atlassian: Atlassian,
    /// Where time begins.
    pub begin: Begin,
    /// Whether to poll once and take a report before anything else.
    pub first_report: FirstReport,
}

/// Whether a runner takes a report before it is ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FirstReport {
    /// Unless there is one.
    #[default]
    Take,
    /// When somebody asks.
    Skip,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: anywhere,
            data_dir: None,
            policy: None,
            schedules: Schedules::Off,
            atlassian: Atlassian::Simulated { listen: anywhere, options: Box::new(SimOptions::default()) },
            begin: Begin::Machine,
            first_report: FirstReport::Take,
        }
    }
}

/// A runner that listens; it ends when it is shut down.
pub struct Runner {
    bundle: Arc<Bundle>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
}

impl Runner {
    /// Starts everything, and returns when it answers and the first report is there.
    ///
    /// # Errors
    /// What cannot be opened, reached or run, and how to mend it.
    pub async fn start(options: RunnerOptions) -> Result<Self> {
        shared::http::install_crypto();
        let refused = |source| Failure::Listen { address: options.listen, option: "--listen", source };
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let bundle = opened(&options, address).await?;
        let (policy, author) = options.policy.unwrap_or_else(|| (default_policy(), "tokenwarden default".into()));
        bundle.register(&policy, &author).await?;
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, address, Arc::clone(&bundle), stopped.clone()));
        let mut runner = Self { bundle, address, stop, server, background: Vec::new() };
        if options.first_report == FirstReport::Take
            && let Err(failure) = runner.first_report().await
        {
            runner.shutdown().await;
            return Err(failure);
        }
        if options.schedules == Schedules::On {
            runner.background = background(&runner.bundle, &stopped);
        }
        Ok(runner)
    }

    /// Polls once and takes a report for orgs that have none.
    async fn first_report(&self) -> Result<()> {
        let store = self.bundle.store();
        for org in &self.bundle.orgs {
            let latest = store.latest_report(&org.id).await.map_err(Failure::function("reading the latest report"))?;
            if latest.is_none() {
                self.run(Function::PollAudit.name()).await?;
                return self.run(Function::ReportTokens.name()).await.map(drop);
            }
        }
        Ok(())
    }

    /// What runs, without its listeners.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The base URL of the API and the pages, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of Atlassian, simulated or not.
    pub fn sim_url(&self) -> &str {
        &self.bundle.atlassian
    }

    /// Now, by the virtual clock.
    pub fn now(&self) -> Timestamp {
        self.bundle.clock.now()
    }

    /// Invokes a function as `POST /_local/run/{function}` does, and waits for the stream.
    ///
    /// # Errors
    /// What the function said, or [`Failure::Option`] if there is none of this name.
    pub async fn run(&self, function: &str) -> Result<Value> {
        let Some(function) = Function::named(function) else {
            return Err(Failure::Option { name: "function", reason: format!("{function} has no schedule") });
        };
        let outcome = self.bundle.invoke(function).await.map_err(Failure::function(function.name()))?;
        self.bundle.stream.drain(&self.bundle).await?;
        Ok(outcome)
    }

    /// Moves the clock as `POST /_local/clock` does.
    ///
    /// # Errors
    /// If it cannot be stored, or the simulated org did not follow.
    pub async fn advance(&self, seconds: i64) -> Result<Timestamp> {
        self.bundle.advance(TimeDelta::seconds(seconds)).await
    }

    /// Takes no more requests, lets what runs end, and closes everything.
    pub async fn shutdown(self) {
        let _nobody = self.stop.send(true);
        for task in self.background {
            let _ended = task.await;
        }
        if tokio::time::timeout(GRACE, self.server).await.is_err() {
            tracing::warn!("a request did not end in time");
        }
        self.bundle.close().await;
    }
}

async fn opened(options: &RunnerOptions, address: SocketAddr) -> Result<Arc<Bundle>> {
    let dir = Arc::new(match &options.data_dir {
        Some(path) => DataDir::take(path)?,
        None => DataDir::temporary()?,
    });
    let mut atlassian = options.atlassian.clone();
    if let Atlassian::Simulated { options, .. } = &mut atlassian {
        options.data_dir.get_or_insert_with(|| dir.path().join("sim"));
    }
    let public_url = format!("http://{address}");
    Bundle::open(BundleOptions { dir, keep: Keep::OnDisk, begin: options.begin, atlassian, public_url }).await
}

async fn serve(listener: TcpListener, address: SocketAddr, bundle: Arc<Bundle>, mut stop: watch::Receiver<bool>) {
    let served = Served { bundle, guard: Guard::new(address) };
    let stopped = async move {
        let _ended = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, server::router(served)).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the API stopped serving");
    }
}

fn background(bundle: &Arc<Bundle>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let schedule = |function| tokio::spawn(schedules::keep(Arc::clone(bundle), function, stop.clone()));
    let stream = tokio::spawn(Stream::keep(Arc::clone(bundle), stop.clone()));
    Function::ALL.into_iter().map(schedule).chain([stream]).collect()
}
