use super::super::testing::{MemoryStore, TestClock, at, org, plain, token_use};
use super::*;

const RELEVANT: EventSettings = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };

async fn record(store: &MemoryStore, events: Vec<AuditEvent>) -> Result<Recorded> {
    record_events(store, &TestClock::at(0), &org(), events, &RELEVANT).await
}

fn uses(count: i64) -> Vec<AuditEvent> {
    (0..count).map(|n| token_use(&format!("e{n}"), &format!("t{}", n % 3), -n)).collect()
}

fn folded(events: &[AuditEvent], token: &str) -> UsageProfile {
    let mine =
        |event: &&AuditEvent| event.token.as_ref().and_then(|t| t.id.as_ref()).is_some_and(|id| id.as_str() == token);
    let key = profile_key(events.iter().find(mine).unwrap()).unwrap();
    events.iter().filter(mine).fold(UsageProfile::empty(key), fold)
}

#[tokio::test]
async fn events_are_stored_once_whatever_their_order_and_their_number_of_deliveries() {
    let store = MemoryStore::default();
    let events = uses(200);
    let backwards = events.iter().rev().cloned().collect();
    assert_eq!(record(&store, events.clone()).await.unwrap(), Recorded { stored: 200, repeated: 0, ignored: 0 });
    assert_eq!(record(&store, backwards).await.unwrap(), Recorded { stored: 0, repeated: 200, ignored: 0 });
    store.with(|memory| {
        assert_eq!(memory.events.len(), 200);
        assert!(memory.transactions.iter().all(|size| *size <= 50), "{:?}", memory.transactions);
        for token in ["t0", "t1", "t2"] {
            let expected = folded(&events, token);
            assert_eq!(memory.profiles[&expected.key].value, expected);
        }
    });
}

#[tokio::test]
async fn duplicates_inside_a_delivery_collapse() {
    let store = MemoryStore::default();
    let twice = vec![token_use("e1", "t1", 0), token_use("e1", "t1", 0)];
    assert_eq!(record(&store, twice).await.unwrap(), Recorded { stored: 1, repeated: 1, ignored: 0 });
}

#[tokio::test]
async fn two_different_events_that_share_an_id_are_both_kept() {
    let store = MemoryStore::default();
    let shared = vec![token_use("e1", "t1", 0), token_use("e1", "t1", 1), token_use("e1", "t2", 0)];
    assert_eq!(record(&store, shared).await.unwrap().stored, 3);
}

#[tokio::test]
async fn what_a_rival_stored_meanwhile_is_not_counted_twice() {
    let store = MemoryStore::default();
    let events = vec![token_use("e1", "t1", 0), token_use("e2", "t1", 1)];
    store.with(|memory| memory.rivals = [vec![events[0].clone()], vec![token_use("e3", "t1", 2)]].into());
    assert_eq!(record(&store, events.clone()).await.unwrap(), Recorded { stored: 1, repeated: 1, ignored: 0 });
    let all = [events, vec![token_use("e3", "t1", 2)]].concat();
    let expected = folded(&all, "t1");
    store.with(|memory| assert_eq!(memory.profiles[&expected.key].value, expected));
}

#[tokio::test]
async fn eight_tries_against_rivals_are_enough() {
    let store = MemoryStore::default();
    store.with(|memory| memory.rivals = (0..20).map(|n| vec![token_use(&format!("r{n}"), "t1", n)]).collect());
    let error = record(&store, vec![token_use("e1", "t1", 0)]).await.unwrap_err();
    assert!(matches!(error, Error::Contended(_)), "{error}");
    store.with(|memory| assert_eq!(memory.transactions.len(), 8));
}

#[tokio::test]
async fn what_concerns_no_credential_is_counted_and_a_setting_keeps_it() {
    let events = || vec![plain("e1", Topic::Other, 0), plain("e2", Topic::Unknown, 0), plain("e3", Topic::Policy, 0)];
    let store = MemoryStore::default();
    assert_eq!(record(&store, events()).await.unwrap(), Recorded { stored: 2, repeated: 0, ignored: 1 });
    store.with(|memory| assert_eq!((memory.ignored, memory.profiles.len()), (1, 0)));
    let all = EventSettings { keep: KeepEvents::All, ..RELEVANT };
    let kept = record_events(&store, &TestClock::at(0), &org(), events(), &all).await.unwrap();
    assert_eq!(kept, Recorded { stored: 1, repeated: 2, ignored: 0 });
}

#[tokio::test]
async fn an_event_near_the_end_of_its_retention_is_counted_only_and_one_from_the_future_is_stored() {
    let store = MemoryStore::default();
    let day = 86_400;
    let events = vec![
        token_use("old", "t1", -113 * day - 1),
        token_use("young", "t1", -113 * day),
        token_use("future", "t1", 400 * day),
    ];
    assert_eq!(record(&store, events).await.unwrap(), Recorded { stored: 2, repeated: 0, ignored: 1 });
    assert!(at(400 * day) > at(0));
}

#[test]
fn a_transaction_is_bounded_by_events_and_by_bytes() {
    let many: Vec<_> = (0..120).map(|n| token_use(&n.to_string(), "t1", n)).collect();
    assert_eq!(transactions(&many).iter().map(|cut| cut.len()).collect::<Vec<_>>(), [50, 50, 20]);
    let large = |n: i64| AuditEvent { raw: "x".repeat(900_000), ..token_use(&n.to_string(), "t1", n) };
    let large: Vec<_> = (0..5).map(large).collect();
    assert_eq!(transactions(&large).iter().map(|cut| cut.len()).collect::<Vec<_>>(), [2, 2, 1]);
    assert!(transactions(&[]).is_empty());
}
