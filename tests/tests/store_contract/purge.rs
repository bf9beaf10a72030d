//! What a purge leaves: nothing of the org, and everything of the others. Every key that the store can make is tried.
#![expect(clippy::disallowed_types, reason = "items of every key are written, whatever they hold")]
#![expect(clippy::disallowed_methods, reason = "whether anything is left shows only in the whole table")]

use crate::{
    ODD_IDS, World,
    samples::{at, credential, new, report, run},
};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use shared::{
    clock::NoDeadline,
    flow::purge::{Purged, purge},
    model::{
        EventKey, Org, OrgId, OrgState, ProfileKey, Purge, QuarantineId, Quarantined, ReportId, SHARDS, SectionName,
        Timestamp, Versioned,
    },
    ports::{CaseReader, Clock, FindingStore, PurgeStore, QuarantineStore, ReportStore, Written},
    store::keys::{self, Key, Single},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokenwarden_tests::world::Steps;

/// The files that make keys: one for each table. A test of its own holds that there is no other.
const KEYS: [&str; 2] = [
    include_str!("../../../shared/src/store/keys/history.rs"),
    include_str!("../../../shared/src/store/keys/cases.rs"),
];
/// What both share, and the list of the files.
const COMMON: &str = include_str!("../../../shared/src/store/keys.rs");

pub(crate) async fn contract(world: &World) {
    a_purge_leaves_nothing_of_the_org_and_everything_of_the_others(world).await;
    an_interrupted_purge_goes_on(world).await;
    an_entry_that_moved_is_not_forgotten(world).await;
}

/// The constructors by name, with keys that each makes.
type Made = BTreeMap<&'static str, Vec<Key>>;

fn history_keys(org: &OrgId) -> Made {
    let (made, open) = (ReportId::new("20261120-1"), ReportId::new("20261121 open#"));
    let reports = [&made, &open];
    let event = |day: i64| {
        let at = at(day * 86_400);
        keys::event(
            org,
            &EventKey { epoch_secs: at.timestamp(), id: format!("e {day}").as_str().into(), hash: "h".into() },
        )
    };
    let parts = |report: &ReportId| if *report == made { 5 } else { 1 };
    let account = |n: u32| format!("account #{n}").as_str().into();
    let owned = |n: u32| credential(&format!("t{n}"), Some(&format!("account #{n}")));
    let each = |make: &dyn Fn(&ReportId, u32) -> Key| {
        reports.iter().flat_map(|report| (0..12).map(|n| make(report, n))).collect::<Vec<_>>()
    };
    let singles = [Single::Run, Single::Schedule, Single::Poll, Single::Catalogue, Single::Ignored, Single::Latest];
    Made::from([
        ("event", [-120, -60, -1, 0, 1, 2].map(event).to_vec()),
        (
            "profile",
            (0..90).map(|n| keys::profile(org, &ProfileKey { actor: account(n), identity: "t:1".into() })).collect(),
        ),
        ("single", singles.map(|which| keys::single(org, which)).to_vec()),
        ("staged_owner", each(&|report, n| keys::staged_owner(org, report, &account(n), SectionName::Users))),
        ("staged_credential", each(&|report, n| keys::staged_credential(org, report, &owned(n)))),
        ("run_finding", each(&|report, n| keys::run_finding(org, report, &format!("f{n}").as_str().into()))),
        ("shard_total", each(&|report, n| keys::shard_total(org, report, n % SHARDS))),
        ("row", each(&|report, n| keys::row(org, report, parts(report), &owned(n).reference))),
        ("owner_row", each(&|report, n| keys::owner_row(org, report, parts(report), &account(n)))),
        ("report", vec![keys::report(org, &made)]),
        ("quarantined", vec![keys::quarantined(org, at(0), &body_id())]),
        ("quarantine_commit", vec![keys::quarantine_commit(org, &body_id())]),
        ("quarantine_part", vec![keys::quarantine_part(org, &body_id(), 0)]),
    ])
}

fn cases_keys(org: &OrgId) -> Made {
    let all = |make: &dyn Fn(&str) -> Key| ODD_IDS.iter().map(|id| make(id)).collect::<Vec<_>>();
    Made::from([
        ("org", vec![keys::org(org)]),
        ("finding", all(&|id| keys::finding(org, &id.into()))),
        ("exemption", all(&|id| keys::exemption(org, id))),
        ("register_entry", all(&|id| keys::register_entry(org, &credential(id, None).reference))),
        ("sponsor", all(&|id| keys::sponsor(org, &id.into()))),
        ("campaign", all(&|id| keys::campaign(org, &id.into()))),
        ("seats", vec![keys::seats(org)]),
        ("erasure", all(&|id| keys::erasure(org, &id.into()))),
        ("action", all(&|id| keys::action(org, &id.into()))),
        ("message", all(&|id| keys::message(org, &id.into()))),
        ("mailbox", all(&|id| keys::mailbox(org, &id.into()))),
        ("undelivered_message", all(&|id| keys::undelivered_message(org, &id.into()))),
        ("decision", all(&|id| keys::decision(org, id))),
        ("policy_version", vec![keys::policy_version(org, 1), keys::policy_version(org, 2)]),
        ("policy_proposal", vec![keys::policy_proposal(org)]),
        ("policy_pointer", vec![keys::policy_pointer(org)]),
        ("budget", vec![keys::budget(org)]),
        ("ledger_head", vec![keys::ledger_head(org)]),
        ("ledger_entry", (1..30).map(|seq| keys::ledger_entry(org, seq)).collect()),
        ("told_until", vec![keys::told_until(org)]),
        ("published_head", (0..3).map(|day| keys::published_head(org, at(day * 86_400))).collect()),
        ("head_key", all(&|id| keys::head_key(org, id))),
    ])
}

fn body_id() -> QuarantineId {
    QuarantineId::new("body #1")
}

/// The constructors that the store has: its public functions that make a key.
fn constructors() -> BTreeSet<&'static str> {
    let functions = KEYS.into_iter().chain([COMMON]).flat_map(|file| file.split("\npub fn ").skip(1));
    let makes = functions.filter(|text| text.split(" {\n").next().is_some_and(|head| head.ends_with("-> Key")));
    makes.filter_map(|text| text.split('(').next()).collect()
}

