//! Messages on their way: where they are stored, and by which ways they are sent.

use super::{CaseStore, Written};
use crate::{
    error::Result,
    model::{
        ActionId, AnswerLink, ChatKind, MailAddress, Mailbox, Message, MessageId, OrgId, Outgoing, Page, RecipientKey,
        SecretName, SignedHead, TicketKey, Timestamp, Tracker, Undelivered, Versioned,
    },
};
use serde_json::Value;
use std::{future::Future, time::Duration};

/// Messages on their way (table `cases`).
pub trait OutboxStore: CaseStore {
    /// When a recipient was last written to, and what is on its way there; version 0 if nothing is stored. Reads
    /// consistently.
    fn mailbox(&self, org: &OrgId, recipient: &RecipientKey)
    -> impl Future<Output = Result<Versioned<Mailbox>>> + Send;
    /// Writes all of it in one transaction, each as `version + 1` if it is still at `version`. A message that is given up
    /// enters the list of those.
    fn put_outgoing(&self, org: &OrgId, change: &OutboxChange) -> impl Future<Output = Result<Written>> + Send;
    /// Writes a message that is to be sent after all; it leaves the list of those that were given up.
    fn revive(&self, org: &OrgId, message: &Versioned<Outgoing>) -> impl Future<Output = Result<Written>> + Send;
    /// The messages in the order of their ids.
    fn messages(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<Outgoing>>> + Send;
    /// Those that were given up.
    fn undelivered(&self, org: &OrgId, limit: u32) -> impl Future<Output = Result<Page<Undelivered>>> + Send;
}

/// What one transaction on the outbox changes. At most 50 messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboxChange {
    /// Messages.
    pub messages: Vec<Versioned<Outgoing>>,
    /// The mails to one recipient.
    pub mailbox: Option<(RecipientKey, Versioned<Mailbox>)>,
}

/// The ways out. Each send is one try, bounded in time; the id of what is sent goes along, so that a receiver can tell a
/// repetition.
pub trait Notifier: Send + Sync {
    /// The address at which the reader of a mail answers; `None` where the deployment has no public address.
    fn answer_address(
        &self,
        link: &AnswerLink,
    ) -> impl Future<Output = std::result::Result<Option<String>, Refusal>> + Send;
    /// The address of an action's page; `None` where the deployment has no public address.
    fn action_page(&self, org: &OrgId, action: &ActionId) -> Option<String>;
    /// A mail.
    fn mail(&self, mail: &Mail) -> impl Future<Output = Delivery> + Send;
    /// A chat message, by the endpoint that the secret names.
    fn chat(
        &self,
        kind: ChatKind,
        endpoint: &SecretName,
        dispatch: Dispatch<'_>,
    ) -> impl Future<Output = Delivery> + Send;
    /// A signed request to a program, at the endpoint that the secret names.
    fn webhook(&self, endpoint: &SecretName, dispatch: Dispatch<'_>) -> impl Future<Output = Delivery> + Send;
    /// A message as an event on the deployment's bus.
    fn event(&self, dispatch: Dispatch<'_>) -> impl Future<Output = Delivery> + Send;
    /// A published head of a ledger as an event on the deployment's bus.
    fn head(&self, head: &SignedHead) -> impl Future<Output = Delivery> + Send;
    /// The issue of a message: the one that an earlier try opened, else a new one, in the project that the policy names.
    fn ticket(
        &self,
        tracker: &Tracker,
        dispatch: Dispatch<'_>,
    ) -> impl Future<Output = std::result::Result<TicketKey, Refusal>> + Send;
}

/// Sends mails.
pub trait Mailer: Send + Sync {
    /// One try.
    fn mail(&self, mail: &Mail) -> impl Future<Output = Delivery> + Send;
}

/// Puts events on a bus.
pub trait EventBus: Send + Sync {
    /// One try.
    fn put(&self, event: Event) -> impl Future<Output = Delivery> + Send;
}

/// An event for programs: ids only, no names, no addresses, no text.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Who says it.
    pub source: &'static str,
    /// What it tells: the name of the message's kind, or `ledger head`.
    pub detail_type: &'static str,
    /// When its cause was stored.
    pub at: Timestamp,
    /// What it is about.
    pub detail: Value,
}

/// What a try came to.
pub type Delivery = std::result::Result<(), Refusal>;

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For people: what failed and how; never an address, a body or a secret.
    pub reason: String,
    /// How long the other side asked us to wait.
    pub wait: Option<Duration>,
}

impl Refusal {
    /// A refusal that asks for no particular patience.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), wait: None }
    }
}

/// A message of an org that is being sent.
#[derive(Debug, Clone, Copy)]
pub struct Dispatch<'a> {
    /// The org.
    pub org: &'a OrgId,
    /// The message.
    pub message: &'a Message,
    /// Now.
    pub now: Timestamp,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same for every repetition.
    pub id: MessageId,
    /// From whom.
    pub from: MailAddress,
    /// To whom.
    pub to: MailAddress,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// When.
    pub at: Timestamp,
}
