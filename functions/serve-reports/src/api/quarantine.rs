//! What could not be understood, and trying again.

use crate::{
    answer::Reply,
    ask::Ask,
    paging::{Keep, Part, Place, limit, walk},
    view,
};
use shared::{
    error::{Error, Result},
    model::{OrgId, Quarantined},
    ports::{CaseReader, EventStore, QuarantineStore},
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

/// `POST /v1/orgs/{org}/quarantine/{id}/replay`.
pub(crate) async fn replay<S: CaseReader + QuarantineStore + EventStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let id = ask.param("id");
    store.quarantined_body(&org, &id.into()).await?.ok_or_else(|| Error::NotFound(format!("quarantined body {id}")))?;
    Err(Error::Conflict("replaying is not wired yet".into()).into())
}