#[test]
fn the_files_that_make_keys_are_all_read_here() {
    let modules: Vec<&str> = COMMON.lines().filter(|line| line.starts_with("mod ")).collect();
    assert_eq!(modules, ["mod cases;", "mod history;", "mod tests;"]);
}

/// Items of every key: made by the ports where a purge reads them, else empty.
async fn fill(world: &World, org: &OrgId) {
    for (table, made) in [(&world.tables.history, history_keys(org)), (&world.tables.cases, cases_keys(org))] {
        for key in made.into_values().flatten() {
            let put = world.dynamo.client().put_item().table_name(table);
            put.item("pk", AttributeValue::S(key.pk)).item("sk", AttributeValue::S(key.sk)).send().await.unwrap();
        }
    }
    let store = &world.store;
    store.publish(org, &report("20261120-1", 5)).await.unwrap();
    forget(world, &world.tables.history, keys::single(org, Single::Run)).await;
    store.put_run(org, &new(run("20261121 open#"))).await.unwrap();
    forget(world, &world.tables.history, keys::quarantine_commit(org, &body_id())).await;
    forget(world, &world.tables.history, keys::quarantined(org, at(0), &body_id())).await;
    store.quarantine(org, &header(), b"{").await.unwrap();
    forget(world, &world.tables.cases, keys::org(org)).await;
    assert_eq!(store.put_org(&new(purging(org))).await, Ok(Written::Stored));
}

async fn forget(world: &World, table: &str, key: Key) {
    let delete = world.dynamo.client().delete_item().table_name(table);
    delete.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk)).send().await.unwrap();
}

fn header() -> Quarantined {
    let intake = shared::model::Intake::AuditWebhook;
    Quarantined { id: body_id(), intake, reason: "not JSON".into(), at: at(0), size_bytes: 1, parts: 1 }
}

