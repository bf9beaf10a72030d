//! Worlds in which one thing is fixed.

use crate::{
    atlassian::Fault,
    checks,
    options::{Midway, Options},
    random::Random,
    tally::{Tally, each},
    universe::{HOUR, MINUTE},
    world::World,
};
use shared::model::{ActionState, Approval, LedgerKind};
use std::collections::BTreeSet;

/// How many worlds of each scenario are tried.
const WORLDS: u64 = 100;

/// The world of a seed, with some of its options replaced.
fn world(seed: u64, change: impl Fn(Options) -> Options) -> World {
    let mut random = Random::new(seed);
    let options = change(Options::of(&mut random));
    World::new(options, random)
}

/// Whether everything holds that must.
fn sound(world: &World) -> Result<Tally, String> {
    checks::all(world).map(|()| Tally::of(world))
}

#[test]
fn where_the_limit_is_zero_nothing_is_called_and_everything_waits() {
    let bounds = [(0, 100), (4, 0)];
    each(0..WORLDS, |seed| {
        let (max_actions, max_share_percent) = bounds[seed as usize % bounds.len()];
        let mut world = world(seed, |options| {
            let notice = Midway::Never;
            Options { max_actions, max_share_percent, notice, used: 0, ..options }
        });
        world.live();
        world.calm_rounds(400);
        checks::but_rest(&world)?;
        assert!(world.atlassian.state().calls.is_empty());
        for action in world.actions() {
            let reason = action.reason.unwrap_or_default();
            assert!(action.state == ActionState::Waiting && reason.contains("the budget of 0 actions"), "{reason}");
        }
        Ok(Tally::of(&world))
    });
}

#[test]
fn the_share_of_what_the_report_lists_is_a_limit_of_its_own() {
    each(0..WORLDS, |seed| {
        let mut world = world(seed, |options| Options {
            max_actions: 50,
            max_share_percent: 3,
            window_hours: 24,
            grace_days: 0,
            approval: Approval::Waived,
            used: 0,
            requested: 0,
            stop: Midway::Never,
            ..options
        });
        world.live();
        world.come_to_rest();
        let tally = sound(&world)?;
        let state = world.atlassian.state();
        let first = state.calls.iter().filter(|call| call.begun_at < state.calls[0].begun_at + 24 * HOUR);
        let tokens: BTreeSet<_> = first.map(|call| &call.token).collect();
        assert!(tokens.len() <= 3, "3 of 100 credentials, and not {}", tokens.len());
        Ok(tally)
    });
}

#[test]
fn from_the_kill_switch_to_its_release_nothing_is_claimed_and_then_all_is_done() {
    let tally = each(0..WORLDS, |seed| {
        let mut world = world(seed, |options| Options { stop: Midway::Happens, ..options });
        world.live();
        world.come_to_rest();
        let entries = world.store.entries(&crate::org::org_id());
        let kinds: Vec<LedgerKind> = entries.iter().map(|entry| entry.record.kind).collect();
        assert!(kinds.contains(&LedgerKind::Stopped) && kinds.contains(&LedgerKind::Resumed), "{kinds:?}");
        sound(&world)
    });
    tally.assert_that_something_was_done();
}

/// The recovery of a claim and the budget stand clocks that differ by five minutes. Beyond that, a process may take a call
/// for lost that another still waits for; the intent of each call is stored all the same, and the chain holds.
#[test]
fn clocks_that_differ_by_more_than_they_may_let_calls_overlap_and_no_more() {
    let overlaps = std::sync::atomic::AtomicU64::new(0);
    each(0..WORLDS, |seed| {
        let mut world = world(seed, |options| Options { skew: 20 * MINUTE, used: 0, ..options });
        world.live();
        world.come_to_rest();
        for fault in &world.atlassian.state().faults {
            assert!(matches!(fault, Fault::Overlaps(_)), "{fault:?}");
            overlaps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        checks::whatever_the_clocks(&world)?;
        Ok(Tally::of(&world))
    });
    assert!(overlaps.into_inner() > 0, "clocks may be wrong by more than it is said");
}
