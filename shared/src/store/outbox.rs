//! Messages on their way.

use super::{
    Store,
    item::{Draft, Entity, body, versioned},
    keys,
    select::Select,
    transact::{Outcome, Reason, delete, put, put_next, unexplained},
};
use crate::model::Mailbox;
use crate::{
    error::Result,
    model::{MessageState, OrgId, Outgoing, Page, RecipientKey, Undelivered, Versioned},
    ports::{OutboxChange, OutboxStore, Written},
};
use aws_sdk_dynamodb::types::TransactWriteItem;

impl OutboxStore for Store {
    async fn mailbox(&self, org: &OrgId, recipient: &RecipientKey) -> Result<Versioned<Mailbox>> {
        let item = self.get(&self.tables.cases, keys::mailbox(org, recipient)).await?;
        item.map_or_else(|| Ok(Versioned { version: 0, value: Mailbox::default() }), versioned)
    }

    async fn put_outgoing(&self, org: &OrgId, change: &OutboxChange) -> Result<Written> {
        let table = &self.tables.cases;
        let mut writes = Vec::new();
        for Versioned { version, value } in &change.messages {
            writes.push(put_next(table, message_draft(org, value)?, *version)?);
            writes.extend(given_up(table, org, value)?);
        }
        if let Some((recipient, Versioned { version, value })) = &change.mailbox {
            let draft = Draft::new(keys::mailbox(org, recipient), Entity::Mailbox).body(value)?;
            writes.push(put_next(table, draft, *version)?);
        }
        self.write_outbox(writes).await
    }

    async fn revive(&self, org: &OrgId, message: &Versioned<Outgoing>) -> Result<Written> {
        let table = &self.tables.cases;
        let Versioned { version, value } = message;
        let put = put_next(table, message_draft(org, value)?, *version)?;
        let listed = delete(table, keys::undelivered_message(org, &value.message.id))?;
        self.write_outbox(vec![put, listed]).await
    }

    async fn messages(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Outgoing>> {
        let select = Select::all(&self.tables.cases, keys::messages(org)).limit(limit);
        self.page(&select, cursor.as_deref(), body).await
    }

    async fn undelivered(&self, org: &OrgId, limit: u32) -> Result<Page<Undelivered>> {
        let select = Select::all(&self.tables.cases, keys::undelivered(org)).limit(limit);
        self.page(&select, None, body).await
    }
}

impl Store {
    /// A conflict is another's transaction on the same items: as good as a version that moved.
    async fn write_outbox(&self, writes: Vec<TransactWriteItem>) -> Result<Written> {
        let table = &self.tables.cases;
        let lost = |reason: &Reason| matches!(reason, Reason::Condition(_) | Reason::Conflict);
        match self.transact(table, writes).await? {
            Outcome::Done => Ok(Written::Stored),
            Outcome::Cancelled(reasons) if reasons.iter().any(lost) => Ok(Written::Contended),
            Outcome::Cancelled(reasons) => Err(unexplained(table, &reasons)),
        }
    }
}

/// A message's item: pending from the moment of its next try.
pub(super) fn message_draft(org: &OrgId, outgoing: &Outgoing) -> Result<Draft> {
    let draft = Draft::new(keys::message(org, &outgoing.message.id), Entity::Message).body(outgoing)?;
    Ok(match outgoing.next_at {
        Some(at) => draft.pending(org, at),
        None => draft,
    })
}

/// The line of a message in the list of those that were given up.
fn given_up(table: &str, org: &OrgId, outgoing: &Outgoing) -> Result<Option<TransactWriteItem>> {
    match outgoing.state {
        MessageState::Waiting | MessageState::Sent | MessageState::Withheld => Ok(None),
        MessageState::Dead => {
            let message = &outgoing.message;
            let reason = outgoing.reason.clone().unwrap_or_default();
            let line = Undelivered { id: message.id.clone(), kind: message.kind, at: message.at, reason };
            let key = keys::undelivered_message(org, &message.id);
            put(table, Draft::new(key, Entity::Undelivered).body(&line)?).map(Some)
        }
    }
}
