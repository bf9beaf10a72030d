//! Reports in the making and made.

use super::Written;
use crate::{
    error::Result,
    model::{
        AccountId, Credential, CredentialRef, CredentialRow, Finding, FindingId, OrgId, Owner, OwnerRow, Page,
        PollState, Report, ReportId, ReportSchedule, Run, SectionName, Totals, UsageProfile, Versioned,
    },
};
use std::future::Future;

/// A staged row of pass 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// An owner.
    Owner(Owner),
    /// The mark that an account holds the org admin's role.
    OrgAdmin(AccountId),
    /// A credential.
    Credential(Credential),
}

/// A staged row with the attempt that read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedRow {
    /// The section that it was read from.
    pub section: SectionName,
    /// Which reading of that section.
    pub attempt: u32,
    /// The row.
    pub row: Staged,
}

/// Reports in the making and made (table `history`).
pub trait ReportStore: Send + Sync {
    /// When the last report began and whether one was asked for.
    fn schedule(&self, org: &OrgId) -> impl Future<Output = Result<Versioned<ReportSchedule>>> + Send;
    /// Stores the schedule as version `schedule.version + 1`.
    fn put_schedule(
        &self,
        org: &OrgId,
        schedule: &Versioned<ReportSchedule>,
    ) -> impl Future<Output = Result<Written>> + Send;
    /// The open run, or `None`. Reads consistently.
    fn run(&self, org: &OrgId) -> impl Future<Output = Result<Option<Versioned<Run>>>> + Send;
    /// Stores the run as version `run.version + 1` if it is still at `run.version` (0: if there is none).
    fn put_run(&self, org: &OrgId, run: &Versioned<Run>) -> impl Future<Output = Result<Written>> + Send;
    /// Removes the run if it is still at this version.
    fn end_run(&self, org: &OrgId, run: &Versioned<Run>) -> impl Future<Output = Result<Written>> + Send;
    /// Stages rows under the shard of their owner; the same row again replaces itself.
    fn stage(&self, org: &OrgId, report: &ReportId, rows: &[StagedRow]) -> impl Future<Output = Result<()>> + Send;
    /// A shard's staged rows, by owner; an owner comes before his credentials. Ownerless ones stand under owner `-`.
    fn staged(
        &self,
        org: &OrgId,
        report: &ReportId,
        shard: u32,
        cursor: Option<String>,
    ) -> impl Future<Output = Result<Page<StagedRow>>> + Send;
    /// The usage profiles whose actor falls into a shard, by actor and then identity.
    fn profiles(
        &self,
        org: &OrgId,
        shard: u32,
        cursor: Option<String>,
    ) -> impl Future<Output = Result<Page<UsageProfile>>> + Send;
    /// Writes final rows; the same row again replaces itself. `parts` is the number of partitions of the report.
    fn put_rows(
        &self,
        org: &OrgId,
        report: &ReportId,
        parts: u32,
        rows: &[CredentialRow],
    ) -> impl Future<Output = Result<()>> + Send;
    /// Writes the accounts that somebody should know of; the same account again replaces itself.
    fn put_owner_rows(
        &self,
        org: &OrgId,
        report: &ReportId,
        parts: u32,
        owners: &[OwnerRow],
    ) -> impl Future<Output = Result<()>> + Send;
    /// Writes the findings that this run made, to be settled in the order of their ids.
    fn put_run_findings(
        &self,
        org: &OrgId,
        report: &ReportId,
        findings: &[Finding],
    ) -> impl Future<Output = Result<()>> + Send;
    /// The findings that this run made, in the order of their ids, after one of them.
    fn run_findings(
        &self,
        org: &OrgId,
        report: &ReportId,
        after: Option<&FindingId>,
    ) -> impl Future<Output = Result<Page<Finding>>> + Send;
    /// Writes the sums of one shard.
    fn put_shard_totals(
        &self,
        org: &OrgId,
        report: &ReportId,
        shard: u32,
        totals: &Totals,
    ) -> impl Future<Output = Result<()>> + Send;
    /// The sums of all shards.
    fn shard_totals(&self, org: &OrgId, report: &ReportId) -> impl Future<Output = Result<Vec<Totals>>> + Send;
    /// Writes the summary, and only then moves `latest` to it.
    fn publish(&self, org: &OrgId, report: &Report) -> impl Future<Output = Result<()>> + Send;
    /// How many bodies are in quarantine, counted up to 1,000, and how many events were ignored so far.
    fn intake_counts(&self, org: &OrgId) -> impl Future<Output = Result<(u64, u64)>> + Send;
}

/// Reading whole reports (table `history`).
pub trait ReportReader: Send + Sync {
    /// The newest whole report.
    fn latest_report(&self, org: &OrgId) -> impl Future<Output = Result<Option<Report>>> + Send;
    /// A report by its id.
    fn report(&self, org: &OrgId, id: &ReportId) -> impl Future<Output = Result<Option<Report>>> + Send;
    /// The reports, newest first.
    fn reports(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Report>>> + Send;
    /// A report's rows in the order of their hashes, which is the same order in every report.
    /// Reads one DynamoDB page, so there may be fewer than `limit`, even none.
    fn rows(
        &self,
        org: &OrgId,
        report: &Report,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<CredentialRow>>> + Send;
    /// The accounts of a report that somebody should know of. Reads one DynamoDB page, as [`ReportReader::rows`].
    fn owner_rows(
        &self,
        org: &OrgId,
        report: &Report,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<OwnerRow>>> + Send;
    /// One of them.
    fn owner_row(
        &self,
        org: &OrgId,
        report: &Report,
        account: &AccountId,
    ) -> impl Future<Output = Result<Option<OwnerRow>>> + Send;
    /// One row of a report.
    fn row(
        &self,
        org: &OrgId,
        report: &Report,
        credential: &CredentialRef,
    ) -> impl Future<Output = Result<Option<CredentialRow>>> + Send;
    /// Those of these rows that a report has, in any order.
    fn rows_of(
        &self,
        org: &OrgId,
        report: &Report,
        credentials: &[CredentialRef],
    ) -> impl Future<Output = Result<Vec<CredentialRow>>> + Send;
    /// The poll's checkpoint, for the lag.
    fn poll_lag(&self, org: &OrgId) -> impl Future<Output = Result<Option<PollState>>> + Send;
    /// The profiles of one actor. Reads consistently.
    fn profiles_of(&self, org: &OrgId, actor: &AccountId) -> impl Future<Output = Result<Vec<UsageProfile>>> + Send;
}
