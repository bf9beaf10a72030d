//! Published heads of the ledger: who signs them, and where they are kept.

use super::{CaseReader, Written};
use crate::{
    error::Result,
    model::{HeadKey, OrgId, Page, SignedHead, SignerKey, Timestamp},
};
use std::future::Future;

/// Signs heads of ledgers.
pub trait HeadSigner: Send + Sync {
    /// The key; `None` where none is configured, and heads are published unsigned.
    fn key(&self) -> impl Future<Output = Result<Option<SignerKey>>> + Send;
    /// An ECDSA signature on P-256 over the SHA-256 of this text, by the key that [`HeadSigner::key`] names; ASN.1 DER.
    fn sign(&self, message: &str) -> impl Future<Output = Result<Vec<u8>>> + Send;
}

/// Published heads, read (table `cases`).
pub trait HeadReader: Send + Sync {
    /// The heads that were published, newest first.
    fn published_heads(
        &self,
        org: &OrgId,
        cursor: Option<String>,
        limit: u32,
    ) -> impl Future<Output = Result<Page<SignedHead>>> + Send;
    /// Every key that signed one of them.
    fn head_keys(&self, org: &OrgId) -> impl Future<Output = Result<Vec<HeadKey>>> + Send;
}

/// Published heads, written (table `cases`).
pub trait HeadStore: HeadReader + CaseReader {
    /// Stores a head and its key. `Contended` if one was published on the same day (UTC); then nothing was written.
    fn publish_head(&self, head: &SignedHead, key: Option<&HeadKey>) -> impl Future<Output = Result<Written>> + Send;
    /// When the newest head was published of which the event bus was told; `None` if it was told of none.
    fn told_until(&self, org: &OrgId) -> impl Future<Output = Result<Option<Timestamp>>> + Send;
    /// Stores that the event bus was told of the head of this moment and of those before it.
    fn put_told_until(&self, org: &OrgId, at: Timestamp) -> impl Future<Output = Result<()>> + Send;
}
