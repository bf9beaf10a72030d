//! Messages to people: stored with the state that they tell of, sent afterwards, each at least once under one id.

use super::{AccountId, ActionId, ChannelKey, CredentialRef, MessageId, OrgId, TicketKey, Timestamp, short_hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// For whom a message is. Where it goes is found out when it is sent: people and addresses change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever answers for this account's credentials: the account itself where it is managed, its sponsor where it is
    /// external, the fallback contact where there is neither. Never the external user himself.
    Owner(AccountId),
    /// The security team's channel.
    Security,
    /// The project in which tickets are opened.
    Tickets,
}

/// What a message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Something is planned for a credential.
    Notice,
    /// It is still planned.
    Reminder,
    /// A person has to agree to a plan.
    ApprovalWanted,
    /// A person has to do something that no API does.
    StepWanted,
    /// An action was done.
    Done,
    /// An action ended without effect.
    Ended,
    /// The budget is spent: the rest waits.
    BudgetSpent,
    /// Somebody should look into a credential: an issue is opened for it.
    Ticket,
}

impl MessageKind {
    /// The name in the API, the tables and what is sent to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Reminder => "reminder",
            Self::ApprovalWanted => "approval_wanted",
            Self::StepWanted => "step_wanted",
            Self::Done => "done",
            Self::Ended => "ended",
            Self::BudgetSpent => "budget_spent",
            Self::Ticket => "ticket",
        }
    }
}

/// A message, as it was written when its cause was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// hash(org, kind, cause, audience): the same cause stored twice sends one message, and a repetition bears the same id.
    pub id: MessageId,
    /// For whom.
    pub audience: Audience,
    /// What it tells.
    pub kind: MessageKind,
    /// About which action.
    pub action: Option<ActionId>,
    /// About which credential.
    pub credential: Option<CredentialRef>,
    /// By which rule, where one asked: its mode is looked at again when the message is sent.
    #[serde(default)]
    pub rule: Option<String>,
    /// One line.
    pub subject: String,
    /// Plain text, one paragraph or several. No link and no secret: links are added when it is sent.
    pub text: String,
    /// When its cause was stored.
    pub at: Timestamp,
}

impl Message {
    /// The id of the message that tells an audience of a cause.
    pub fn id_of(org: &OrgId, kind: MessageKind, cause: &str, audience: &Audience) -> MessageId {
        let audience = match audience {
            Audience::Owner(account) => account.as_str(),
            Audience::Security => "",
            Audience::Tickets => "tickets",
        };
        MessageId::new(short_hash(&[org.as_str(), kind.as_str(), cause, audience]))
    }
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It is to be sent.
    Waiting,
    /// Every way that leads to its audience took it.
    Sent,
    /// It is not to be sent: the mode is observe, or nobody is named to receive it.
    Withheld,
    /// It was given up, on one way at least; the report shows it.
    Dead,
}

impl MessageState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Withheld, Self::Dead];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Withheld => "withheld",
            Self::Dead => "dead",
        }
    }
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// What is sent.
    pub message: Message,
    /// Where it stands.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try (again); `None` once it is sent, withheld or given up.
    pub next_at: Option<Timestamp>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// Why it stands where it stands, for people: the last failure, or what it waits for.
    pub reason: Option<String>,
    /// Which channels took it: they are not asked again.
    #[serde(default)]
    pub delivered: BTreeSet<ChannelKey>,
    /// The issue that was opened for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketKey>,
}

impl Outgoing {
    /// A message that is to be sent now.
    pub fn new(message: Message) -> Self {
        let next_at = Some(message.at);
        let delivered = BTreeSet::new();
        Self {
            message,
            state: MessageState::Waiting,
            attempts: 0,
            next_at,
            sent_at: None,
            reason: None,
            delivered,
            ticket: None,
        }
    }

    /// Whether it is to be tried at this moment.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == MessageState::Waiting && self.next_at.is_some_and(|at| at <= now)
    }
}

/// The mails to one recipient: at most one in a week, whatever number of messages it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// When the last mail was taken.
    pub last_sent_at: Option<Timestamp>,
    /// The mail that is on its way.
    pub open: Option<OpenMail>,
}

/// A mail on its way: stored before it is sent, so that a repetition is the same mail under the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenMail {
    /// The id that it bears: its message's own, where it has only one.
    pub id: MessageId,
    /// What it is made of.
    pub messages: Vec<MessageId>,
}

/// A message that was given up, in the list of those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Which.
    pub id: MessageId,
    /// What it tells.
    pub kind: MessageKind,
    /// When its cause was stored.
    pub at: Timestamp,
    /// Why it was given up.
    pub reason: String,
}
