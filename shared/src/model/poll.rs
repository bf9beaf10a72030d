//! Where the poll stands, and which times it has covered.

use super::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A time that was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// From, inclusive.
    pub from: Timestamp,
    /// To, exclusive.
    pub to: Timestamp,
}

/// One of the two readers of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Where this reader began.
    pub from: Timestamp,
    /// Where it ends; `None` for the live one, which never does.
    pub to: Option<Timestamp>,
    /// The last cursor that was not null.
    pub cursor: Option<String>,
    /// The newest processing time seen: where to ask again from when there is no cursor.
    pub watermark: Option<Timestamp>,
    /// When it last came to the end of what there was.
    pub caught_up_at: Option<Timestamp>,
}

/// How many requests were sent in which minute, so that our share of the limit is kept across invocations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteUse {
    /// Minutes since 1970.
    pub minute: i64,
    /// Requests sent in it.
    pub requests: u32,
}

/// The poll's checkpoint for one org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollState {
    /// From the installation on; always first.
    pub live: Reader,
    /// The time before the installation; with what is left of our share.
    pub backfill: Option<Reader>,
    /// What was read to its end, merged, oldest first.
    pub coverage: Vec<Interval>,
    /// Our requests in the current minute.
    pub minute: MinuteUse,
    /// Not before this, because Atlassian said so.
    pub wait_until: Option<Timestamp>,
    /// When the list of actions was last read.
    pub catalogue_at: Option<Timestamp>,
    /// How long after they happened events were processed.
    #[serde(default)]
    pub delays: Delays,
    /// Why the last tick did not come to its end, for people.
    pub last_error: Option<String>,
}

impl PollState {
    /// The last interval of the coverage, which reaches up to where the live reader came.
    pub fn covered_now(&self) -> Option<Interval> {
        self.coverage.last().copied()
    }
}

/// How late events come, by the times that they bear themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delays {
    within_15_min: u64,
    later: u64,
    /// The longest delay, in seconds.
    pub longest_secs: i64,
}

impl Delays {
    /// Counts one event's delay, in seconds.
    pub fn insert(&mut self, secs: i64) {
        match secs {
            ..=900 => self.within_15_min += 1,
            901.. => self.later += 1,
        }
        self.longest_secs = self.longest_secs.max(secs);
    }

    /// How many were counted.
    pub fn all(&self) -> u64 {
        self.within_15_min + self.later
    }

    /// How many of them took more than 15 minutes.
    pub fn late(&self) -> u64 {
        self.later
    }
}

/// The org's own list of actions (`event-actions`): action id to what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionCatalogue(pub BTreeMap<String, ActionName>);

/// What the org's list says of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionName {
    /// Such as `Created API token`.
    pub display: String,
    /// Such as `API tokens`.
    pub group: String,
}
