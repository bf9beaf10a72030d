//! A message that becomes an issue in the tracker that the policy names.

use super::Round;
use crate::{
    decide::outbox,
    error::{Error, Result},
    model::{MessageState, Outgoing, Tracker, Versioned},
    ports::{Clock, Dispatch, Notifier, OutboxStore, Refusal, ReportReader},
};
use chrono::TimeDelta;

impl<S, N, C> Round<'_, S, N, C>
where
    S: OutboxStore + ReportReader,
    N: Notifier,
    C: Clock,
{
    pub(super) async fn to_tracker(&self, message: Versioned<Outgoing>) -> Result<MessageState> {
        let tracker = self.policy.recipients.tickets.as_ref();
        let tracker = tracker.ok_or_else(|| Error::Conflict("a ticket without a tracker".into()))?;
        let claimed = outbox::claimed(&message.value, self.now());
        let Some(message) = self.put(message.version, claimed).await? else { return Ok(MessageState::Waiting) };
        let after = self.open(tracker, &message.value).await;
        let state = after.state;
        self.keep(&message, after).await?;
        Ok(state)
    }

    /// One try, and what becomes of the message by it.
    async fn open(&self, tracker: &Tracker, outgoing: &Outgoing) -> Outgoing {
        let shown = self.shown(&outgoing.message);
        let dispatch = Dispatch { org: &self.org.id, message: &shown, now: self.now() };
        let (org, id) = (&self.org.id, &outgoing.message.id);
        match self.post.notifier.ticket(tracker, dispatch).await {
            Ok(ticket) => {
                tracing::info!(%org, letter = %id, %ticket, "a ticket is open");
                outbox::opened(outgoing, ticket, self.now())
            }
            Err(Refusal { reason, wait }) => {
                tracing::warn!(%org, letter = %id, reason, "a ticket was not opened");
                let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
                outbox::failed(outgoing, &format!("{tracker}: {reason}"), wait, self.now())
            }
        }
    }
}
