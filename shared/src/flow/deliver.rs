//! Sends the messages that are due: to the security team over each of its channels, to owners one mail a week at most, to
//! the tracker as one issue each.
//!
//! Whatever is sent was stored as under way before, and is stored as sent after: between the two a crash leads to a
//! repetition, which bears the same id.

mod owner;
mod security;
mod ticket;

use super::AT_A_TIME;
use crate::{
    decide::outbox::{self, Leave},
    error::Result,
    model::{Audience, Message, MessageState, Org, Outgoing, Policy, Stop, Timestamp, Versioned},
    ports::{Clock, Deadline, Notifier, OutboxChange, OutboxStore, Pending, ReportReader, Written},
};
use futures::stream::{self, StreamExt, TryStreamExt};

/// So many pending things are looked through for messages in one go.
const PENDING: u32 = 1_000;

/// What sending needs.
pub struct Post<'a, S, N, C> {
    /// Both tables.
    pub store: &'a S,
    /// The ways out.
    pub notifier: &'a N,
    /// The time.
    pub clock: &'a C,
}

/// What sending came to, in messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Posted {
    /// Sent.
    pub sent: u64,
    /// Waiting, for their time or for another try.
    pub waiting: u64,
    /// Withheld.
    pub withheld: u64,
    /// Given up.
    pub dead: u64,
    /// Not handled, because of a failure of ours; they stay due.
    pub failed: u64,
}

impl Posted {
    fn count(&mut self, state: MessageState) {
        *match state {
            MessageState::Waiting => &mut self.waiting,
            MessageState::Sent => &mut self.sent,
            MessageState::Withheld => &mut self.withheld,
            MessageState::Dead => &mut self.dead,
        } += 1;
    }
}

/// Sends what is due now. What fails is logged, stays due and stops nothing else.
///
/// # Errors
/// If what is due, the policy or the kill switch cannot be read.
pub async fn deliver<S, N, C>(post: &Post<'_, S, N, C>, org: &Org, deadline: &impl Deadline) -> Result<Posted>
where
    S: OutboxStore + ReportReader,
    N: Notifier,
    C: Clock,
{
    let due = due(post, org).await?;
    let policy = if due.is_empty() { None } else { post.store.policy(&org.id).await? };
    let Some(policy) = policy else { return Ok(Posted::default()) };
    let stopped = post.store.budget(&org.id).await?.value.halt(post.clock.now());
    let round = Round { post, org, policy: &policy.policy, stopped: stopped.as_ref() };
    let mut posted = Posted::default();
    let mut to_owners = Vec::new();
    for message in due {
        if deadline.reached() {
            return Ok(posted);
        }
        match round.first_step(message).await {
            Ok(Step::Ended(state)) => posted.count(state),
            Ok(Step::ToOwner(message)) => to_owners.push(*message),
            Err(error) => {
                tracing::error!(org = %org.id, error = %error, "a message stays due");
                posted.failed += 1;
            }
        }
    }
    round.to_owners(to_owners, deadline, &mut posted).await?;
    Ok(posted)
}

/// The messages to try now, oldest first.
async fn due<S, N, C>(post: &Post<'_, S, N, C>, org: &Org) -> Result<Vec<Versioned<Outgoing>>>
where
    S: OutboxStore,
    C: Clock,
{
    let now = post.clock.now();
    let pending = post.store.pending(&org.id, now, PENDING).await?;
    let ids = pending.into_iter().filter_map(|pending| match pending {
        Pending::Message(id) => Some(id),
        Pending::Finding(_) | Pending::Decision(_) | Pending::Action(_) => None,
    });
    let read = |id| async move { post.store.message(&org.id, &id).await };
    let found: Vec<_> = stream::iter(ids.map(read)).buffered(AT_A_TIME).try_collect().await?;
    let mut due: Vec<_> = found.into_iter().flatten().filter(|message| message.value.is_due(now)).collect();
    due.sort_by(|one, other| order(&one.value).cmp(&order(&other.value)));
    Ok(due)
}

fn order(outgoing: &Outgoing) -> (Timestamp, &str) {
    (outgoing.message.at, outgoing.message.id.as_str())
}

/// One round over what is due.
struct Round<'a, S, N, C> {
    post: &'a Post<'a, S, N, C>,
    org: &'a Org,
    policy: &'a Policy,
    stopped: Option<&'a Stop>,
}

/// Where a message stands after its first step.
enum Step {
    /// Nothing more is to be done in this round.
    Ended(MessageState),
    /// It may go to its owner.
    ToOwner(Box<Versioned<Outgoing>>),
}

impl<S, N, C> Round<'_, S, N, C>
where
    S: OutboxStore + ReportReader,
    N: Notifier,
    C: Clock,
{
    fn now(&self) -> Timestamp {
        self.post.clock.now()
    }

    /// The message as people get it: with the address of its action's page, where that is of use and known.
    fn shown(&self, message: &Message) -> Message {
        let page = outbox::page_of(message).and_then(|action| self.post.notifier.action_page(&self.org.id, action));
        outbox::with_page(message, page.as_deref())
    }

    async fn first_step(&self, message: Versioned<Outgoing>) -> Result<Step> {
        let leave = outbox::leave(&message.value.message, self.policy, self.stopped, self.now());
        match (leave, &message.value.message.audience) {
            (Leave::Withhold(reason), _) => self.settle(&message, outbox::withheld(&message.value, reason)).await,
            (Leave::Wait(until, reason), _) => {
                self.settle(&message, outbox::postponed(&message.value, until, reason)).await
            }
            (Leave::Go, Audience::Security) => self.to_security(message).await.map(Step::Ended),
            (Leave::Go, Audience::Tickets) => self.to_tracker(message).await.map(Step::Ended),
            (Leave::Go, Audience::Owner(_)) => Ok(Step::ToOwner(message.into())),
        }
    }

    /// Stores where a message stands now. Where another invocation was faster, its word holds.
    async fn settle(&self, before: &Versioned<Outgoing>, after: Outgoing) -> Result<Step> {
        let state = after.state;
        self.put(before.version, after).await?;
        Ok(Step::Ended(state))
    }

    /// Stores a message as the version after this one; `None` if it moved.
    async fn put(&self, version: u64, value: Outgoing) -> Result<Option<Versioned<Outgoing>>> {
        let message = Versioned { version, value };
        let change = OutboxChange { messages: vec![message.clone()], mailbox: None };
        Ok(match self.post.store.put_outgoing(&self.org.id, &change).await? {
            Written::Stored => Some(Versioned { version: version + 1, ..message }),
            Written::Contended => None,
        })
    }
}
