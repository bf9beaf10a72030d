//! The simulator over real HTTP, as a program that governs tokens meets it.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod cases;
mod changes;
mod client;
mod deeds;
mod events;
mod faults;
mod jira;
mod lists;
mod restart;
mod specs;
