//! The calls received, newest kept.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// How many calls are kept.
pub(crate) const KEPT: usize = 100_000;

/// One request that was received.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    /// In the order of arrival.
    pub(crate) sequence: u64,
    pub(crate) method: String,
    /// Path with query.
    pub(crate) path: String,
    /// 0 where the connection was closed without an answer.
    pub(crate) status: u16,
    pub(crate) at_ms: i64,
    /// The org's place and the key's index, where a known key was presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<(usize, u32)>,
}

/// The newest calls, in the order of their answers.
#[derive(Debug, Default)]
pub(crate) struct Calls(VecDeque<Call>);

impl Calls {
    pub(crate) fn push(&mut self, call: Call) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(call);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The number of the call after all that were ever kept here.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.0.iter().map(|call| call.sequence + 1).max().unwrap_or(0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.0.iter()
    }
}
