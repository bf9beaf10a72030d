//! A cases table that was restored from a backup: nothing is done from it before somebody looked.

use atlassian_sim::SimOptions;
use shared::{
    error::Error,
    flow::{
        decide_action::{self, Switch},
        restored::may_resume,
    },
    model::{Action, ActionState, LedgerKind},
    ports::CaseReader,
};
use std::time::Duration;
use tokenwarden_tests::world::{ENFORCE, World};

const DAY: Duration = Duration::from_secs(86_400);

/// A company in which one revocation is agreed to and due, and the backup of that moment in place of its table.
async fn restored() -> (World, Action) {
    let mut world =
        World::with(SimOptions { users: 300, tokens: 120, max_events: 2_000, ..SimOptions::default() }).await;
    world.poll().await;
    world.tick_report().await;
    world.put_policy(ENFORCE).await;
    world.sweep().await;
    let waiting = world.actions().await.into_iter().find(|action| action.state == ActionState::Waiting);
    let action = waiting.expect("an unused token waits for an approval");
    world.approve(&action.id).await;
    world.advance(7 * DAY).await;
    world.poll().await;
    world.tables = world.dynamo.restored(&world.tables).await;
    (world, action)
}

async fn stopped(world: &World) -> Option<String> {
    let budget = world.store().budget(&world.org).await.expect("the budget is read").value;
    budget.stopped.map(|stop| stop.reason)
}

async fn resume(world: &World) {
    let who = world.decider("bo");
    decide_action::set_stop(&world.store(), &world.org, Switch::Resume, who).await.expect("it is released");
}

#[tokio::test]
async fn a_restored_table_stops_everything_until_a_whole_report_was_taken_and_somebody_releases_it() {
    let (world, action) = restored().await;
    world.sweep().await;
    assert_eq!(world.deletions().await, []);
    let reason = stopped(&world).await.expect("the kill switch is on");
    assert!(reason.contains(&world.tables.cases.replace("-restored", "")), "{reason}");
    assert_eq!(world.ledger().await.last().map(|entry| entry.record.kind), Some(LedgerKind::Stopped));

    let refused = may_resume(&world.store(), &world.org).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("no complete report")), "{refused:?}");
    world.advance(DAY).await;
    world.poll().await;
    world.report().await;
    may_resume(&world.store(), &world.org).await.expect("what is planned rests on a report of today");
    world.sweep().await;
    assert_eq!(world.deletions().await, [], "a report alone releases nothing");

    resume(&world).await;
    world.sweep().await;
    assert_eq!(world.action(&action.id).await.state, ActionState::Done);
}

#[tokio::test]
async fn before_the_first_sweep_a_restored_table_gives_no_place_and_cannot_be_released() {
    let (world, action) = restored().await;
    let app = world.remediation(world.store_of("remediate-tokens"), world.revoker());
    let record = remediate_tokens::Record {
        sequence: "1".into(),
        pending: Some((world.org.clone(), shared::ports::Pending::Action(action.id.clone()))),
    };
    let hint = remediate_tokens::Trigger::Stream(vec![record]);
    app.run(hint, &shared::clock::NoDeadline).await.expect("the stream is followed");
    assert_eq!(world.deletions().await, []);
    let refused = may_resume(&world.store(), &world.org).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("next sweep")), "{refused:?}");
}

#[tokio::test]
async fn the_table_itself_is_never_taken_for_a_copy() {
    let (world, _) = restored().await;
    world.sweep().await;
    let before = stopped(&world).await;
    world.sweep().await;
    assert_eq!(stopped(&world).await, before);
    let stops = world.ledger().await.into_iter().filter(|entry| entry.record.kind == LedgerKind::Stopped).count();
    assert_eq!(stops, 1, "it is noticed once");
}
