//! The clock of a world.

use shared::{
    model::Timestamp,
    ports::{Clock, Deadline},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

/// A clock that stands until it is moved. Sleeping moves it.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that stands at this moment.
    ///
    /// # Panics
    /// If the text is no RFC 3339 time.
    pub fn at(text: &str) -> Self {
        let now: Timestamp = text.parse().expect("an RFC 3339 time");
        Self(Arc::new(AtomicI64::new(now.timestamp_millis())))
    }

    /// Moves it.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_millis(self.0.load(Ordering::SeqCst)).expect("a moment within range")
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

/// A deadline that is reached after so many questions.
#[derive(Debug)]
pub struct Steps(AtomicU32);

impl Steps {
    /// Time for so many.
    pub fn new(steps: u32) -> Self {
        Self(AtomicU32::new(steps))
    }
}

impl Deadline for Steps {
    fn reached(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}
