//! `tokenwarden hub`: how the orgs of all clients are, where each client has a deployment of its own.

mod clients;
mod look;
mod pull;
mod show;

use crate::failure::{Failure, Result};
use clap::{Args, ValueEnum};
use clients::Client;
use look::{Seen, Watched};
use shared::{clock::SystemClock, ports::Clock};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// So many deployments are asked at the same time.
const AT_A_TIME: usize = 16;

/// A deployment whose report goes on for longer than this is left, so that an endless list ends.
const REPORT_WITHIN: Duration = Duration::from_secs(600);

/// The options of `hub`.
#[derive(Debug, Args)]
pub(crate) struct HubArgs {
    /// The clients, YAML or JSON: a list of {name, api, token_env or token_file}
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: HubFormat,
    /// Also keep each org's latest report under DIR/CLIENT/ORG/REPORT_ID.json and .csv; what is there already is left
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// A deployment that has not told of all its orgs within so many seconds counts as one that could not be asked
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

/// How the orgs are printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum HubFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// Asks every client's deployment, and tells how all orgs are.
pub(crate) async fn run(args: &HubArgs) -> Result<ExitCode> {
    let clients = clients::read(&args.config)?;
    let watched = watch(clients, Duration::from_secs(args.timeout), args.reports.as_deref()).await;
    let now = SystemClock.now();
    match args.format {
        HubFormat::Table => show::table(&watched, now),
        HubFormat::Json => show::json(&watched, now),
        HubFormat::Csv => show::csv(&watched, now)?,
    }
    watched.iter().for_each(show::complaints);
    Ok(ExitCode::from(verdict(&watched)))
}

/// All at once, as far as [`AT_A_TIME`] lets: the answers in the order of the file.
async fn watch(clients: Vec<Client>, timeout: Duration, reports: Option<&Path>) -> Vec<Watched> {
    let (turns, mut asked) = (Arc::new(Semaphore::new(AT_A_TIME)), JoinSet::new());
    for (place, client) in clients.into_iter().enumerate() {
        let (turns, reports) = (Arc::clone(&turns), reports.map(Path::to_path_buf));
        asked.spawn(async move {
            let _turn = turns.acquire_owned().await;
            (place, one(client, timeout, reports.as_deref()).await)
        });
    }
    let mut watched: Vec<(usize, Watched)> = asked.join_all().await;
    watched.sort_by_key(|(place, _)| *place);
    watched.into_iter().map(|(_, watched)| watched).collect()
}

async fn one(client: Client, timeout: Duration, reports: Option<&Path>) -> Watched {
    let api = client.api(timeout);
    let limit = || Failure::Api { what: client.url.clone(), reason: format!("no answer in {} s", timeout.as_secs()) };
    let seen = tokio::time::timeout(timeout, look::orgs(&api)).await.unwrap_or_else(|_| Err(limit()));
    let mut watched = Watched::of(&client, seen);
    if let (Seen::Orgs(orgs), Some(folder)) = (&mut watched.seen, reports) {
        for org in orgs {
            let kept = tokio::time::timeout(REPORT_WITHIN, pull::latest(&api, &client, org, folder)).await;
            org.kept = Some(match kept {
                Ok(Ok(kept)) => Ok(kept),
                Ok(Err(failure)) => Err(client.without_token(&failure.to_string())),
                Err(_) => Err(format!("its report was not whole after {} s", REPORT_WITHIN.as_secs())),
            });
        }
    }
    watched
}

/// 0 all well, 1 something needs attention, 2 nothing could be asked, 3 some could not.
fn verdict(watched: &[Watched]) -> u8 {
    let asked = watched.iter().filter(|one| matches!(one.seen, Seen::Orgs(_))).count();
    match asked {
        0 => 2,
        some if some < watched.len() || watched.iter().any(Watched::lacks_reports) => 3,
        _all if watched.iter().any(Watched::needs_attention) => 1,
        _well => 0,
    }
}

#[cfg(test)]
mod tests;
