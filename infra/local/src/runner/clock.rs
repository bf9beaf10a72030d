//! The virtual clock: the machine's clock plus what was advanced, or an instant that stands until it is advanced.
//!
//! What was advanced is stored before it takes effect, so that a crash never shows a time that a restart takes back.

use super::data_dir::DataDir;
use crate::failure::Result;
use chrono::{TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::{model::Timestamp, ports::Clock};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const FILE: &str = "clock.json";

/// Where time begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Begin {
    /// Follows the machine's clock.
    #[default]
    Machine,
    /// Stands at this instant until it is advanced; for tests.
    Frozen(Timestamp),
}

/// The clock of every function; clones show the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    begin: Begin,
    dir: Arc<DataDir>,
    hands: Arc<Mutex<Hands>>,
}

/// What is stored: how far time was advanced, and the latest instant that was shown when that was stored.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Hands {
    advanced_ms: i64,
    latest: Timestamp,
}

impl VirtualClock {
    /// The clock as the data directory knows it.
    ///
    /// # Errors
    /// If its file cannot be read or understood.
    pub fn open(begin: Begin, dir: Arc<DataDir>) -> Result<Self> {
        let unmoved = Hands { advanced_ms: 0, latest: Timestamp::MIN_UTC };
        let hands = dir.read::<Hands>(FILE)?.unwrap_or(unmoved);
        Ok(Self { begin, dir, hands: Arc::new(Mutex::new(hands)) })
    }

    /// Moves time forward; stored before it takes effect.
    ///
    /// # Errors
    /// If it cannot be stored; time has not moved then.
    pub fn advance(&self, by: TimeDelta) -> Result<Timestamp> {
        let now = self.now();
        let mut hands = self.hands();
        let advanced_ms = hands.advanced_ms.saturating_add(by.num_milliseconds().max(0));
        let moved = Hands { advanced_ms, latest: now };
        self.dir.write(FILE, &moved)?;
        *hands = moved;
        drop(hands);
        Ok(self.now())
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let base = match self.begin {
            Begin::Machine => machine_now(),
            Begin::Frozen(at) => at,
        };
        let mut hands = self.hands();
        let now = base.checked_add_signed(TimeDelta::milliseconds(hands.advanced_ms)).unwrap_or(Timestamp::MAX_UTC);
        hands.latest = hands.latest.max(now);
        hands.latest
    }

    /// A clock that stands is moved by sleeping, or nobody would ever wake.
    async fn sleep(&self, duration: Duration) {
        match self.begin {
            Begin::Machine => tokio::time::sleep(duration).await,
            Begin::Frozen(_) => {
                let by = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
                if let Err(error) = self.advance(by) {
                    tracing::error!(%error, "the clock did not move");
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the runner reads the machine's clock")]
fn machine_now() -> Timestamp {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_was_advanced_survives_a_restart_and_never_goes_back() {
        let dir = Arc::new(DataDir::temporary().unwrap());
        let clock = VirtualClock::open(Begin::Machine, Arc::clone(&dir)).unwrap();
        let before = clock.now();
        let after = clock.advance(TimeDelta::days(40)).unwrap();
        assert!(after - before >= TimeDelta::days(40));
        assert!(clock.advance(TimeDelta::days(-1)).unwrap() >= after);
        let again = VirtualClock::open(Begin::Machine, dir).unwrap();
        assert!(again.now() >= after);
    }

    #[test]
    fn a_frozen_clock_stands_until_it_is_advanced() {
        let dir = Arc::new(DataDir::temporary().unwrap());
        let start = "2026-11-02T08:00:00Z".parse().unwrap();
        let clock = VirtualClock::open(Begin::Frozen(start), dir).unwrap();
        assert_eq!(clock.now(), start);
        assert_eq!(clock.advance(TimeDelta::seconds(90)).unwrap(), start + TimeDelta::seconds(90));
    }

    #[test]
    fn a_clock_that_cannot_be_stored_does_not_move() {
        let dir = DataDir::temporary().unwrap();
        let clock = VirtualClock::open(Begin::Frozen(Timestamp::UNIX_EPOCH), Arc::new(dir)).unwrap();
        std::fs::remove_dir_all(clock.dir.path()).unwrap();
        assert!(clock.advance(TimeDelta::days(1)).is_err());
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
    }
}
