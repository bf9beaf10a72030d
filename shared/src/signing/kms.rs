//! A key in AWS KMS: the private key never leaves it.

use crate::{
    error::{Error, Result},
    model::{PublicKey, SignerKey},
    ports::HeadSigner,
};
use aws_sdk_kms::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::OnceCell;

/// A head can wait for the next sweep; what remediation is to do cannot wait for KMS.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Signs by one key of the spec `ECC_NIST_P256` (AWS KMS API Reference, `Sign`: `ECDSA_SHA_256` over a digest).
#[derive(Debug)]
pub struct KmsSigner {
    client: Client,
    key_id: String,
    key: OnceCell<SignerKey>,
}

impl KmsSigner {
    /// The key that this setting names by id, ARN or alias; `None` where it is empty.
    pub fn connect(sdk: &aws_config::SdkConfig, key_id: String) -> Option<Self> {
        let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
        let config = Builder::from(sdk).timeout_config(timeouts).build();
        (!key_id.is_empty()).then(|| Self::new(Client::from_conf(config), key_id))
    }

    /// A key of a client.
    pub fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id, key: OnceCell::new() }
    }

    /// The key's ARN, so that an alias that moves cannot lead to another one, and its public part, which KMS gives as
    /// SubjectPublicKeyInfo (AWS KMS API Reference, `GetPublicKey`).
    async fn read(&self) -> Result<SignerKey> {
        let answer = self.client.get_public_key().key_id(&self.key_id).send().await.map_err(failed("GetPublicKey"))?;
        let (Some(key_id), Some(public_key)) = (answer.key_id, answer.public_key) else {
            return Err(Error::Signing("KMS GetPublicKey: the answer has no key".into()));
        };
        Ok(SignerKey { key_id, public: PublicKey::from_spki(public_key.as_ref())? })
    }

    async fn known(&self) -> Result<&SignerKey> {
        self.key.get_or_try_init(|| self.read()).await
    }
}

impl HeadSigner for KmsSigner {
    async fn key(&self) -> Result<Option<SignerKey>> {
        self.known().await.cloned().map(Some)
    }

    async fn sign(&self, message: &str) -> Result<Vec<u8>> {
        let request = self
            .client
            .sign()
            .key_id(&self.known().await?.key_id)
            .message(Blob::new(Sha256::digest(message).to_vec()))
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let answer = request.send().await.map_err(failed("Sign"))?;
        let signature =
            answer.signature.ok_or_else(|| Error::Signing("KMS Sign: the answer has no signature".into()))?;
        Ok(signature.into_inner())
    }
}

fn failed<E: ProvideErrorMetadata, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> Error {
    move |error| {
        let code = error.code().unwrap_or("could not be reached in time");
        Error::Signing(format!("KMS {operation}: {code}"))
    }
}
