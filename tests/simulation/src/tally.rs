//! Trying many worlds, and what came about in them: worlds in which nothing goes wrong prove nothing.

use crate::{org::org_id, world::World};
use shared::model::LedgerKind;
use std::{
    ops::{AddAssign, Range},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// No more broken worlds than these are named.
const NAMED: usize = 10;

/// What came about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) worlds: u64,
    /// Processes that died at work.
    crashes: u64,
    /// Intents that were stored.
    claims: u64,
    /// Those of them that were not an action's first.
    repeated: u64,
    /// Calls that were made.
    calls: u64,
    revoked: u64,
    /// Messages that were handed over.
    told: u64,
    /// Actions that were given up after their last attempt.
    failed: u64,
    pub(crate) took: Duration,
}

impl Tally {
    pub(crate) fn of(world: &World) -> Self {
        let (entries, state) = (world.store.entries(&org_id()), world.atlassian.state());
        let count = |kind: LedgerKind| entries.iter().filter(|entry| entry.record.kind == kind).count() as u64;
        let first = entries.iter().filter(|entry| entry.record.detail == "attempt 1").count() as u64;
        Self {
            worlds: 1,
            crashes: world.crashes(),
            claims: count(LedgerKind::ActionClaimed),
            repeated: count(LedgerKind::ActionClaimed) - first,
            calls: state.calls.len() as u64,
            revoked: state.tokens.values().filter(|token| token.revoked_at.is_some()).count() as u64,
            told: count(LedgerKind::OwnerTold),
            failed: count(LedgerKind::ActionFailed),
            took: Duration::ZERO,
        }
    }

    /// # Panics
    /// If nothing was.
    pub(crate) fn assert_that_something_was_done(&self) {
        assert!(self.revoked > self.worlds, "{self:?}");
    }

    /// # Panics
    /// If the worlds were too kind.
    pub(crate) fn assert_that_enough_went_wrong(&self, worlds: u64) {
        assert_eq!(self.worlds, worlds);
        assert!(self.crashes > worlds, "{self:?}");
        assert!(self.repeated > worlds / 2, "{self:?}");
        assert!(self.claims > self.calls, "some died between the claim and the call: {self:?}");
        assert!(self.revoked > 4 * worlds, "{self:?}");
        assert!(self.told > worlds, "{self:?}");
        assert!(self.failed < self.revoked / 20, "{self:?}");
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.crashes += other.crashes;
        self.claims += other.claims;
        self.repeated += other.repeated;
        self.calls += other.calls;
        self.revoked += other.revoked;
        self.told += other.told;
        self.failed += other.failed;
    }
}

/// Tries the worlds of these seeds, one on each core at a time.
///
/// # Panics
/// With the seeds of the worlds that break, and why.
pub(crate) fn each(seeds: Range<u64>, world: impl Fn(u64) -> Result<Tally, String> + Sync) -> Tally {
    let (began, next) = (Instant::now(), AtomicU64::new(seeds.start));
    let found = Mutex::new((Tally::default(), Vec::new()));
    let work = || {
        while let Some(seed) = Some(next.fetch_add(1, Relaxed)).filter(|seed| *seed < seeds.end) {
            let named = Named(seed);
            let lived = world(seed);
            drop(named);
            let mut found = found.lock().unwrap();
            match lived {
                Ok(tally) => found.0 += tally,
                Err(why) if found.1.len() < NAMED => found.1.push(format!("SIMULATION_SEED={seed}: {why}")),
                Err(_) => return,
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let (tally, broken) = found.into_inner().unwrap();
    assert!(broken.is_empty(), "these worlds break:\n{}", broken.join("\n"));
    Tally { took: began.elapsed(), ..tally }
}

/// Names the seed if its world panics.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("SIMULATION_SEED={} panicked", self.0);
        }
    }
}
