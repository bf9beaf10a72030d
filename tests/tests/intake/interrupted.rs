//! A poll that is killed at any call of the store loses nothing and counts nothing twice.

use crate::{
    fixtures::token_events,
    setup::{End, Stream, World, folded, org, understood},
    stores::{Breaking, Breaks},
};

/// Few tokens, used often: each page moves profiles that others have moved.
const TOKENS: [&str; 2] = ["job 2", "job 3"];

fn label(event: &serde_json::Value) -> &str {
    event["attributes"]["actor"]["auth"]["tokenLabel"].as_str().unwrap_or_default()
}

async fn killed_at(at: usize, breaks: Breaks) -> bool {
    let world = World::new().await;
    let events: Vec<_> = token_events(100).into_iter().filter(|event| TOKENS.contains(&label(event))).collect();
    let stream = Stream::of(&events, End::Cursor).paged(4);
    let breaking = Breaking::new(world.store.clone(), breaks, at);
    let done = breaking.until_death(world.poll_over(&breaking, &stream, u32::MAX)).await;
    if done.is_none() {
        world.clock.advance(60);
        world.poll(&stream).await.unwrap();
    }
    let events = understood(&events);
    assert_eq!(world.known(&org(), &events).await, events.len(), "killed at call {at}, {breaks:?}");
    assert_eq!(world.fixture_profiles().await, folded(&events), "killed at call {at}, {breaks:?}");
    done.is_none()
}

#[tokio::test]
async fn a_poll_killed_before_any_call_loses_nothing_and_counts_nothing_twice() {
    let mut at = 0;
    while killed_at(at, Breaks::DyingBefore).await {
        at += 1;
    }
    assert!(at > 20, "{at}");
}

#[tokio::test]
async fn a_poll_killed_after_any_call_loses_nothing_and_counts_nothing_twice() {
    let mut at = 0;
    while killed_at(at, Breaks::DyingAfter).await {
        at += 1;
    }
    assert!(at > 20, "{at}");
}
