//! Pass 1: reads every section page by page, all that are open at the same time, and stages their rows by owner.

use super::{Ports, Step};
use crate::{
    error::{Error, Result},
    model::{
        Credential, CredentialStatus, Org, Phase, Reading, RegisterEntry, Registered, RegisteredExpiry, Run,
        SectionName, SectionStatus, Timestamp,
    },
    ports::{CaseReader, Clock, ReportStore, SectionPage, Staged, StagedRow, TokenReader},
};
use chrono::TimeDelta;
use futures::future::join_all;
use std::time::Duration;

/// A wait up to this long is slept through; a longer one is a checkpoint.
const SLEEP_MAX: Duration = Duration::from_secs(10);
/// How often a section is read from its beginning before it is given up for this report.
const ATTEMPTS_MAX: u32 = 2;
/// About so many rows go into one partition, so that a page of the report needs few reads.
const ROWS_PER_PART: u64 = 5_000;
/// Rows of the register a page.
const REGISTER_PAGE: u32 = 500;

/// Reads a page of every open section at once. Without an open one, staging ends.
pub(super) async fn step<S, R, C>(ports: &Ports<'_, S, R, C>, org: &Org, run: Run) -> Result<Step>
where
    S: ReportStore + CaseReader,
    R: TokenReader,
    C: Clock,
{
    let mut run = without_left_out(org, run);
    let open: Vec<(SectionName, Reading)> = run.open_sections();
    if open.is_empty() {
        return Ok(Step::Next(staged_all(run)));
    }
    let pages = join_all(open.iter().map(|(section, reading)| page(ports, org, *section, reading))).await;
    let mut wait = Duration::ZERO;
    for ((section, reading), page) in open.into_iter().zip(pages) {
        match page {
            Err(Error::RateLimited { after, .. }) => wait = wait.max(after),
            page => run = took(ports.store, org, run, section, reading, page).await?,
        }
    }
    match wait {
        Duration::ZERO => Ok(Step::Next(run)),
        short if short <= SLEEP_MAX => {
            ports.clock.sleep(short).await;
            Ok(Step::Next(run))
        }
        long => {
            let until = ports.clock.now() + TimeDelta::from_std(long).unwrap_or(TimeDelta::minutes(1));
            Ok(Step::Wait(run, until))
        }
    }
}

impl Run {
    fn open_sections(&self) -> Vec<(SectionName, Reading)> {
        let open = self.sections.iter().filter(|section| section.status == SectionStatus::Pending);
        let reading = |name| self.readings.get(&name).cloned().unwrap_or(Reading { attempt: 1, cursor: None });
        open.map(|section| (section.name, reading(section.name))).collect()
    }
}

/// Ends the sections that the org's settings leave out, before anything of them is read.
fn without_left_out(org: &Org, run: Run) -> Run {
    let left_out = run.open_sections().into_iter().filter(|(section, _)| org.out_of_scope.contains(section));
    let reason = "the org's settings declare it out of scope";
    left_out.fold(run, |run, (section, reading)| ended(run, section, SectionStatus::OutOfScope, reason, &reading))
}

async fn page<S: CaseReader, R: TokenReader, C>(
    ports: &Ports<'_, S, R, C>,
    org: &Org,
    section: SectionName,
    Reading { cursor, .. }: &Reading,
) -> Result<SectionPage> {
    match section {
        SectionName::Registered => registered(ports.store, org, cursor.clone()).await,
        section => ports.source.section(&org.id, section, cursor.clone()).await,
    }
}

async fn took(
    store: &impl ReportStore,
    org: &Org,
    run: Run,
    section: SectionName,
    reading: Reading,
    page: Result<SectionPage>,
) -> Result<Run> {
    match page {
        Ok(page) if page.next.is_some() && page.next == reading.cursor => {
            let reason = "Atlassian gave the same cursor again, which would never end";
            Ok(again_or_failed(run, section, reason, &reading))
        }
        Ok(page) => staged(store, org, run, section, reading, page).await,
        Err(Error::NotPermitted { what, reason }) => {
            let reason = format!("the key may not read it: {what}: {reason}");
            Ok(ended(run, section, SectionStatus::NotPermitted, &reason, &reading))
        }
        Err(error @ (Error::BadCursor | Error::Upstream { .. })) => {
            Ok(again_or_failed(run, section, &error.to_string(), &reading))
        }
        Err(error) => Err(error),
    }
}

async fn staged(
    store: &impl ReportStore,
    org: &Org,
    mut run: Run,
    section: SectionName,
    Reading { attempt, .. }: Reading,
    page: SectionPage,
) -> Result<Run> {
    let rows: Vec<StagedRow> = page.rows.into_iter().map(|row| StagedRow { section, attempt, row }).collect();
    store.stage(&org.id, &run.report, &rows).await?;
    run.section(section).count += rows.len() as u64;
    if page.next.is_none() {
        run.section(section).status = SectionStatus::Complete;
    }
    run.readings.insert(section, Reading { attempt, cursor: page.next });
    Ok(run)
}

fn again_or_failed(mut run: Run, section: SectionName, reason: &str, reading: &Reading) -> Run {
    if reading.attempt >= ATTEMPTS_MAX {
        return ended(run, section, SectionStatus::Failed, reason, reading);
    }
    run.section(section).count = 0;
    run.readings.insert(section, Reading { attempt: reading.attempt + 1, cursor: None });
    run
}

/// Ends a section before its end: what it gave so far is real and is kept, but proves no absence.
fn ended(mut run: Run, section: SectionName, status: SectionStatus, reason: &str, reading: &Reading) -> Run {
    let entry = run.section(section);
    entry.status = status;
    entry.reason = Some(reason.to_owned());
    run.readings.insert(section, Reading { attempt: reading.attempt, cursor: None });
    run
}

fn staged_all(mut run: Run) -> Run {
    let rows: u64 = run.sections.iter().filter(|section| !section.name.lists_owners()).map(|s| s.count).sum();
    run.parts = (rows / ROWS_PER_PART + 1).min(64) as u32;
    run.phase = Phase::Prove { shard: 0 };
    run
}

/// A page of what people registered as credentials of its own kind.
async fn registered(store: &impl CaseReader, org: &Org, cursor: Option<String>) -> Result<SectionPage> {
    let page = store.register(&org.id, cursor, REGISTER_PAGE).await?;
    let rows = page.items.into_iter().filter_map(credential).map(Staged::Credential).collect();
    Ok(SectionPage { rows, next: page.next })
}

fn credential(entry: RegisterEntry) -> Option<Credential> {
    let Registered { label, owner, expires } = entry.registered?;
    let expires_at: Option<Timestamp> = match expires {
        RegisteredExpiry::At(at) => Some(at),
        RegisteredExpiry::Never | RegisteredExpiry::NotSaid => None,
    };
    Some(Credential {
        reference: entry.credential,
        label,
        owner,
        owner_name: None,
        owner_email: None,
        scopes: None,
        created_at: None,
        expires_at,
        never_expires: expires == RegisteredExpiry::Never,
        last_used_at: None,
        status: CredentialStatus::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReportSchedule;
    use crate::rules::tests::at;

    #[test]
    fn what_is_left_out_ends_unread_and_the_rest_stays_open() {
        let org = Org::new("org-1".into(), "Example Ltd".into(), at("2026-11-21"));
        let org = Org { out_of_scope: [SectionName::Users].into(), ..org };
        let begun = Run::default_for(&org, &ReportSchedule::default(), 1, at("2026-11-21"));
        let (open_before, run) = (begun.open_sections().len(), without_left_out(&org, begun));
        assert_eq!(run.open_sections().len(), open_before - 1);
        let users = run.sections.iter().find(|section| section.name == SectionName::Users).unwrap();
        let reason = Some("the org's settings declare it out of scope");
        assert_eq!((users.status, users.count, users.reason.as_deref()), (SectionStatus::OutOfScope, 0, reason));
    }
}
