//! The ports of published heads.

use super::{ModelStore, Weather};
use chrono::NaiveDate;
use shared::{
    error::{Error, Result},
    model::{HeadKey, OrgId, Page, SignedHead, Timestamp},
    ports::{HeadReader, HeadStore, Written},
};
use std::ops::Bound::{Excluded, Unbounded};

impl<W: Weather> HeadReader for ModelStore<W> {
    async fn published_heads(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<SignedHead>> {
        let damaged = |_| Error::invalid("cursor", "it is damaged or of another list; begin without one");
        let before = cursor.map(|day| day.parse::<NaiveDate>()).transpose().map_err(damaged)?;
        self.read(org, |tables| {
            let older = tables.cases.heads.range((Unbounded, before.map_or(Unbounded, Excluded)));
            let mut newest_first = older.rev().map(|(_, head)| head.clone());
            let items: Vec<SignedHead> = newest_first.by_ref().take(limit.clamp(1, 1000) as usize).collect();
            let next = newest_first.next().and(items.last()).map(|head| head.at.date_naive().to_string());
            Page { items, next }
        })
        .await
    }

    async fn head_keys(&self, org: &OrgId) -> Result<Vec<HeadKey>> {
        self.read(org, |tables| tables.cases.head_keys.values().cloned().collect()).await
    }
}

impl<W: Weather> HeadStore for ModelStore<W> {
    async fn publish_head(&self, head: &SignedHead, key: Option<&HeadKey>) -> Result<Written> {
        self.write(&head.org, |tables| {
            let (cases, day) = (&mut tables.cases, head.at.date_naive());
            if cases.heads.contains_key(&day) {
                return Written::Contended;
            }
            cases.heads.insert(day, head.clone());
            cases.head_keys.extend(key.map(|key| (key.key_id.clone(), key.clone())));
            Written::Stored
        })
        .await
    }

    async fn told_until(&self, org: &OrgId) -> Result<Option<Timestamp>> {
        self.read(org, |tables| tables.cases.told_until).await
    }

    async fn put_told_until(&self, org: &OrgId, at: Timestamp) -> Result<()> {
        self.write(org, |tables| tables.cases.told_until = Some(at)).await
    }
}
