use super::super::testing::{AfterQuestions, MemoryStore, Scripted, TestClock, at, org, page, wire};
use super::*;
use crate::{
    config::KeepEvents,
    model::{ActionName, Interval},
};
use std::{sync::atomic::AtomicU32, time::Duration};

const EVENTS: EventSettings = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 0 };
const WITH_BACKFILL: EventSettings = EventSettings { backfill_days: 30, ..EVENTS };
const DAY: i64 = 86_400;

async fn tick(store: &MemoryStore, source: &Scripted, clock: &TestClock, events: EventSettings) -> Result<PollOutcome> {
    tick_until(store, source, clock, events, u32::MAX).await
}

async fn tick_until(
    store: &MemoryStore,
    source: &Scripted,
    clock: &TestClock,
    events: EventSettings,
    pages: u32,
) -> Result<PollOutcome> {
    let deadline = AfterQuestions(AtomicU32::new(pages));
    let limits = PollSettings { requests_per_minute: 10 };
    poll(&Ports { store, source, clock, deadline: &deadline, events, limits }, &org()).await
}

fn state(store: &MemoryStore) -> PollState {
    store.with(|memory| memory.poll.clone().unwrap().value)
}

fn range(from: i64, to: Option<i64>) -> EventQuery {
    EventQuery::Range { from: at(from), to: to.map(at) }
}

fn cursor(name: &str) -> EventQuery {
    EventQuery::Cursor(name.into())
}

#[tokio::test]
async fn the_first_tick_reads_live_from_now_and_then_the_days_before() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let source = Scripted::new([
        page(&[], Some("live-1")),
        page(&[wire("old-1", "t1", -9 * DAY)], Some("back-1")),
        page(&[wire("old-2", "t1", -8 * DAY)], None),
    ]);
    let outcome = tick(&store, &source, &clock, WITH_BACKFILL).await.unwrap();
    assert_eq!((outcome.end, outcome.pages, outcome.taken.stored), (TickEnd::CaughtUp, 3, 2));
    assert_eq!(source.asked(), [range(-900, None), range(-30 * DAY - 900, Some(0)), cursor("back-1")]);
    assert_eq!(state(&store).coverage, [Interval { from: at(-30 * DAY), to: at(0) }]);
    clock.advance(60);
    let second = tick(&store, &source, &clock, WITH_BACKFILL).await.unwrap();
    assert_eq!((second.pages, source.asked().last()), (1, Some(&cursor("live-1"))));
    assert_eq!(state(&store).coverage, [Interval { from: at(-30 * DAY), to: at(60) }]);
    assert_eq!(state(&store).live.caught_up_at, Some(at(60)));
}

#[tokio::test]
async fn without_any_cursor_the_next_tick_asks_from_the_watermark_with_an_overlap() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let source = Scripted::new([page(&[], None)]);
    tick(&store, &source, &clock, EVENTS).await.unwrap();
    clock.advance(5_000);
    source.answers.lock().unwrap().push_back(page(&[wire("e1", "t1", 4_000)], None));
    tick(&store, &source, &clock, EVENTS).await.unwrap();
    clock.advance(60);
    source.answers.lock().unwrap().push_back(page(&[wire("e1", "t1", 4_000)], None));
    let third = tick(&store, &source, &clock, EVENTS).await.unwrap();
    assert_eq!(source.asked(), [range(-900, None), range(-900, None), range(4_001 - 900, None)]);
    assert_eq!((third.taken.stored, third.taken.repeated), (0, 1));
}

#[tokio::test]
async fn a_cursor_that_is_no_longer_known_is_dropped_and_the_watermark_used() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let source =
        Scripted::new([page(&[wire("e1", "t1", -5)], Some("c1")), Err(Error::BadCursor), page(&[], Some("c2"))]);
    let outcome = tick(&store, &source, &clock, EVENTS).await.unwrap();
    assert_eq!(outcome.end, TickEnd::CaughtUp);
    assert_eq!(source.asked(), [range(-900, None), cursor("c1"), range(-4 - 900, None)]);
    assert_eq!(state(&store).live.cursor.as_deref(), Some("c2"));
}

