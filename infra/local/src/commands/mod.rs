//! One module a command.

pub(crate) mod campaign;
pub(crate) mod doctor;
pub(crate) mod erase;
#[cfg(feature = "local")]
mod first_steps;
pub(crate) mod hub;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod org;
pub(crate) mod policy;
#[cfg(feature = "local")]
pub(crate) mod probe;
#[cfg(feature = "local")]
pub(crate) mod report;
pub(crate) mod seats;
#[cfg(feature = "local")]
pub(crate) mod serve;
pub(crate) mod switch;
