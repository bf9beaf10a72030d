//! The poll over a stream of known events.

use crate::{
    fixtures::{token_event, token_events},
    setup::{End, ORG, Pages, Stream, World, folded, org, understood},
};
use poll_audit::{App, Settings};
use shared::{
    config::PollSettings,
    error::{Error, Result},
    flow::poll_events::TickEnd,
    model::{ActionCatalogue, OrgId},
    ports::{EventPage, EventQuery, EventSource, PollStore},
};

#[tokio::test]
async fn both_kinds_of_end_lead_to_the_same_tables_and_new_events_are_seen_once() {
    for end in [End::Null, End::Cursor] {
        let (world, events) = (World::new().await, token_events(250));
        let stream = Stream::of(&events[1..], end);
        assert_eq!(world.poll(&stream).await.unwrap().end, TickEnd::CaughtUp);
        stream.add(&events[..1]);
        for _ in 0..3 {
            world.clock.advance(60);
            assert_eq!(world.poll(&stream).await.unwrap().end, TickEnd::CaughtUp, "{end:?}");
        }
        let events = understood(&events);
        assert_eq!(world.known(&org(), &events).await, 250, "{end:?}");
        assert_eq!(world.profiles(&org()).await, folded(&events), "{end:?}");
        let state = world.store.poll_state(&org()).await.unwrap().unwrap().value;
        assert_eq!(state.coverage.len(), 1, "{:?}", state.coverage);
    }
}

#[tokio::test]
async fn a_poll_that_runs_out_of_time_after_each_page_comes_to_its_end_all_the_same() {
    let (world, events) = (World::new().await, token_events(500));
    let stream = Stream::of(&events, End::Null);
    let mut ticks = 1;
    while world.poll_over(&world.store, &stream, 2).await.unwrap().end == TickEnd::OutOfTime {
        world.clock.advance(60);
        ticks += 1;
    }
    assert!(ticks > 2, "{ticks}");
    let events = understood(&events);
    assert_eq!(world.known(&org(), &events).await, 500);
    assert_eq!(world.profiles(&org()).await, folded(&events));
}

#[tokio::test]
async fn two_polls_at_the_same_time_count_nothing_twice() {
    let (world, events) = (World::new().await, token_events(300));
    let stream = Stream::of(&events, End::Cursor);
    let (first, second) = tokio::join!(world.poll(&stream), world.poll(&stream));
    let ends = [first.unwrap().end, second.unwrap().end];
    assert!(ends.contains(&TickEnd::Contended), "{ends:?}");
    world.poll(&stream).await.unwrap();
    let events = understood(&events);
    assert_eq!(world.known(&org(), &events).await, 300);
    assert_eq!(world.profiles(&org()).await, folded(&events));
}

/// Answers for one org only.
struct OneOrg(Stream);

impl EventSource for OneOrg {
    async fn events(&self, org: &OrgId, query: &EventQuery) -> Result<EventPage> {
        match org.as_str() {
            ORG => self.0.events(org, query).await,
            _ => Err(Error::Upstream { what: "events-stream".into(), reason: "500".into() }),
        }
    }

    async fn actions(&self, org: &OrgId) -> Result<ActionCatalogue> {
        self.0.actions(org).await
    }
}

#[tokio::test]
async fn the_failure_of_one_org_does_not_stop_the_others() {
    let world = World::new().await;
    let app = |orgs: &[&str]| {
        let source = OneOrg(Stream::of(&[token_event(1)], End::Null));
        let orgs = orgs.iter().map(|org| OrgId::from(*org)).collect();
        let limits = PollSettings { requests_per_minute: 25 };
        let settings = Settings { orgs, events: crate::setup::EVENTS, limits };
        App::new(world.store.clone(), source, world.clock.clone(), settings)
    };
    let outcome = app(&["org-0", ORG, "org-2"]).run(&Pages::at_most(99)).await.unwrap();
    let outcome = serde_json::to_value(outcome).unwrap();
    let state = |org: &str| {
        let orgs = outcome["orgs"].as_array().unwrap();
        orgs.iter().find(|row| row["org"] == org).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!([state("org-0"), state(ORG), state("org-2")], ["failed", "caught_up", "failed"]);
    assert!(app(&["org-0", "org-2"]).run(&Pages::at_most(99)).await.is_err());
}
