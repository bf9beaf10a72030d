//! Which partitions an erasure goes through, and in which order.

use crate::{
    error::Result,
    model::{ErasurePlace, Org, OrgId, ReportId, SHARDS, Timestamp},
    store::{
        DAY_SECS, Store,
        item::{body, read_key},
        keys,
        purge::Parts,
        reports::run_expiry,
        select::{Range, Select},
    },
};
use chrono::NaiveDate;

/// DynamoDB deletes what has expired within a few days.
const EXPIRED_SECS: i64 = 3 * DAY_SECS;

/// A partition that holds what a place names, and from where it is read.
pub(super) struct Partition<'a> {
    pub(super) table: &'a str,
    pub(super) pk: String,
    pub(super) after: Option<String>,
    /// The report whose rows it holds.
    pub(super) report: Option<(ReportId, u32)>,
}

impl Store {
    /// The partition that is gone over at a place; `None` if there is none (any more).
    pub(super) async fn partition_at(
        &self,
        org: &OrgId,
        asked_at: Timestamp,
        place: &ErasurePlace,
    ) -> Result<Option<Partition<'_>>> {
        let (history, cases) = (self.tables.history.as_str(), self.tables.cases.as_str());
        let found = |table, pk, after: &Option<String>| Partition { table, pk, after: after.clone(), report: None };
        Ok(match place {
            ErasurePlace::Events { day, part, after } => {
                keys::events_of_day(org, *day).nth(*part as usize).map(|pk| found(history, pk, after))
            }
            ErasurePlace::Summaries { after } => Some(found(history, keys::reports(org), after)),
            ErasurePlace::Reports { done, part, after } => {
                let Some((report, parts)) = self.report_after(org, done.as_ref()).await? else { return Ok(None) };
                let pk = of_report(org, &report, parts, asked_at).into_iter().nth(*part as usize);
                pk.map(|pk| Partition { report: Some((report, parts)), ..found(history, pk, after) })
            }
            ErasurePlace::Cases { part, after } => {
                of_cases(org).into_iter().nth(*part as usize).map(|pk| found(cases, pk, after))
            }
            ErasurePlace::Profiles | ErasurePlace::Quarantine { .. } => None,
        })
    }

    /// The place that follows: in the same partition where that goes on, else in the next one.
    pub(super) async fn place_after(
        &self,
        org: &Org,
        asked_at: Timestamp,
        place: &ErasurePlace,
        last: Option<String>,
    ) -> Result<Option<ErasurePlace>> {
        let part_after = |part: u32| if last.is_some() { part } else { part + 1 };
        Ok(Some(match place.clone() {
            ErasurePlace::Events { day, part, .. } => {
                let part = part_after(part);
                match keys::events_of_day(&org.id, day).nth(part as usize) {
                    Some(_) => ErasurePlace::Events { day, part, after: last },
                    None => self.place_before(org, asked_at, day),
                }
            }
            ErasurePlace::Profiles => ErasurePlace::Summaries { after: None },
            ErasurePlace::Summaries { .. } => match last {
                Some(last) => ErasurePlace::Summaries { after: Some(last) },
                None => ErasurePlace::Reports { done: None, part: 0, after: None },
            },
            ErasurePlace::Reports { done, part, .. } => {
                let Some((report, parts)) = self.report_after(&org.id, done.as_ref()).await? else {
                    return Ok(Some(ErasurePlace::Quarantine { after: None }));
                };
                let part = part_after(part);
                match of_report(&org.id, &report, parts, asked_at).get(part as usize) {
                    Some(_) => ErasurePlace::Reports { done, part, after: last },
                    None => ErasurePlace::Reports { done: Some(report), part: 0, after: None },
                }
            }
            ErasurePlace::Quarantine { .. } => ErasurePlace::Cases { part: 0, after: None },
            ErasurePlace::Cases { part, .. } => {
                let part = part_after(part);
                let next = of_cases(&org.id).get(part as usize).map(|_| ErasurePlace::Cases { part, after: last });
                return Ok(next);
            }
        }))
    }

    /// The day before, or what comes after the oldest.
    pub(super) fn place_before(&self, org: &Org, asked_at: Timestamp, day: NaiveDate) -> ErasurePlace {
        let before = self.day_before(org.registered_at, asked_at, day);
        before.map_or(ErasurePlace::Profiles, |day| ErasurePlace::Events { day, part: 0, after: None })
    }

    /// The oldest report after another, and in how many partitions its rows are.
    async fn report_after(&self, org: &OrgId, done: Option<&ReportId>) -> Result<Option<(ReportId, u32)>> {
        let range = done.map_or(Range::All, |id| Range::After(keys::ordered(id.as_str())));
        let select = Select::all(&self.tables.history, keys::reports(org)).range(range).limit(1);
        let Some(item) = self.fetch(&select, None).await?.items.pop() else { return Ok(None) };
        let key = read_key(&item)?;
        let Parts { parts } = body(item)?;
        Ok(Some((ReportId::new(keys::unordered(&key.sk)), parts)))
    }
}

/// The partitions of a report: its rows, and what was staged for it until that has expired.
fn of_report(org: &OrgId, report: &ReportId, parts: u32, asked_at: Timestamp) -> Vec<String> {
    let rows = (0..parts).map(|part| keys::rows_part(org, report, part));
    let owners = (0..parts).map(|part| keys::owners_part(org, report, part));
    let mut found: Vec<String> = rows.chain(owners).collect();
    if run_expiry(report).is_none_or(|expired| asked_at.timestamp() <= expired + EXPIRED_SECS) {
        found.push(keys::run_findings(org, report));
        found.extend((0..SHARDS).map(|shard| keys::staged_shard(org, report, shard)));
    }
    found
}

/// The partitions of the table `cases`: what tells of the person before what is judged by it. Not the ledger: it is a
/// chain of hashes, and holds no names. Not the mails' senders: the policy is what people wrote, and is only looked at.
fn of_cases(org: &OrgId) -> Vec<String> {
    vec![
        keys::findings(org),
        keys::actions(org),
        keys::test_policies(org),
        keys::exemptions(org),
        keys::decisions(org),
        keys::messages(org),
        keys::mailboxes(org),
        keys::register(org),
        keys::sponsors(org),
        keys::campaigns(org),
        keys::policies(org),
        keys::budgets(org),
    ]
}
