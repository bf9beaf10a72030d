//! The ports over the table `history`, as far as reports and the poll's checkpoint need it.

use super::{
    ModelStore, Weather,
    history::{OfReport, Place, owner_place, staged_place},
    tables::{cut, follows, page, stored},
};
use shared::{
    error::{Error, Result},
    model::{
        AccountId, CredentialRef, CredentialRow, Finding, FindingId, OrgId, OwnerRow, Page, PollState, Report,
        ReportId, ReportSchedule, Run, SHARDS, Totals, UsageProfile, Versioned, shard_of,
    },
    ports::{PollStore, ReportReader, ReportStore, StagedRow, Written},
};
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included},
};

/// Stores a value as the version after the one that it names.
fn put_next<T: Clone>(slot: &mut Option<Versioned<T>>, next: &Versioned<T>) -> Written {
    if !follows(slot.as_ref(), next) {
        return Written::Contended;
    }
    *slot = Some(stored(next));
    Written::Stored
}

impl<W: Weather> PollStore for ModelStore<W> {
    async fn poll_state(&self, org: &OrgId) -> Result<Option<Versioned<PollState>>> {
        self.read(org, |tables| tables.history.poll.clone()).await
    }

    async fn put_poll_state(&self, org: &OrgId, state: &Versioned<PollState>) -> Result<Written> {
        self.write(org, |tables| put_next(&mut tables.history.poll, state)).await
    }
}

impl<W: Weather> ReportStore for ModelStore<W> {
    async fn schedule(&self, org: &OrgId) -> Result<Versioned<ReportSchedule>> {
        let none = || Versioned { version: 0, value: ReportSchedule::default() };
        self.read(org, |tables| tables.history.schedule.clone().unwrap_or_else(none)).await
    }

    async fn put_schedule(&self, org: &OrgId, schedule: &Versioned<ReportSchedule>) -> Result<Written> {
        self.write(org, |tables| put_next(&mut tables.history.schedule, schedule)).await
    }

    async fn run(&self, org: &OrgId) -> Result<Option<Versioned<Run>>> {
        self.read(org, |tables| tables.history.run.clone()).await
    }

    async fn put_run(&self, org: &OrgId, run: &Versioned<Run>) -> Result<Written> {
        self.write(org, |tables| match &tables.history.run {
            Some(standing) if standing.value.report != run.value.report => Written::Contended,
            Some(_) | None => put_next(&mut tables.history.run, run),
        })
        .await
    }

    async fn end_run(&self, org: &OrgId, run: &Versioned<Run>) -> Result<Written> {
        self.write(org, |tables| {
            let standing = tables.history.run.as_ref();
            let same = |at: &Versioned<Run>| at.version == run.version && at.value.report == run.value.report;
            if !standing.is_none_or(same) {
                return Written::Contended;
            }
            tables.history.run = None;
            Written::Stored
        })
        .await
    }

    async fn stage(&self, org: &OrgId, report: &ReportId, rows: &[StagedRow]) -> Result<()> {
        let rows = rows.iter().map(|row| (staged_place(row), row.clone()));
        self.write(org, |tables| tables.history.of(report).staged.extend(rows)).await
    }

    async fn staged(
        &self,
        org: &OrgId,
        report: &ReportId,
        shard: u32,
        cursor: Option<String>,
    ) -> Result<Page<StagedRow>> {
        whole(cursor.as_deref())?;
        let in_shard = |of: &OfReport| {
            let staged = of.staged.iter().filter(|((owner, _), _)| shard_of(owner, SHARDS) == shard);
            staged.map(|(_, row)| row.clone()).collect()
        };
        let items = self.read(org, |tables| tables.history.of_reports.get(report).map(in_shard)).await?;
        Ok(Page { items: items.unwrap_or_default(), next: None })
    }

    async fn profiles(&self, org: &OrgId, shard: u32, cursor: Option<String>) -> Result<Page<UsageProfile>> {
        whole(cursor.as_deref())?;
        let in_shard = |profile: &&UsageProfile| shard_of(profile.key.actor.as_str(), SHARDS) == shard;
        let items =
            self.read(org, |tables| tables.history.profiles.values().filter(in_shard).cloned().collect()).await?;
        Ok(Page { items, next: None })
    }

    async fn put_rows(&self, org: &OrgId, report: &ReportId, parts: u32, rows: &[CredentialRow]) -> Result<()> {
        self.write(org, |tables| rows.iter().for_each(|row| tables.history.of(report).put(parts, row))).await
    }

    async fn put_owner_rows(&self, org: &OrgId, report: &ReportId, parts: u32, owners: &[OwnerRow]) -> Result<()> {
        let owners = owners.iter().map(|owner| (owner_place(parts, &owner.account), owner.clone()));
        self.write(org, |tables| tables.history.of(report).owners.extend(owners)).await
    }

    async fn put_run_findings(&self, org: &OrgId, report: &ReportId, findings: &[Finding]) -> Result<()> {
        let findings = findings.iter().map(|finding| (finding.id.clone(), finding.clone()));
        self.write(org, |tables| tables.history.of(report).findings.extend(findings)).await
    }

    async fn run_findings(&self, org: &OrgId, report: &ReportId, after: Option<&FindingId>) -> Result<Page<Finding>> {
        let listed = |of: &OfReport| page(&of.findings, after, 1000, Finding::clone);
        let page = self.read(org, |tables| tables.history.of_reports.get(report).map(listed)).await?;
        Ok(page.unwrap_or(Page { items: Vec::new(), next: None }))
    }

    async fn put_shard_totals(&self, org: &OrgId, report: &ReportId, shard: u32, totals: &Totals) -> Result<()> {
        self.write(org, |tables| drop(tables.history.of(report).totals.insert(shard, totals.clone()))).await
    }

