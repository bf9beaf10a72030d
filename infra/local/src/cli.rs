//! The command line.

use crate::place::{Place, Why};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{path::PathBuf, process::ExitCode};

/// Tokenwarden on one machine, and commands for a deployment.
#[derive(Debug, Parser)]
#[command(name = "tokenwarden", version, about = "Governs the credentials that can reach an Atlassian Cloud organization", long_about = None)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine: the functions behind their HTTP routes, the schedules, an embedded DynamoDB
    #[cfg(feature = "local")]
    Serve(crate::commands::serve::ServeArgs),
    /// Take one report in memory and print its findings; exits 0 clean, 1 findings, 2 could not audit, 3 partial
    #[cfg(feature = "local")]
    Report(crate::commands::report::ReportArgs),
    /// Find out what an org's keys, plan and log really show: each fact proven, refuted or unknown; read-only
    #[cfg(feature = "local")]
    Probe(crate::commands::probe::ProbeArgs),
    /// Work on policy files
    #[command(subcommand)]
    Policy(Policy),
    /// Work on the ledger of a running deployment
    #[command(subcommand)]
    Ledger(Ledger),
    /// Say which orgs are governed: list, add, pause, continue, remove
    #[command(subcommand)]
    Org(OrgCommand),
    /// Work on a project over credentials: close a policy, recertify, somebody leaves, block external users' tokens, or
    /// end one credential by hand
    #[command(subcommand)]
    Campaign(crate::commands::campaign::CampaignCommand),
    /// Say who keeps a token where all other external users' are blocked: at most five
    #[command(subcommand)]
    Seats(crate::commands::seats::SeatsCommand),
    /// Set up a deployment for an org: check its keys, write its secrets, take the first report
    Init(crate::commands::init::InitArgs),
    /// Look at a deployment from its secrets to its reports, read-only; exits 0 if it works, 1 if something is broken
    Doctor(crate::commands::doctor::DoctorArgs),
    /// Work on the keys of a deployment
    #[command(subcommand)]
    Key(crate::commands::key::KeyCommand),
    /// Look at the deployments of several clients at once, and keep their reports; exits 0 all well, 1 something needs
    /// attention, 2 nothing could be asked, 3 some could not (role reader)
    Hub(crate::commands::hub::HubArgs),
    /// Erase one account from what is stored of an org; without --yes it only tells what it would erase (role admin)
    Erase(crate::commands::erase::EraseArgs),
    /// Put the kill switch on: nothing is done any more until it is released (role approver)
    Stop(StopArgs),
    /// Release the kill switch (role admin)
    Resume(StopArgs),
}

#[derive(Debug, Subcommand)]
enum Policy {
    /// Check a policy file and name every fault with its line; exits 0 valid, 1 not
    Check {
        /// The policy, YAML or JSON
        file: PathBuf,
    },
    /// Replay a policy over the known past: what it would have done, and which credentials were used afterwards; exits
    /// 0 nothing would have broken, 1 something would have, 2 could not simulate (role reader)
    Simulate(SimulateArgs),
    /// Put a policy in force; what loosens the one in force waits for a second person (role admin)
    Put(PutArgs),
    /// Bring a policy into force that somebody else proposed (role approver)
    Confirm(ConfirmArgs),
    /// Print the JSON Schema of policy files, for editors
    Schema,
}

/// The options of `policy put`.
#[derive(Debug, Args)]
pub struct PutArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The policy, YAML or JSON
    pub(crate) file: PathBuf,
}

/// The options of `policy confirm`.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// The digest of the proposed policy, as `policy put` printed it: exactly that text is agreed to
    #[arg(value_name = "DIGEST")]
    pub(crate) digest: String,
    #[command(flatten)]
    pub(crate) why: Why,
}

/// The options of `policy simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The policy, YAML or JSON
    pub(crate) file: PathBuf,
    /// How many days to replay at most; no more than the uses that are known reach back
    #[arg(long, default_value_t = shared::decide::simulate::MOST_DAYS, value_parser = clap::value_parser!(u32).range(1..=180))]
    pub(crate) days: u32,
    /// What people are taken to say where the policy asks them
    #[arg(long, value_enum, default_value_t)]
    pub(crate) approvals: Answering,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: SimulateFormat,
}

/// What people are taken to say.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Answering {
    /// Yes, at once
    #[default]
    Given,
    /// No
    Refused,
}

/// How a simulation is printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum SimulateFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Ledger {
    /// Follow the hash chain of every org through its published heads and name the first entry that is not as it was
    /// written; exits 0 whole, 1 not
    Verify(VerifyArgs),
    /// Print the published heads, newest first, as JSON Lines: what to keep elsewhere
    Heads(LedgerArgs),
    /// Print the public key that verifies them, as PEM: what to keep elsewhere, once
    Key(LedgerArgs),
    /// Print all entries of one org as JSON Lines
    Export(LedgerArgs),
}

