//! Remediation in simulated worlds that a seed decides wholly: 64 processes at once whose clocks are wrong, triggers that
//! come twice and in any order, tables and an Atlassian that fail, and processes that die.
//!
//! A world that breaks is named by its seed: `SIMULATION_SEED=7 cargo test -p tokenwarden-simulation no_world`.
#![cfg(test)]

mod atlassian;
mod checks;
mod executor;
mod mail;
mod options;
mod org;
mod people;
mod random;
mod scenarios;
mod tally;
mod universe;
mod world;

use shared::config::environment;
use tally::{Tally, each};
use world::World;

/// How many worlds are tried.
const WORLDS: u64 = 10_000;

#[test]
fn no_world_exceeds_the_budget_acts_twice_or_loses_an_action() {
    let chosen: Option<u64> = environment("SIMULATION_SEED").map(|seed| seed.parse().expect("a number"));
    let tally = each(chosen.map_or(0..WORLDS, |seed| seed..seed + 1), |seed| {
        let mut world = World::of(seed);
        world.live();
        world.come_to_rest();
        checks::all(&world).map_err(|why| format!("{why}\n    in {:?}", world.options))?;
        Ok(Tally::of(&world))
    });
    let a_second = tally.worlds as f64 / tally.took.as_secs_f64();
    eprintln!("{a_second:.0} worlds a second: {tally:?}");
    if chosen.is_none() {
        tally.assert_that_enough_went_wrong(WORLDS);
    }
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let live = |seed| {
        let mut world = World::of(seed);
        world.live();
        world.come_to_rest();
        (world.trace(), world.store.entries(&org::org_id()))
    };
    for seed in 0..10 {
        assert_eq!(live(seed), live(seed), "seed {seed}");
    }
    assert_ne!(live(0).0, live(1).0);
}
