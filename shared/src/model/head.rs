//! Published heads of a ledger: what was signed, by which key, and how keys are written.

use super::{LedgerHead, OrgId, Timestamp};
use crate::error::{Error, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The end of a ledger as it was at a moment, published so that it can be kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// Whose ledger.
    pub org: OrgId,
    /// The newest entry's number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// When it was published.
    pub at: Timestamp,
    /// Who vouches for it.
    #[serde(flatten)]
    pub seal: Seal,
}

impl SignedHead {
    /// The end of the ledger that was published.
    pub fn head(&self) -> LedgerHead {
        LedgerHead { seq: self.seq, hash: self.hash.clone() }
    }
}

/// Who vouches for a published head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "algorithm")]
pub enum Seal {
    /// ECDSA on P-256 over the SHA-256 of the head's message.
    #[serde(rename = "ECDSA_SHA_256")]
    EcdsaSha256 {
        /// Which key: the ARN of a KMS key, or the name of a local one.
        key_id: String,
        /// The signature in ASN.1 DER (RFC 3279, section 2.2.3), as base64.
        signature: String,
    },
    /// Nobody: no key was configured.
    #[serde(rename = "none")]
    None,
}

/// A key that signs heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerKey {
    /// Its name, as in [`Seal::EcdsaSha256`].
    pub key_id: String,
    /// What verifies its signatures.
    pub public: PublicKey,
}

/// A key with which heads were signed, stored so that whoever reads heads needs no right on the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadKey {
    /// Its name, as in [`Seal::EcdsaSha256`].
    pub key_id: String,
    /// The public key as PEM.
    pub public_key: String,
    /// When it was stored last.
    pub at: Timestamp,
}

/// What precedes the point in the SubjectPublicKeyInfo of every key on P-256 (RFC 5480: id-ecPublicKey, secp256r1, a bit
/// string of 66 bytes).
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// A public key on the curve P-256: its point, uncompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 65]);

impl PublicKey {
    /// From a SubjectPublicKeyInfo (RFC 5280), as AWS KMS `GetPublicKey` gives it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for every key that is not an uncompressed point on P-256.
    pub fn from_spki(der: &[u8]) -> Result<Self> {
        let point = der.strip_prefix(&P256_SPKI).and_then(|point| point.try_into().ok());
        Self::from_point(point.ok_or_else(other_key)?)
    }

    /// From its point (SEC 1, section 2.3.3), uncompressed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another form of a point.
    pub fn from_point(point: [u8; 65]) -> Result<Self> {
        if point[0] == 0x04 { Ok(Self(point)) } else { Err(other_key()) }
    }

    /// The point, as verifiers take it.
    pub fn point(&self) -> &[u8] {
        &self.0
    }

    fn spki(&self) -> Vec<u8> {
        [P256_SPKI.as_slice(), &self.0].concat()
    }

    /// As PEM (RFC 7468), with a new line at its end.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.spki());
        let (first, second) = text.split_at(64);
        format!("{PEM_BEGIN}\n{first}\n{second}\n{PEM_END}\n")
    }

    /// Every key of a PEM text; at least one.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none, or one that is not understood.
    pub fn read_pem(text: &str) -> Result<Vec<Self>> {
        let blocks = text.split(PEM_BEGIN).skip(1).map(|rest| {
            let (inside, _) = rest.split_once(PEM_END).ok_or_else(other_key)?;
            let inside: String = inside.split_whitespace().collect();
            Self::from_spki(&STANDARD.decode(inside).map_err(|_| other_key())?)
        });
        let keys: Vec<Self> = blocks.collect::<Result<_>>()?;
        if keys.is_empty() { Err(other_key()) } else { Ok(keys) }
    }

    /// Hex SHA-256 of the SubjectPublicKeyInfo, by which people compare keys.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(self.spki()))
    }
}

fn other_key() -> Error {
    Error::invalid("the public key", "it must be a key on the curve P-256 (PEM, `BEGIN PUBLIC KEY`)")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl ecparam -name prime256v1 -genkey`, and its hash by `openssl pkey -pubin -outform der | sha256sum`.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEq5sA1o02bI7dOrpGRZ8RwY8mWgYY\n\
        HmmoTqGIKmDssd/LQomvG9S5Smtf+ChSNnuzlpkFiGgq69wGONf/IAtB6w==\n\
        -----END PUBLIC KEY-----\n";
    const FINGERPRINT: &str = "05d937c963ca7099bb439e4cffe2d8c3cf2d6718c2d9924f66207094f135ef3d";
    /// The same on the curve P-384.
    const OTHER_CURVE: &str = "-----BEGIN PUBLIC KEY-----\n\
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEC0zsBVfXpGxf08Yv3rbqJbShH55e7jvE\n\
        t85m8/K7MEsh+14s4G68bni36noKuBhXiVwpH8h3r1YM/cV8vjxS2TAXvfK/BwYx\n\
        3F5HXQLGG/uBJZwa/29aCrZG0aJhv0sb\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn a_key_of_another_program_is_read_and_written_back_the_same() {
        let keys = PublicKey::read_pem(PEM).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].pem(), keys[0].fingerprint().as_str()), (PEM.to_owned(), FINGERPRINT));
        assert_eq!(PublicKey::read_pem(&format!("two keys\n{PEM}{PEM}")).unwrap(), [keys[0], keys[0]]);
    }

    #[test]
    fn what_is_no_key_on_this_curve_is_refused() {
        let damaged = PEM.replace("-----END", "----END");
        for other in ["", "PUBLIC KEY", PEM_BEGIN, OTHER_CURVE, &damaged, &format!("{PEM}{OTHER_CURVE}")] {
            assert!(PublicKey::read_pem(other).is_err(), "{other}");
        }
        let mut compressed = PublicKey::read_pem(PEM).unwrap()[0].spki();
        compressed[26] = 0x02;
        assert!(PublicKey::from_spki(&compressed).is_err());
    }
}
