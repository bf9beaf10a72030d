//! Tokenwarden on one machine, and the `tokenwarden` command.
//!
//! [`Runner`] is the whole bundle in one process, for the command `serve` and for tests. Without the feature `local` only
//! the commands that speak to a deployment remain.

mod api;
pub mod cli;
mod commands;
mod console;
mod deployment;
pub mod failure;
#[cfg(feature = "local")]
mod logs;
mod place;
mod random;
#[cfg(feature = "local")]
pub mod runner;

#[cfg(feature = "local")]
pub use runner::{FirstReport, Runner, RunnerOptions, Schedules, bundle::Function, clock::Begin, orgs::Atlassian};
