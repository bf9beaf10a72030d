//! The simulator's clock: the machine's clock plus what was advanced, or a frozen instant plus what was advanced.

use chrono::{DateTime, Utc};

/// Reads the machine's clock; nothing else in this crate does.
#[expect(clippy::disallowed_methods, reason = "the one place where the simulator reads the machine's clock")]
pub(crate) fn machine_now() -> DateTime<Utc> {
    Utc::now()
}

/// A clock that only moves forward.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    frozen_ms: Option<i64>,
    advanced_ms: i64,
    latest_ms: i64,
}

impl Clock {
    /// A clock that stands at an instant until it is advanced, or follows the machine where there is none.
    pub(crate) const fn new(frozen_ms: Option<i64>) -> Self {
        Self { frozen_ms, advanced_ms: 0, latest_ms: i64::MIN }
    }

    /// Now, in epoch milliseconds; never earlier than a former answer.
    pub(crate) fn now_ms(&mut self) -> i64 {
        let base = self.frozen_ms.unwrap_or_else(|| machine_now().timestamp_millis());
        self.latest_ms = self.latest_ms.max(base.saturating_add(self.advanced_ms));
        self.latest_ms
    }

    /// Moves the clock forward.
    pub(crate) const fn advance(&mut self, by_ms: i64) {
        self.advanced_ms = self.advanced_ms.saturating_add(by_ms);
    }

    /// Keeps the clock from showing less than an instant that was already seen.
    pub(crate) fn not_before(&mut self, seen_ms: i64) {
        self.latest_ms = self.latest_ms.max(seen_ms);
    }
}
