//! The command line.

use crate::commands::{campaign, doctor, erase, hub, init, key, ledger, org, policy, seats, switch};
#[cfg(feature = "local")]
use crate::commands::{probe, report, serve};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

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
    Serve(serve::ServeArgs),
    /// Take one report in memory and print its findings; exits 0 clean, 1 findings, 2 could not audit, 3 partial
    #[cfg(feature = "local")]
    Report(report::ReportArgs),
    /// Find out what an org's keys, plan and log really show: each fact proven, refuted or unknown; read-only
    #[cfg(feature = "local")]
    Probe(probe::ProbeArgs),
    /// Work on policy files
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Work on the ledger of a running deployment
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Say which orgs are governed: list, add, pause, continue, remove
    #[command(subcommand)]
    Org(org::OrgCommand),
    /// Work on a project over credentials: close a policy, recertify, somebody leaves, block external users' tokens, or
    /// end one credential by hand
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
    /// Say who keeps a token where all other external users' are blocked: at most five
    #[command(subcommand)]
    Seats(seats::SeatsCommand),
    /// Set up a deployment for an org: check its keys, write its secrets, take the first report
    Init(init::InitArgs),
    /// Look at a deployment from its secrets to its reports, read-only; exits 0 if it works, 1 if something is broken
    Doctor(doctor::DoctorArgs),
    /// Work on the keys of a deployment
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Look at the deployments of several clients at once, and keep their reports; exits 0 all well, 1 something needs
    /// attention, 2 nothing could be asked, 3 some could not (role reader)
    Hub(hub::HubArgs),
    /// Erase one account from what is stored of an org; without --yes it only tells what it would erase (role admin)
    Erase(erase::EraseArgs),
    /// Put the kill switch on: nothing is done any more until it is released (role approver)
    Stop(switch::StopArgs),
    /// Release the kill switch (role admin)
    Resume(switch::StopArgs),
}

impl Cli {
    /// Runs the command. A failure is told on standard error, and exits 2.
    pub async fn run(self) -> ExitCode {
        let outcome = match self.command {
            #[cfg(feature = "local")]
            Command::Serve(args) => serve::run(args).await,
            #[cfg(feature = "local")]
            Command::Report(args) => report::run(args).await,
            #[cfg(feature = "local")]
            Command::Probe(args) => probe::run(args).await,
            Command::Policy(command) => policy::run(&command).await,
            Command::Ledger(command) => ledger::run(&command).await,
            Command::Org(command) => org::run(command).await,
            Command::Campaign(command) => campaign::run(command).await,
            Command::Seats(command) => seats::run(command).await,
            Command::Init(args) => init::run(&args).await,
            Command::Doctor(args) => doctor::run(&args).await,
            Command::Key(command) => key::run(&command).await,
            Command::Hub(args) => hub::run(&args).await,
            Command::Erase(args) => erase::run(&args).await,
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
