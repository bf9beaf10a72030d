//! Publishes the head of an org's ledger once a day, signed: what is kept elsewhere cannot be rewritten unseen.

use crate::{
    decide::head::{HeadDue, due, message, sealed, unsigned},
    error::{Error, Result},
    model::{HeadKey, LedgerHead, OrgId, Seal, SignedHead, Timestamp},
    ports::{HeadSigner, HeadStore, Written},
};
use chrono::SecondsFormat;

/// What became of an org's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It was published.
    Now,
    /// It is not due.
    NotDue,
    /// The ledger was cut or replaced; nothing was signed.
    Rewritten,
    /// It could not be signed; the next sweep tries again.
    SignerFailed,
}

/// Publishes the head if it is due. What goes wrong with the key or the ledger is logged here, and stops nothing else.
///
/// # Errors
/// [`Error::Store`] if what is stored cannot be read or written.
pub async fn publish_head<S: HeadStore, H: HeadSigner>(
    store: &S,
    signer: &H,
    org: &OrgId,
    now: Timestamp,
) -> Result<Published> {
    let last = store.published_heads(org, None, 1).await?.items.pop();
    let head = store.ledger_head(org).await?;
    match due(last.as_ref(), &head, now) {
        HeadDue::No => Ok(Published::NotDue),
        HeadDue::Yes => publish(store, signer, org, head, now).await,
        HeadDue::Rewritten(bad) => {
            tracing::error!(org = %org, seq = bad.seq, error = %bad, "the ledger does not follow its published head");
            Ok(Published::Rewritten)
        }
    }
}

async fn publish<S: HeadStore, H: HeadSigner>(
    store: &S,
    signer: &H,
    org: &OrgId,
    head: LedgerHead,
    now: Timestamp,
) -> Result<Published> {
    let (head, key) = match sign(signer, unsigned(org, head, now)).await {
        Ok(signed) => signed,
        Err(error) => {
            tracing::error!(org = %org, error = %error, "the head of the ledger could not be signed");
            return Ok(Published::SignerFailed);
        }
    };
    match store.publish_head(&head, key.as_ref()).await? {
        Written::Stored => {
            announce(&head);
            Ok(Published::Now)
        }
        Written::Contended => Ok(Published::NotDue),
    }
}

async fn sign<H: HeadSigner>(signer: &H, head: SignedHead) -> Result<(SignedHead, Option<HeadKey>)> {
    let Some(key) = signer.key().await? else { return Ok((head, None)) };
    let signature = signer.sign(&message(&head, &key.key_id)).await?;
    let stored = HeadKey { key_id: key.key_id.clone(), public_key: key.public.pem(), at: head.at };
    let signed = sealed(head, &key, &signature).map_err(|bad| Error::Signing(bad.to_string()))?;
    Ok((signed, Some(stored)))
}

/// Where a published head leaves the tables at once: the log. The event bus is told by [`super::announce_head`].
fn announce(head: &SignedHead) {
    let (key_id, signature) = match &head.seal {
        Seal::EcdsaSha256 { key_id, signature } => (key_id.as_str(), signature.as_str()),
        Seal::None => ("", ""),
    };
    let SignedHead { org, seq, hash, at, .. } = head;
    // As it is signed: with `Z`.
    let at = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    tracing::info!(%org, seq, %hash, at, key_id, signature, "ledger head");
}
