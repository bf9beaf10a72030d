//! The bundle on one machine.

pub mod failure;
#[cfg(feature = "local")]
pub mod runner;
