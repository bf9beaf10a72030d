//! One thread on which all processes live. Each waits for a moment that chance gave; the next moment is whose turn it is.

use crate::universe::{Millis, Universe};
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// How long something lives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Life {
    /// Until its work is done.
    UntilDone,
    /// At most until this moment, and it may die before.
    AtMost(Millis),
}

/// What lives in the world: its work, and what is left of it if it dies.
struct Process<T> {
    work: Pin<Box<dyn Future<Output = T>>>,
    life: Life,
    remains: T,
}

/// The processes and their turns.
pub(crate) struct Executor<T> {
    universe: Arc<Universe>,
    processes: Vec<Option<Process<T>>>,
    free: Vec<usize>,
    turns: BinaryHeap<Reverse<(Millis, u64, usize)>>,
    /// How many processes died before their end.
    pub(crate) crashes: u64,
    /// A number that two runs share only if every turn was the same.
    pub(crate) trace: u64,
}

impl<T> Executor<T> {
    pub(crate) fn new(universe: &Arc<Universe>) -> Self {
        Self {
            universe: Arc::clone(universe),
            processes: Vec::new(),
            free: Vec::new(),
            turns: BinaryHeap::new(),
            crashes: 0,
            trace: 0,
        }
    }

    /// Starts a process at a moment; if it dies, it comes to `remains`.
    pub(crate) fn start(&mut self, at: Millis, life: Life, work: impl Future<Output = T> + 'static, remains: T) {
        let process = Some(Process { work: Box::pin(work), life, remains });
        let place = self.free.pop().unwrap_or(self.processes.len());
        match self.processes.get_mut(place) {
            Some(free) => *free = process,
            None => self.processes.push(process),
        }
        self.turn(at, place);
    }

    /// Lets processes have their turns until one comes to an end; gives what it came to, or `None` if none lives.
    pub(crate) fn run(&mut self) -> Option<T> {
        while let Some(Reverse((at, _, place))) = self.turns.pop() {
            self.universe.move_to(at);

            self.trace = self.trace.wrapping_mul(0x0100_0000_01b3) ^ (at as u64) ^ ((place as u64) << 48);
            if let Some(came_to) = self.take_turn(place) {
                self.free.push(place);
                return Some(came_to);
            }
        }
        None
    }

    fn take_turn(&mut self, place: usize) -> Option<T> {
        let process = self.processes[place].as_mut()?;
        let dies = match process.life {
            Life::UntilDone => false,
            Life::AtMost(end) => end <= self.universe.now() || self.universe.fault(|odds| odds.crash),
        };
        if dies {
            self.crashes += 1;
            return self.processes[place].take().map(|process| process.remains);
        }
        match process.work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(came_to) => {
                self.processes[place] = None;
                Some(came_to)
            }
            Poll::Pending => {
                self.turn(self.universe.take_wake(), place);
                None
            }
        }
    }

    fn turn(&mut self, at: Millis, place: usize) {
        let tie = self.universe.random().number();
        self.turns.push(Reverse((at, tie, place)));
    }
}
