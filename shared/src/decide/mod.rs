//! Decisions: pure functions over the words. No I/O, no clock, no environment: `now` is an argument.

pub mod announce;
pub mod answer_link;
pub mod budget;
pub mod calendar;
pub mod case;
pub mod classify;
pub mod due;
pub mod exempt;
pub mod export;
pub mod facts;
pub mod fold;
mod foreign;
pub mod govern;
pub mod head;
pub mod history;
pub mod holdings;
pub mod impact;
pub mod join;
pub mod judge;
pub mod ladder;
pub mod ledger;
pub mod loosening;
pub mod outbox;
pub mod owner_plan;
pub mod parse;
pub mod plan;
pub mod policy;
pub mod poll;
pub mod purge;
pub mod recipient;
pub mod settle;
pub mod simulate;
pub mod tally;
pub mod told;
pub mod verify;

pub use crate::model::mask;
