//! Counts what was added since the last report, and finds what was removed: what the report before has and this one,
//! complete there, has not.

use super::context::Context;
use crate::{
    decide::{
        judge::{self, Frame},
        tally::Tally,
    },
    error::Result,
    model::{
        CredentialKind, CredentialRef, CredentialRow, Finding, Org, Phase, Report, Run, SHARDS, SectionName, Totals,
    },
    ports::{ReportReader, ReportStore},
};
use std::collections::HashSet;

/// Rows a page.
const PAGE: u32 = 1_000;

pub(super) async fn step<S>(store: &S, org: &Org, context: &Context, mut run: Run) -> Result<Run>
where
    S: ReportStore + ReportReader,
{
    run.changes = Default::default();
    if let Some(previous) = &context.previous {
        let now = summed(store, org, &run).await?;
        run.changes.against = Some(previous.id.clone());
        run.changes.added = now.credentials - now.seen_before;
        // Where every row of the report before was met again, nothing was removed.
        let totals = if previous.totals.credentials > now.seen_before {
            removed(store, org, context, &mut run, previous).await?
        } else {
            Totals::default()
        };
        store.put_shard_totals(&org.id, &run.report, SHARDS, &totals).await?;
    }
    run.phase = Phase::Settle { after: None };
    Ok(run)
}

/// The sums of this run's shards.
pub(super) async fn summed(store: &impl ReportStore, org: &Org, run: &Run) -> Result<Totals> {
    let mut totals = Totals::default();
    store.shard_totals(&org.id, &run.report).await?.iter().for_each(|shard| totals.add(shard));
    Ok(totals)
}

async fn removed<S>(store: &S, org: &Org, context: &Context, run: &mut Run, previous: &Report) -> Result<Totals>
where
    S: ReportStore + ReportReader,
{
    let this = super::publish::summary(run, Totals::default(), (0, 0));
    let (mut totals, mut cursor, mut removed) = (Totals::default(), None, 0);
    loop {
        let page = store.rows(&org.id, previous, cursor, PAGE).await?;
        let gone = missing(store, org, run, &this, page.items).await?;
        removed += gone.len() as u64;
        let findings = findings(org, context, &context.frame(run), &gone, &mut totals);
        store.put_run_findings(&org.id, &run.report, &findings).await?;
        match page.next {
            None => break,
            next => cursor = next,
        }
    }
    run.changes.removed = removed;
    Ok(totals)
}

/// Of the old rows, those that are in no row of this report although their list was read to its end.
async fn missing<S>(
    store: &S,
    org: &Org,
    run: &Run,
    this: &Report,
    old: Vec<CredentialRow>,
) -> Result<Vec<CredentialRow>>
where
    S: ReportStore + ReportReader,
{
    let refs: Vec<CredentialRef> = old.iter().map(|row| row.credential.reference.clone()).collect();
    let found: HashSet<CredentialRef> =
        store.rows_of(&org.id, this, &refs).await?.into_iter().map(|row| row.credential.reference).collect();
    let gone = |row: &CredentialRow| !found.contains(&row.credential.reference) && is_listed(run, row);
    Ok(old.into_iter().filter(gone).collect())
}

/// What is missing from a list that was not read to its end was not removed, and what no list holds cannot be.
fn is_listed(run: &Run, row: &CredentialRow) -> bool {
    let kind: CredentialKind = row.credential.reference.kind;
    SectionName::listing(kind).is_some_and(|section| run.is_complete(section))
}

fn findings(
    org: &Org,
    context: &Context,
    frame: &Frame<'_>,
    gone: &[CredentialRow],
    totals: &mut Totals,
) -> Vec<Finding> {
    let mut tally = Tally::default();
    let judged = gone.iter().flat_map(|row| {
        let (findings, notes) = judge::gone(row, frame);
        let row = CredentialRow { findings, notes, unjudged: Vec::new(), ..row.clone() };
        tally.count_verdicts(&row);
        judge::findings(&org.id, &row, &context.exemptions, frame.now)
    });
    let findings = judged.collect();
    tally.add_to(totals);
    findings
}
