//! Printing how all orgs of all clients are. What deployments say is other people's text.

use super::look::{Kept, OrgSeen, Seen, Watched};
use crate::{
    api::lag,
    console::{columns, complain, printable, say},
    failure::{Failure, Result},
};
use serde_json::{Value, json};
use shared::model::{Severity, Timestamp};

/// The columns of the table; of the severities the worst first.
const COLUMNS: [&str; 10] = ["CLIENT", "ORG", "STATUS", "LAST REPORT", "AGE", "LAG", "HIGH", "MEDIUM", "LOW", "MODE"];
const WORST_FIRST: [Severity; 3] = [Severity::High, Severity::Medium, Severity::Low];

/// One table over all.
pub(super) fn table(watched: &[Watched], now: Timestamp) {
    let rows = watched.iter().flat_map(|one| lines(one, now));
    columns(COLUMNS, rows, usize::MAX).iter().for_each(|line| say(line.trim_end()));
}

fn lines(watched: &Watched, now: Timestamp) -> Vec<[String; 10]> {
    let client = printable(&watched.client);
    let alone = |status: &str| {
        let mut cells = std::array::from_fn(|_| "-".to_owned());
        (cells[0], cells[2]) = (client.clone(), status.to_owned());
        cells
    };
    match &watched.seen {
        Seen::Nothing { .. } => vec![alone("not reached")],
        Seen::Orgs(orgs) if orgs.is_empty() => vec![alone("no org")],
        Seen::Orgs(orgs) => orgs.iter().map(|org| cells(&client, org, now)).collect(),
    }
}

fn cells(client: &str, org: &OrgSeen, now: Timestamp) -> [String; 10] {
    let [high, medium, low] = WORST_FIRST
        .map(|severity| org.report.as_ref().map_or("-".to_owned(), |report| report.findings(severity).to_string()));
    let at = org.row.last_report_at;
    [
        client.to_owned(),
        printable(&org.row.label()),
        printable(&org.row.status.replace('_', " ")),
        at.map_or("none".to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string()),
        at.map_or("-".to_owned(), |at| lag(Some((now - at).num_seconds().max(0)))),
        lag(org.row.poll_lag_secs),
        high,
        medium,
        low,
        printable(&org.row.mode),
    ]
}

/// One document over all.
pub(super) fn json(watched: &[Watched], now: Timestamp) {
    let clients: Vec<Value> = watched.iter().map(|one| client(one, now)).collect();
    say(&format!("{:#}", json!({ "asked_at": now, "clients": clients })));
}

fn client(Watched { client, url, seen }: &Watched, now: Timestamp) -> Value {
    match seen {
        Seen::Nothing { reason } => {
            json!({ "name": client, "api": url, "status": "not_reached", "reason": reason, "orgs": [] })
        }
        Seen::Orgs(orgs) => {
            let orgs: Vec<Value> = orgs.iter().map(|org| of_org(org, now)).collect();
            json!({ "name": client, "api": url, "status": "asked", "reason": null, "orgs": orgs })
        }
    }
}

fn of_org(OrgSeen { row, report, kept }: &OrgSeen, now: Timestamp) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "status": row.status,
        "last_report_at": row.last_report_at,
        "age_secs": row.last_report_at.map(|at| (now - at).num_seconds().max(0)),
        "poll_lag_secs": row.poll_lag_secs,
        "mode": row.mode,
        "report": report.as_ref().map(|report| &report.id),
        "by_severity": report.as_ref().map(|report| &report.by_severity),
        "files": kept.as_ref().map(|kept| match kept {
            Ok(Kept::Written) => "written",
            Ok(Kept::Already) => "already_there",
            Ok(Kept::NoReport) => "no_report",
            Err(_) => "failed",
        }),
    })
}

/// One line for each org, and one for each client that could not be asked.
pub(super) fn csv(watched: &[Watched], now: Timestamp) -> Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let header = [
        "client",
        "org",
        "name",
        "status",
        "last_report_at",
        "age_secs",
        "poll_lag_secs",
        "high",
        "medium",
        "low",
        "mode",
    ];
    let rows = std::iter::once(header.map(str::to_owned)).chain(watched.iter().flat_map(|one| records(one, now)));
    let failed = |error: csv::Error| Failure::System { what: "writing CSV", source: error.into() };
    for row in rows {
        writer.write_record(row.map(|cell| neutral(&cell))).map_err(failed)?;
    }
    let bytes = writer.into_inner().unwrap_or_default();
    say(String::from_utf8_lossy(&bytes).trim_end());
    Ok(())
}

fn records(watched: &Watched, now: Timestamp) -> Vec<[String; 11]> {
    let alone = |status: &str| {
        let mut cells: [String; 11] = Default::default();
        (cells[0], cells[3]) = (watched.client.clone(), status.to_owned());
        cells
    };
    match &watched.seen {
        Seen::Nothing { .. } => vec![alone("not_reached")],
        Seen::Orgs(orgs) if orgs.is_empty() => vec![alone("no_org")],
        Seen::Orgs(orgs) => orgs.iter().map(|org| record(&watched.client, org, now)).collect(),
    }
}

fn record(client: &str, OrgSeen { row, report, .. }: &OrgSeen, now: Timestamp) -> [String; 11] {
    let [high, medium, low] = WORST_FIRST
        .map(|severity| report.as_ref().map(|report| report.findings(severity).to_string()).unwrap_or_default());
    [
        client.to_owned(),
        row.id.clone(),
        row.name.clone(),
        row.status.clone(),
        row.last_report_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        row.last_report_at.map(|at| (now - at).num_seconds().max(0).to_string()).unwrap_or_default(),
        row.poll_lag_secs.map(|secs| secs.to_string()).unwrap_or_default(),
        high,
        medium,
        low,
        row.mode.clone(),
    ]
}

/// A cell that no spreadsheet takes for a formula and no terminal for a command.
fn neutral(cell: &str) -> String {
    let cell = printable(cell);
    if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell }
}

/// Why something of a client could not be asked or kept.
pub(super) fn complaints(watched: &Watched) {
    let told = |what: &str, reason: &str| complain(&printable(&format!("{}{what}: {reason}", watched.client)));
    match &watched.seen {
        Seen::Nothing { reason } => told("", reason),
        Seen::Orgs(orgs) if orgs.is_empty() => told("", "its token sees no org"),
        Seen::Orgs(orgs) => {
            for org in orgs {
                if let Some(Err(reason)) = &org.kept {
                    told(&format!(" {}", org.row.label()), reason);
                }
            }
        }
    }
}
