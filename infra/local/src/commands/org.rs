//! `tokenwarden org …`: which orgs are governed, and how each is.

use crate::{
    api::{Api, ApiArgs, OrgRow, lag},
    console::{columns, complain, printable, say},
    failure::Result,
};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::model::OrgState;
use std::process::ExitCode;

/// What is to be done about the orgs.
#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
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
pub(crate) struct OrgArgs {
    #[command(flatten)]
    api: ApiArgs,
    /// The org's id (admin.atlassian.com/o/ORG_ID)
    #[arg(value_name = "ORG_ID")]
    id: String,
}

/// An org as the API answers a change of it.
#[derive(Deserialize)]
struct Changed {
    id: String,
    name: String,
    state: OrgState,
    #[serde(default)]
    secrets: Vec<NeededSecret>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct NeededSecret {
    secret: String,
    entry: Value,
    needed_for: String,
}

/// Runs one of them.
pub(crate) async fn run(command: OrgCommand) -> Result<ExitCode> {
    match command {
        OrgCommand::List(api) => {
            let orgs: Vec<OrgRow> = {
                let api = Api::new(&api)?;
                api.all(&api.orgs_path()).await?
            };
            say(&table(&orgs));
            Ok(ExitCode::SUCCESS)
        }
        OrgCommand::Add { org, name } => add(&org, name.as_deref()).await,
        OrgCommand::Pause(org) => set(&org, OrgState::Paused).await,
        OrgCommand::Continue(org) => set(&org, OrgState::Active).await,
        OrgCommand::Remove { org, purge: true, yes: false } => warn(&org).await,
        OrgCommand::Remove { org, purge: true, yes: true } => remove(&org, "?purge=true").await,
        OrgCommand::Remove { org, purge: false, yes: _ } => remove(&org, "").await,
    }
}

async fn add(org: &OrgArgs, name: Option<&str>) -> Result<ExitCode> {
    let api = Api::new(&org.api)?;
    let added: Changed = api.post(&api.orgs_path(), &json!({ "id": org.id, "name": name })).await?;
    say(&described(&added));
    say("Nothing can be read of it before these secrets hold its keys (JSON by org):");
    for NeededSecret { secret, entry, needed_for } in &added.secrets {
        say(&format!("  {secret:<19} {entry}\n  {:19} for {needed_for}", ""));
    }
    Ok(ExitCode::SUCCESS)
}

async fn set(org: &OrgArgs, state: OrgState) -> Result<ExitCode> {
    let api = Api::new(&org.api)?;
    let changed: Changed = api.patch(&api.one_path(&org.id), &json!({ "state": state })).await?;
    say(&described(&changed));
    Ok(ExitCode::SUCCESS)
}

async fn remove(org: &OrgArgs, query: &str) -> Result<ExitCode> {
    let api = Api::new(&org.api)?;
    let removed: Changed = api.delete(&format!("{}{query}", api.one_path(&org.id))).await?;
    say(&described(&removed));
    removed.notes.iter().for_each(|note| say(&format!("  {note}")));
    Ok(ExitCode::SUCCESS)
}

/// What would be deleted; nothing is.
async fn warn(org: &OrgArgs) -> Result<ExitCode> {
    let api = Api::new(&org.api)?;
    for found in api.orgs(Some(&org.id)).await? {
        complain(&format!(
            "{}: nothing was done. With --yes this would delete, for good, everything that is stored of it: its audit\n\
             events and what was learned of the use of its credentials, its reports, findings and actions, what people\n\
             entered in its register, its exemptions, its policy, and its ledger, so that nobody can verify it later.\n\
             The credentials themselves stay as they are in Atlassian. Without --purge, all of it stays until it expires.",
            found.label()
        ));
    }
    Ok(ExitCode::from(2))
}

fn described(org: &Changed) -> String {
    let now = match org.state {
        OrgState::Active => "governed; the next ticks read it and report on it",
        OrgState::Paused => "paused; nothing is read, reported or done until `tokenwarden org continue`",
        OrgState::Removed => "removed",
        OrgState::Purging => "removed, and everything that is stored of it will be deleted",
    };
    if org.name == org.id { format!("{}: {now}", org.id) } else { format!("{} ({}): {now}", org.name, org.id) }
}

fn table(orgs: &[OrgRow]) -> String {
    if orgs.is_empty() {
        return "No org is governed that this token may see; `tokenwarden org add ORG_ID` adds one.".into();
    }
    let lines = columns(["ID", "NAME", "STATUS", "LAST REPORT", "LAG", "MODE"], orgs.iter().map(cells), usize::MAX);
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn cells(org: &OrgRow) -> [String; 6] {
    let report = org.last_report_at.map_or("none".into(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    [
        org.id.clone(),
        printable(&org.name),
        org.status.replace('_', " "),
        report,
        lag(org.poll_lag_secs),
        org.mode.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_how_each_org_is_at_a_glance() {
        let row = |id: &str, status: &str, lag: Option<i64>| -> OrgRow {
            let at = lag.map(|_| "2026-11-21T12:00:00Z");
            let row = json!({"id": id, "name": "Acme\u{1b}[2J", "state": "active", "status": status,
                "last_report_at": at, "poll_lag_secs": lag, "mode": "observe"});
            serde_json::from_value(row).unwrap()
        };
        let shown = table(&[row("o-1", "ok", Some(30)), row("o-22", "no_report", None)]);
        let wanted = "\
ID    NAME      STATUS     LAST REPORT           LAG       MODE
o-1   Acme\u{fffd}[2J  ok         2026-11-21 12:00 UTC  30 s      observe
o-22  Acme\u{fffd}[2J  no report  none                  not read  observe";
        assert_eq!(shown, wanted);
        assert_eq!([119, 120, 7_200, 172_800].map(|secs| lag(Some(secs))), ["119 s", "2 min", "2 h", "2 days"]);
    }
}
