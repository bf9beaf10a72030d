//! Tells the event bus of the published heads of a ledger: what leaves the deployment cannot be rewritten there.

use crate::{
    error::Result,
    model::OrgId,
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
    let newest_first = store.published_heads(org, None, HEADS).await?.items;
    let told = store.told_until(org).await?;
    let untold = match told {
        Some(told) => newest_first.iter().take_while(|head| head.at > told).count(),
        None => newest_first.len().min(1),
    };
    for head in newest_first[..untold].iter().rev() {
        if let Err(refusal) = notifier.head(head).await {
            let (seq, reason) = (head.seq, refusal.reason);
            tracing::error!(%org, seq, reason, "the event bus was not told of the head of the ledger");
            return Ok(Announced::BusFailed);
        }
        store.put_told_until(org, head.at).await?;
    }
    Ok(Announced::All)
}