    async fn shard_totals(&self, org: &OrgId, report: &ReportId) -> Result<Vec<Totals>> {
        let sums = |of: &OfReport| of.totals.values().cloned().collect();
        Ok(self.read(org, |tables| tables.history.of_reports.get(report).map(sums)).await?.unwrap_or_default())
    }

    async fn publish(&self, org: &OrgId, report: &Report) -> Result<()> {
        self.write(org, |tables| {
            let history = &mut tables.history;
            history.reports.insert(report.id.clone(), report.clone());
            history.latest = history.latest.take().max(Some(report.id.clone()));
        })
        .await
    }

    /// The model holds no quarantine and counts no events.
    async fn intake_counts(&self, org: &OrgId) -> Result<(u64, u64)> {
        self.read(org, |_| (0, 0)).await
    }
}

impl<W: Weather> ReportReader for ModelStore<W> {
    async fn latest_report(&self, org: &OrgId) -> Result<Option<Report>> {
        self.read(org, |tables| {
            let history = &tables.history;
            history.latest.as_ref().and_then(|id| history.reports.get(id)).cloned()
        })
        .await
    }

    async fn report(&self, org: &OrgId, id: &ReportId) -> Result<Option<Report>> {
        self.read(org, |tables| tables.history.reports.get(id).cloned()).await
    }

    async fn reports(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Report>> {
        let limit = limit.clamp(1, 1000) as usize;
        self.read(org, |tables| {
            let before = cursor.map(ReportId::new);
            let older = tables.history.reports.values().rev();
            let mut older = older.filter(|report| before.as_ref().is_none_or(|before| report.id < *before));
            let items: Vec<Report> = older.by_ref().take(limit).cloned().collect();
            let next = older.next().and(items.last()).map(|last| last.id.to_string());
            Page { items, next }
        })
        .await
    }

    async fn rows(
        &self,
        org: &OrgId,
        report: &Report,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<CredentialRow>> {
        let place = open(cursor.as_deref())?;
        self.read(org, |tables| {
            let rows = tables.history.of_reports.get(&report.id).map(|of| &of.rows);
            part_page(rows, report.parts, place, limit)
        })
        .await
    }

    async fn owner_rows(
        &self,
        org: &OrgId,
        report: &Report,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<OwnerRow>> {
        let place = open(cursor.as_deref())?;
        self.read(org, |tables| {
            let owners = tables.history.of_reports.get(&report.id).map(|of| &of.owners);
            part_page(owners, report.parts, place, limit)
        })
        .await
    }

    async fn owner_row(&self, org: &OrgId, report: &Report, account: &AccountId) -> Result<Option<OwnerRow>> {
        let place = owner_place(report.parts, account);
        self.read(org, |tables| tables.history.of_reports.get(&report.id)?.owners.get(&place).cloned()).await
    }

    async fn row(&self, org: &OrgId, report: &Report, credential: &CredentialRef) -> Result<Option<CredentialRow>> {
        self.read(org, |tables| tables.history.of_reports.get(&report.id)?.row(credential).cloned()).await
    }

    async fn rows_of(&self, org: &OrgId, report: &Report, credentials: &[CredentialRef]) -> Result<Vec<CredentialRow>> {
        let held = |of: &OfReport| credentials.iter().filter_map(|one| of.row(one)).cloned().collect();
        Ok(self.read(org, |tables| tables.history.of_reports.get(&report.id).map(held)).await?.unwrap_or_default())
    }

    async fn poll_lag(&self, org: &OrgId) -> Result<Option<PollState>> {
        Ok(self.poll_state(org).await?.map(|state| state.value))
    }

    async fn profiles_of(&self, org: &OrgId, actor: &AccountId) -> Result<Vec<UsageProfile>> {
        let of_actor = |profile: &&UsageProfile| profile.key.actor == *actor;
        self.read(org, |tables| tables.history.profiles.values().filter(of_actor).cloned().collect()).await
    }
}

impl<W: Weather> ModelStore<W> {
    /// Stores a usage profile, as the intake of events would.
    pub async fn put_profile(&self, org: &OrgId, profile: &UsageProfile) -> Result<()> {
        let entry = (profile.key.clone(), profile.clone());
        self.write(org, |tables| tables.history.profiles.extend([entry])).await
    }
}

/// A page of a list that goes through the partitions of a report one after another.
fn part_page<T: Clone>(
    rows: Option<&BTreeMap<Place, T>>,
    parts: u32,
    (part, after): (u32, Option<String>),
    limit: u32,
) -> Page<T> {
    let from = after.map_or(Included((part, String::new())), |key| Excluded((part, key)));
    let to = Excluded((part + 1, String::new()));
    let (items, last) = cut(rows.into_iter().flat_map(|rows| rows.range((from.clone(), to.clone()))), limit, T::clone);
    let next = match last {
        Some((part, key)) => Some(format!("{part} {key}")),
        None if part + 1 < parts => Some((part + 1).to_string()),
        None => None,
    };
    Page { items, next }
}

/// The partition, and after which of its rows.
fn open(cursor: Option<&str>) -> Result<(u32, Option<String>)> {
    let Some(cursor) = cursor else { return Ok((0, None)) };
    let (part, after) = cursor.split_once(' ').map_or((cursor, None), |(part, after)| (part, Some(after.to_owned())));
    Ok((part.parse().map_err(|_| damaged())?, after))
}

/// The list is given whole, so no cursor can be one of its.
fn whole(cursor: Option<&str>) -> Result<()> {
    cursor.map_or(Ok(()), |_| Err(damaged()))
}

fn damaged() -> Error {
    Error::invalid("cursor", "it is damaged or of another list; begin without one")
}
