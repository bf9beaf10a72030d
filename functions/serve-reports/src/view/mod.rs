//! How our words look from outside. Nothing of the model leaves without passing here, except what is recorded as it
//! is hashed: plans and ledger entries.

mod action;
mod filter;
mod message;
mod owner;
mod register;
mod report;
mod row;
mod table;
mod usage;

pub(crate) use action::action;
pub(crate) use filter::RowFilter;
pub(crate) use message::message;
pub(crate) use owner::owner;
pub(crate) use register::{Given, expiry, read_register_csv, register, register_csv};
pub(crate) use report::{quarantined, report};
pub(crate) use row::harmed;
pub use row::harmless;
pub(crate) use row::{Row, csv, word};
pub(crate) use usage::{event, usage};
