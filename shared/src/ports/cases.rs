//! Orgs, policies, findings, actions, what people enter, and the ledger.

use super::Written;
use crate::{
    error::Result,
    model::{
        AccountId, Action, ActionId, Budget, Campaign, CampaignId, CredentialRef, Decision, Erasure, ErasureCount,
        ErasurePlace, ErasureWork, Exemption, Finding, FindingId, FindingTransition, LedgerEntry, LedgerHead,
        LedgerRecord, Message, MessageId, Org, OrgId, OrgState, Outgoing, Page, Person, PolicyVersion, PurgePlace,
        RegisterEntry, Seats, Sponsor, Timestamp, Versioned,
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    future::Future,
};

/// The registry of orgs, as the intake sees it (table `cases`).
pub trait OrgStates: Send + Sync {
    /// Whether an org is governed; `None` if it is not registered (yet).
    fn org_state(&self, org: &OrgId) -> impl Future<Output = Result<Option<OrgState>>> + Send;
}

/// Orgs, policies and findings (table `cases`).
pub trait CaseReader: Send + Sync {
    /// The orgs registered, those that were paused or removed among them.
    fn orgs(&self) -> impl Future<Output = Result<Vec<Org>>> + Send;
    /// One org.
    fn org(&self, org: &OrgId) -> impl Future<Output = Result<Option<Org>>> + Send;
    /// One org with its version, to be changed. Reads consistently.
    fn org_entry(&self, org: &OrgId) -> impl Future<Output = Result<Option<Versioned<Org>>>> + Send;
    /// The policy in force; `None` before the first. Reads consistently.
    fn policy(&self, org: &OrgId) -> impl Future<Output = Result<Option<PolicyVersion>>> + Send;
    /// One version of the policy.
    fn policy_version(&self, org: &OrgId, version: u64) -> impl Future<Output = Result<Option<PolicyVersion>>> + Send;
    /// The policy that was proposed last, whether or not it came into force since. Reads consistently.
    fn proposed_policy(&self, org: &OrgId) -> impl Future<Output = Result<Option<PolicyVersion>>> + Send;
    /// A finding. Reads consistently.
    fn finding(&self, org: &OrgId, id: &FindingId) -> impl Future<Output = Result<Option<Finding>>> + Send;
    /// Of these findings those that there are. Reads consistently.
    fn findings_of(
        &self,
        org: &OrgId,
        ids: &[FindingId],
    ) -> impl Future<Output = Result<HashMap<FindingId, Finding>>> + Send;
    /// The findings in the order of their ids, open and resolved, after one of them.
    fn findings(
        &self,
        org: &OrgId,
        after: Option<&FindingId>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Finding>>> + Send;
    /// The exemptions, in force and ended.
    fn exemptions(&self, org: &OrgId) -> impl Future<Output = Result<Vec<Exemption>>> + Send;
    /// Who in the org answers for these accounts, where somebody said so.
    fn sponsors(
        &self,
        org: &OrgId,
        accounts: &[AccountId],
    ) -> impl Future<Output = Result<HashMap<AccountId, Sponsor>>> + Send;
    /// What people entered about one credential.
    fn register_entry(
        &self,
        org: &OrgId,
        credential: &CredentialRef,
    ) -> impl Future<Output = Result<Option<RegisterEntry>>> + Send;
    /// What people entered about these credentials.
    fn register_of(
        &self,
        org: &OrgId,
        credentials: &[CredentialRef],
    ) -> impl Future<Output = Result<HashMap<CredentialRef, RegisterEntry>>> + Send;
    /// All that people entered, by kind and id.
    fn register(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<RegisterEntry>>> + Send;
    /// An action with its version. Reads consistently.
    fn action(&self, org: &OrgId, id: &ActionId) -> impl Future<Output = Result<Option<Versioned<Action>>>> + Send;
    /// The actions in the order of their ids.
    fn actions(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Action>>> + Send;
    /// The campaigns, ended ones among them.
    fn campaigns(&self, org: &OrgId) -> impl Future<Output = Result<Vec<Campaign>>> + Send;
    /// A campaign with its version. Reads consistently.
    fn campaign(
        &self,
        org: &OrgId,
        id: &CampaignId,
    ) -> impl Future<Output = Result<Option<Versioned<Campaign>>>> + Send;
    /// Who holds the seats of the external users' Test policy; version 0 if nobody ever did. Reads consistently.
    fn seats(&self, org: &OrgId) -> impl Future<Output = Result<Versioned<Seats>>> + Send;
    /// The erasures of accounts, those that are done among them. Reads consistently.
    fn erasures(&self, org: &OrgId) -> impl Future<Output = Result<Vec<Versioned<Erasure>>>> + Send;
    /// A message on its way, with its version. Reads consistently.
    fn message(&self, org: &OrgId, id: &MessageId) -> impl Future<Output = Result<Option<Versioned<Outgoing>>>> + Send;
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
    /// Registers an org, or changes it, as `version + 1` if it is still at `version` (0: if there is none).
    fn put_org(&self, org: &Versioned<Org>) -> impl Future<Output = Result<Written>> + Send;
    /// Writes a finding's transition. An opened or resolved one is pending until it was handled, and wakes remediation.
    fn put_transition(&self, org: &OrgId, transition: &FindingTransition) -> impl Future<Output = Result<()>> + Send;
}

/// Deleting what is stored of an org (both tables; for report-tokens alone).
pub trait PurgeStore: FindingStore {
    /// Deletes a part of what stands at this place, at most some thousand items. Repeating it is harmless.
    fn purge_part(&self, org: &Org, place: PurgePlace) -> impl Future<Output = Result<PurgedPart>> + Send;
    /// Deletes an org's entry in the registry if it is still at this version; one that is gone counts as deleted.
    fn forget_org(&self, org: &Versioned<Org>) -> impl Future<Output = Result<Written>> + Send;
}

/// What deleting a part of an org's data came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedPart {
    /// How many items were deleted.
    pub deleted: u64,
    /// Where it goes on; `None` when nothing is left but the org's entry in the registry.
    pub next: Option<PurgePlace>,
}

/// Erasing one account from what is stored (both tables; for report-tokens alone).
pub trait ErasureStore: CaseStore {
    /// What stands where an erased account stood: random, never the same twice.
    fn pseudonym(&self) -> AccountId;
    /// Erases the person from one page of what stands at the work's place. Repeating it is harmless. What is learned of
    /// the person comes back before anything of that page is changed, so that it can be stored first.
    fn erase_part(
        &self,
        org: &Org,
        asked_at: Timestamp,
        work: &ErasureWork,
    ) -> impl Future<Output = Result<ErasedPart>> + Send;
}

/// What erasing a person from a page came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasedPart {
    /// More is known of the person now; nothing was changed, and the same place comes again.
    Learned(Person),
    /// The page is without the person.
    Erased {
        /// What was erased, by the kind of item.
        counts: BTreeMap<String, ErasureCount>,
        /// How many entries only a person can judge, by the kind of item.
        left: BTreeMap<String, u64>,
        /// Where it goes on; `None` at the end.
        next: Option<ErasurePlace>,
    },
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
    /// A message to send.
    Message(MessageId),
}

/// What it is and its id, as a log line names it.
impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finding(id) => write!(f, "finding/{id}"),
            Self::Decision(id) => write!(f, "decision/{id}"),
            Self::Action(id) => write!(f, "action/{id}"),
            Self::Message(id) => write!(f, "message/{id}"),
        }
    }
}

