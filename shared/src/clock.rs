//! The real time, for the functions: everybody else is given a clock.

use crate::{
    model::Timestamp,
    ports::{Clock, Deadline},
};
use std::time::{Duration, Instant, SystemTime};

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
        chrono::Utc::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A moment of real time at which to stop.
#[derive(Debug, Clone, Copy)]
pub struct InstantDeadline(Instant);

impl InstantDeadline {
    /// The deadline that is this far from now.
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// The deadline that leaves `reserve` before `end`.
    pub fn before(end: SystemTime, reserve: Duration) -> Self {
        // A moment to come has a negative age, which is the error's duration.
        let remaining = end.elapsed().err().map(|error| error.duration()).unwrap_or_default();
        Self::before_end(remaining, reserve)
    }

    /// The deadline that leaves `reserve` before the end of what `remaining` there is.
    pub fn before_end(remaining: Duration, reserve: Duration) -> Self {
        Self::after(remaining.saturating_sub(reserve))
    }
}

impl Deadline for InstantDeadline {
    fn reached(&self) -> bool {
        Instant::now() >= self.0
    }
}

/// No deadline: for programs that may take their time.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDeadline;

impl Deadline for NoDeadline {
    fn reached(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_reached_when_its_time_has_come() {
        assert!(InstantDeadline::after(Duration::ZERO).reached());
        assert!(!InstantDeadline::after(Duration::from_secs(3_600)).reached());
        assert!(InstantDeadline::before_end(Duration::from_secs(2), Duration::from_secs(3)).reached());
        assert!(!NoDeadline.reached());
    }
}
