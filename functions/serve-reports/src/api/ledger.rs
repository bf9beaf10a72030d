//! The ledger.

use crate::{
    answer::Reply,
    ask::Ask,
    paging::{Keep, Part, Place, limit, unknown, walk},
};
use serde_json::json;
use shared::{
    error::Result,
    model::{LedgerEntry, OrgId},
    ports::CaseReader,
};

/// `GET /v1/orgs/{org}/ledger`: oldest first.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let place = Place::of(ask, format!("ledger:{org}"))?;
    Ok(entries(store, &org, place, limit(ask)?).await?.answer(ask, |entry| json!(entry)))
}

/// The entries from a place on.
pub(crate) async fn entries<S: CaseReader>(
    store: &S,
    org: &OrgId,
    place: Place,
    limit: u32,
) -> Result<Part<LedgerEntry>> {
    let all = Keep::<fn(&LedgerEntry) -> bool>::All;
    walk(place, limit, all, |after, size| async move {
        let after_seq = after.map_or(Ok(0), |after| after.parse()).map_err(|_| unknown())?;
        store.ledger(org, after_seq, size).await
    })
    .await
}
