//! What the flows need from Atlassian: its log, its lists, and what revokes.

use super::{OwnerActor, Staged};
use crate::{
    error::Result,
    model::{AccountId, ActionCatalogue, CredentialId, OrgId, SectionName, Target, Timestamp},
};
use std::future::Future;

/// A page of the event stream: each event as Atlassian sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events as JSON text, in the order of the stream.
    pub events: Vec<String>,
    /// The cursor of the next page; `None` where Atlassian gave none.
    pub next: Option<String>,
}

/// Where in the stream to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventQuery {
    /// Where a cursor points.
    Cursor(String),
    /// By time.
    Range {
        /// From.
        from: Timestamp,
        /// To; open where `None`.
        to: Option<Timestamp>,
    },
}

/// The org's audit log.
pub trait EventSource: Send + Sync {
    /// One page of `events-stream`, ascending.
    fn events(&self, org: &OrgId, query: &EventQuery) -> impl Future<Output = Result<EventPage>> + Send;
    /// The org's own list of actions.
    fn actions(&self, org: &OrgId) -> impl Future<Output = Result<ActionCatalogue>> + Send;
}

/// A page of a section, in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionPage {
    /// The rows.
    pub rows: Vec<Staged>,
    /// Where the list goes on.
    pub next: Option<String>,
}

/// The lists that a report reads. Cannot change anything.
pub trait TokenReader: Send + Sync {
    /// One page of a section.
    fn section(
        &self,
        org: &OrgId,
        section: SectionName,
        cursor: Option<String>,
    ) -> impl Future<Output = Result<SectionPage>> + Send;
    /// The org's name, where the key may read it.
    fn org_name(&self, org: &OrgId) -> impl Future<Output = Result<Option<String>>> + Send;
    /// The ids of our own keys as the secret says them.
    fn own_key_ids(&self, org: &OrgId) -> impl Future<Output = Result<Option<Vec<CredentialId>>>> + Send;
}

/// A credential as the API that revokes it shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSnapshot {
    /// Its id there.
    pub id: CredentialId,
    /// Its label.
    pub label: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Its last access.
    pub last_access_at: Option<Timestamp>,
}

/// What reading a credential again showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reread {
    /// It is there.
    Present(TokenSnapshot),
    /// The account is there, the credential is not.
    Gone,
    /// The account is not known or not managed: nothing can be said of the credential.
    AccountUnknown,
}

/// What Atlassian answered to a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// Revoked now.
    Now,
    /// No such credential (any more).
    Already,
    /// The owner's account is not known: no success.
    AccountUnknown,
}

/// Revokes one credential. A type of its own: nothing that only reads can reach it.
pub trait TokenRevoker: OwnerActor {
    /// Reads the credential from the API that revokes it.
    fn reread(&self, org: &OrgId, target: &Target) -> impl Future<Output = Result<Reread>> + Send;
    /// Whether the account is an org admin.
    fn is_org_admin(&self, org: &OrgId, account: &AccountId) -> impl Future<Output = Result<bool>> + Send;
    /// Revokes the credential. Cannot be undone.
    fn revoke(&self, org: &OrgId, target: &Target) -> impl Future<Output = Result<Revoked>> + Send;
}
