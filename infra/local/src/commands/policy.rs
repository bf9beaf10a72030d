//! `tokenwarden policy check FILE`, `put FILE`, `confirm DIGEST` and `schema`.

pub(crate) mod put;

use crate::{
    console::{complain, say},
    failure::{Failure, Result},
};
use shared::{
    decide::policy,
    model::{Mode, Policy},
};
use std::{path::Path, process::ExitCode};

/// Checks a file and says what it means, or every fault.
pub(crate) fn check(file: &Path) -> Result<ExitCode> {
    Ok(match policy::parse(&read(file)?) {
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
pub(crate) fn schema() -> ExitCode {
    say(&format!("{:#}", policy::schema()));
    ExitCode::SUCCESS
}

/// The text of a policy file.
pub(crate) fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(Failure::file(file))
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
