//! The ledger, written by many at once.

use crate::{
    Ports, World, odd_orgs,
    samples::{action, at, new, record},
};
use shared::{
    decide::ledger::{verify, verify_against},
    model::{LedgerEntry, LedgerHead, LedgerRecord, OrgId},
    ports::{CaseChange, CaseStore, Written},
};

const APPENDERS: usize = 16;

pub(crate) async fn contract(store: &impl Ports) {
    the_chain_holds_after_it_was_stored_and_read(store).await;
    many_appenders_make_one_chain(store).await;
    what_is_contended_leaves_no_entry(store).await;
}

/// What needs a DynamoDB.
pub(crate) async fn over_dynamodb(world: &World) {
    an_entry_whose_answer_was_lost_is_there_once(world).await;
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
    assert_eq!(verify_against(&org, found.iter(), &LedgerHead::default(), &head), Ok(head.clone()));
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
