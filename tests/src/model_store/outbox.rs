//! The port of messages on their way.

use super::{
    ModelStore, Weather,
    tables::{Cases, cut, follows, page, stored},
};
use shared::{
    error::Result,
    model::{Mailbox, MessageId, OrgId, Outgoing, Page, RecipientKey, Undelivered, Versioned},
    ports::{OutboxChange, OutboxStore, Written},
};
use std::collections::BTreeMap;

impl<W: Weather> OutboxStore for ModelStore<W> {
    async fn mailbox(&self, org: &OrgId, recipient: &RecipientKey) -> Result<Versioned<Mailbox>> {
        let none = || Versioned { version: 0, value: Mailbox::default() };
        self.read(org, |tables| tables.cases.mailboxes.get(recipient).cloned().unwrap_or_else(none)).await
    }

    async fn put_outgoing(&self, org: &OrgId, change: &OutboxChange) -> Result<Written> {
        self.write(org, |tables| put(&mut tables.cases, change)).await
    }

    async fn revive(&self, org: &OrgId, message: &Versioned<Outgoing>) -> Result<Written> {
        let change = OutboxChange { messages: vec![message.clone()], mailbox: None };
        self.put_outgoing(org, &change).await
    }

    async fn messages(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Outgoing>> {
        let after = cursor.map(MessageId::new);
        self.read(org, |tables| page(&tables.cases.messages, after.as_ref(), limit, |item| item.value.clone())).await
    }

    async fn undelivered(&self, org: &OrgId, limit: u32) -> Result<Page<Undelivered>> {
        self.read(org, |tables| {
            let lines: BTreeMap<MessageId, Undelivered> =
                tables.cases.undelivered().map(|line| (line.id.clone(), line)).collect();
            let (items, next) = cut(lines.iter(), limit, Undelivered::clone);
            Page { items, next: next.map(|id| id.to_string()) }
        })
        .await
    }
}

fn put(cases: &mut Cases, change: &OutboxChange) -> Written {
    let current = |one: &Versioned<Outgoing>| follows(cases.messages.get(&one.value.message.id), one);
    let mailbox = change.mailbox.as_ref();
    if !change.messages.iter().all(current)
        || !mailbox.is_none_or(|(key, next)| follows(cases.mailboxes.get(key), next))
    {
        return Written::Contended;
    }
    let messages = change.messages.iter().map(|one| (one.value.message.id.clone(), stored(one)));
    cases.messages.extend(messages);
    cases.mailboxes.extend(mailbox.map(|(key, next)| (key.clone(), stored(next))));
    Written::Stored
}
