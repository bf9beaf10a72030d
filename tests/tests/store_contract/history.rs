//! Checkpoints: the poll's, the schedule's and the run's.

use crate::{
    Ports, World, odd_orgs,
    samples::{at, new, next, run},
};
use shared::{
    model::{MinuteUse, OrgId, PollState, Reader, ReportSchedule, Versioned},
    ports::{PollStore, ReportStore, Written},
};

pub(crate) async fn contract(store: &impl Ports) {
    the_poll_goes_on_from_its_checkpoint(store).await;
    the_schedule_is_empty_until_it_is_stored(store).await;
    a_run_has_one_owner(store).await;
    a_run_of_another_report_is_not_touched(store).await;
}

/// What needs a DynamoDB.
pub(crate) async fn over_dynamodb(world: &World) {
    a_checkpoint_whose_answer_was_lost_is_stored(world).await;
}

fn poll_state(cursor: &str) -> PollState {
    let reader =
        Reader { from: at(0), to: None, cursor: Some(cursor.into()), watermark: None, caught_up_at: Some(at(1)) };
    PollState {
        live: reader,
        backfill: None,
        coverage: vec![],
        minute: MinuteUse::default(),
        wait_until: None,
        catalogue_at: None,
        delays: Default::default(),
        last_error: None,
    }
}

async fn the_poll_goes_on_from_its_checkpoint(store: &impl Ports) {
    for org in odd_orgs() {
        assert_eq!(store.poll_state(&org).await, Ok(None));
        let first = new(poll_state(org.as_str()));
        assert_eq!(store.put_poll_state(&org, &first).await, Ok(Written::Stored));
        assert_eq!(store.put_poll_state(&org, &new(poll_state("late"))).await, Ok(Written::Contended));
        assert_eq!(store.put_poll_state(&org, &first).await, Ok(Written::Contended), "even with the same text");
        assert_eq!(store.poll_state(&org).await, Ok(Some(next(&first))));
        assert_eq!(store.poll_lag(&org).await, Ok(Some(first.value)));
    }
}

async fn the_schedule_is_empty_until_it_is_stored(store: &impl Ports) {
    let org = OrgId::new("schedule");
    let empty = store.schedule(&org).await.unwrap();
    assert_eq!(empty, new(ReportSchedule::default()));
    let asked = new(ReportSchedule { requested_at: Some(at(1)), ..ReportSchedule::default() });
    assert_eq!(store.put_schedule(&org, &asked).await, Ok(Written::Stored));
    assert_eq!(store.put_schedule(&org, &empty).await, Ok(Written::Contended));
    assert_eq!(store.schedule(&org).await, Ok(next(&asked)));
}

async fn a_run_has_one_owner(store: &impl Ports) {
    let org = OrgId::new("run");
    assert_eq!(store.run(&org).await, Ok(None));
    let begun = new(run("20261122-1"));
    assert_eq!(store.put_run(&org, &begun).await, Ok(Written::Stored));
    let begun = next(&begun);
    let leased = futures::join!(store.put_run(&org, &begun), store.put_run(&org, &begun));
    let stored = [leased.0, leased.1].into_iter().filter(|written| *written == Ok(Written::Stored));
    assert_eq!(stored.count(), 1, "although both wrote the same");
    assert_eq!(store.run(&org).await, Ok(Some(next(&begun))));
    assert_eq!(store.end_run(&org, &begun).await, Ok(Written::Contended));
    assert_eq!(store.end_run(&org, &next(&begun)).await, Ok(Written::Stored));
    assert_eq!(store.end_run(&org, &next(&begun)).await, Ok(Written::Stored), "a second time");
    assert_eq!(store.run(&org).await, Ok(None));
}

async fn a_run_of_another_report_is_not_touched(store: &impl Ports) {
    let org = OrgId::new("another run");
    assert_eq!(store.put_run(&org, &new(run("20261123-1"))).await, Ok(Written::Stored));
    let old = Versioned { version: 1, value: run("20261122-1") };
    assert_eq!(store.put_run(&org, &old).await, Ok(Written::Contended));
    assert_eq!(store.end_run(&org, &old).await, Ok(Written::Contended));
}

async fn a_checkpoint_whose_answer_was_lost_is_stored(world: &World) {
    let (store, lost) = world.losing_store();
    let org = OrgId::new("lost checkpoint");
    for version in 0..2 {
        lost.lose(1);
        let state = Versioned { version, value: poll_state("c") };
        assert_eq!(store.put_poll_state(&org, &state).await, Ok(Written::Stored));
        lost.lose(1);
        let run = Versioned { version, value: run("20261122-1") };
        assert_eq!(store.put_run(&org, &run).await, Ok(Written::Stored));
    }
    lost.lose(1);
    let run = Versioned { version: 2, value: run("20261122-1") };
    assert_eq!(store.end_run(&org, &run).await, Ok(Written::Stored));
}
