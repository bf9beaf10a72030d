//! Keys that sign the heads of ledgers: in AWS KMS, or in a file of the local runner.

#[cfg(feature = "kms")]
mod kms;
mod local;

#[cfg(feature = "kms")]
pub use kms::KmsSigner;
pub use local::LocalSigner;

use crate::{
    error::{Error, Result},
    model::SignerKey,
    ports::HeadSigner,
};

/// A key that need not be configured.
impl<S: HeadSigner> HeadSigner for Option<S> {
    async fn key(&self) -> Result<Option<SignerKey>> {
        match self {
            Some(signer) => signer.key().await,
            None => Ok(None),
        }
    }

    async fn sign(&self, message: &str) -> Result<Vec<u8>> {
        match self {
            Some(signer) => signer.sign(message).await,
            None => Err(Error::Signing("no key is configured".into())),
        }
    }
}
