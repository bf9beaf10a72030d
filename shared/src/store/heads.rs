//! Published heads of the ledger, and the keys that signed them: beside its entries.

use super::{
    Store,
    item::{Draft, Entity, Item, body, read_text},
    keys,
    select::{Range, Select},
    transact::{Outcome, Reason, put, put_new, unexplained},
};
use crate::{
    error::Result,
    model::{HeadKey, OrgId, Page, SignedHead, Timestamp},
    ports::{HeadReader, HeadStore, Written},
};
use serde::{Deserialize, Serialize};

impl HeadReader for Store {
    async fn published_heads(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<SignedHead>> {
        let select = self.beside_the_ledger(org, keys::PUBLISHED).newest_first().limit(limit);
        self.page(&select, cursor.as_deref(), published_head).await
    }

    async fn head_keys(&self, org: &OrgId) -> Result<Vec<HeadKey>> {
        self.fetch_all(&self.beside_the_ledger(org, keys::SIGNERS)).await?.into_iter().map(body).collect()
    }
}

impl HeadStore for Store {
    async fn publish_head(&self, head: &SignedHead, key: Option<&HeadKey>) -> Result<Written> {
        let table = &self.tables.cases;
        let draft = Draft::new(keys::published_head(&head.org, head.at), Entity::PublishedHead).body(head)?;
        let mut writes = vec![put_new(table, draft)?];
        if let Some(key) = key {
            let draft = Draft::new(keys::head_key(&head.org, &key.key_id), Entity::HeadKey).body(key)?;
            writes.push(put(table, draft)?);
        }
        match self.transact(table, writes).await? {
            Outcome::Done => Ok(Written::Stored),
            Outcome::Cancelled(reasons) => match reasons.iter().find(|reason| **reason != Reason::None) {
                Some(Reason::Condition(_) | Reason::Conflict) => Ok(Written::Contended),
                Some(Reason::Other(_) | Reason::None) | None => Err(unexplained(table, &reasons)),
            },
        }
    }

    async fn told_until(&self, org: &OrgId) -> Result<Option<Timestamp>> {
        let item = self.get(&self.tables.cases, keys::told_until(org)).await?;
        item.map(|item| body::<ToldUntil>(item).map(|told| told.at)).transpose()
    }

    async fn put_told_until(&self, org: &OrgId, at: Timestamp) -> Result<()> {
        let draft = Draft::new(keys::told_until(org), Entity::ToldUntil).body(&ToldUntil { at })?;
        self.put(&self.tables.cases, draft).await
    }
}

/// Up to which published head the event bus was told.
#[derive(Serialize, Deserialize)]
pub(super) struct ToldUntil {
    at: Timestamp,
}

/// A head; one that cannot be read is named, because somebody changed it.
fn published_head(item: Item) -> Result<SignedHead> {
    let day = read_text(&item, "sk")?.trim_start_matches(keys::PUBLISHED).to_owned();
    body(item).map_err(|error| error.or_damaged(|| format!("the head of the ledger that was published on {day}")))
}

impl Store {
    fn beside_the_ledger(&self, org: &OrgId, prefix: &str) -> Select<'_> {
        Select::all(&self.tables.cases, keys::ledger(org)).range(Range::StartsWith(prefix.to_owned()))
    }
}
