//! What the flows need from the outside, in our words. No AWS types and no Atlassian JSON.

mod atlassian;

pub use atlassian::{
    EventPage, EventQuery, EventSource, Reread, Revoked, SectionPage, TokenReader, TokenRevoker, TokenSnapshot,
};

use crate::{
    error::Result,
    model::{
        AccountId, Action, ActionCatalogue, ActionId, AuditEvent, Budget, Credential, CredentialRef, CredentialRow,
        Decision, EventKey, Finding, FindingId, FindingTransition, LedgerEntry, LedgerHead, LedgerRecord, Org, OrgId,
        Owner, Page, PolicyVersion, PollState, ProfileKey, QuarantineId, Quarantined, Report, ReportId, ReportSchedule,
        Run, Secret, SectionName, Timestamp, Totals, UsageProfile, Versioned,
    },
};
use std::{collections::HashSet, future::Future, time::Duration};

/// The time. Flows never read it from elsewhere.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits; for waits of at most 10 seconds. A longer one is a checkpoint and a return.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// When the invocation must have stopped. Real time, whatever the clock says.
pub trait Deadline: Send + Sync {
    /// Whether there is no time for another step.
    fn reached(&self) -> bool;
}

/// What a conditional write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    Stored,
    /// Somebody else was there first; nothing was written.
    Contended,
}

/// Events and the profiles that they move (table `history`).
pub trait EventStore: Send + Sync {
    /// Which of these events are stored already. Reads consistently.
    fn known_events(&self, org: &OrgId, keys: &[EventKey]) -> impl Future<Output = Result<HashSet<EventKey>>> + Send;
    /// A profile, or `None`. Reads consistently.
    fn profile(
        &self,
        org: &OrgId,
        key: &ProfileKey,
    ) -> impl Future<Output = Result<Option<Versioned<UsageProfile>>>> + Send;
    /// Stores the profile as version `profile.version + 1` together with at most 50 new events, in one transaction:
    /// all or nothing. `Contended` if the profile moved or one of the events is stored already.
    fn record_with_profile(
        &self,
        org: &OrgId,
        profile: &Versioned<UsageProfile>,
        events: &[AuditEvent],
    ) -> impl Future<Output = Result<Written>> + Send;
    /// Stores events that bear no token; the key is the identity, so storing twice changes nothing.
    fn record_plain(&self, org: &OrgId, events: &[AuditEvent]) -> impl Future<Output = Result<()>> + Send;
    /// Adds to the count of events that were not kept.
    fn count_ignored(&self, org: &OrgId, count: u64) -> impl Future<Output = Result<()>> + Send;
    /// The org's own list of actions, as last read; empty if never.
    fn catalogue(&self, org: &OrgId) -> impl Future<Output = Result<ActionCatalogue>> + Send;
    /// Stores the org's own list of actions.
    fn put_catalogue(&self, org: &OrgId, catalogue: &ActionCatalogue) -> impl Future<Output = Result<()>> + Send;
}

/// What could not be understood (table `history`).
pub trait QuarantineStore: Send + Sync {
    /// Keeps a body whole: its parts first, its header last. The same body twice is one.
    fn quarantine(&self, org: &OrgId, header: &Quarantined, body: &[u8]) -> impl Future<Output = Result<()>> + Send;
    /// The headers, newest last.
    fn quarantined(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Quarantined>>> + Send;
    /// A body with its header, or `None`.
    fn quarantined_body(
        &self,
        org: &OrgId,
        id: &QuarantineId,
    ) -> impl Future<Output = Result<Option<(Quarantined, Vec<u8>)>>> + Send;
    /// Forgets a body that was replayed.
    fn remove_quarantined(&self, org: &OrgId, header: &Quarantined) -> impl Future<Output = Result<()>> + Send;
}

/// The poll's checkpoint (table `history`).
pub trait PollStore: Send + Sync {
    /// The checkpoint, or `None` before the first tick. Reads consistently.
    fn poll_state(&self, org: &OrgId) -> impl Future<Output = Result<Option<Versioned<PollState>>>> + Send;
    /// Stores it as version `state.version + 1` if it is still at `state.version`.
    fn put_poll_state(&self, org: &OrgId, state: &Versioned<PollState>)
    -> impl Future<Output = Result<Written>> + Send;
}

/// A staged row of pass 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// An owner.
    Owner(Owner),
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
    /// One row of a report.
    fn row(
        &self,
        org: &OrgId,
        report: &Report,
        credential: &CredentialRef,
    ) -> impl Future<Output = Result<Option<CredentialRow>>> + Send;
    /// The poll's checkpoint, for the lag.
    fn poll_lag(&self, org: &OrgId) -> impl Future<Output = Result<Option<PollState>>> + Send;
    /// The profiles of one actor. Reads consistently.
    fn profiles_of(&self, org: &OrgId, actor: &AccountId) -> impl Future<Output = Result<Vec<UsageProfile>>> + Send;
}

