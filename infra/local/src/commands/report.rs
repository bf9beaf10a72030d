//! `tokenwarden report`: one report, in memory, on standard output.

mod findings;
mod print;

use super::serve::AtlassianArgs;
use crate::{
    console::complain,
    failure::{Failure, Result},
    runner::{
        bundle::{Bundle, BundleOptions, Function, Keep},
        clock::Begin,
        data_dir::DataDir,
        orgs::Atlassian,
    },
};
use clap::{Args, ValueEnum};
use shared::{
    decide::policy::default_policy,
    model::{OrgId, Phase, Report, ReportStatus, SectionName, SectionStatus},
    ports::{ReportReader, ReportStore},
};
use std::{net::Ipv4Addr, process::ExitCode, sync::Arc, time::Duration};

/// How often the progress is looked at.
const PAUSE: Duration = Duration::from_millis(300);
/// The longest wait between two steps of a report that Atlassian made wait.
const WAIT: Duration = Duration::from_secs(5);

/// The options of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    atlassian: AtlassianArgs,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns, for people
    Table,
    /// The report's summary and its findings
    Json,
    /// A line a finding, for a spreadsheet
    Csv,
    /// The page, in one file
    Html,
}

/// Takes the reports and prints them.
pub(crate) async fn run(args: ReportArgs) -> Result<ExitCode> {
    crate::logs::init();
    shared::http::install_crypto();
    let bundle = opened(args.atlassian.chosen((Ipv4Addr::LOCALHOST, 0).into())?).await?;
    let printed = audit(&bundle, args.format).await;
    bundle.close().await;
    printed
}

pub(super) async fn opened(mut atlassian: Atlassian) -> Result<Arc<Bundle>> {
    let dir = Arc::new(DataDir::temporary()?);
    if let Atlassian::Simulated { options, .. } = &mut atlassian {
        options.data_dir = None;
    }
    let options =
        BundleOptions { dir, keep: Keep::InMemory, begin: Begin::Machine, atlassian, public_url: String::new() };
    let bundle = Bundle::open(options).await?;
    bundle.register(&default_policy(), "tokenwarden default").await?;
    Ok(bundle)
}

async fn audit(bundle: &Bundle, format: Format) -> Result<ExitCode> {
    let mut seen = Vec::new();
    for org in &bundle.orgs {
        let report = taken(bundle, &org.id).await?;
        tell(&report, org.name.as_deref().unwrap_or(org.id.as_str()));
        seen.push((org.clone(), report));
    }
    let mut found = Vec::new();
    for (org, report) in &seen {
        found.extend(findings::of(bundle.store(), &org.id, report).await?);
    }
    print::all(bundle, format, &seen, &found).await?;
    let reports: Vec<&Report> = seen.iter().map(|(_, report)| report).collect();
    Ok(ExitCode::from(code(&reports, found.is_empty())))
}

/// 0 clean, 1 findings, 2 could not audit, 3 partial.
fn code(reports: &[&Report], clean: bool) -> u8 {
    let partial = reports.iter().any(|report| report.status == ReportStatus::Partial);
    let nothing_seen = reports.iter().all(|report| {
        let credentials = |name| [SectionName::UserApiTokens, SectionName::OrgApiKeys].contains(&name);
        !report.sections.iter().any(|section| credentials(section.name) && section.status == SectionStatus::Complete)
    });
    match (nothing_seen, partial, clean) {
        (true, _, _) => 2,
        (false, true, _) => 3,
        (false, false, false) => 1,
        (false, false, true) => 0,
    }
}

/// The report, taken by the function itself, tick after tick; the progress on standard error.
pub(super) async fn taken(bundle: &Bundle, org: &OrgId) -> Result<Report> {
    loop {
        let outcome = {
            let tick = bundle.invoke(Function::ReportTokens);
            let progress = watch(bundle, org);
            tokio::select! {
                outcome = tick => outcome,
                () = progress => continue,
            }
        };
        outcome.map_err(Failure::function(format!("auditing the org {org}")))?;
        let latest = bundle.store().latest_report(org).await.map_err(Failure::function("reading the report"))?;
        if let Some(report) = latest {
            return Ok(report);
        }
        tokio::time::sleep(WAIT).await;
    }
}

/// Says what the run is at, for as long as it is asked.
async fn watch(bundle: &Bundle, org: &OrgId) {
    let mut said = String::new();
    loop {
        tokio::time::sleep(PAUSE).await;
        let Ok(Some(run)) = bundle.store().run(org).await else { continue };
        let now = progress(&run.value.phase);
        if now != said {
            complain(&format!("  {now}"));
            said = now;
        }
    }
}

fn progress(phase: &Phase) -> String {
    match phase {
        Phase::Stage => "reading the lists …".to_owned(),
        Phase::Prove { .. } => "comparing events with the lists …".into(),
        Phase::Judge { .. } => "judging …".into(),
        Phase::Compare => "comparing with the last report …".into(),
        Phase::Settle { .. } | Phase::Publish => "writing the report …".into(),
    }
}

/// The summary on standard error, with the reason of each section that could not be read.
fn tell(report: &Report, name: &str) {
    complain(&format!("{name}: {} credentials, report {}", report.totals.credentials, report.id));
    for section in report.sections.iter().filter(|section| section.status != SectionStatus::Complete) {
        let reason = section.reason.as_deref().unwrap_or("no reason was given");
        complain(&format!("  not seen: {}: {reason}", section.name.as_str()));
    }
}
