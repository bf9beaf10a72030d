//! Tells the event bus of the published heads of a ledger: what leaves the deployment cannot be rewritten there.

use crate::{
    error::Result,
    model::{OrgId, SignedHead},
    ports::{HeadStore, Notifier},
};

/// So many heads are made up for after the bus failed; the table keeps the others.
const HEADS: u32 = 31;

/// What telling the bus came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// The bus knows every head.
    All,
    /// It did not take one; the next sweep tries again.
    BusFailed,
}

/// Tells the bus of the heads that it does not know, the oldest first; on its first day of the newest only. Where a crash
/// falls between telling and storing, the same head is told twice.
///
/// # Errors
/// [`crate::error::Error::Store`] if what is stored cannot be read or written.
pub async fn announce_heads<S: HeadStore, N: Notifier>(store: &S, notifier: &N, org: &OrgId) -> Result<Announced> {
    for head in untold(store, org).await?.iter().rev() {
        if let Err(refusal) = notifier.head(head).await {
            let (seq, reason) = (head.seq, refusal.reason);
            tracing::error!(%org, seq, reason, "the event bus was not told of the head of the ledger");
            return Ok(Announced::BusFailed);
        }
        store.put_told_until(org, head.at).await?;
    }
    Ok(Announced::All)
}

/// The heads that the bus does not know, newest first. Where it knows the newest, and it mostly does, no more is read.
async fn untold<S: HeadStore>(store: &S, org: &OrgId) -> Result<Vec<SignedHead>> {
    let newest = store.published_heads(org, None, 1).await?.items;
    let Some(told) = store.told_until(org).await? else { return Ok(newest) };
    if newest.iter().all(|head| head.at <= told) {
        return Ok(Vec::new());
    }
    let heads = store.published_heads(org, None, HEADS).await?.items;
    Ok(heads.into_iter().take_while(|head| head.at > told).collect())
}
