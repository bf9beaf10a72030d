//! Deleting everything of an org, by queries on its own partitions: every partition that [`super::keys`] can make of an
//! org is named here, and the store's contract fails when one is missing.
//!
//! What no list names cannot be found, and expires: the parts of a quarantined body whose header was never written, and
//! the rows of a report whose summary has expired before them.

use super::{
    Store,
    call::failed,
    item::{Item, body, read_key},
    keys::{self, Key, Single},
    select::Select,
};
use crate::{
    error::Result,
    model::{Org, OrgId, PurgePlace, ReportId, SHARDS, Timestamp, Versioned},
    ports::{PurgeStore, PurgedPart, Written},
};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{Days, NaiveDate};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

/// Partitions that are read at the same time.
const AT_A_TIME: usize = 8;
/// Keys that one query reads.
const KEYS: i32 = 1_000;
/// Quarantined bodies that one part deletes.
const BODIES: u32 = 25;
/// Events may be so much older than the org's registration: Atlassian keeps its log for 180 days.
const BEFORE_REGISTRATION: Days = Days::new(180);
/// DynamoDB deletes what has expired within a few days.
const EXPIRED_DAYS: u64 = 3;

impl PurgeStore for Store {
    async fn purge_part(&self, org: &Org, place: PurgePlace) -> Result<PurgedPart> {
        let id = &org.id;
        match place {
            PurgePlace::Events { day } => {
                let partitions = self.in_history(keys::events_of_day(id, day));
                let before = self.day_before(org.registered_at, asked_at(org), day);
                let next = before.map_or(PurgePlace::Profiles, |day| PurgePlace::Events { day });
                self.through(partitions, place, Some(next)).await
            }
            PurgePlace::Profiles => {
                let partitions = self.in_history((0..SHARDS).map(|shard| keys::profile_shard(id, shard)));
                self.through(partitions, place, Some(PurgePlace::Reports)).await
            }
            PurgePlace::Reports => self.purge_report(id).await,
            PurgePlace::Quarantine => self.purge_bodies(id).await,
            PurgePlace::Rest => self.through(self.rest(id), place, None).await,
        }
    }

    async fn forget_org(&self, org: &Versioned<Org>) -> Result<Written> {
        self.delete_entry(org).await
    }
}

/// A partition of one of the tables.
struct Partition<'a> {
    table: &'a str,
    pk: String,
}

/// What deleting a page of a partition, or of several, came to.
struct Swept {
    deleted: u64,
    left: Left,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    More,
    Nothing,
}

/// What must be known of a report to find its rows.
#[derive(Deserialize)]
pub(super) struct Parts {
    pub(super) parts: u32,
}

/// What must be known of the open run.
#[derive(Deserialize)]
struct OpenRun {
    report: ReportId,
    parts: u32,
}

fn asked_at(org: &Org) -> Timestamp {
    org.purge.as_ref().map_or(org.registered_at, |purge| purge.asked_at)
}

