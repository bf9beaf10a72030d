//! What could not be understood.

use crate::{World, odd_orgs, samples::at};
use shared::{
    error::Error,
    model::{Intake, OrgId, QuarantineId, Quarantined, stable_hash},
    ports::{QuarantineStore, ReportStore},
};

pub(crate) async fn contract(world: &World) {
    a_body_comes_back_whole(world).await;
    the_same_body_twice_is_one(world).await;
    the_list_is_by_time_and_goes_on_from_page_to_page(world).await;
    a_replayed_body_is_forgotten(world).await;
    an_answer_lost_on_the_way_harms_nothing(world).await;
}

fn header(id: &str, secs: i64) -> Quarantined {
    Quarantined {
        id: QuarantineId::new(id),
        intake: Intake::AuditWebhook,
        reason: "not JSON".into(),
        at: at(secs),
        size_bytes: 0,
        parts: 0,
    }
}

/// Bytes that no compression makes smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    });
    next.take(bytes).collect()
}

async fn a_body_comes_back_whole(world: &World) {
    let org = OrgId::new("whole");
    for (id, body, parts) in [("empty", vec![], 1), ("small", b"{".to_vec(), 1), ("1 MiB", noise(1 << 20), 3)] {
        world.store.quarantine(&org, &header(id, 0), &body).await.unwrap();
        let (found, bytes) = world.store.quarantined_body(&org, &id.into()).await.unwrap().unwrap();
        assert_eq!(bytes, body);
        assert_eq!(found, Quarantined { parts, ..header(id, 0) });
    }
    assert_eq!(world.store.quarantined_body(&org, &"none".into()).await, Ok(None));
    assert_eq!(world.store.intake_counts(&org).await, Ok((3, 0)));
}

async fn the_same_body_twice_is_one(world: &World) {
    for org in odd_orgs() {
        let id = stable_hash(&["body"]);
        world.store.quarantine(&org, &header(&id, 0), b"body").await.unwrap();
        world.store.quarantine(&org, &header(&id, 60), b"body").await.unwrap();
        let list = world.store.quarantined(&org, None, 10).await.unwrap();
        assert_eq!(list.items, [Quarantined { parts: 1, ..header(&id, 0) }], "the first time counts");
    }
}

async fn the_list_is_by_time_and_goes_on_from_page_to_page(world: &World) {
    let org = OrgId::new("list");
    assert_eq!(world.store.quarantined(&org, None, 10).await.unwrap().items, []);
    for n in [3, 1, 4, 2, 0] {
        world.store.quarantine(&org, &header(&format!("body #{n}"), n), b"body").await.unwrap();
    }
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let page = world.store.quarantined(&org, cursor, 2).await.unwrap();
        assert!(page.items.len() <= 2);
        found.extend(page.items.into_iter().map(|header| header.at));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [0, 1, 2, 3, 4].map(at));
    let damaged = world.store.quarantined(&org, Some("nonsense".into()), 2).await;
    assert!(matches!(damaged, Err(Error::Invalid { what, .. }) if what == "cursor"));
    let first = world.store.quarantined(&org, None, 1).await.unwrap().next;
    assert!(first.is_some());
    let foreign = world.store.quarantined(&"another org".into(), first, 1).await;
    assert!(matches!(foreign, Err(Error::Invalid { .. })), "a cursor is good for its own list");
}

async fn a_replayed_body_is_forgotten(world: &World) {
    let org = OrgId::new("replayed");
    world.store.quarantine(&org, &header("b", 0), &noise(400_000)).await.unwrap();
    let kept = world.store.quarantined(&org, None, 1).await.unwrap().items.remove(0);
    for _ in 0..2 {
        world.store.remove_quarantined(&org, &kept).await.unwrap();
        assert_eq!(world.store.quarantined_body(&org, &kept.id).await, Ok(None));
        assert_eq!(world.store.quarantined(&org, None, 1).await.unwrap().items, []);
    }
}

async fn an_answer_lost_on_the_way_harms_nothing(world: &World) {
    let (store, lost) = world.losing_store();
    let org = OrgId::new("lost quarantine");
    lost.lose(2);
    store.quarantine(&org, &header("b", 0), b"body").await.unwrap();
    assert_eq!(world.store.quarantined(&org, None, 9).await.unwrap().items.len(), 1);
}
