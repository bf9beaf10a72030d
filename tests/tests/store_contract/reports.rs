//! Reports in the making and made.

use crate::{
    ODD_IDS, Ports, World, odd_orgs,
    samples::{credential, finding, owner, report, row},
};
use shared::{
    error::Error,
    model::{CredentialRef, CredentialRow, FindingId, OrgId, Report, ReportId, SHARDS, SectionName, Totals, shard_of},
    ports::{ReportStore, Staged, StagedRow},
};
use std::collections::BTreeMap;

pub(crate) async fn contract(store: &impl Ports) {
    staged_rows_stand_by_owner_and_owners_before_their_credentials(store).await;
    a_row_staged_again_replaces_itself(store).await;
    rows_stand_in_one_order_whatever_the_number_of_parts(store).await;
    a_row_is_found_by_its_credential(store).await;
    the_findings_of_a_run_stand_in_the_order_of_their_ids(store).await;
    the_sums_of_the_shards_are_kept(store).await;
    the_latest_report_is_the_one_published_last(store).await;
    rows_are_found_by_their_credentials(store).await;
}

/// What needs a DynamoDB.
pub(crate) async fn over_dynamodb(world: &World) {
    a_shard_larger_than_a_page_goes_on(world).await;
    rows_expire_with_their_report(world).await;
}

fn staged(attempt: u32, row: Staged) -> StagedRow {
    StagedRow { section: SectionName::Users, attempt, row }
}

fn staged_order(row: &StagedRow) -> (String, u8, String) {
    match &row.row {
        Staged::Owner(owner) => (owner.account_id.to_string(), 0, row.section.to_string()),
        Staged::OrgAdmin(account) => (account.to_string(), 0, row.section.to_string()),
        Staged::Credential(credential) => {
            let owner = credential.owner.as_ref().map_or("-".to_owned(), ToString::to_string);
            (owner, 1, credential.reference.id.to_string())
        }
    }
}

async fn staged_rows_stand_by_owner_and_owners_before_their_credentials(store: &impl Ports) {
    let report = ReportId::new("20261122-1");
    for org in odd_orgs() {
        let mut rows: Vec<StagedRow> = ODD_IDS.iter().map(|id| staged(1, Staged::Owner(owner(id)))).collect();
        let admin =
            |id: &&str| StagedRow { section: SectionName::OrgAdmins, ..staged(1, Staged::OrgAdmin((*id).into())) };
        rows.extend(ODD_IDS.iter().map(admin));
        rows.extend(ODD_IDS.iter().flat_map(|owner| {
            ODD_IDS.map(|id| staged(2, Staged::Credential(credential(&format!("{owner} {id}"), Some(owner)))))
        }));
        rows.push(staged(1, Staged::Credential(credential("ownerless", None))));
        store.stage(&org, &report, &rows).await.unwrap();
        let mut wanted: BTreeMap<u32, Vec<StagedRow>> = BTreeMap::new();
        rows.sort_by_key(staged_order);
        for row in rows {
            wanted.entry(shard_of(&staged_order(&row).0, SHARDS)).or_default().push(row);
        }
        let empty = (0..SHARDS).find(|shard| !wanted.contains_key(shard)).unwrap();
        wanted.insert(empty, vec![]);
        for (shard, rows) in wanted {
            let page = store.staged(&org, &report, shard, None).await.unwrap();
            assert_eq!((page.items, page.next), (rows, None));
        }
    }
}

async fn a_row_staged_again_replaces_itself(store: &impl Ports) {
    let (org, report) = (OrgId::new("again"), ReportId::new("20261122-1"));
    let row = |attempt| staged(attempt, Staged::Owner(owner("a")));
    store.stage(&org, &report, &[row(1), row(1)]).await.unwrap();
    store.stage(&org, &report, &[row(2)]).await.unwrap();
    let page = store.staged(&org, &report, shard_of("a", SHARDS), None).await.unwrap();
    assert_eq!(page.items, [row(2)]);
    let other = store.staged(&org, &"20261122-2".into(), shard_of("a", SHARDS), None).await.unwrap();
    assert_eq!(other.items, []);
}

