//! `tokenwarden policy simulate FILE`: replays a policy over what the deployment knows of the past.

mod print;
mod rows;

use super::file::read;
use crate::{
    console::{complain, say},
    failure::{Failure, Result},
    place::Place,
};
use clap::{Args, ValueEnum};
use rows::{ApiReport, ApiRow};
use serde::Deserialize;
use shared::{
    decide::{
        policy,
        simulate::{Approvals, Difference, Known, Simulation, Window, difference, simulate},
    },
    messages::simulate as sentences,
    model::{CredentialRow, Policy, Report},
};
use std::{path::PathBuf, process::ExitCode};

/// The options of `policy simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    place: Place,
    /// The policy, YAML or JSON
    file: PathBuf,
    /// How many days to replay at most; no more than the uses that are known reach back
    #[arg(long, default_value_t = shared::decide::simulate::MOST_DAYS, value_parser = clap::value_parser!(u32).range(1..=180))]
    days: u32,
    /// What people are taken to say where the policy asks them
    #[arg(long, value_enum, default_value_t)]
    approvals: Answering,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: SimulateFormat,
}

/// What people are taken to say.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Answering {
    /// Yes, at once
    #[default]
    Given,
    /// No
    Refused,
}

/// How a simulation is printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum SimulateFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// More credentials than this are not read for one simulation.
const MOST_ROWS: usize = 20_000;

/// What the API says of the policy in force.
#[derive(Deserialize)]
struct InForce {
    version: u64,
    policy: Policy,
}

/// What was found out.
struct Found {
    org: String,
    report: Report,
    in_force: u64,
    approvals: Approvals,
    candidate: Simulation,
    before: Simulation,
    difference: Difference,
    left_out: Option<String>,
}

/// Simulates a file and prints what it would have done.
pub(super) async fn run(args: &SimulateArgs) -> Result<ExitCode> {
    let candidate = match policy::parse(&read(&args.file)?) {
        Ok(policy) => policy,
        Err(error) => {
            complain(&format!("{}: {error}", args.file.display()));
            return Ok(ExitCode::from(2));
        }
    };
    let found = replayed(args, &candidate).await?;
    match args.format {
        SimulateFormat::Table => say(&print::table(&found)),
        SimulateFormat::Json => say(&print::json(&found)),
    }
    Ok(if found.candidate.broken().next().is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn replayed(args: &SimulateArgs, candidate: &Policy) -> Result<Found> {
    let (api, org) = args.place.open().await?;
    let report: ApiReport = api.get(&api.org_path(&org, "reports/latest")).await?;
    let report = report.report();
    let list = api.org_path(&org, &format!("reports/{}/credentials", report.id));
    let rows = api.first::<ApiRow>(&list, MOST_ROWS).await?;
    let left_out = rows.goes_on.then(|| sentences::left_out(rows.rows.len()));
    let rows: Vec<CredentialRow> = rows.rows.into_iter().map(ApiRow::row).collect();
    let in_force: InForce = api.get(&api.org_path(&org, "policy")).await?;
    let approvals = match args.approvals {
        Answering::Given => Approvals::Given,
        Answering::Refused => Approvals::Refused,
    };
    let log_since = rows::first_use(&rows);
    let window = Window::before(report.generated_at, log_since, args.days);
    let known = Known { rows: &rows, report: &report, window, log_since };
    let of = |policy: &Policy| simulate(policy, &known, approvals).map_err(Failure::function("the simulation"));
    let (candidate, before) = (of(candidate)?, of(&in_force.policy)?);
    let difference = difference(&candidate, &before);
    Ok(Found { org, report, in_force: in_force.version, approvals, candidate, before, difference, left_out })
}
