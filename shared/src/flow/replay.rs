//! Reads a quarantined body once more, with what this version understands and what the org's list of actions now says.

use super::record_events::{Recorded, record_events};
use crate::{
    config::EventSettings,
    decide::parse::parse,
    error::{Error, Result},
    model::{OrgId, QuarantineId},
    ports::{Clock, EventStore, QuarantineStore},
};

/// What became of a replayed body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// All of it was understood; it is no longer in quarantine.
    Released(Recorded),
    /// Some of it was not, so it stays, whole; what was understood is stored.
    Kept {
        /// What was stored.
        recorded: Recorded,
        /// Why the rest was not understood, in its order.
        reasons: Vec<String>,
    },
}

/// Replays a quarantined body by the way it came.
///
/// # Errors
/// [`Error::NotFound`] if it is not in quarantine; those of the store, and then it stays.
pub async fn replay<S: EventStore + QuarantineStore>(
    store: &S,
    clock: &impl Clock,
    org: &OrgId,
    id: &QuarantineId,
    settings: &EventSettings,
) -> Result<Replayed> {
    let Some((header, body)) = store.quarantined_body(org, id).await? else {
        return Err(Error::NotFound(format!("the quarantined body {id}")));
    };
    let parsed = parse(&body, header.intake, &store.catalogue(org).await?);
    let recorded = record_events(store, clock, org, parsed.events, settings).await?;
    if parsed.refused.is_empty() {
        store.remove_quarantined(org, &header).await?;
        return Ok(Replayed::Released(recorded));
    }
    Ok(Replayed::Kept { recorded, reasons: parsed.refused.into_iter().map(|refused| refused.reason).collect() })
}

#[cfg(test)]
mod tests {
    use super::super::{
        take_in::take_in,
        testing::{MemoryStore, TestClock, org, wire},
    };
    use super::*;
    use crate::{config::KeepEvents, decide::parse::Parsed, model::Intake};

    const EVENTS: EventSettings = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };

    async fn put_aside(store: &MemoryStore, body: &str) -> QuarantineId {
        let refused = crate::decide::parse::Refused { reason: "was not known".into(), bytes: body.into() };
        let parsed = Parsed { refused: vec![refused.clone()], ..Parsed::default() };
        take_in(store, &TestClock::at(0), &org(), Intake::AuditWebhook, parsed, &EVENTS).await.unwrap();
        refused.id()
    }

    #[tokio::test]
    async fn a_body_that_is_understood_now_is_stored_and_released() {
        let store = MemoryStore::default();
        let id = put_aside(&store, &wire("e1", "t1", -5)).await;
        let released = replay(&store, &TestClock::at(0), &org(), &id, &EVENTS).await.unwrap();
        assert_eq!(released, Replayed::Released(Recorded { stored: 1, repeated: 0, ignored: 0 }));
        assert!(store.with(|memory| memory.quarantined.is_empty()));
        let again = replay(&store, &TestClock::at(0), &org(), &id, &EVENTS).await;
        assert!(matches!(again, Err(Error::NotFound(_))));
    }

    #[tokio::test]
    async fn a_body_of_which_a_part_is_not_understood_stays_whole() {
        let store = MemoryStore::default();
        let id = put_aside(&store, &format!("[{}, {{\"entities\":[]}}]", wire("e1", "t1", -5))).await;
        let kept = replay(&store, &TestClock::at(0), &org(), &id, &EVENTS).await.unwrap();
        let Replayed::Kept { recorded, reasons } = kept else { panic!("{kept:?}") };
        assert_eq!((recorded.stored, reasons.len()), (1, 1));
        assert_eq!(store.with(|memory| memory.quarantined.len()), 1);
    }
}
