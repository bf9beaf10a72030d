//! The ledger, written by many at once.

use crate::{
    Ports, World, odd_orgs,
    samples::{action, at, new, record},
};
use shared::{
    decide::ledger::{verify, verify_against},
    error::Error,
    model::{HeadKey, LedgerEntry, LedgerHead, LedgerRecord, OrgId, Seal, SignedHead},
    ports::{CaseChange, CaseReader, CaseStore, Written},
    store::keys,
};

const APPENDERS: usize = 16;

pub(crate) async fn contract(store: &impl Ports) {
    the_chain_holds_after_it_was_stored_and_read(store).await;
    many_appenders_make_one_chain(store).await;
    what_is_contended_leaves_no_entry(store).await;
    heads_are_published_once_a_day_and_listed_newest_first(store).await;
    the_keys_of_heads_are_kept(store).await;
    it_is_kept_up_to_which_head_the_bus_was_told(store).await;
}

/// What needs a DynamoDB.
pub(crate) async fn over_dynamodb(world: &World) {
    an_entry_whose_answer_was_lost_is_there_once(world).await;
    an_entry_that_cannot_be_read_is_named(world).await;
}

fn recorded(record: LedgerRecord) -> CaseChange {
    CaseChange { record: Some(record), ..CaseChange::default() }
}

async fn entries(store: &impl Ports, org: &OrgId) -> Vec<LedgerEntry> {
    let (mut found, mut after) = (vec![], 0);
    loop {
        let page = store.ledger(org, after, 5).await.unwrap();
        found.extend(page.items);
        let Some(next) = page.next else { return found };
        after = next.parse().unwrap();
    }
}

async fn the_chain_holds_after_it_was_stored_and_read(store: &impl Ports) {
    for org in odd_orgs() {
        assert_eq!(store.ledger_head(&org).await, Ok(LedgerHead::default()));
        for nanos in [0, 1, 123_456_789, 999_999_999, 500_000_000] {
            let time = at(0) + chrono::Duration::nanoseconds(nanos);
            let change = recorded(LedgerRecord { at: time, ..record("ünï \"code\"") });
            assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
        }
        let head = store.ledger_head(&org).await.unwrap();
        assert_eq!(head.seq, 5);
        assert_eq!(verify(&org, entries(store, &org).await.iter(), &LedgerHead::default()), Ok(head));
    }
}

async fn many_appenders_make_one_chain(store: &impl Ports) {
    let org = OrgId::new("appenders");
    let append = |n: usize| {
        let org = &org;
        async move { store.apply(org, &recorded(record(&format!("appender {n}")))).await }
    };
    let written = futures::future::join_all((0..APPENDERS).map(append)).await;
    assert!(written.iter().all(|written| *written == Ok(Written::Stored)), "{written:?}");
    let (found, head) = (entries(store, &org).await, store.ledger_head(&org).await.unwrap());
    assert_eq!(
        verify_against(&org, found.iter(), &LedgerHead::default(), std::slice::from_ref(&head)),
        Ok(head.clone())
    );
    assert_eq!(head.seq, APPENDERS as u64);
    let mut details: Vec<_> = found.iter().map(|entry| entry.record.detail.as_str()).collect();
    details.sort_unstable();
    details.dedup();
    assert_eq!(details.len(), APPENDERS);
}

async fn what_is_contended_leaves_no_entry(store: &impl Ports) {
    let org = OrgId::new("no entry");
    let change = CaseChange { action: Some(new(action("a", None, None))), ..recorded(record("planned")) };
    assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
    assert_eq!(store.apply(&org, &change).await, Ok(Written::Contended));
    assert_eq!(entries(store, &org).await.len(), 1);
}

async fn an_entry_whose_answer_was_lost_is_there_once(world: &World) {
    let (store, lost) = world.losing_store();
    let org = OrgId::new("lost entry");
    assert_eq!(store.apply(&org, &recorded(record("first"))).await, Ok(Written::Stored));
    lost.lose(2);
    assert_eq!(store.apply(&org, &recorded(record("second"))).await, Ok(Written::Stored));
    assert_eq!(entries(&world.store, &org).await.len(), 2);
}

