//! `tokenwarden probe`: what an org's keys, plan and log really show. Read-only, in memory.

use super::{report, serve::AtlassianArgs};
use crate::{
    console::{complain, say},
    failure::{Failure, Result},
    runner::bundle::{Bundle, Function},
};
use clap::{Args, ValueEnum};
use serde_json::json;
use shared::{
    model::{Fact, Knowledge, OrgId, PollState, Reader, Report, Timestamp},
    ports::ReportReader,
};
use std::{net::Ipv4Addr, process::ExitCode, time::Duration};

/// Between two looks at the log: our share of the limit is counted by the minute.
const PAUSE: Duration = Duration::from_secs(5);

/// The options of `probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    #[command(flatten)]
    atlassian: AtlassianArgs,
    /// Read the audit log for at most so many minutes; the facts rest on what was read until then
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    log_minutes: u64,
    /// How the facts are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How facts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines, for people
    Table,
    /// JSON
    Json,
}

/// Reads the log and the lists, and prints what they show. Exits 0, or 2 if nothing could be found out.
pub(crate) async fn run(args: ProbeArgs) -> Result<ExitCode> {
    crate::logs::init();
    shared::http::install_crypto();
    let bundle = report::opened(args.atlassian.chosen((Ipv4Addr::LOCALHOST, 0).into())?).await?;
    let found = find_out(&bundle, Duration::from_secs(60 * args.log_minutes)).await;
    bundle.close().await;
    let orgs = found?;
    say(&match args.format {
        Format::Table => orgs.iter().map(text).collect::<Vec<_>>().join("\n\n"),
        Format::Json => format!("{:#}", json!({ "orgs": orgs.iter().map(in_json).collect::<Vec<_>>() })),
    });
    let nothing = orgs.iter().all(|org| org.report.facts.0.iter().all(|fact| fact.knowledge == Knowledge::Unknown));
    Ok(ExitCode::from(if nothing { 2 } else { 0 }))
}

struct Probed {
    org: OrgId,
    name: String,
    report: Report,
    log_read_to: Option<Timestamp>,
    log_read_from: Option<Timestamp>,
}

async fn find_out(bundle: &Bundle, at_most: Duration) -> Result<Vec<Probed>> {
    complain("reading the audit log …");
    if tokio::time::timeout(at_most, read_log(bundle)).await.is_err() {
        complain("the log was not read to its end in time; the facts rest on what was read");
    }
    let mut probed = Vec::new();
    for org in &bundle.orgs {
        let report = report::taken(bundle, &org.id).await?;
        let poll = poll(bundle, &org.id).await?;
        let covered = poll.as_ref().and_then(PollState::covered_now);
        let name = org.name.clone().unwrap_or_else(|| org.id.to_string());
        let (log_read_from, log_read_to) = (covered.map(|one| one.from), covered.map(|one| one.to));
        probed.push(Probed { org: org.id.clone(), name, report, log_read_from, log_read_to });
    }
    Ok(probed)
}

async fn poll(bundle: &Bundle, org: &OrgId) -> Result<Option<PollState>> {
    bundle.store().poll_lag(org).await.map_err(Failure::function("reading the poll's checkpoint"))
}

/// Polls until the live reader and the back-fill of every org came to their ends, or the log cannot be read.
async fn read_log(bundle: &Bundle) {
    loop {
        if let Err(error) = bundle.invoke(Function::PollAudit).await {
            return complain(&format!("the audit log cannot be read: {error}"));
        }
        let mut whole = true;
        for org in &bundle.orgs {
            whole &= poll(bundle, &org.id).await.is_ok_and(|poll| poll.as_ref().is_some_and(is_read));
        }
        if whole {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_read(poll: &PollState) -> bool {
    let ended = |reader: &Reader| reader.caught_up_at.is_some();
    ended(&poll.live) && poll.backfill.as_ref().is_none_or(ended)
}

fn text(probed: &Probed) -> String {
    let line = |fact: &Fact| format!("  {:<8} {:<28} {}", fact.knowledge.as_str(), fact.name, fact.evidence);
    let read = match (probed.log_read_from, probed.log_read_to) {
        (Some(from), Some(to)) => format!("log read from {} to {}", from.date_naive(), to.date_naive()),
        (None, _) | (_, None) => "log not read".to_owned(),
    };
    let lines: Vec<String> = probed.report.facts.0.iter().map(line).collect();
    format!("{} ({}), {read}\n{}", probed.name, probed.org, lines.join("\n"))
}

fn in_json(probed: &Probed) -> serde_json::Value {
    json!({
        "id": probed.org,
        "name": probed.name,
        "log_read_from": probed.log_read_from,
        "log_read_to": probed.log_read_to,
        "sections": probed.report.sections,
        "facts": probed.report.facts,
    })
}
