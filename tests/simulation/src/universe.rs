//! Time and chance of one simulated world. Nothing here waits: the executor moves the time to whoever is next.

use crate::{options::Odds, random::Random};
use chrono::TimeDelta;
use shared::{
    model::Timestamp,
    ports::{Clock, Deadline},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokenwarden_tests::model_store::{Reading, Weather, Writing};

/// The moments of a world are milliseconds since its beginning.
pub(crate) type Millis = i64;

pub(crate) const SECOND: Millis = 1_000;
pub(crate) const MINUTE: Millis = 60 * SECOND;
pub(crate) const HOUR: Millis = 60 * MINUTE;
pub(crate) const DAY: Millis = 24 * HOUR;

/// What all share who live in one world.
pub(crate) struct Universe {
    now: AtomicI64,
    wake: AtomicI64,
    calm: AtomicBool,
    odds: Odds,
    random: Mutex<Random>,
}

impl Universe {
    pub(crate) fn new(random: Random, odds: Odds) -> Arc<Self> {
        let (now, wake, calm) = (AtomicI64::new(0), AtomicI64::new(Millis::MAX), AtomicBool::new(false));
        Arc::new(Self { now, wake, calm, odds, random: Mutex::new(random) })
    }

    pub(crate) fn now(&self) -> Millis {
        self.now.load(Relaxed)
    }

    pub(crate) fn move_to(&self, at: Millis) {
        self.now.fetch_max(at, Relaxed);
    }

    /// When the future that was polled since the last time wants to be polled again: never before the next millisecond.
    pub(crate) fn take_wake(&self) -> Millis {
        match self.wake.swap(Millis::MAX, Relaxed) {
            Millis::MAX => self.now() + 1,
            at => at.max(self.now() + 1),
        }
    }

    /// From now on nothing fails.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Relaxed)
    }

    pub(crate) fn random(&self) -> MutexGuard<'_, Random> {
        self.random.lock().unwrap()
    }

    /// Whether a fault happens that has these odds.
    pub(crate) fn fault(&self, odds: impl Fn(&Odds) -> u32) -> bool {
        !self.is_calm() && self.random().happens(odds(&self.odds))
    }

    /// How long a call takes, mostly.
    pub(crate) fn latency(&self) -> Millis {
        let mut random = self.random();
        let most = if random.happens(500) { 400 } else { 40 };
        random.between(1, most)
    }

    /// Lets the others go on until then.
    pub(crate) fn until(&self, at: Millis) -> Until<'_> {
        Until { universe: self, at }
    }

    pub(crate) fn pass(&self, time: Millis) -> Until<'_> {
        self.until(self.now() + time)
    }
}

/// The moment as everybody but the executor writes it.
pub(crate) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_timestamp_millis(1_795_262_400_000 + at).unwrap()
}

pub(crate) struct Until<'a> {
    universe: &'a Universe,
    at: Millis,
}

impl Future for Until<'_> {
    type Output = ();

    /// Wakes at once, for what polls several at a time and asks only those again that woke it.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.universe.now() >= self.at {
            return Poll::Ready(());
        }
        self.universe.wake.fetch_min(self.at, Relaxed);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The way to the tables.
#[derive(Clone)]
pub(crate) struct Network(pub(crate) Arc<Universe>);

/// One of the odds.
type Share = fn(&Odds) -> u32;

impl Weather for Network {
    async fn reading(&self) -> Reading {
        self.0.pass(self.0.latency()).await;
        if self.0.fault(|odds| odds.refused) { Reading::Refused } else { Reading::Served }
    }

    async fn writing(&self) -> Writing {
        self.0.pass(self.0.latency()).await;
        let faults: [(Share, Writing); 3] = [
            (|odds| odds.conflict, Writing::Conflict),
            (|odds| odds.refused, Writing::Refused),
            (|odds| odds.answer_lost, Writing::AnswerLost),
        ];
        let fault = faults.into_iter().find(|(odds, _)| self.0.fault(odds));
        fault.map_or(Writing::Served, |(_, writing)| writing)
    }

    async fn back_off(&self, tries: u32) {
        let wait = self.0.random().between(1, 25 << tries.min(6));
        self.0.pass(wait).await;
    }
}

/// A clock that goes wrong by a fixed time.
#[derive(Clone)]
pub(crate) struct SkewedClock {
    pub(crate) universe: Arc<Universe>,
    pub(crate) ahead: Millis,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        timestamp(self.universe.now()) + TimeDelta::milliseconds(self.ahead)
    }

    async fn sleep(&self, duration: Duration) {
        self.universe.pass(i64::try_from(duration.as_millis()).unwrap()).await;
    }
}

/// No further effect is begun from this moment on.
pub(crate) struct LastMoment {
    pub(crate) universe: Arc<Universe>,
    pub(crate) at: Millis,
}

impl Deadline for LastMoment {
    fn reached(&self) -> bool {
        self.universe.now() >= self.at
    }
}
