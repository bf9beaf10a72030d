//! A key in the memory of the process, kept by whoever made it.

use crate::{
    error::{Error, Result},
    model::{PublicKey, Secret, SignerKey},
    ports::HeadSigner,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};

/// A key pair on P-256.
pub struct LocalSigner {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    key: SignerKey,
}

impl LocalSigner {
    /// A new private key: PKCS#8 as base64.
    ///
    /// # Errors
    /// [`Error::Signing`] if the system gives no random numbers.
    pub fn generate() -> Result<Secret> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
        let document = document.map_err(|_| Error::Signing("no key could be made".into()))?;
        Ok(Secret::new(STANDARD.encode(document.as_ref())))
    }

    /// From a private key as [`LocalSigner::generate`] gives it.
    ///
    /// # Errors
    /// [`Error::Signing`] if it is none.
    pub fn new(private_key: &Secret) -> Result<Self> {
        let unfit = || Error::Signing("the private key is no PKCS#8 of a key on the curve P-256".into());
        let (random, document) = (SystemRandom::new(), STANDARD.decode(private_key.expose()).map_err(|_| unfit())?);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &document, &random);
        let pair = pair.map_err(|_| unfit())?;
        let point = pair.public_key().as_ref().try_into().map_err(|_| unfit())?;
        let public = PublicKey::from_point(point)?;
        let key = SignerKey { key_id: format!("local:{}", &public.fingerprint()[..16]), public };
        Ok(Self { pair, random, key })
    }
}

impl HeadSigner for LocalSigner {
    async fn key(&self) -> Result<Option<SignerKey>> {
        Ok(Some(self.key.clone()))
    }

    async fn sign(&self, message: &str) -> Result<Vec<u8>> {
        let signature = self.pair.sign(&self.random, message.as_bytes());
        let signature = signature.map_err(|_| Error::Signing("the system gives no random numbers".into()))?;
        Ok(signature.as_ref().to_vec())
    }
}
