//! What the flows need from the outside, in our words. No AWS types and no Atlassian JSON.

mod atlassian;
mod cases;
mod heads;
mod messages;
mod owners;
mod reports;

pub use cases::{
    CaseChange, CaseReader, CaseStore, ErasedPart, ErasureStore, FindingStore, OrgStates, Pending, PurgeStore,
    PurgedPart,
};
pub use heads::{HeadReader, HeadSigner, HeadStore};
pub use messages::{Delivery, Dispatch, Event, EventBus, Mail, Mailer, Notifier, OutboxChange, OutboxStore, Refusal};
pub use owners::{Acted, OwnerActor};
pub use reports::{ReportReader, ReportStore, Staged, StagedRow};

pub use atlassian::{
    EventPage, EventQuery, EventSource, Reread, Revoked, SectionPage, TokenReader, TokenRevoker, TokenSnapshot,
};

use crate::{
    error::Result,
    model::{
        ActionCatalogue, AuditEvent, CredentialEvent, EventKey, Interval, OrgId, Page, PollState, ProfileKey,
        QuarantineId, Quarantined, Secret, Timestamp, UsageProfile, Versioned,
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

/// What a report reads of the log (table `history`).
pub trait EventReader: Send + Sync {
    /// The events about credentials that name none by an id, within an interval, by time; at most 20,000, the newest.
    /// Eventually consistent.
    fn credential_events(
        &self,
        org: &OrgId,
        within: Interval,
    ) -> impl Future<Output = Result<Vec<CredentialEvent>>> + Send;
    /// The events that moved a profile, newest first. Eventually consistent.
    fn events_of(
        &self,
        org: &OrgId,
        profile: &ProfileKey,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<AuditEvent>>> + Send;
    /// Which of these profiles an org has. Reads consistently.
    fn existing_profiles(
        &self,
        org: &OrgId,
        keys: &[ProfileKey],
    ) -> impl Future<Output = Result<HashSet<ProfileKey>>> + Send;
    /// The org's own list of actions, as last read; empty if never.
    fn action_names(&self, org: &OrgId) -> impl Future<Output = Result<ActionCatalogue>> + Send;
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

/// Reads secrets by purpose. The text is JSON.
pub trait SecretSource: Send + Sync {
    /// The secret's text as it is now.
    fn fetch(&self, name: &str) -> impl Future<Output = Result<Secret>> + Send;
}