/// What is to be done about the orgs.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// List the orgs and how each is (role reader)
    List(ApiArgs),
    /// Govern an org; the answer says which secrets must hold its keys (role admin)
    Add {
        /// Which
        #[command(flatten)]
        org: OrgArgs,
        /// Its name, for people
        #[arg(long)]
        name: Option<String>,
    },
    /// Neither read, report on nor act on an org until it is continued; its deliveries are still taken (role admin)
    Pause(OrgArgs),
    /// Govern a paused org again (role admin)
    Continue(OrgArgs),
    /// Govern an org no longer; what is stored of it stays until it expires, or is deleted with --purge (role admin)
    Remove {
        /// Which
        #[command(flatten)]
        org: OrgArgs,
        /// Delete everything that is stored of it; needs --yes
        #[arg(long)]
        purge: bool,
        /// Delete it without being asked again
        #[arg(long, requires = "purge")]
        yes: bool,
    },
}

/// Which org, of which deployment.
#[derive(Debug, Args)]
pub struct OrgArgs {
    #[command(flatten)]
    pub(crate) api: ApiArgs,
    /// The org's id (admin.atlassian.com/o/ORG_ID)
    #[arg(value_name = "ORG_ID")]
    pub(crate) id: String,
}

/// The options of `ledger verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub(crate) api: ApiArgs,
    /// Only this org
    #[arg(long, value_name = "ORG_ID")]
    pub(crate) org: Option<String>,
    /// A published head that the chain must contain (with several orgs, say --org too)
    #[arg(long, value_name = "SEQ:HASH", value_parser = crate::commands::ledger::head)]
    pub(crate) head: Option<shared::model::LedgerHead>,
    /// Published heads that were kept elsewhere, as `ledger heads` prints them, in place of the deployment's own
    #[arg(long, value_name = "FILE")]
    pub(crate) heads: Option<PathBuf>,
    /// The public key that was kept elsewhere, as PEM, in place of the deployment's own; then every head must be signed
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) key: Option<PathBuf>,
    /// A ledger as `ledger export` prints it, in place of a deployment's: nothing is asked of a server
    #[arg(long, value_name = "EXPORT.jsonl")]
    pub(crate) file: Option<PathBuf>,
}

/// Whose ledger.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    #[command(flatten)]
    pub(crate) api: ApiArgs,
    /// Only this org
    #[arg(long, value_name = "ORG_ID")]
    pub(crate) org: Option<String>,
}

/// The options of `stop` and `resume`.
#[derive(Debug, Args)]
pub struct StopArgs {
    #[command(flatten)]
    pub(crate) api: ApiArgs,
    /// Only this org; every org that the token may see otherwise
    #[arg(long, value_name = "ORG_ID")]
    pub(crate) org: Option<String>,
    /// Why; kept with the decision
    #[arg(long, default_value = "from the command line")]
    pub(crate) reason: String,
}

/// Which deployment a command speaks to.
#[derive(Debug, Args)]
pub struct ApiArgs {
    /// Base URL of the deployment's API; the token is taken from TOKENWARDEN_TOKEN
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8787", value_parser = base_url)]
    pub(crate) api: String,
}

/// Whether a text is the base URL of an HTTP API.
pub(crate) fn base_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}; it must be like http://127.0.0.1:8788"))?;
    match (url.scheme(), url.query(), url.fragment()) {
        ("http" | "https", None, None) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("it must be like http://127.0.0.1:8788".into()),
    }
}

impl Cli {
    /// Runs the command. A failure is told on standard error, and exits 2.
    pub async fn run(self) -> ExitCode {
        use crate::commands::{ledger, org, policy, simulate, switch};
        let outcome = match self.command {
            #[cfg(feature = "local")]
            Command::Serve(args) => crate::commands::serve::run(args).await,
            #[cfg(feature = "local")]
            Command::Report(args) => crate::commands::report::run(args).await,
            #[cfg(feature = "local")]
            Command::Probe(args) => crate::commands::probe::run(args).await,
            Command::Policy(Policy::Check { file }) => policy::check(&file),
            Command::Policy(Policy::Simulate(args)) => simulate::run(&args).await,
            Command::Policy(Policy::Put(args)) => policy::put::put(&args).await,
            Command::Policy(Policy::Confirm(args)) => policy::put::confirm(&args).await,
            Command::Policy(Policy::Schema) => Ok(policy::schema()),
            Command::Ledger(Ledger::Verify(args)) => ledger::verify::run(&args).await,
            Command::Ledger(Ledger::Heads(args)) => ledger::heads(&args).await,
            Command::Ledger(Ledger::Key(args)) => ledger::key(&args).await,
            Command::Ledger(Ledger::Export(args)) => ledger::export(&args).await,
            Command::Org(command) => org::run(command).await,
            Command::Campaign(command) => crate::commands::campaign::run(command).await,
            Command::Seats(command) => crate::commands::seats::run(command).await,
            Command::Init(args) => crate::commands::init::run(&args).await,
            Command::Doctor(args) => crate::commands::doctor::run(&args).await,
            Command::Key(command) => crate::commands::key::run(&command).await,
            Command::Hub(args) => crate::commands::hub::run(&args).await,
            Command::Erase(args) => crate::commands::erase::run(&args).await,
            Command::Stop(args) => switch::set(&args, switch::Wanted::Stopped).await,
            Command::Resume(args) => switch::set(&args, switch::Wanted::Resumed).await,
        };
        outcome.unwrap_or_else(|failure| {
            crate::console::complain(&format!("tokenwarden: {failure}"));
            ExitCode::from(2)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
