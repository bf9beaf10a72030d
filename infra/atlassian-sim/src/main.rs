//! The simulated org as a program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use atlassian_sim::{Dialects, Sim, SimError, SimOptions};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A simulated Atlassian Cloud organization over HTTP.
#[derive(Debug, Parser)]
#[command(name = "atlassian-sim", version, after_help = format!("Dialects, to be combined with commas:\n{}", Dialects::help()))]
struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
    /// Keep changes, calls and the clock here over a restart.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The same seed makes the same population.
    #[arg(long, value_name = "N", default_value_t = SimOptions::default().seed)]
    seed: u64,
    /// Users of each org.
    #[arg(long, value_name = "N", default_value_t = SimOptions::default().users)]
    users: usize,
    /// Credentials of each org.
    #[arg(long, value_name = "N", default_value_t = SimOptions::default().tokens)]
    tokens: usize,
    /// Orgs in this one program.
    #[arg(long, value_name = "N", default_value_t = SimOptions::default().orgs)]
    orgs: usize,
    /// The most audit events that each org begins with.
    #[arg(long, value_name = "N", default_value_t = SimOptions::default().max_events)]
    max_events: usize,
    /// What is unconfirmed about Atlassian; `list` prints the names.
    #[arg(long, value_name = "NAME[,NAME]", default_value = "default")]
    dialect: String,
    /// A further Host value to answer to, with its port.
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
}

impl Arguments {
    fn options(self) -> Result<SimOptions, SimError> {
        Ok(SimOptions {
            seed: self.seed,
            users: self.users,
            tokens: self.tokens,
            orgs: self.orgs,
            dialects: self.dialect.parse()?,
            data_dir: self.data_dir,
            now: None,
            max_events: self.max_events,
            allowed_hosts: self.allow_host,
        })
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the program speaks to its user here")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.dialect == "list" {
        print!("{}", Dialects::help());
        return ExitCode::SUCCESS;
    }
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("atlassian-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), SimError> {
    let address = arguments.listen;
    let options = arguments.options()?;
    let sim = Sim::start(TcpListener::bind(address).await?, options).await?;
    introduce(&sim);
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done?,
        _ = terminated.recv() => {}
    }
    sim.shutdown().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the program speaks to its user here")]
fn introduce(sim: &Sim) {
    println!("Simulated Atlassian org on {} (dialect {})", sim.url(), sim.dialects());
    for org in sim.orgs() {
        println!("  org {}  {}", org.id, org.name);
        println!("    {:<18} without scopes: may do everything", org.admin_key);
        println!("    {:<18} every reading scope", org.read_key);
        println!("    {:<18} scoped before 2026: reads tokens, not keys", org.tokens_key);
        println!("    {:<18} reads events alone", org.events_key);
    }
    println!("  the truth: {0}/_sim/tokens, the calls: {0}/_sim/calls", sim.url());
}
