//! The ledger and the quarantine as simple tables.

use super::{
    frame::{self, Frame, render},
    moment::{age, text},
};
use crate::{
    answer::Reply,
    api::{ledger::entries, quarantine::headers},
    app::Ports,
    ask::Ask,
    paging::Place,
    view::word,
};
use askama::Template;
use shared::model::{LedgerEntry, Quarantined, Timestamp};

const LINES: u32 = 100;

#[derive(Template)]
#[template(path = "table.html")]
struct TablePage {
    frame: Frame,
    lead: &'static str,
    none: &'static str,
    columns: &'static [&'static str],
    lines: Vec<Vec<Cell>>,
    next: Option<String>,
}

struct Cell {
    text: String,
    note: Option<String>,
    class: &'static str,
    code: bool,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), note: None, class: "entry", code: false }
    }

    fn code(text: impl Into<String>) -> Self {
        Self { code: true, ..Self::text(text) }
    }

    fn time(at: Timestamp, now: Timestamp) -> Self {
        Self { note: Some(age(at, now)), class: "when", ..Self::text(text(at)) }
    }

    fn note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

/// `GET /orgs/{org}/ledger`.
pub(crate) async fn ledger<P: Ports>(store: &P, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let place = Place::of(ask, format!("ledger:{}", org.id))?;
    let part = entries(store, &org.id, place, LINES).await?;
    render(&TablePage {
        frame: Frame::of(&org, "Ledger", "Ledger", ask.now),
        lead: "What was decided and done, oldest first. Each entry holds the hash of the one before; \
               `tokenwarden ledger verify` checks the chain.",
        none: "Nothing was decided or done yet.",
        columns: &["No.", "When", "What", "Who", "Credential", "Hash"],
        lines: part.items.iter().map(|entry| entry_line(entry, ask.now)).collect(),
        next: part.next.map(|next| format!("{}/ledger?cursor={}", frame::base(&org.id), next.seal())),
    })
}

fn entry_line(entry: &LedgerEntry, now: Timestamp) -> Vec<Cell> {
    let record = &entry.record;
    let credential = record.credential.as_ref().map(ToString::to_string).unwrap_or_default();
    let policy = record.policy_version.map(|version| format!("policy version {version}"));
    vec![
        Cell { class: "number", ..Cell::text(entry.seq.to_string()) },
        Cell::time(record.at, now),
        Cell::text(word(&record.kind).replace('_', " ")).note(Some(record.detail.clone())),
        Cell::text(record.principal.clone()),
        Cell::text(credential).note(policy),
        Cell { class: "nowrap", ..Cell::code(entry.hash.chars().take(16).collect::<String>()) },
    ]
}

/// `GET /orgs/{org}/quarantine`.
pub(crate) async fn quarantine<P: Ports>(store: &P, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let place = Place::of(ask, format!("quarantine:{}", org.id))?;
    let part = headers(store, &org.id, place, LINES).await?;
    render(&TablePage {
        frame: Frame::of(&org, "Quarantine", "Quarantine", ask.now),
        lead: "What arrived and could not be understood, kept whole. It can be replayed through the API once the \
               reason is mended; nothing is lost.",
        none: "Everything that arrived was understood.",
        columns: &["When", "Came by", "Why it was put aside", "Bytes", "Id"],
        lines: part.items.iter().map(|header| header_line(header, ask.now)).collect(),
        next: part.next.map(|next| format!("{}/quarantine?cursor={}", frame::base(&org.id), next.seal())),
    })
}

fn header_line(header: &Quarantined, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::time(header.at, now),
        Cell::text(word(&header.intake).replace('_', " ")),
        Cell::text(header.reason.clone()),
        Cell { class: "number", ..Cell::text(header.size_bytes.to_string()) },
        Cell::code(header.id.to_string()),
    ]
}
