//! What the rules say: one function for each reason, by theme.
//!
//! A reason stands beside its credential, which it calls "it". It says what was seen and why that matters, with dates
//! (UTC) and numbers, and promises nothing that the data does not hold.

mod expiry;
mod lists;
mod people;
mod usage;

pub(crate) use expiry::*;
pub(crate) use lists::*;
pub(crate) use people::*;
pub(crate) use usage::*;

#[cfg(test)]
mod tests;
