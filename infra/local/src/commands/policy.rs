//! `tokenwarden policy …`: check, try and put in force.

pub(crate) mod file;
mod put;
mod simulate;

use crate::{
    console::{complain, say},
    failure::Result,
};
use clap::Subcommand;
use shared::{
    decide::policy,
    model::{Mode, Policy},
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What is to be done about policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check a policy file and name every fault with its line; exits 0 valid, 1 not
    Check {
        /// The policy, YAML or JSON
        file: PathBuf,
    },
    /// Replay a policy over the known past: what it would have done, and which credentials were used afterwards; exits
    /// 0 nothing would have broken, 1 something would have, 2 could not simulate (role reader)
    Simulate(simulate::SimulateArgs),
    /// Put a policy in force; what loosens the one in force waits for a second person (role admin)
    Put(put::PutArgs),
    /// Bring a policy into force that somebody else proposed (role approver)
    Confirm(put::ConfirmArgs),
    /// Print the JSON Schema of policy files, for editors
    Schema,
}

/// Runs one of them.
pub(crate) async fn run(command: &PolicyCommand) -> Result<ExitCode> {
    match command {
        PolicyCommand::Check { file } => check(file),
        PolicyCommand::Simulate(args) => simulate::run(args).await,
        PolicyCommand::Put(args) => put::put(args).await,
        PolicyCommand::Confirm(args) => put::confirm(args).await,
        PolicyCommand::Schema => Ok(schema()),
    }
}

/// Checks a file and says what it means, or every fault.
fn check(file: &Path) -> Result<ExitCode> {
    Ok(match policy::parse(&file::read(file)?) {
        Ok(policy) => {
            say(&described(file, &policy));
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("{}: {error}", file.display()));
            ExitCode::FAILURE
        }
    })
}

/// Prints the schema of policy files.
fn schema() -> ExitCode {
    say(&format!("{:#}", policy::schema()));
    ExitCode::SUCCESS
}

fn described(file: &Path, policy: &Policy) -> String {
    let acting = match policy.mode {
        Mode::Observe => "observe: nothing is done, what would be done is recorded",
        Mode::Enforce => "enforce: planned actions are carried out",
    };
    let limits = policy.limits;
    let answered = policy.rules.iter().filter(|(_, rule)| rule.enabled && rule.respond.is_some());
    let answered: Vec<&str> = answered.map(|(name, _)| name.as_str()).collect();
    format!(
        "{} is a valid policy.\n  mode: {acting}\n  limits: at most {} actions, and {} per cent of the credentials, in {} hours\n  \
         rules with a response: {}\n  protected accounts: {}",
        file.display(),
        limits.max_actions,
        limits.max_share_percent,
        limits.window_hours,
        if answered.is_empty() { "none".into() } else { answered.join(", ") },
        policy.protected.len(),
    )
}
