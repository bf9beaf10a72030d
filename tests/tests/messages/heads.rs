//! The heads of ledgers on the event bus.

use crate::setup::{DAY, MINUTE, world};
use serde_json::{Value, json};
use shared::{model::SignedHead, ports::HeadReader};
use tokenwarden_tests::world::World;

/// The heads that the bus was told of, as it was told.
fn told(world: &World) -> Vec<Value> {
    world.ways.heads().into_iter().map(|event| event.detail).collect()
}

async fn published(world: &World) -> Vec<SignedHead> {
    world.store().published_heads(&world.org, None, 100).await.expect("the heads are read").items
}

#[tokio::test]
async fn the_bus_is_told_of_each_head_once_with_all_that_the_table_holds() {
    let (world, _receiver) = world().await;
    for day in 1..=2 {
        for _sweep in 0..3 {
            world.sweep().await;
            world.advance(5 * MINUTE).await;
        }
        let mut published = published(&world).await;
        published.reverse();
        assert_eq!(published.len(), day);
        assert_eq!(told(&world), published.iter().map(|head| json!(head)).collect::<Vec<_>>());
        world.advance(DAY).await;
    }
    let at = told(&world)[0]["at"].as_str().expect("a time").to_owned();
    assert!(at.ends_with('Z'), "{at}");
}

#[tokio::test]
async fn a_bus_that_fails_is_told_later_and_holds_nothing_up() {
    let (world, _receiver) = world().await;
    world.sweep().await;
    world.ways.refuse_events(Some("EventBridge: ThrottlingException"));
    for _day in 0..3 {
        world.advance(DAY).await;
        let outcome = world.sweep().await;
        assert_eq!((outcome.orgs.len(), outcome.failed), (1, 0), "the org was swept all the same");
        world.sweep().await;
    }
    assert_eq!((published(&world).await.len(), told(&world).len()), (4, 1), "published once a day, and not told");
    world.ways.refuse_events(None);
    world.sweep().await;
    let mut published = published(&world).await;
    published.reverse();
    assert_eq!(told(&world), published.iter().map(|head| json!(head)).collect::<Vec<_>>(), "in their order, each once");
}

#[tokio::test]
async fn a_deployment_that_begins_to_tell_its_bus_begins_with_the_newest_head() {
    let (world, _receiver) = world().await;
    world.ways.refuse_events(Some("no bus yet"));
    for _day in 0..3 {
        world.sweep().await;
        world.advance(DAY).await;
    }
    world.ways.refuse_events(None);
    world.sweep().await;
    let newest = published(&world).await.remove(0);
    assert_eq!(told(&world), [json!(newest)]);
}
