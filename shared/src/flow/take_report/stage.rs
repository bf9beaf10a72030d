//! Pass 1: reads a section page by page and stages its rows by owner.

use super::{Ports, Step};
use crate::{
    error::{Error, Result},
    model::{Org, Phase, Run, SectionName, SectionStatus},
    ports::{Clock, ReportStore, SectionPage, StagedRow, TokenReader},
};
use chrono::TimeDelta;
use std::time::Duration;

/// A wait up to this long is slept through; a longer one is a checkpoint.
const SLEEP_MAX: Duration = Duration::from_secs(10);
/// How often a section is read from its beginning before it is given up for this report.
const ATTEMPTS_MAX: u32 = 2;
/// About so many rows go into one partition, so that a page of the report needs few reads.
const ROWS_PER_PART: u64 = 5_000;

pub(super) async fn step<S: ReportStore, R: TokenReader, C: Clock>(
    ports: &Ports<'_, S, R, C>,
    org: &Org,
    run: Run,
    section: SectionName,
    cursor: Option<String>,
    attempt: u32,
) -> Result<Step> {
    if org.out_of_scope.contains(&section) {
        let reason = "the org's settings declare it out of scope";
        return Ok(Step::Next(ended(run, section, SectionStatus::OutOfScope, reason, attempt)));
    }
    match ports.source.section(&org.id, section, cursor.clone()).await {
        Ok(page) if page.next.is_some() && page.next == cursor => {
            let reason = "Atlassian gave the same cursor again, which would never end";
            Ok(Step::Next(again_or_failed(run, section, reason, attempt)))
        }
        Ok(page) => {
            let run = staged(ports.store, org, run, section, attempt, page).await?;
            Ok(Step::Next(run))
        }
        Err(Error::RateLimited { after, .. }) if after <= SLEEP_MAX => {
            ports.clock.sleep(after).await;
            Ok(Step::Next(run))
        }
        Err(Error::RateLimited { after, .. }) => {
            let until = ports.clock.now() + TimeDelta::from_std(after).unwrap_or(TimeDelta::minutes(1));
            Ok(Step::Wait(run, until))
        }
        Err(Error::NotPermitted { what, reason }) => {
            let reason = format!("the key may not read it: {what}: {reason}");
            Ok(Step::Next(ended(run, section, SectionStatus::NotPermitted, &reason, attempt)))
        }
        Err(error @ (Error::BadCursor | Error::Upstream { .. })) => {
            Ok(Step::Next(again_or_failed(run, section, &error.to_string(), attempt)))
        }
        Err(error) => Err(error),
    }
}

async fn staged(
    store: &impl ReportStore,
    org: &Org,
    mut run: Run,
    section: SectionName,
    attempt: u32,
    page: SectionPage,
) -> Result<Run> {
    let rows: Vec<StagedRow> = page.rows.into_iter().map(|row| StagedRow { section, attempt, row }).collect();
    store.stage(&org.id, &run.report, &rows).await?;
    run.section(section).count += rows.len() as u64;
    match page.next {
        Some(cursor) => run.phase = Phase::Stage { section, cursor: Some(cursor), attempt },
        None => {
            run.section(section).status = SectionStatus::Complete;
            run = after(run, section, attempt);
        }
    }
    Ok(run)
}

fn again_or_failed(mut run: Run, section: SectionName, reason: &str, attempt: u32) -> Run {
    if attempt >= ATTEMPTS_MAX {
        return ended(run, section, SectionStatus::Failed, reason, attempt);
    }
    run.section(section).count = 0;
    run.phase = Phase::Stage { section, cursor: None, attempt: attempt + 1 };
    run
}

/// Ends a section before its end: what it gave so far is real and is kept, but proves no absence.
fn ended(mut run: Run, section: SectionName, status: SectionStatus, reason: &str, attempt: u32) -> Run {
    let entry = run.section(section);
    entry.status = status;
    entry.reason = Some(reason.to_owned());
    after(run, section, attempt)
}

fn after(mut run: Run, section: SectionName, attempt: u32) -> Run {
    let at = SectionName::ALL.iter().position(|known| *known == section).unwrap_or(0);
    run.attempts.resize(run.attempts.len().max(at + 1), 0);
    run.attempts[at] = attempt;
    run.phase = match SectionName::ALL.get(at + 1) {
        Some(next) => Phase::Stage { section: *next, cursor: None, attempt: 1 },
        None => Phase::Prove { shard: 0 },
    };
    let rows: u64 = run.sections.iter().filter(|section| !section.name.lists_owners()).map(|s| s.count).sum();
    run.parts = (rows / ROWS_PER_PART + 1).min(64) as u32;
    run
}
