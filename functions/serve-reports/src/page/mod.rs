//! The pages: without scripts, every value escaped; forms change something only by a token or a signed link.

mod action;
mod answer;
mod credential;
mod enter;
mod frame;
mod home;
mod line;
mod lists;
mod moment;

pub(crate) use action::{action, actions};
pub(crate) use answer::{answer, give_answer};
pub(crate) use credential::credential;
pub(crate) use enter::{decide, enter_register};
pub(crate) use home::home;
pub(crate) use lists::{ledger, quarantine};
