//! The ledger, and its published heads.

use crate::{
    answer::{Answer, Reply},
    ask::Ask,
    paging::{Keep, Part, Place, limit, linked, unknown, walk},
};
use serde_json::json;
use shared::{
    decide::export,
    error::{Error, Result},
    model::{LedgerEntry, OrgId, SignedHead},
    ports::{CaseReader, HeadReader},
};

/// `GET /v1/orgs/{org}/ledger`: oldest first.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    if ask.accepts("application/jsonl") {
        return lines(store, ask).await;
    }
    Ok(page(store, ask).await?.answer(ask, |entry| json!(entry)))
}

/// `GET /v1/orgs/{org}/ledger.jsonl`: the same, each line the text over which the entry's hash is.
pub(crate) async fn lines<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let part = page(store, ask).await?;
    let text: String = part.items.iter().map(|entry| export::line(entry) + "\n").collect();
    let next = part.next.as_ref().map(Place::seal);
    Ok(linked(Answer::lines(text), ask, next.as_deref()))
}

async fn page<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Result<Part<LedgerEntry>> {
    let org = ask.org(store).await?.id;
    let place = Place::of(ask, format!("ledger:{org}"))?;
    entries(store, &org, place, limit(ask)?).await
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

/// `GET /v1/orgs/{org}/ledger/heads`: newest first.
pub(crate) async fn heads<S: CaseReader + HeadReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("heads:{org}"))?;
    let all = Keep::<fn(&SignedHead) -> bool>::All;
    let part = walk(place, limit(ask)?, all, |cursor, size| store.published_heads(org, cursor, size)).await?;
    Ok(part.answer(ask, |head| json!(head)))
}

/// `GET /v1/orgs/{org}/ledger/key`: every key that signed a head, the newest first.
pub(crate) async fn key<S: CaseReader + HeadReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let mut keys = store.head_keys(&org).await?;
    keys.sort_by_key(|key| std::cmp::Reverse(key.at));
    match keys.is_empty() {
        true => Err(Error::NotFound("a head of this ledger that was signed".into()).into()),
        false => Ok(Answer::text(keys.into_iter().map(|key| key.public_key).collect())),
    }
}
