//! The two DynamoDB tables. Nobody else sees `AttributeValue`.
//!
//! Every read is consistent, but for the sparse index of pending things. An item holds its key, a few lifted attributes
//! ([`item`]) and its value as a map under `body`, so that no field of a value can collide with a lifted attribute.
#![expect(clippy::disallowed_types, reason = "the store is the place that reads and writes items")]
#![expect(clippy::disallowed_methods, reason = "the store is the place that reads and writes items")]

mod apply;
mod batch;
mod call;
mod cases;
pub mod create;
mod cursor;
mod erase;
mod events;
mod findings;
mod form;
mod heads;
pub mod item;
pub mod keys;
mod orgs;
mod outbox;
mod poll;
mod profile;
mod purge;
mod quarantine;
mod reader;
mod reports;
mod select;
mod transact;

pub use apply::pending_of;
pub use events::EVENTS_A_TRANSACTION;

use crate::{config::Tables, model::Timestamp};
use std::sync::Arc;

pub use crate::config::Retention;

/// The store: every port that reads or writes the tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    tables: Arc<Tables>,
    retention: Retention,
}

impl Store {
    /// A store over the tables that a process's AWS settings reach.
    pub fn connect(sdk: &aws_config::SdkConfig, tables: Tables, retention: Retention) -> Self {
        Self::new(aws_sdk_dynamodb::Client::new(sdk), tables, retention)
    }

    /// A store over two tables. Nothing is read or written yet.
    pub fn new(client: aws_sdk_dynamodb::Client, tables: Tables, retention: Retention) -> Self {
        Self { client, tables: Arc::new(tables), retention }
    }
}

const DAY_SECS: i64 = 86_400;

/// The second, counted from 1970, at which something expires.
fn expiry(at: Timestamp, days: u32) -> i64 {
    at.timestamp() + i64::from(days) * DAY_SECS
}
