//! The intake of audit events, over a real store: webhooks and polls, in any order, twice, and interrupted.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod fixtures;
mod interrupted;
mod poll;
mod poll_sim;
mod samples;
mod setup;
mod stores;
mod webhook;
