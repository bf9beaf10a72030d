//! Messages to owners: everything that waits for one recipient goes in one mail, and the next mail a week later.

use super::{Posted, Round};
use crate::{
    decide::{
        outbox,
        recipient::{Known, Recipient, recipient},
    },
    error::{Error, Result},
    messages::letter::{Capacity, Part, letter},
    model::{
        AccountId, Audience, MailAddress, Mailbox, Message, MessageState, OpenMail, Outgoing, RecipientKey, Report,
        Timestamp, Versioned,
    },
    ports::{Clock, Deadline, Delivery, Mail, Notifier, OutboxChange, OutboxStore, Refusal, ReportReader, Written},
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// A message with its reader's capacity.
struct Addressed {
    message: Versioned<Outgoing>,
    capacity: Capacity,
}

/// What waits for one recipient.
struct Waiting {
    address: MailAddress,
    messages: Vec<Addressed>,
}

/// What is done for a recipient in this round.
enum Turn {
    /// This mail is sent.
    Send(OpenMail, Vec<Addressed>),
    /// These wait until then, for this reason.
    Wait(Vec<Addressed>, Timestamp, String),
    /// Nothing.
    Leave,
}

/// Behind a mail that is under way the others are looked at so often.
const BEHIND: TimeDelta = TimeDelta::minutes(15);

impl<S, N, C> Round<'_, S, N, C>
where
    S: OutboxStore + ReportReader,
    N: Notifier,
    C: Clock,
{
    pub(super) async fn to_owners(
        &self,
        messages: Vec<Versioned<Outgoing>>,
        deadline: &impl Deadline,
        posted: &mut Posted,
    ) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        for (key, waiting) in self.by_recipient(messages, posted).await? {
            if deadline.reached() {
                return Ok(());
            }
            let count = waiting.messages.len() as u64;
            if let Err(error) = self.to_recipient(&key, waiting, posted).await {
                tracing::error!(org = %self.org.id, recipient = %key, error = %error, "messages stay due");
                posted.failed += count;
            }
        }
        Ok(())
    }

    /// Finds out who gets what. What nobody can get is given up at once: no other try would help.
    async fn by_recipient(
        &self,
        messages: Vec<Versioned<Outgoing>>,
        posted: &mut Posted,
    ) -> Result<BTreeMap<RecipientKey, Waiting>> {
        let report = self.post.store.latest_report(&self.org.id).await?;
        let mut found: BTreeMap<RecipientKey, Waiting> = BTreeMap::new();
        for message in messages {
            match self.recipient(&message.value.message, report.as_ref()).await? {
                Ok(Recipient { address, capacity }) => {
                    let entry = found.entry(address.key(&self.org.id));
                    let waiting = entry.or_insert_with(|| Waiting { address, messages: Vec::new() });
                    waiting.messages.push(Addressed { message, capacity });
                }
                Err(reason) => {
                    let id = &message.value.message.id;
                    tracing::warn!(org = %self.org.id, letter = %id, reason, "a message reaches nobody");
                    self.settle(&message, outbox::dead(&message.value, reason)).await?;
                    posted.count(MessageState::Dead);
                }
            }
        }
        Ok(found)
    }

    async fn recipient(&self, message: &Message, report: Option<&Report>) -> Result<Result<Recipient, String>> {
        let Audience::Owner(account) = &message.audience else {
            return Err(Error::Conflict("a message to nobody's account".into()));
        };
        let known = self.known(account, message, report).await?;
        Ok(recipient(account, &known, &self.policy.recipients))
    }

    /// What the latest report says of an account: by its own row, or by that of the credential.
    async fn known(&self, account: &AccountId, message: &Message, report: Option<&Report>) -> Result<Known> {
        let (store, org) = (self.post.store, &self.org.id);
        let sponsor = store.sponsors(org, std::slice::from_ref(account)).await?.remove(account);
        let Some(report) = report else { return Ok(Known { owner: None, sponsor }) };
        let mut owner = store.owner_row(org, report, account).await?.and_then(|row| row.owner);
        if let (None, Some(credential)) = (&owner, &message.credential) {
            let row = store.row(org, report, credential).await?;
            owner = row.and_then(|row| row.owner).filter(|owner| owner.account_id == *account);
        }
        Ok(Known { owner, sponsor })
    }

    async fn to_recipient(&self, key: &RecipientKey, waiting: Waiting, posted: &mut Posted) -> Result<()> {
        let mailbox = self.post.store.mailbox(&self.org.id, key).await?;
        let Waiting { address, messages } = waiting;
        let (open, messages) = match self.turn(&mailbox.value, messages).await? {
            Turn::Send(open, messages) => (open, messages),
            Turn::Wait(messages, until, reason) => return self.wait(messages, until, &reason, posted).await,
            Turn::Leave => return Ok(()),
        };
        let Some((mailbox, messages)) = self.claim(key, mailbox, &open, messages).await? else { return Ok(()) };
        let delivery = self.mail(&address, &open, &messages).await;
        let state = self.record(key, mailbox, messages, delivery, posted).await?;
        tracing::info!(org = %self.org.id, mail = %open.id, state = state.as_str(), "a mail to an owner");
        Ok(())
    }

    /// Whose turn it is: that of the mail that is under way, if there is one.
    async fn turn(&self, mailbox: &Mailbox, due: Vec<Addressed>) -> Result<Turn> {
        let Some(open) = &mailbox.open else { return Ok(self.fresh(mailbox, due)) };
        let (mine, rest): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|one| open.messages.contains(&one.message.value.message.id));
        let left = self.left_of(open).await?;
        Ok(match (left, mine.len()) {
            (0, _) => self.fresh(mailbox, rest),
            (left, mine_now) if left == mine_now => Turn::Send(open.clone(), mine),
            // Another try is under way or yet to come, or the index does not show all of it yet: it stays one mail.
            (_, 0) => Turn::Wait(rest, self.now() + BEHIND, "an earlier mail to this recipient is on its way".into()),
            _more_to_come => Turn::Leave,
        })
    }

    fn fresh(&self, mailbox: &Mailbox, mut due: Vec<Addressed>) -> Turn {
        if let Some(at) = outbox::next_mail(mailbox, self.now()) {
            let reason = format!("one mail a week to each recipient: the next goes on {}", at.date_naive());
            return Turn::Wait(due, at, reason);
        }
        due.truncate(outbox::MESSAGES_A_MAIL);
        let messages: Vec<&Message> = due.iter().map(|one| &one.message.value.message).collect();
        Turn::Send(outbox::open_mail(&self.org.id, &messages), due)
    }

    /// How many messages of the mail are still to be sent, now or later. Reads consistently.
    async fn left_of(&self, open: &OpenMail) -> Result<usize> {
        let mut left = 0;
        for id in &open.messages {
            let message = self.post.store.message(&self.org.id, id).await?;
            left += usize::from(message.is_some_and(|message| message.value.state == MessageState::Waiting));
        }
        Ok(left)
    }

    async fn wait(&self, messages: Vec<Addressed>, until: Timestamp, reason: &str, posted: &mut Posted) -> Result<()> {
        for Addressed { message, .. } in messages {
            self.settle(&message, outbox::postponed(&message.value, until, reason.to_owned())).await?;
            posted.count(MessageState::Waiting);
        }
        Ok(())
    }

    /// Stores that the mail is under way; `None` if another invocation was faster.
    async fn claim(
        &self,
        key: &RecipientKey,
        mailbox: Versioned<Mailbox>,
        open: &OpenMail,
        messages: Vec<Addressed>,
    ) -> Result<Option<(Versioned<Mailbox>, Vec<Addressed>)>> {
        let value = Mailbox { open: Some(open.clone()), ..mailbox.value };
        self.move_all(key, Versioned { version: mailbox.version, value }, messages, outbox::claimed).await
    }

    async fn mail(&self, to: &MailAddress, open: &OpenMail, messages: &[Addressed]) -> Delivery {
        let answers = self.answers(messages).await?;
        let parts: Vec<Part<'_>> = messages
            .iter()
            .zip(&answers)
            .map(|(one, answer)| outbox::part(&one.message.value.message, &one.capacity, answer.as_deref()))
            .collect();
        let text = letter(&parts, self.now());
        let from = self.policy.recipients.sender.clone();
        let from = from.ok_or_else(|| Refusal::new("the policy names no sender (`recipients.sender`)"))?;
        let (id, to, at) = (open.id.clone(), to.clone(), self.now());
        self.post.notifier.mail(&Mail { id, from, to, subject: text.subject, text: text.text, at }).await
    }

    /// For each message the address at which its reader answers, where he may.
    async fn answers(&self, messages: &[Addressed]) -> Result<Vec<Option<String>>, Refusal> {
        let mut answers = Vec::new();
        for Addressed { message, capacity } in messages {
            let link = outbox::answer_link(&self.org.id, &message.value.message, capacity);
            answers.push(match &link {
                Some(link) => self.post.notifier.answer_address(link).await?,
                None => None,
            });
        }
        Ok(answers)
    }

    /// Stores what became of the mail, and says it.
    async fn record(
        &self,
        key: &RecipientKey,
        mailbox: Versioned<Mailbox>,
        messages: Vec<Addressed>,
        delivery: Delivery,
        posted: &mut Posted,
    ) -> Result<MessageState> {
        let now = self.now();
        let after = |outgoing: &Outgoing, now: Timestamp| match &delivery {
            Ok(()) => outbox::sent(outgoing, now),
            Err(refusal) => {
                let wait = refusal.wait.and_then(|wait| TimeDelta::from_std(wait).ok());
                outbox::failed(outgoing, &format!("mail: {}", refusal.reason), wait, now)
            }
        };
        let states: Vec<MessageState> = messages.iter().map(|one| after(&one.message.value, now).state).collect();
        let state = states.first().copied().unwrap_or(MessageState::Waiting);
        let value = match state {
            MessageState::Sent => Mailbox { last_sent_at: Some(now), open: None },
            MessageState::Dead | MessageState::Withheld => Mailbox { open: None, ..mailbox.value },
            MessageState::Waiting => mailbox.value,
        };
        let stored = self.move_all(key, Versioned { version: mailbox.version, value }, messages, after).await?;
        stored.ok_or_else(|| Error::Contended(format!("the mails to {key}")))?;
        states.into_iter().for_each(|state| posted.count(state));
        Ok(state)
    }

    /// Moves a mailbox and its messages in one transaction; `None` if one of them moved meanwhile.
    async fn move_all(
        &self,
        key: &RecipientKey,
        mailbox: Versioned<Mailbox>,
        messages: Vec<Addressed>,
        to: impl Fn(&Outgoing, Timestamp) -> Outgoing,
    ) -> Result<Option<(Versioned<Mailbox>, Vec<Addressed>)>> {
        let now = self.now();
        let moved = |one: &Addressed| Versioned { version: one.message.version, value: to(&one.message.value, now) };
        let change = OutboxChange {
            messages: messages.iter().map(moved).collect(),
            mailbox: Some((key.clone(), mailbox.clone())),
        };
        if self.post.store.put_outgoing(&self.org.id, &change).await? == Written::Contended {
            return Ok(None);
        }
        let next = |(one, message): (Addressed, Versioned<Outgoing>)| Addressed {
            message: Versioned { version: message.version + 1, value: message.value },
            ..one
        };
        let messages = messages.into_iter().zip(change.messages).map(next).collect();
        Ok(Some((Versioned { version: mailbox.version + 1, value: mailbox.value }, messages)))
    }
}
