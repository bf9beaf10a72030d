//! Seats in the Test policy of external users: the few who keep their tokens where all others' are blocked.

use super::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who holds the seats of an org: one item, so that one conditional write counts them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// By account.
    #[serde(default)]
    pub seats: BTreeMap<AccountId, Seat>,
}

impl Seats {
    /// The Test policy takes so many external users (Atlassian's support page "Add test policy").
    pub const MOST: usize = 5;
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Who holds it, as people write it.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
    /// When it ends: from then on somebody is to take the account out of the policy.
    pub until: Timestamp,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When the security team was told that it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
}

/// How a seat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// Its end has not come.
    Held,
    /// Its end has come; the account is in the policy until a person takes it out, so it counts until it is freed.
    Ended,
}

impl Seat {
    /// How it stands at a moment.
    pub fn state(&self, now: Timestamp) -> SeatState {
        if self.until > now { SeatState::Held } else { SeatState::Ended }
    }
}
