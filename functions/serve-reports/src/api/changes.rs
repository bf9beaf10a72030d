//! What differs between two reports: a merge-walk of their rows, which stand in the same order in every report.

use crate::{
    answer::{Answer, Reply},
    api::reports,
    ask::Ask,
    paging::{self, PAGES, limit, linked, unknown},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    error::{Error, Result},
    model::{CredentialRef, CredentialRow, OrgId, Report, RowFinding, SectionName, SectionStatus},
    ports::{CaseReader, ReportReader},
};
use std::{cmp::Ordering, collections::VecDeque};

const PAGE_ROWS: u32 = 500;

/// Where one of the two walks stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct At {
    after: Option<String>,
    skip: usize,
    ended: bool,
}

/// Where both stand, and in which reports.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Both {
    reports: [String; 2],
    at: [At; 2],
}

/// `GET /v1/orgs/{org}/reports/{id}/changes?against=`.
pub(crate) async fn list<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let limit = limit(ask)? as usize;
    let against = ask
        .query("against")
        .ok_or_else(|| Error::invalid("against", "name the older report by its id, or a day such as 2026-11-21"))?;
    let begun = ask.query("cursor").map(paging::open::<Both>).transpose()?;
    let names = begun.as_ref().map_or([ask.param("id").to_owned(), against.to_owned()], |both| both.reports.clone());
    let new = reports::find(store, org, &names[0]).await?;
    let old = reports::find(store, org, &names[1]).await?;
    if !fits(ask.param("id"), &new) || !fits(against, &old) {
        return Err(unknown().into());
    }
    let [new_at, old_at] = begun.map(|both| both.at).unwrap_or_default();
    let mut walk = Walk { store, org, new: Side::new(&new, new_at), old: Side::new(&old, old_at), reads: PAGES };
    let mut items = Vec::new();
    while items.len() < limit && walk.fill().await? {
        items.extend(walk.step());
    }
    let next = walk.place().map(|at| paging::seal(&Both { reports: [new.id.to_string(), old.id.to_string()], at }));
    Ok(linked(Answer::json(&json!({ "items": items, "next": next })), ask, next.as_deref()))
}

/// A cursor began in this report; `latest` may have moved since.
fn fits(asked: &str, report: &Report) -> bool {
    asked == "latest" || asked == report.id.as_str() || asked.parse::<chrono::NaiveDate>().is_ok()
}

struct Side<'a> {
    report: &'a Report,
    at: At,
    /// The rows that were read and not yet walked.
    rows: VecDeque<CredentialRow>,
    /// Where the page after `rows` begins; set while `rows` holds a page.
    next: Option<String>,
    loaded: Loaded,
}

#[derive(PartialEq, Eq)]
enum Loaded {
    No,
    Yes,
}

impl<'a> Side<'a> {
    fn new(report: &'a Report, at: At) -> Self {
        Self { report, at, rows: VecDeque::new(), next: None, loaded: Loaded::No }
    }

    fn needs_page(&self) -> bool {
        self.rows.is_empty() && !self.at.ended
    }

    /// Takes the first row and moves the place past it.
    fn take(&mut self) -> Option<CredentialRow> {
        let row = self.rows.pop_front();
        self.at.skip += usize::from(row.is_some());
        self.turn_page();
        row
    }

    fn turn_page(&mut self) {
        if self.rows.is_empty() && self.loaded == Loaded::Yes {
            let ended = self.next.is_none();
            self.at = At { after: self.next.take(), skip: 0, ended };
            self.loaded = Loaded::No;
        }
    }

    fn load(&mut self, rows: Vec<CredentialRow>, next: Option<String>) {
        self.rows = rows.into_iter().skip(self.at.skip).collect();
        self.next = next;
        self.loaded = Loaded::Yes;
        self.turn_page();
    }
}

struct Walk<'a, S> {
    store: &'a S,
    org: &'a OrgId,
    new: Side<'a>,
    old: Side<'a>,
    reads: usize,
}

impl<S: ReportReader> Walk<'_, S> {
    /// Reads pages until both sides have a row or are at their end; `false` at the end of both or of our reads.
    async fn fill(&mut self) -> Result<bool> {
        for side in [&mut self.new, &mut self.old] {
            while side.needs_page() {
                if self.reads == 0 {
                    return Ok(false);
                }
                self.reads -= 1;
                let page = self.store.rows(self.org, side.report, side.at.after.clone(), PAGE_ROWS).await?;
                side.load(page.items, page.next);
            }
        }
        Ok(!(self.new.rows.is_empty() && self.old.rows.is_empty()))
    }

    /// Takes the next row of one side, or of both; what it says, if they differ.
    fn step(&mut self) -> Option<Value> {
        let order = match (self.new.rows.front(), self.old.rows.front()) {
            (Some(new), Some(old)) => new.credential.reference.order().cmp(&old.credential.reference.order()),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.new.take().map(|new| told("added", &new, &[], &new.findings, &[])),
            Ordering::Greater => self.old.take().map(|old| {
                let change = if was_read(self.new.report, &old.credential.reference) { "removed" } else { "not_read" };
                told(change, &old, &[], &[], &[])
            }),
            Ordering::Equal => self.new.take().zip(self.old.take()).and_then(|(new, old)| difference(&new, &old)),
        }
    }

    /// Where to go on; `None` at the end of both.
    fn place(&self) -> Option<[At; 2]> {
        let at = [self.new.at.clone(), self.old.at.clone()];
        (!at.iter().all(|at| at.ended)).then_some(at)
    }
}

/// Whether the list of this kind was read to its end: only then a missing row says that the credential is gone.
fn was_read(report: &Report, credential: &CredentialRef) -> bool {
    let listing = SectionName::listing(credential.kind);
    report.sections.iter().any(|one| Some(one.name) == listing && one.status == SectionStatus::Complete)
}

fn difference(new: &CredentialRow, old: &CredentialRow) -> Option<Value> {
    let (a, b) = (&new.credential, &old.credential);
    let fields: Vec<&str> = [
        ("label", a.label != b.label),
        ("owner", new.owner != old.owner || a.owner != b.owner),
        ("scopes", a.scopes != b.scopes),
        ("created_at", a.created_at != b.created_at),
        ("expires_at", a.expires_at != b.expires_at),
        ("last_used_at", new.last_used_at != old.last_used_at),
        ("use", new.usage != old.usage),
        ("status", a.status != b.status),
        ("own", new.own != old.own),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect();
    let (opened, resolved) = (only_in(&new.findings, &old.findings), only_in(&old.findings, &new.findings));
    let same = fields.is_empty() && opened.is_empty() && resolved.is_empty();
    (!same).then(|| told("changed", new, &fields, &opened, &resolved))
}

/// The findings whose rule the other report does not hold against the credential.
fn only_in(these: &[RowFinding], others: &[RowFinding]) -> Vec<RowFinding> {
    these.iter().filter(|one| others.iter().all(|other| other.rule != one.rule)).cloned().collect()
}

fn told(change: &str, row: &CredentialRow, fields: &[&str], opened: &[RowFinding], resolved: &[RowFinding]) -> Value {
    json!({
        "change": change,
        "kind": row.credential.reference.kind,
        "id": row.credential.reference.id,
        "label": row.credential.label,
        "fields": fields,
        "new_findings": opened,
        "resolved_findings": resolved,
    })
}
