//! What a delivery came to becomes durable: what was not understood into quarantine, the events into the history.

use super::record_events::record_events;
use crate::{
    config::EventSettings,
    decide::parse::{Parsed, Refused},
    error::Result,
    model::{Intake, OrgId, Quarantined, Timestamp},
    ports::{Clock, EventStore, QuarantineStore},
};
use serde::Serialize;

/// What became of a delivery, as its sender is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Events stored now.
    pub stored: u64,
    /// Events stored before, or twice in this delivery.
    pub repeated: u64,
    /// Items that were not understood, kept whole.
    pub quarantined: u64,
    /// Events that were counted and not stored.
    pub ignored: u64,
}

impl std::ops::AddAssign for Taken {
    fn add_assign(&mut self, other: Self) {
        self.stored += other.stored;
        self.repeated += other.repeated;
        self.quarantined += other.quarantined;
        self.ignored += other.ignored;
    }
}

/// Makes a delivery durable. When this returns, all of it is.
///
/// # Errors
/// Those of the store; then some of it may be durable, and the same delivery again completes it.
pub async fn take_in<S: EventStore + QuarantineStore>(
    store: &S,
    clock: &impl Clock,
    org: &OrgId,
    intake: Intake,
    parsed: Parsed,
    settings: &EventSettings,
) -> Result<Taken> {
    let now = clock.now();
    for refused in &parsed.refused {
        store.quarantine(org, &header(refused, intake, now), &refused.bytes).await?;
    }
    let recorded = record_events(store, clock, org, parsed.events, settings).await?;
    Ok(Taken {
        stored: recorded.stored,
        repeated: recorded.repeated,
        quarantined: parsed.refused.len() as u64,
        ignored: recorded.ignored,
    })
}

fn header(refused: &Refused, intake: Intake, at: Timestamp) -> Quarantined {
    Quarantined {
        id: refused.id(),
        intake,
        reason: refused.reason.clone(),
        at,
        size_bytes: refused.bytes.len() as u64,
        parts: 0, // the store says how many it made
    }
}
