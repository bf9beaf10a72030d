//! The deletion of everything that is stored of an org: where it stands, so that the next tick goes on from there.

use super::Timestamp;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// An event's time may lie so many days after our own.
const AHEAD: Days = Days::new(2);

/// How far the deletion of an org's data has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// When somebody asked for it.
    pub asked_at: Timestamp,
    /// Where it goes on.
    pub place: PurgePlace,
    /// How many items were deleted so far.
    pub deleted: u64,
}

impl Purge {
    /// One that was asked for now.
    pub fn asked(now: Timestamp) -> Self {
        let today = now.date_naive();
        let day = today.checked_add_days(AHEAD).unwrap_or(today);
        Self { asked_at: now, place: PurgePlace::Events { day }, deleted: 0 }
    }
}

/// What is deleted next, in this order. Each place can be gone over again without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum PurgePlace {
    /// The events of a day, the newest day first.
    Events {
        /// Which day (UTC).
        day: NaiveDate,
    },
    /// The usage profiles.
    Profiles,
    /// The reports, one by one, and the one that is being made.
    Reports,
    /// What could not be understood.
    Quarantine,
    /// Checkpoints, findings, actions and all else that people entered or decided, with the ledger.
    Rest,
}