/// What one transaction on the cases table changes. Everything happens or nothing does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseChange {
    /// The org's entry in the registry, stored as `version + 1` if it is still at `version` (0: if there is none).
    pub org: Option<Versioned<Org>>,
    /// The action, likewise.
    pub action: Option<Versioned<Action>>,
    /// The budget, likewise.
    pub budget: Option<Versioned<Budget>>,
    /// A new policy version; it becomes the one in force if the one before it still is.
    pub policy: Option<PolicyVersion>,
    /// A policy that waits for a second person; replaces the one that waited.
    pub proposal: Option<PolicyVersion>,
    /// What people entered about credentials; replaces what was there. At most 50.
    pub register: Vec<RegisterEntry>,
    /// A credential of which nothing is entered any more.
    pub unregister: Option<CredentialRef>,
    /// Who answers for an account; replaces what was there.
    pub sponsor: Option<Sponsor>,
    /// The campaign, stored as `version + 1` if it is still at `version` (0: if there is none).
    pub campaign: Option<Versioned<Campaign>>,
    /// Who holds the seats of the external users' Test policy, likewise.
    pub seats: Option<Versioned<Seats>>,
    /// The erasure of an account, likewise.
    pub erasure: Option<Versioned<Erasure>>,
    /// A new exemption, or one whose end was moved to now.
    pub exemption: Option<Exemption>,
    /// A decision, pending from now on.
    pub decision: Option<Decision>,
    /// Messages that tell of it, pending from now on. One that is stored already stays as it is. At most 10.
    pub messages: Vec<Message>,
    /// A finding or decision that is handled now.
    pub handled: Option<Pending>,
    /// An entry for the ledger. The store chains it to the head that it finds.
    pub record: Option<LedgerRecord>,
}

/// Advancing cases (table `cases`).
pub trait CaseStore: CaseReader {
    /// Applies a change in one transaction. The ledger's head is re-read and the write tried again when only that moved;
    /// `Contended` means that the org, the action, the budget, the campaign, the seats,
    /// the erasure or the policy moved, and nothing was written.
    fn apply(&self, org: &OrgId, change: &CaseChange) -> impl Future<Output = Result<Written>> + Send;
    /// What is pending at this moment, oldest first. Eventually consistent: what it shows must be read again.
    fn pending(&self, org: &OrgId, until: Timestamp, limit: u32) -> impl Future<Output = Result<Vec<Pending>>> + Send;
    /// A decision, if it is stored.
    fn decision(&self, org: &OrgId, id: &str) -> impl Future<Output = Result<Option<Decision>>> + Send;
}
