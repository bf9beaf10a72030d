//! What could not be understood, and trying again.

use crate::{
    answer::{Answer, Reply},
    ask::Ask,
    paging::{Keep, Part, Place, limit, walk},
    view,
};
use serde_json::json;
use shared::{
    config::EventSettings,
    error::Result,
    flow::{
        record_events::Recorded,
        replay::{self, Replayed},
    },
    model::{OrgId, Quarantined},
    ports::{CaseReader, Clock, EventStore, QuarantineStore},
};

/// `GET /v1/orgs/{org}/quarantine`.
pub(crate) async fn list<S: CaseReader + QuarantineStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let place = Place::of(ask, format!("quarantine:{org}"))?;
    Ok(headers(store, &org, place, limit(ask)?).await?.answer(ask, view::quarantined))
}

/// The headers from a place on.
pub(crate) async fn headers<S: QuarantineStore>(
    store: &S,
    org: &OrgId,
    place: Place,
    limit: u32,
) -> Result<Part<Quarantined>> {
    let all = Keep::<fn(&Quarantined) -> bool>::All;
    walk(place, limit, all, |cursor, size| store.quarantined(org, cursor, size)).await
}

/// `POST /v1/orgs/{org}/quarantine/{id}/replay`: what is understood is stored; a body that is understood whole leaves.
pub(crate) async fn replay<S: CaseReader + QuarantineStore + EventStore>(
    store: &S,
    clock: &impl Clock,
    events: &EventSettings,
    ask: &Ask<'_>,
) -> Reply {
    let org = ask.org(store).await?.id;
    let replayed = replay::replay(store, clock, &org, &ask.param("id").into(), events).await?;
    let (state, recorded, reasons) = match replayed {
        Replayed::Released(recorded) => ("released", recorded, Vec::new()),
        Replayed::Kept { recorded, reasons } => ("kept", recorded, reasons),
    };
    let Recorded { stored, repeated, ignored } = recorded;
    let counts = json!({ "stored": stored, "repeated": repeated, "ignored": ignored });
    Ok(Answer::json(&json!({ "state": state, "recorded": counts, "reasons": reasons })))
}
