//! Counts what was added and removed since the last report: both reports' rows stand in the order of one hash.

use super::publish::summary;
use crate::{
    error::Result,
    model::{CredentialKind, Org, Phase, Report, Run, SectionName, Totals},
    ports::ReportReader,
};
use std::{cmp::Ordering, collections::VecDeque};

/// Rows a page.
const PAGE: u32 = 1_000;

pub(super) async fn step(store: &impl ReportReader, org: &Org, mut run: Run) -> Result<Run> {
    run.changes = Default::default();
    if let Some(last) = store.latest_report(&org.id).await?.filter(|last| last.id != run.report) {
        run.changes.against = Some(last.id.clone());
        let this = summary(&run, Totals::default(), (0, 0));
        let (mut old, mut new) = (Walk::new(store, org, &last), Walk::new(store, org, &this));
        loop {
            match (old.first().await?, new.first().await?) {
                (None, None) => break,
                (Some(_), None) => removed(&mut run, old.take()),
                (None, Some(_)) => added(&mut run, new.take()),
                (Some(before), Some(now)) => match before.cmp(&now) {
                    Ordering::Less => removed(&mut run, old.take()),
                    Ordering::Greater => added(&mut run, new.take()),
                    Ordering::Equal => drop((old.take(), new.take())),
                },
            }
        }
    }
    run.phase = Phase::Settle { after: None };
    Ok(run)
}

fn added(run: &mut Run, kind: Option<CredentialKind>) {
    run.changes.added += u64::from(kind.is_some());
}

/// What is missing from a list that was not read to its end was not removed.
fn removed(run: &mut Run, kind: Option<CredentialKind>) {
    let section = kind.and_then(SectionName::listing);
    run.changes.removed += u64::from(section.is_some_and(|section| run.is_complete(section)));
}

/// The order and the kind of each row of a report, a page at a time.
struct Walk<'a, S> {
    store: &'a S,
    org: &'a Org,
    report: &'a Report,
    rows: VecDeque<(String, CredentialKind)>,
    cursor: Option<String>,
    begun: bool,
}

impl<'a, S: ReportReader> Walk<'a, S> {
    fn new(store: &'a S, org: &'a Org, report: &'a Report) -> Self {
        Self { store, org, report, rows: VecDeque::new(), cursor: None, begun: false }
    }

    async fn first(&mut self) -> Result<Option<String>> {
        while self.rows.is_empty() && (!self.begun || self.cursor.is_some()) {
            let page = self.store.rows(&self.org.id, self.report, self.cursor.take(), PAGE).await?;
            let order =
                |row: crate::model::CredentialRow| (row.credential.reference.order(), row.credential.reference.kind);
            self.rows.extend(page.items.into_iter().map(order));
            (self.cursor, self.begun) = (page.next, true);
        }
        Ok(self.rows.front().map(|(order, _)| order.clone()))
    }

    fn take(&mut self) -> Option<CredentialKind> {
        self.rows.pop_front().map(|(_, kind)| kind)
    }
}