async fn a_shard_larger_than_a_page_goes_on(world: &World) {
    let (org, report) = (OrgId::new("large"), ReportId::new("20261122-1"));
    let row = |n: u32| {
        let mut credential = credential(&format!("{n:02}"), Some("a"));
        credential.label = "x".repeat(100_000);
        staged(1, Staged::Credential(credential))
    };
    let rows: Vec<StagedRow> = (0..24).map(row).collect();
    for few in rows.chunks(8) {
        world.store.stage(&org, &report, few).await.unwrap();
    }
    let (mut found, mut cursor, mut pages) = (vec![], None, 0);
    loop {
        let page = world.store.staged(&org, &report, shard_of("a", SHARDS), cursor).await.unwrap();
        found.extend(page.items);
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(pages > 1);
    assert_eq!(found, rows);
}

fn rows(count: u32) -> Vec<CredentialRow> {
    (0..count).map(|n| row(&format!("token #{n}"))).collect()
}

async fn all_rows(store: &impl Ports, org: &OrgId, report: &Report) -> Vec<CredentialRow> {
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let page = store.rows(org, report, cursor, 7).await.unwrap();
        assert!(page.items.len() <= 7);
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

async fn rows_stand_in_one_order_whatever_the_number_of_parts(store: &impl Ports) {
    let org = OrgId::new("rows");
    let mut orders = vec![];
    for parts in [1, 3, 5] {
        let report = report(&format!("2026112{parts}-1"), parts);
        store.put_rows(&org, &report.id, parts, &rows(60)).await.unwrap();
        store.put_rows(&org, &report.id, parts, &rows(30)).await.unwrap();
        orders.push(all_rows(store, &org, &report).await);
    }
    assert_eq!(orders[0].len(), 60);
    assert!(orders.windows(2).all(|pair| pair[0] == pair[1]));
    let empty = report("20261129-1", 4);
    assert_eq!(all_rows(store, &org, &empty).await, [], "empty pages lead to the end");
    let page = store.rows(&org, &empty, None, 7).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_some(), "only the last part ends the list");
    let damaged = store.rows(&org, &empty, Some("AAAA".into()), 7).await;
    assert!(matches!(damaged, Err(Error::Invalid { what, .. }) if what == "cursor"));
}

async fn a_row_is_found_by_its_credential(store: &impl Ports) {
    let (org, report) = (OrgId::new("row"), report("20261122-1", 3));
    let stored: Vec<CredentialRow> = ODD_IDS.into_iter().map(row).collect();
    store.put_rows(&org, &report.id, 3, &stored).await.unwrap();
    for row in stored {
        let found = store.row(&org, &report, &row.credential.reference).await.unwrap();
        assert_eq!(found, Some(row));
    }
    let missing = credential("missing", None).reference;
    assert_eq!(store.row(&org, &report, &missing).await, Ok(None));
}

async fn the_findings_of_a_run_stand_in_the_order_of_their_ids(store: &impl Ports) {
    let (org, report) = (OrgId::new("run findings"), ReportId::new("20261122-1"));
    let mut ids = ODD_IDS.map(FindingId::from);
    let findings: Vec<_> = ids.iter().map(|id| finding(id.as_str(), 1)).collect();
    store.put_run_findings(&org, &report, &findings).await.unwrap();
    ids.sort_unstable();
    for (n, after) in [None].into_iter().chain(ids.iter().map(Some)).enumerate() {
        let page = store.run_findings(&org, &report, after).await.unwrap();
        let found: Vec<FindingId> = page.items.into_iter().map(|finding| finding.id).collect();
        assert_eq!(found, ids[n..]);
    }
}

async fn the_sums_of_the_shards_are_kept(store: &impl Ports) {
    let (org, report) = (OrgId::new("totals"), ReportId::new("20261122-1"));
    assert_eq!(store.shard_totals(&org, &report).await, Ok(vec![]));
    for shard in [1, 0, 1] {
        let totals = Totals { credentials: u64::from(shard) + 10, ..Totals::default() };
        store.put_shard_totals(&org, &report, shard, &totals).await.unwrap();
    }
    let credentials = store.shard_totals(&org, &report).await.unwrap().into_iter().map(|sum| sum.credentials);
    assert_eq!(credentials.collect::<Vec<_>>(), [10, 11]);
}

async fn the_latest_report_is_the_one_published_last(store: &impl Ports) {
    for org in odd_orgs() {
        assert_eq!(store.latest_report(&org).await, Ok(None));
        for id in ["20261121-1", "20261123-1", "20261122-1"] {
            store.publish(&org, &report(id, 1)).await.unwrap();
        }
        let latest = store.latest_report(&org).await.unwrap().unwrap();
        assert_eq!(latest.id.as_str(), "20261123-1", "a late one does not push a newer one aside");
        assert_eq!(store.report(&org, &"20261121-1".into()).await, Ok(Some(report("20261121-1", 1))));
        assert_eq!(store.report(&org, &"none".into()).await, Ok(None));
        let first = store.reports(&org, None, 2).await.unwrap();
        let second = store.reports(&org, first.next.clone(), 2).await.unwrap();
        let ids: Vec<_> = first.items.iter().chain(&second.items).map(|report| report.id.as_str()).collect();
        assert_eq!(ids, ["20261123-1", "20261122-1", "20261121-1"]);
    }
}

#[expect(clippy::disallowed_types, reason = "what is lifted beside a value shows only in the item")]
async fn rows_expire_with_their_report(world: &World) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let (org, id) = (OrgId::new("expiring rows"), ReportId::new("19700102T030405Z-1"));
    world.store.put_rows(&org, &id, 1, &[row("t")]).await.unwrap();
    let key = shared::store::keys::row(&org, &id, 1, &row("t").credential.reference);
    let get = world.dynamo.client().get_item().table_name(&world.tables.history);
    let get = get.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
    let item = get.send().await.unwrap().item.unwrap();
    assert_eq!(item["expires_at"], AttributeValue::N((402 * 86_400).to_string()));
}

async fn rows_are_found_by_their_credentials(store: &impl Ports) {
    let org = OrgId::new("rows by credential");
    let report = report("20261124-1", 3);
    let rows: Vec<CredentialRow> = (0..250).map(|n| row(&format!("t{n}"))).collect();
    store.put_rows(&org, &report.id, report.parts, &rows).await.unwrap();
    let mut wanted: Vec<CredentialRef> = rows.iter().map(|row| row.credential.reference.clone()).collect();
    wanted.push(credential("in no row", None).reference);
    let mut found = store.rows_of(&org, &report, &wanted).await.unwrap();
    found.sort_by_key(|row| row.credential.reference.order());
    let mut rows = rows;
    rows.sort_by_key(|row| row.credential.reference.order());
    assert_eq!(found, rows);
    assert_eq!(store.rows_of(&org, &report, &[]).await, Ok(vec![]));
}