impl Store {
    fn in_history(&self, keys: impl IntoIterator<Item = String>) -> Vec<Partition<'_>> {
        keys.into_iter().map(|pk| Partition { table: &self.tables.history, pk }).collect()
    }

    /// Everything that stands in one partition of the org; the ledger last.
    fn rest(&self, org: &OrgId) -> Vec<Partition<'_>> {
        let cases = [
            keys::findings(org),
            keys::actions(org),
            keys::decisions(org),
            keys::messages(org),
            keys::mailboxes(org),
            keys::undelivered(org),
            keys::exemptions(org),
            keys::register(org),
            keys::sponsors(org),
            keys::campaigns(org),
            keys::erasures(org),
            keys::test_policies(org),
            keys::policies(org),
            keys::budgets(org),
            keys::ledger(org),
        ];
        let cases = cases.into_iter().map(|pk| Partition { table: &self.tables.cases, pk });
        self.in_history([keys::singles(org)]).into_iter().chain(cases).collect()
    }

    /// The day before, unless no event can be as old: the setting may have been longer when the org was registered.
    pub(super) fn day_before(
        &self,
        registered_at: Timestamp,
        asked_at: Timestamp,
        day: NaiveDate,
    ) -> Option<NaiveDate> {
        let kept = Days::new(u64::from(self.retention.event_days) + EXPIRED_DAYS);
        let kept = asked_at.date_naive().checked_sub_days(kept);
        let first = registered_at.date_naive().checked_sub_days(BEFORE_REGISTRATION);
        day.pred_opt().filter(|before| kept.min(first).is_some_and(|oldest| *before >= oldest))
    }

    /// Deletes a page of each partition; the place is left when all of them are empty.
    async fn through(
        &self,
        partitions: Vec<Partition<'_>>,
        place: PurgePlace,
        next: Option<PurgePlace>,
    ) -> Result<PurgedPart> {
        let Swept { deleted, left } = self.sweep(partitions).await?;
        Ok(PurgedPart { deleted, next: if left == Left::Nothing { next } else { Some(place) } })
    }

    async fn sweep(&self, partitions: Vec<Partition<'_>>) -> Result<Swept> {
        let calls: Vec<_> = partitions.iter().map(|partition| self.sweep_page(partition)).collect();
        let swept: Vec<Swept> = stream::iter(calls).buffer_unordered(AT_A_TIME).try_collect().await?;
        let more = swept.iter().any(|one| one.left == Left::More);
        let deleted = swept.iter().map(|one| one.deleted).sum();
        Ok(Swept { deleted, left: if more { Left::More } else { Left::Nothing } })
    }

    async fn sweep_page(&self, Partition { table, pk }: &Partition<'_>) -> Result<Swept> {
        let request = self
            .client
            .query()
            .table_name(*table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .limit(KEYS);
        let answer = request.send().await.map_err(failed("Query", table))?;
        let left = if answer.last_evaluated_key.is_some() { Left::More } else { Left::Nothing };
        let keys: Vec<Key> = answer.items.unwrap_or_default().iter().map(read_key).collect::<Result<_>>()?;
        let deleted = keys.len() as u64;
        self.delete_all(table, keys).await?;
        Ok(Swept { deleted, left })
    }

    /// The run that is open, or else the oldest report that is left: its rows first, then what names it.
    async fn purge_report(&self, org: &OrgId) -> Result<PurgedPart> {
        let Some((report, parts, named_by)) = self.next_report(org).await? else {
            return Ok(PurgedPart { deleted: 0, next: Some(PurgePlace::Quarantine) });
        };
        let staged = (0..SHARDS).map(|shard| keys::staged_shard(org, &report, shard));
        let rows = (0..parts).map(|part| keys::rows_part(org, &report, part));
        let owners = (0..parts).map(|part| keys::owners_part(org, &report, part));
        let of_run = [keys::run_findings(org, &report), keys::shard_totals(org, &report)];
        let Swept { mut deleted, left } =
            self.sweep(self.in_history(staged.chain(rows).chain(owners).chain(of_run))).await?;
        if left == Left::Nothing {
            self.delete_all(&self.tables.history, [named_by]).await?;
            deleted += 1;
        }
        Ok(PurgedPart { deleted, next: Some(PurgePlace::Reports) })
    }

    async fn next_report(&self, org: &OrgId) -> Result<Option<(ReportId, u32, Key)>> {
        let key = keys::single(org, Single::Run);
        if let Some(item) = self.get(&self.tables.history, key.clone()).await? {
            let OpenRun { report, parts } = body(item)?;
            return Ok(Some((report, parts, key)));
        }
        let select = Select::all(&self.tables.history, keys::reports(org)).limit(1);
        let Some(item) = self.fetch(&select, None).await?.items.pop() else { return Ok(None) };
        let key = read_key(&item)?;
        let Parts { parts } = body(item)?;
        Ok(Some((ReportId::new(keys::unordered(&key.sk)), parts, key)))
    }

    /// Some bodies, each before the header that lists it.
    async fn purge_bodies(&self, org: &OrgId) -> Result<PurgedPart> {
        let select = Select::all(&self.tables.history, keys::quarantine(org)).limit(BODIES);
        let headers: Vec<Item> = self.fetch(&select, None).await?.items;
        let mut deleted = headers.len() as u64;
        for header in headers.iter().map(read_key) {
            let header = header?;
            if let Some(id) = keys::quarantined_id(&header.sk) {
                deleted +=
                    self.empty(&Partition { table: &self.tables.history, pk: keys::quarantine_body(org, &id) }).await?;
            }
            self.delete_all(&self.tables.history, [header]).await?;
        }
        let next = if headers.is_empty() { PurgePlace::Rest } else { PurgePlace::Quarantine };
        Ok(PurgedPart { deleted, next: Some(next) })
    }

    /// Deletes a whole partition, for those that are small.
    async fn empty(&self, partition: &Partition<'_>) -> Result<u64> {
        let mut deleted = 0;
        loop {
            let swept = self.sweep_page(partition).await?;
            deleted += swept.deleted;
            if swept.left == Left::Nothing {
                return Ok(deleted);
            }
        }
    }
}
