//! The words of Tokenwarden. No I/O, no clock.

mod action;
mod answer;
mod calendar;
mod campaign;
mod credential;
mod erasure;
mod event;
mod exemption;
mod fact;
mod finding;
mod head;
mod ids;
mod ledger;
pub mod mask;
mod measure;
mod message;
mod org;
mod owner_action;
mod policy;
mod poll;
mod purge;
mod quarantine;
mod recipients;
mod register;
mod report;
mod row;
mod run;
mod seat;
mod secret;
mod tracker;
mod usage;

pub use action::{
    Action, ActionState, Agreement, Claim, Decision, DecisionKind, Evidence, Plan, PlanState, PlannedStep, Scope,
    Target, Told,
};
pub use answer::{AnswerLink, AnswersAs};
pub use calendar::{Calendar, DayOfWeek};
pub use campaign::{Campaign, CampaignKind, ListSays, LogSays, Settled, Stand};
pub use credential::{Credential, CredentialKind, CredentialRef, CredentialStatus, Owner, OwnerStatus, Relation};
pub use erasure::{Erasure, ErasureCount, ErasurePlace, ErasureState, ErasureWork, Person};
pub use event::{Actor, AuditEvent, EventKey, EventSource, Location, TokenMark, TokenRole, Topic};
pub use exemption::{Exemption, ExemptionScope};
pub use fact::{Fact, FactName, Facts, Knowledge, Observations};
pub use finding::{Finding, FindingStatus, Severity, Verdict};
pub use head::{HeadKey, PublicKey, Seal, SignedHead, SignerKey};
pub use ids::{
    AccountId, ActionId, AuthPolicyId, CampaignId, ChannelKey, CredentialId, DirectoryId, ErasureId, EventId,
    EventTokenId, FindingId, MessageId, OrgId, QuarantineId, RecipientKey, ReportId, TaskId, TicketKey, shard_of,
    short_hash, stable_hash,
};
pub use ledger::{Budget, Home, LedgerAnswer, LedgerEntry, LedgerHead, LedgerKind, LedgerRecord, Stop};
pub use measure::{Measure, Metric};
pub use message::{Audience, Mailbox, Message, MessageKind, MessageState, OpenMail, Outgoing, Undelivered};
pub use org::{Org, OrgState, Principal, Role};
pub use owner_action::{Access, AuthPolicies, Hit, Means, Membership, Order, TaskState};
pub use policy::{ActionKind, Approval, Limits, Mode, Policy, PolicyVersion, Response, RuleSettings, Step};
pub use poll::{ActionCatalogue, ActionName, Delays, Interval, MinuteUse, PollState, Reader};
pub use purge::{Purge, PurgePlace};
pub use quarantine::{Intake, Quarantined};
pub use recipients::{Channel, ChatKind, MailAddress, Recipients, SecretName, Toggle};
pub use register::{RegisterEntry, Registered, RegisteredExpiry, Review, Sponsor};
pub use report::{Changes, Notice, Report, ReportStatus, Section, SectionName, SectionStatus, Totals};
pub use row::{
    CredentialDeed, CredentialEvent, CredentialRow, FindingTransition, Held, LastUsedSource, Making, OwnerRow,
    RowFinding, RowHistory, Unjudged, Use,
};
pub use run::{Due, JoinState, Phase, Reading, ReportSchedule, Run, SHARDS};
pub use seat::{Seat, SeatState, Seats};
pub use secret::Secret;
pub use tracker::{ISSUE_TYPE_CHARS, ProjectKey, Tracker};
pub use usage::{HoursOfWeek, KSmallest, ProfileKey, UsageProfile, UsedDays};

/// A moment, UTC. Written as RFC 3339.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// A stored value with the number of its version, which a conditional write names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// 1 for the first; 0 stands for "not stored yet".
    pub version: u64,
    /// The value.
    pub value: T,
}

/// A page of a list. Only `next: None` ends the list; a page may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the list goes on.
    pub next: Option<String>,
}
