//! What could not be understood, kept whole.

use super::{QuarantineId, Timestamp};
use serde::{Deserialize, Serialize};

/// By which way a body came, so that it can be replayed by the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// The audit-log webhook.
    AuditWebhook,
    /// The Guard Detect webhook.
    GuardDetectWebhook,
    /// The poll.
    Poll,
}

/// A body (or one item of it) that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The hash of its bytes: the same body twice is one.
    pub id: QuarantineId,
    /// By which way it came.
    pub intake: Intake,
    /// Why it was not understood, and how to mend it.
    pub reason: String,
    /// When it first came.
    pub at: Timestamp,
    /// Its size, uncompressed.
    pub size_bytes: u64,
    /// How many stored parts it has.
    pub parts: u32,
}
