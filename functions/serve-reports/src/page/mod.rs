//! The pages: read-only, without scripts, every value escaped.

mod action;
mod credential;
mod enter;
mod frame;
mod home;
mod line;
mod lists;
mod moment;

pub(crate) use action::{action, actions};
pub(crate) use credential::credential;
pub(crate) use enter::enter_register;
pub(crate) use home::home;
pub(crate) use lists::{ledger, quarantine};
