//! Published heads: when one is due, what is signed, and whether a signature is valid.

use super::ledger::{BadEntry, BadReason};
use crate::model::{LedgerHead, OrgId, PublicKey, Seal, SignedHead, SignerKey, Timestamp};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{SecondsFormat, SubsecRound};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

/// Whether a head is to be published now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadDue {
    /// One was published today, or there is nothing in the ledger.
    No,
    /// None was published today.
    Yes,
    /// The ledger does not go on from the head that was published last: it was cut or replaced, and is not signed.
    Rewritten(BadEntry),
}

/// One head is published each day (UTC) on which the ledger is not empty, also where nothing was added to it.
pub fn due(last: Option<&SignedHead>, head: &LedgerHead, now: Timestamp) -> HeadDue {
    let Some(last) = last else {
        return if head.seq == 0 { HeadDue::No } else { HeadDue::Yes };
    };
    if head.seq < last.seq {
        return HeadDue::Rewritten(BadEntry { seq: head.seq + 1, reason: BadReason::Missing });
    }
    if head.seq == last.seq && head.hash != last.hash {
        return HeadDue::Rewritten(BadEntry { seq: head.seq, reason: BadReason::Replaced });
    }
    if last.at.date_naive() < now.date_naive() { HeadDue::Yes } else { HeadDue::No }
}

/// A head that is about to be published, in whole seconds.
pub fn unsigned(org: &OrgId, head: LedgerHead, now: Timestamp) -> SignedHead {
    SignedHead { org: org.clone(), seq: head.seq, hash: head.hash, at: now.trunc_subsecs(0), seal: Seal::None }
}

/// The text whose SHA-256 is signed: everything that a published head says. The org stands last, because it alone may
/// hold any character.
pub fn message(head: &SignedHead, key_id: &str) -> String {
    let at = head.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    format!("tokenwarden ledger head v1\n{}\n{}\n{at}\n{key_id}\n{}", head.seq, head.hash, head.org)
}

/// The head with its signature, which must be valid: a key of another kind, or one that moved, is found before anything
/// is published.
///
/// # Errors
/// [`BadHead`] if it is not.
pub fn sealed(head: SignedHead, key: &SignerKey, signature: &[u8]) -> Result<SignedHead, BadHead> {
    let seal = Seal::EcdsaSha256 { key_id: key.key_id.clone(), signature: STANDARD.encode(signature) };
    let signed = SignedHead { seal, ..head };
    check(&signed, &[key.public]).map(|_| signed)
}

/// What a valid head rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// A signature by this key.
    By(PublicKey),
    /// Nothing: it was published unsigned.
    ByNobody,
}

/// A published head that cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the published head {seq}:{hash} of {at} is not signed by {}", if *keys == 1 { "the key" } else { "any of the keys" })]
pub struct BadHead {
    seq: u64,
    hash: String,
    at: Timestamp,
    keys: usize,
}

/// Whether one of these keys signed a head. An unsigned head is told from a signed one, not refused.
///
/// # Errors
/// [`BadHead`] if its signature is not one of theirs over all that it says.
pub fn check(head: &SignedHead, keys: &[PublicKey]) -> Result<Vouched, BadHead> {
    let Seal::EcdsaSha256 { key_id, signature } = &head.seal else { return Ok(Vouched::ByNobody) };
    let message = message(head, key_id);
    let signature = STANDARD.decode(signature).unwrap_or_default();
    let signer = keys.iter().find(|key| {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.point());
        key.verify(message.as_bytes(), &signature).is_ok()
    });
    let bad = || BadHead { seq: head.seq, hash: head.hash.clone(), at: head.at, keys: keys.len() };
    signer.map(|key| Vouched::By(*key)).ok_or_else(bad)
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