/// Somebody changes a kind to one that does not exist, as one flipped bit would.
async fn an_entry_that_cannot_be_read_is_named(world: &World) {
    use aws_sdk_dynamodb::types::AttributeValue::S;
    let org = OrgId::new("damaged");
    for number in 0..12 {
        assert_eq!(world.store.apply(&org, &recorded(record(&format!("{number}")))).await, Ok(Written::Stored));
    }
    let key = keys::ledger_entry(&org, 10);
    let change = world.dynamo.client().update_item().table_name(&world.tables.cases);
    let change = change.key("pk", S(key.pk)).key("sk", S(key.sk)).update_expression("SET body.kind = :kind");
    change.expression_attribute_values(":kind", S("action_dond".into())).send().await.unwrap();
    assert_eq!(world.store.ledger(&org, 0, 9).await.unwrap().items.len(), 9);
    let named = Err(Error::Damaged("entry 10 of the ledger".into()));
    assert_eq!(world.store.ledger(&org, 0, 100).await, named);
    assert_eq!(world.store.ledger(&org, 9, 1).await, named);
}

fn published(org: &OrgId, day: i64) -> SignedHead {
    let seal = Seal::EcdsaSha256 { key_id: "a key#1".into(), signature: "c2lnbmVk".into() };
    SignedHead { org: org.clone(), seq: 7, hash: "a".repeat(64), at: at(day * 86_400), seal }
}

async fn heads_are_published_once_a_day_and_listed_newest_first(store: &impl Ports) {
    for org in odd_orgs() {
        let days: Vec<SignedHead> = (0..5).map(|day| published(&org, day)).collect();
        for head in &days {
            assert_eq!(store.publish_head(head, None).await, Ok(Written::Stored));
        }
        let again = SignedHead { at: days[4].at + chrono::Duration::seconds(1), seal: Seal::None, ..days[4].clone() };
        assert_eq!(store.publish_head(&again, None).await, Ok(Written::Contended));
        let first = store.published_heads(&org, None, 2).await.unwrap();
        let rest = store.published_heads(&org, first.next, 10).await.unwrap();
        let found: Vec<SignedHead> = first.items.into_iter().chain(rest.items).collect();
        assert_eq!((found, rest.next), (days.into_iter().rev().collect(), None));
        assert!(store.ledger(&org, 0, 100).await.unwrap().items.len() <= 5, "heads are no entries");
    }
}

async fn it_is_kept_up_to_which_head_the_bus_was_told(store: &impl Ports) {
    for org in odd_orgs() {
        assert_eq!(store.told_until(&org).await, Ok(None));
        for day in [0, 1] {
            store.put_told_until(&org, at(day * 86_400)).await.unwrap();
            assert_eq!(store.told_until(&org).await, Ok(Some(at(day * 86_400))));
        }
        let heads = store.published_heads(&org, None, 100).await.unwrap().items;
        assert!(heads.iter().all(|head| head.org == org), "it is no head");
    }
}

async fn the_keys_of_heads_are_kept(store: &impl Ports) {
    let org = OrgId::new("keys");
    let key = |id: &str, day: i64| HeadKey { key_id: id.into(), public_key: "PEM".into(), at: at(day * 86_400) };
    for (day, id) in [(0, "a#b"), (1, "a b"), (2, "a#b")] {
        let head = published(&org, day);
        assert_eq!(store.publish_head(&head, Some(&key(id, day))).await, Ok(Written::Stored));
    }
    let contended = store.publish_head(&published(&org, 2), Some(&key("late", 2))).await;
    assert_eq!(contended, Ok(Written::Contended));
    let mut keys = store.head_keys(&org).await.unwrap();
    keys.sort_by_key(|key| key.at);
    assert_eq!(keys, [key("a b", 1), key("a#b", 2)]);
}
