//! A message to the security team: over every channel, each until it took the message.

use super::Round;
use crate::{
    decide::outbox,
    error::{Error, Result},
    model::{Channel, MessageState, Outgoing, Versioned},
    ports::{Clock, Delivery, Dispatch, Mail, Notifier, OutboxStore, Refusal, ReportReader},
};
use chrono::TimeDelta;

impl<S, N, C> Round<'_, S, N, C>
where
    S: OutboxStore + ReportReader,
    N: Notifier,
    C: Clock,
{
    pub(super) async fn to_security(&self, message: Versioned<Outgoing>) -> Result<MessageState> {
        let channels: Vec<&Channel> = self.policy.recipients.channels().collect();
        let claimed = outbox::claimed(&message.value, self.now());
        let Some(mut message) = self.put(message.version, claimed).await? else { return Ok(MessageState::Waiting) };
        let mut refused = Vec::new();
        for channel in &channels {
            if message.value.delivered.contains(&channel.key()) {
                continue;
            }
            match self.send(channel, &message.value).await {
                Ok(()) => {
                    let taken = outbox::taken_by(&message.value, channel, &channels, self.now());
                    message = self.keep(&message, taken).await?;
                }
                Err(refusal) => refused.push((*channel, refusal)),
            }
        }
        match refused.is_empty() {
            true => self.whole(message).await,
            false => self.tell(message, &refused).await,
        }
    }

    async fn send(&self, channel: &Channel, outgoing: &Outgoing) -> Delivery {
        let dispatch = Dispatch { org: &self.org.id, message: &outgoing.message, now: self.now() };
        let shown = self.shown(&outgoing.message);
        let notifier = self.post.notifier;
        match channel {
            Channel::Chat(kind, endpoint) => {
                notifier.chat(*kind, endpoint, Dispatch { message: &shown, ..dispatch }).await
            }
            Channel::Webhook(endpoint) => notifier.webhook(endpoint, dispatch).await,
            Channel::EventBus(_) => notifier.event(dispatch).await,
            Channel::Mail(to) => {
                let from = self.policy.recipients.sender.clone();
                let from = from.ok_or_else(|| Refusal::new("the policy names no sender (`recipients.sender`)"))?;
                let text = outbox::mail_text(&shown, self.now());
                let (id, to, at) = (outgoing.message.id.clone(), to.clone(), self.now());
                notifier.mail(&Mail { id, from, to, subject: text.subject, text: text.text, at }).await
            }
        }
    }

    /// Every channel took it: now, or in an earlier round with channels that are no longer named.
    async fn whole(&self, message: Versioned<Outgoing>) -> Result<MessageState> {
        if message.value.state != MessageState::Sent {
            self.keep(&message, outbox::sent(&message.value, self.now())).await?;
        }
        Ok(MessageState::Sent)
    }

    async fn tell(&self, message: Versioned<Outgoing>, refused: &[(&Channel, Refusal)]) -> Result<MessageState> {
        let reasons: Vec<String> =
            refused.iter().map(|(channel, refusal)| format!("{channel}: {}", refusal.reason)).collect();
        let wait = refused.iter().filter_map(|(_, refusal)| refusal.wait).max();
        let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
        let failed = outbox::failed(&message.value, &reasons.join("; "), wait, self.now());
        let (id, state) = (&message.value.message.id, failed.state);
        tracing::warn!(org = %self.org.id, letter = %id, reason = failed.reason, "a message was not taken");
        self.keep(&message, failed).await?;
        Ok(state)
    }

    /// Stores what happened; only another invocation that took over after the lease can be in the way.
    pub(super) async fn keep(&self, before: &Versioned<Outgoing>, after: Outgoing) -> Result<Versioned<Outgoing>> {
        let moved = || Error::Contended(format!("message {}", before.value.message.id));
        self.put(before.version, after).await?.ok_or_else(moved)
    }
}
