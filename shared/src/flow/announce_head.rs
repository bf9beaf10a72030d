//! Tells the event bus of the published heads of a ledger: what leaves the deployment cannot be rewritten there.

use crate::{
    error::Result,
    model::{OrgId, SignedHead, Timestamp},
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
pub async fn announce_heads<S: HeadStore, N: Notifier>(
    store: &S,
    notifier: &N,
    org: &OrgId,
    now: Timestamp,
) -> Result<Announced> {
    for head in untold(store, org, now).await?.iter().rev() {
        if let Err(refusal) = notifier.head(head).await {
            let (seq, reason) = (head.seq, refusal.reason);
            tracing::error!(%org, seq, reason, "the event bus was not told of the head of the ledger");
            return Ok(Announced::BusFailed);
        }
        store.put_told_until(org, head.at).await?;
    }
    Ok(Announced::All)
}

/// The heads that the bus does not know, newest first. One is published a day: where it knows today's, there is no other.
async fn untold<S: HeadStore>(store: &S, org: &OrgId, now: Timestamp) -> Result<Vec<SignedHead>> {
    let told = store.told_until(org).await?;
    if told.is_some_and(|told| told.date_naive() >= now.date_naive()) {
        return Ok(Vec::new());
    }
    let mut heads = store.published_heads(org, None, HEADS).await?.items;
    heads.truncate(match told {
        Some(told) => heads.iter().take_while(|head| head.at > told).count(),
        None => 1,
    });
    Ok(heads)
}
