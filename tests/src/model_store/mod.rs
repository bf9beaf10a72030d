//! The tables as a model in memory, under any weather: for simulations, and held to the contract of every DynamoDB.

mod cases;
mod heads;
mod history;
mod outbox;
mod reports;
mod tables;
mod transaction;
mod weather;

pub use weather::{Fair, Reading, Weather, Writing};

use shared::{
    error::{Error, Result},
    model::{LedgerEntry, OrgId},
    ports::Pending,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tables::{OrgTables, Tables};

/// How often a transaction is tried that others hinder.
const TRIES: u32 = 8;

/// Both tables, reached through some weather. Its clones reach the same tables.
#[derive(Clone)]
pub struct ModelStore<W> {
    tables: Arc<Mutex<Tables>>,
    weather: W,
}

impl<W: Weather> ModelStore<W> {
    /// Empty tables.
    pub fn new(weather: W) -> Self {
        Self { tables: Arc::default(), weather }
    }

    /// The same tables through another weather.
    pub fn under<V: Weather>(&self, weather: V) -> ModelStore<V> {
        ModelStore { tables: Arc::clone(&self.tables), weather }
    }

    /// What the stream said since the last time: what was written and is pending.
    pub fn take_stream(&self, org: &OrgId) -> Vec<Pending> {
        self.look(org, |tables| std::mem::take(&mut tables.cases.stream))
    }

    /// The ledger as it stands, whatever the weather.
    pub fn entries(&self, org: &OrgId) -> Vec<LedgerEntry> {
        self.look(org, |tables| tables.cases.ledger.clone())
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // A test that panicked has failed already.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look<T>(&self, org: &OrgId, look: impl FnOnce(&mut OrgTables) -> T) -> T {
        let mut tables = self.tables();
        match tables.get_mut(org) {
            Some(known) => look(known),
            None => look(tables.entry(org.clone()).or_default()),
        }
    }

    async fn read<T>(&self, org: &OrgId, read: impl FnOnce(&OrgTables) -> T + Send) -> Result<T> {
        match self.weather.reading().await {
            Reading::Served => Ok(self.look(org, |tables| read(tables))),
            Reading::Refused => Err(refused()),
        }
    }

    /// A write that is no transaction.
    async fn write<T>(&self, org: &OrgId, write: impl FnOnce(&mut OrgTables) -> T + Send) -> Result<T> {
        match self.weather.writing().await {
            Writing::Served => Ok(self.look(org, write)),
            Writing::Conflict | Writing::Refused => Err(refused()),
            Writing::AnswerLost => {
                self.look(org, write);
                Err(lost())
            }
        }
    }
}

fn refused() -> Error {
    Error::Store("too many requests".into())
}

fn lost() -> Error {
    Error::Store("no answer in time".into())
}
