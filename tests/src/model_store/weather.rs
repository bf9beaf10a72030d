//! What becomes of an operation on its way to the tables and back.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// What becomes of a reading operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It is answered.
    Served,
    /// The caller gets an error.
    Refused,
}

/// What becomes of a writing operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// It happens and is answered.
    Served,
    /// Another transaction is at the same items: nothing happens. A store tries a transaction again.
    Conflict,
    /// Nothing happens, and the caller gets an error.
    Refused,
    /// It happens, and the caller gets an error.
    AnswerLost,
}

/// Asked before each operation. Its answer comes when the operation is at the tables, so others go on until then.
pub trait Weather: Send + Sync {
    /// What becomes of a reading operation.
    fn reading(&self) -> impl Future<Output = Reading> + Send;
    /// What becomes of a writing operation.
    fn writing(&self) -> impl Future<Output = Writing> + Send;
    /// Waits before a transaction is tried again: a time by chance, below one that doubles with every try before.
    fn back_off(&self, tries: u32) -> impl Future<Output = ()> + Send;
}

/// Everything is served, after the others had their turn.
#[derive(Debug, Clone, Default)]
pub struct Fair(Arc<AtomicU32>);

impl Weather for Fair {
    async fn reading(&self) -> Reading {
        tokio::task::yield_now().await;
        Reading::Served
    }

    async fn writing(&self) -> Writing {
        tokio::task::yield_now().await;
        Writing::Served
    }

    /// Each waits for another number of turns, or all would meet again.
    async fn back_off(&self, tries: u32) {
        for _ in 0..self.0.fetch_add(1, Relaxed) % (2 << tries) {
            tokio::task::yield_now().await;
        }
    }
}
