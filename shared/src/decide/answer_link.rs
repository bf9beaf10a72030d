//! Links by which people answer who have no credential of our API: signed, about one action, with an end.
//!
//! The link's last path segment is `base64url(JSON) . base64url(HMAC-SHA256(key, context || JSON))`, without padding
//! (RFC 4648, section 5; RFC 2104). Who holds it may answer, so it stands in mails only, never in logs or tables.

use crate::model::{AnswerLink, Secret, Timestamp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What else the key may ever sign is something else.
const CONTEXT: &[u8] = b"tokenwarden answer link 1\n";
/// A shorter key could be guessed.
const KEY_BYTES_MIN: usize = 32;
/// A longer text is no link of ours.
const TEXT_MAX: usize = 1_000;

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLink {
    /// No key of ours signed it.
    Foreign,
    /// Its time is over.
    Past,
}

/// The text of a link, signed; `None` if the key is too short to sign with.
pub fn seal(link: &AnswerLink, key: &Secret) -> Option<String> {
    let payload = serde_json::to_vec(link).ok()?;
    let mac = mac(key, &payload)?.finalize().into_bytes();
    Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(&payload), URL_SAFE_NO_PAD.encode(mac)))
}

/// What a link's text says, if one of these keys signed it and its time is not over.
///
/// # Errors
/// Why it opens nothing.
pub fn open(text: &str, keys: &[Secret], now: Timestamp) -> Result<AnswerLink, NoLink> {
    let link = keys.iter().find_map(|key| signed(text, key)).ok_or(NoLink::Foreign)?;
    if link.until <= now { Err(NoLink::Past) } else { Ok(link) }
}

fn signed(text: &str, key: &Secret) -> Option<AnswerLink> {
    let (payload, tag) = text.get(..).filter(|text| text.len() <= TEXT_MAX)?.split_once('.')?;
    let (payload, tag) = (URL_SAFE_NO_PAD.decode(payload).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
    mac(key, &payload)?.verify_slice(&tag).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn mac(key: &Secret, payload: &[u8]) -> Option<Hmac<Sha256>> {
    let key = Some(key.expose().as_bytes()).filter(|key| key.len() >= KEY_BYTES_MIN)?;
    Some(Hmac::<Sha256>::new_from_slice(key).ok()?.chain_update(CONTEXT).chain_update(payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AnswersAs;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn key(letter: &str) -> Secret {
        Secret::new(letter.repeat(64))
    }

    fn link() -> AnswerLink {
        let (org, action, account) = ("acme".into(), "act-1".into(), "712020:one".into());
        AnswerLink { org, action, account, answers_as: AnswersAs::Owner, until: now() + chrono::TimeDelta::days(30) }
    }

    #[test]
    fn a_link_opens_by_the_key_that_signed_it_also_after_that_was_replaced() {
        let text = seal(&link(), &key("a")).unwrap();
        assert_eq!(open(&text, &[key("a")], now()), Ok(link()));
        assert_eq!(open(&text, &[key("b"), key("a")], now()), Ok(link()));
        assert_eq!(open(&text, &[key("b")], now()), Err(NoLink::Foreign));
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{text}");
    }

    #[test]
    fn a_link_with_one_character_changed_opens_nothing() {
        let text = seal(&link(), &key("a")).unwrap();
        for at in 0..text.len() {
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(open(&changed, &[key("a")], now()), Err(NoLink::Foreign), "character {at}");
        }
        for cut in 0..text.len() {
            assert_eq!(open(&text[..cut], &[key("a")], now()), Err(NoLink::Foreign));
        }
    }

    #[test]
    fn a_link_ends_and_a_short_key_signs_nothing() {
        let text = seal(&link(), &key("a")).unwrap();
        assert_eq!(open(&text, &[key("a")], link().until), Err(NoLink::Past));
        assert_eq!(seal(&link(), &Secret::new("short")), None);
        assert_eq!(open(&text, &[], now()), Err(NoLink::Foreign));
    }
}