fn purging(org: &OrgId) -> Org {
    let purge = Some(Purge::asked(at(0)));
    Org { state: OrgState::Purging, purge, ..Org::new(org.clone(), "doomed".into(), at(-86_400)) }
}

/// Every key of both tables, with its table.
async fn everything(world: &World) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for table in [&world.tables.history, &world.tables.cases] {
        let items = world.dynamo.items(table).await;
        let text =
            |item: &std::collections::HashMap<String, AttributeValue>, name: &str| item[name].as_s().unwrap().clone();
        found.extend(items.iter().map(|item| (table.clone(), text(item, "pk"), text(item, "sk"))));
    }
    found
}

fn all_of(world: &World, org: &OrgId) -> BTreeSet<(String, String, String)> {
    let of = |table: &str, made: Made| -> Vec<(String, String, String)> {
        made.into_values().flatten().map(|key| (table.to_owned(), key.pk, key.sk)).collect()
    };
    let history = of(&world.tables.history, history_keys(org));
    history.into_iter().chain(of(&world.tables.cases, cases_keys(org))).collect()
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _: Duration) {}
}

async fn a_purge_leaves_nothing_of_the_org_and_everything_of_the_others(world: &World) {
    let orgs = ["a#b", "a%23b"].map(|id| OrgId::new(format!("purged {id}")));
    let (mut tried, all) = (BTreeSet::new(), constructors());
    for org in &orgs {
        tried.extend(history_keys(org).into_keys().chain(cases_keys(org).into_keys()));
        fill(world, org).await;
    }
    assert_eq!(tried, all, "each constructor of a key is tried here, so that a purge cannot forget one");
    let mut before = everything(world).await;
    for org in &orgs {
        let due = At(at(0) + TimeDelta::minutes(5));
        let early = purge(&world.store, &purging(org), &At(at(0)), &NoDeadline).await;
        assert_eq!(early, Ok(Purged::PurgeWaits { until: due.0 }));
        let done = purge(&world.store, &purging(org), &due, &NoDeadline).await.unwrap();
        let after = everything(world).await;
        let gone: BTreeSet<_> = before.difference(&after).cloned().collect();
        assert_eq!(gone, all_of(world, org), "{org}");
        assert_eq!(done, Purged::Purged { deleted: gone.len() as u64 - 1 }, "all but the entry in the registry");
        assert_eq!(purge(&world.store, &purging(org), &due, &NoDeadline).await, Ok(Purged::NothingDue));
        before = after;
    }
}

async fn an_interrupted_purge_goes_on(world: &World) {
    let (org, due) = (OrgId::new("interrupted purge"), At(at(0) + TimeDelta::minutes(5)));
    fill(world, &org).await;
    let mut places = BTreeSet::new();
    for tick in 0.. {
        assert!(tick < 100, "it does not come to an end");
        let steps = Steps::new(40);
        match purge(&world.store, &purging(&org), &due, &steps).await.unwrap() {
            Purged::Purging { .. } => {}
            Purged::Purged { .. } => break,
            other @ (Purged::PurgeWaits { .. } | Purged::NothingDue) => panic!("{other:?}"),
        }
        let entry = world.store.org_entry(&org).await.unwrap().unwrap();
        assert!(places.insert(format!("{:?}", entry.value.purge)), "each tick goes on from the one before");
    }
    assert!(places.len() > 3, "{places:?}");
    let left = everything(world).await;
    assert!(all_of(world, &org).is_disjoint(&left));
}

async fn an_entry_that_moved_is_not_forgotten(world: &World) {
    let org = purging(&OrgId::new("moved entry"));
    assert_eq!(world.store.put_org(&new(org.clone())).await, Ok(Written::Stored));
    let at_version = |version| Versioned { version, value: org.clone() };
    assert_eq!(world.store.forget_org(&at_version(2)).await, Ok(Written::Contended));
    assert_eq!(world.store.forget_org(&at_version(1)).await, Ok(Written::Stored));
    assert_eq!(world.store.forget_org(&at_version(1)).await, Ok(Written::Stored), "a second time");
    assert_eq!(world.store.org(&org.id).await, Ok(None));
}