#[tokio::test]
async fn a_request_to_wait_is_stored_and_obeyed() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let limited = Error::RateLimited { what: "events-stream".into(), after: Duration::from_secs(90) };
    let source = Scripted::new([page(&[wire("e1", "t1", -5)], Some("c1")), Err(limited)]);
    let waiting = TickEnd::Waiting { until: at(90) };
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap().end, waiting);
    clock.advance(60);
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap().end, waiting);
    assert_eq!(source.asked().len(), 2);
    clock.advance(31);
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap().end, TickEnd::CaughtUp);
    assert_eq!(source.asked()[2], cursor("c1"));
}

#[tokio::test]
async fn our_share_of_a_minute_is_kept_across_ticks() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let pages = (0..40).map(|n| page(&[wire(&format!("e{n}"), "t1", -n)], Some(&format!("c{n}"))));
    let source = Scripted::new(pages);
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap().end, TickEnd::ShareUsed);
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap().pages, 0);
    clock.advance(60);
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap().pages, 10);
    assert_eq!(source.asked().len(), 20);
}

#[tokio::test]
async fn a_tick_that_runs_out_of_time_goes_on_at_the_next() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let pages = (0..4).map(|n| page(&[wire(&format!("e{n}"), "t1", -n)], Some(&format!("c{n}"))));
    let source = Scripted::new(pages);
    assert_eq!(tick_until(&store, &source, &clock, EVENTS, 2).await.unwrap().end, TickEnd::OutOfTime);
    assert_eq!(state(&store).live.cursor.as_deref(), Some("c1"));
    let rest = tick(&store, &source, &clock, EVENTS).await.unwrap();
    assert_eq!((rest.end, rest.taken.stored), (TickEnd::CaughtUp, 2));
    store.with(|memory| assert_eq!(memory.events.len(), 4));
}

#[tokio::test]
async fn what_a_page_holds_that_is_no_event_is_put_aside_and_the_page_goes_on() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let strange = r#"{"id":"x","attributes":{"action":"a"}}"#.to_owned();
    let source = Scripted::new([page(&[wire("e1", "t1", -5), strange, wire("e2", "t1", -4)], None)]);
    let outcome = tick(&store, &source, &clock, EVENTS).await.unwrap();
    assert_eq!((outcome.taken.stored, outcome.taken.quarantined), (2, 1));
    store.with(|memory| assert_eq!(memory.quarantined.len(), 1));
}

#[tokio::test]
async fn the_list_of_actions_is_read_before_the_first_page_and_once_a_day() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let source = Scripted::default();
    let name = ActionName { display: "Viewed issue".into(), group: "Jira".into() };
    let list = ActionCatalogue([("x".to_owned(), name)].into());
    source.actions.lock().unwrap().extend([Ok(list.clone()), Ok(list.clone())]);
    for advance in [0, 60, DAY] {
        clock.advance(advance);
        tick(&store, &source, &clock, EVENTS).await.unwrap();
    }
    assert!(source.actions.lock().unwrap().is_empty());
    store.with(|memory| assert_eq!(memory.catalogue, list));
    assert_eq!(state(&store).catalogue_at, Some(at(60 + DAY)));
}

#[tokio::test]
async fn a_tick_beside_another_ends_politely() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let source = Scripted::new([page(&[], None), page(&[wire("e1", "t1", -5)], Some("c1"))]);
    tick(&store, &source, &clock, EVENTS).await.unwrap();
    store.with(|memory| memory.poll_rivals = 1);
    let outcome = tick(&store, &source, &clock, EVENTS).await.unwrap();
    assert_eq!((outcome.end, outcome.taken.stored), (TickEnd::Contended, 1));
}

#[tokio::test]
async fn a_failure_is_noted_and_the_checkpoint_stays_where_all_is_durable() {
    let (store, clock) = (MemoryStore::default(), TestClock::at(0));
    let failure = Error::Upstream { what: "events-stream".into(), reason: "500".into() };
    let source = Scripted::new([page(&[wire("e1", "t1", -5)], Some("c1")), Err(failure.clone())]);
    assert_eq!(tick(&store, &source, &clock, EVENTS).await.unwrap_err(), failure);
    let noted = state(&store);
    assert_eq!((noted.live.cursor.as_deref(), noted.last_error), (Some("c1"), Some(failure.to_string())));
    assert_eq!(noted.coverage, []);
}
