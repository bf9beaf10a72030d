//! `tokenwarden serve`: everything on one machine.

use crate::{
    api::base_url,
    commands::policy,
    console::{complain, say},
    deployment::keys::READ_KEY,
    failure::{Failure, Result},
    runner::{
        FirstReport, Runner, RunnerOptions, Schedules,
        bundle::LocalAccess,
        clock::Begin,
        credentials::Drawn,
        orgs::{ATLASSIAN, Atlassian},
    },
};
use atlassian_sim::SimOptions;
use clap::{Args, ValueEnum};
use shared::model::{OrgId, Policy, Secret};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// The options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where the API and the pages listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where everything is kept; it survives restarts and crashes
    #[arg(long, value_name = "DIR", default_value = ".tokenwarden")]
    data_dir: PathBuf,
    /// A policy file that becomes version 1, for orgs that have no policy yet
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Whether the functions run by the clock, as deployed; off: only by POST /_local/run/{function}
    #[arg(long, value_enum, default_value_t = OnOff::On)]
    schedules: OnOff,
    /// Where the simulated org listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8788", conflicts_with_all = ["sim_url", "atlassian_url", "org"])]
    sim_listen: SocketAddr,
    #[command(flatten)]
    atlassian: AtlassianArgs,
}

/// Which Atlassian a command speaks to; a simulated org of its own where none is named.
#[derive(Debug, Args)]
pub(crate) struct AtlassianArgs {
    /// Use the simulated org that runs there
    #[arg(long, value_name = "URL", value_parser = base_url, conflicts_with_all = ["atlassian_url", "org"])]
    pub(crate) sim_url: Option<String>,
    /// Where the API of the real org is [default: https://api.atlassian.com]
    #[arg(long, value_name = "URL", value_parser = base_url, requires = "org")]
    pub(crate) atlassian_url: Option<String>,
    /// Use this real org; its API key is taken from ATLASSIAN_API_KEY
    #[arg(long, value_name = "ORG_ID")]
    pub(crate) org: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnOff {
    On,
    Off,
}

impl AtlassianArgs {
    /// What was named, or a simulated org that listens here.
    pub(crate) fn chosen(&self, sim_listen: SocketAddr) -> Result<Atlassian> {
        if let Some(url) = &self.sim_url {
            return Ok(Atlassian::Elsewhere { url: url.clone() });
        }
        let Some(org) = &self.org else {
            return Ok(Atlassian::Simulated { listen: sim_listen, options: Box::new(SimOptions::default()) });
        };
        let key = shared::config::environment(READ_KEY).filter(|key| !key.is_empty()).ok_or_else(|| {
            let reason = "is not set; make an API key at admin.atlassian.com (Settings, API keys) and set it";
            Failure::Option { name: READ_KEY, reason: reason.into() }
        })?;
        let url = self.atlassian_url.clone().unwrap_or_else(|| ATLASSIAN.into());
        Ok(Atlassian::Real { url, org: OrgId::from(org.as_str()), key: Secret::new(key) })
    }
}

/// Starts, says what to try, and runs until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: ServeArgs) -> Result<ExitCode> {
    crate::logs::init();
    let ended = signal()?;
    let options = options(&args)?;
    complain("tokenwarden: starting; the first report takes a moment …");
    let begun = Instant::now();
    let mut ended = std::pin::pin!(ended);
    let runner = tokio::select! {
        runner = Runner::start(options) => runner?,
        () = &mut ended => return Ok(ExitCode::SUCCESS),
    };
    say(&super::first_steps::text(&runner, &args.data_dir, begun.elapsed()));
    ended.await;
    complain("tokenwarden: stopping: no new requests, what runs may end …");
    runner.shutdown().await;
    complain("tokenwarden: stopped");
    Ok(ExitCode::SUCCESS)
}

fn options(args: &ServeArgs) -> Result<RunnerOptions> {
    Ok(RunnerOptions {
        listen: args.listen,
        data_dir: Some(args.data_dir.clone()),
        policy: args.policy.as_deref().map(seed).transpose()?,
        schedules: match args.schedules {
            OnOff::On => Schedules::On,
            OnOff::Off => Schedules::Off,
        },
        atlassian: args.atlassian.chosen(args.sim_listen)?,
        begin: Begin::Machine,
        first_report: FirstReport::Take,
    })
}

fn seed(file: &Path) -> Result<(Policy, String)> {
    let wrong = |source| Failure::Function { what: file.display().to_string(), source };
    let policy = shared::decide::policy::parse(&policy::file::read(file)?).map_err(wrong)?;
    Ok((policy, "the policy file given at the start".into()))
}

/// Ends with Ctrl-C or SIGTERM.
fn signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|source| Failure::System { what: "cannot listen for signals", source });
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Whether the credentials have to be shown with this start.
pub(crate) fn shows_credentials(access: LocalAccess, drawn: Drawn) -> bool {
    match (access, drawn) {
        (LocalAccess::Open, _) | (LocalAccess::Admin, Drawn::Now) => true,
        (LocalAccess::Admin, Drawn::Before) => false,
    }
}