/// Orgs, policies and findings (table `cases`).
pub trait CaseReader: Send + Sync {
    /// The orgs governed.
    fn orgs(&self) -> impl Future<Output = Result<Vec<Org>>> + Send;
    /// One org.
    fn org(&self, org: &OrgId) -> impl Future<Output = Result<Option<Org>>> + Send;
    /// The policy in force; `None` before the first. Reads consistently.
    fn policy(&self, org: &OrgId) -> impl Future<Output = Result<Option<PolicyVersion>>> + Send;
    /// One version of the policy.
    fn policy_version(&self, org: &OrgId, version: u64) -> impl Future<Output = Result<Option<PolicyVersion>>> + Send;
    /// A finding. Reads consistently.
    fn finding(&self, org: &OrgId, id: &FindingId) -> impl Future<Output = Result<Option<Finding>>> + Send;
    /// The findings in the order of their ids, open and resolved, after one of them.
    fn findings(
        &self,
        org: &OrgId,
        after: Option<&FindingId>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Finding>>> + Send;
    /// An action with its version. Reads consistently.
    fn action(&self, org: &OrgId, id: &ActionId) -> impl Future<Output = Result<Option<Versioned<Action>>>> + Send;
    /// The actions in the order of their ids.
    fn actions(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Action>>> + Send;
    /// Budget and kill switch. Reads consistently.
    fn budget(&self, org: &OrgId) -> impl Future<Output = Result<Versioned<Budget>>> + Send;
    /// The end of the ledger. Reads consistently.
    fn ledger_head(&self, org: &OrgId) -> impl Future<Output = Result<LedgerHead>> + Send;
    /// The ledger's entries after a number, oldest first.
    fn ledger(&self, org: &OrgId, after_seq: u64, limit: u32)
    -> impl Future<Output = Result<Page<LedgerEntry>>> + Send;
}

/// Registering orgs and settling findings (table `cases`; what report-tokens may write there).
pub trait FindingStore: CaseReader {
    /// Registers an org, or changes it.
    fn put_org(&self, org: &Org) -> impl Future<Output = Result<()>> + Send;
    /// Writes a finding's transition. An opened or resolved one is pending until it was handled, and wakes remediation.
    fn put_transition(&self, org: &OrgId, transition: &FindingTransition) -> impl Future<Output = Result<()>> + Send;
}

/// Something that waits to be handled, from the sparse index of pending things.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pending {
    /// A finding that was opened.
    Finding(FindingId),
    /// A decision that was made.
    Decision(String),
    /// An action to look at.
    Action(ActionId),
}

/// What one transaction on the cases table changes. Everything happens or nothing does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseChange {
    /// The action, stored as `version + 1` if it is still at `version` (0: if there is none).
    pub action: Option<Versioned<Action>>,
    /// The budget, likewise.
    pub budget: Option<Versioned<Budget>>,
    /// A new policy version; it becomes the one in force if the one before it still is.
    pub policy: Option<PolicyVersion>,
    /// A decision, pending from now on.
    pub decision: Option<Decision>,
    /// A finding or decision that is handled now.
    pub handled: Option<Pending>,
    /// An entry for the ledger. The store chains it to the head that it finds.
    pub record: Option<LedgerRecord>,
}

/// Advancing cases (table `cases`).
pub trait CaseStore: CaseReader {
    /// Applies a change in one transaction. The ledger's head is re-read and the write tried again when only that moved;
    /// `Contended` means that the action, the budget or the policy moved, and nothing was written.
    fn apply(&self, org: &OrgId, change: &CaseChange) -> impl Future<Output = Result<Written>> + Send;
    /// What is pending at this moment, oldest first. Eventually consistent: what it shows must be read again.
    fn pending(&self, org: &OrgId, until: Timestamp, limit: u32) -> impl Future<Output = Result<Vec<Pending>>> + Send;
    /// A decision, if it is stored.
    fn decision(&self, org: &OrgId, id: &str) -> impl Future<Output = Result<Option<Decision>>> + Send;
}

/// Reads secrets by purpose. The text is JSON.
pub trait SecretSource: Send + Sync {
    /// The secret's text as it is now.
    fn fetch(&self, name: &str) -> impl Future<Output = Result<Secret>> + Send;
}
