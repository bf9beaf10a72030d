//! Values that look like secrets, masked, so that no log line, error or preview shows one (law 11).
//!
//! Masked are: Atlassian tokens (`ATATT…` user API tokens and `ATCTT…` admin keys: the patterns of public secret
//! scanners; other letters in the third place are masked alike), what follows `Bearer` and `Basic`, and the values of
//! fields whose name says that they hold a secret.

use std::{borrow::Cow, ops::Range};

/// What stands where a secret stood.
const MASK: &str = "***";
/// How much of an Atlassian token stays: enough to tell the kind.
const TOKEN_PREFIX_BYTES: usize = 5;
/// A token's prefix alone is no token.
const TOKEN_BYTES_AT_LEAST: usize = 8;
/// A value of a field that often holds something harmless is a secret from this length on, if it has a digit.
const LONG_BYTES: usize = 20;

/// Names of fields whose value is a secret, whatever it looks like.
const SECRET_FIELDS: [&str; 10] = [
    "authorization",
    "password",
    "passwd",
    "client_secret",
    "clientsecret",
    "api_key",
    "apikey",
    "api-key",
    "access_token",
    "refresh_token",
];
/// Names of fields whose value is a secret if it is long and looks like one.
const MAYBE_SECRET_FIELDS: [&str; 4] = ["key", "token", "secret", "value"];

/// The text with everything masked that looks like a secret; borrowed where there is nothing to mask.
///
/// Masking twice changes nothing more.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < text.len() {
        let Some(secret) = secret_at(text.as_bytes(), at) else {
            at += 1;
            continue;
        };
        if &text[secret.clone()] != MASK {
            masked.push_str(&text[copied..secret.start]);
            masked.push_str(MASK);
            copied = secret.end;
        }
        at = secret.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// Where the secret lies whose mark begins at `at`. Both ends stand beside ASCII, so they are bounds of characters.
fn secret_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    match text[at] {
        b'A' => atlassian_token(text, at).or_else(|| marked(text, at)),
        byte if byte.is_ascii_alphabetic() => marked(text, at),
        _not_a_letter => None,
    }
}

/// `AT`, a letter, `TT` and a run of token characters: the prefix stays, the rest goes.
fn atlassian_token(text: &[u8], at: usize) -> Option<Range<usize>> {
    let prefix = text.get(at..at + TOKEN_PREFIX_BYTES)?;
    (prefix.starts_with(b"AT") && prefix.ends_with(b"TT") && prefix[2].is_ascii_uppercase()).then_some(())?;
    let end = run_end(text, at, is_token_byte);
    (end - at >= TOKEN_BYTES_AT_LEAST).then_some(at + TOKEN_PREFIX_BYTES..end)
}

/// A word that announces a secret, at the beginning of a word.
fn marked(text: &[u8], at: usize) -> Option<Range<usize>> {
    if at > 0 && text[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    scheme(text, at).or_else(|| secret_field(text, at)).or_else(|| maybe_secret_field(text, at))
}

/// `Bearer` or `Basic`, blanks (also as `%20` or `+`), then the value.
fn scheme(text: &[u8], at: usize) -> Option<Range<usize>> {
    let after = ["bearer", "basic"].iter().find_map(|word| end_of_word(text, at, word))?;
    let start = skip_blanks(text, after);
    (start > after).then_some(())?;
    non_empty(start..run_end(text, start, is_value_byte))
}

/// `name=value`, `name: value`, `"name":"value"`, also with escaped quotes. After `authorization` a scheme goes too.
fn secret_field(text: &[u8], at: usize) -> Option<Range<usize>> {
    let (name, after) = SECRET_FIELDS.iter().find_map(|name| Some((*name, end_of_word(text, at, name)?)))?;
    let start = skip_separator(text, after)?;
    let end = run_end(text, start, is_value_byte);
    let next = skip_blanks(text, end);
    if name == "authorization" && next > end && text[start..end].iter().all(u8::is_ascii_alphabetic) {
        return non_empty(start..run_end(text, next, is_value_byte));
    }
    non_empty(start..end)
}

fn maybe_secret_field(text: &[u8], at: usize) -> Option<Range<usize>> {
    let after = MAYBE_SECRET_FIELDS.iter().find_map(|name| end_of_word(text, at, name))?;
    let start = skip_separator(text, after)?;
    let end = run_end(text, start, is_token_byte);
    let looks_random = end - start >= LONG_BYTES && text[start..end].iter().any(u8::is_ascii_digit);
    looks_random.then_some(start..end)
}

fn end_of_word(text: &[u8], at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    text.get(at..end)?.eq_ignore_ascii_case(word.as_bytes()).then_some(end)
}

/// Past quotes, blanks and at least one `:` or `=`.
fn skip_separator(text: &[u8], at: usize) -> Option<usize> {
    let end = run_end(text, at, |byte| matches!(byte, b'\\' | b'"' | b'\'' | b' ' | b':' | b'='));
    text[at..end].iter().any(|byte| matches!(byte, b':' | b'=')).then_some(end)
}

fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        at = match &text[at.min(text.len())..] {
            [b' ' | b'\t' | b'+', ..] => at + 1,
            [b'%', b'2', b'0', ..] => at + 3,
            _value => return at,
        };
    }
}

fn run_end(text: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    text[at..].iter().position(|byte| !belongs(*byte)).map_or(text.len(), |length| at + length)
}

/// The characters of Atlassian's tokens, and what percent-encoding makes of them.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'%')
}

/// Everything but blanks and what ends a value in JSON, a header or a list.
fn is_value_byte(byte: u8) -> bool {
    !byte.is_ascii_whitespace()
        && !matches!(byte, b'"' | b'\'' | b'\\' | b',' | b';' | b'<' | b'>' | b')' | b'}' | b']' | b'&')
}

fn non_empty(range: Range<usize>) -> Option<Range<usize>> {
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        for (text, expected) in [
            ("key ATATT3xFfGF0a-b_c=1234ABCD, done", "key ATATT***, done"),
            ("ATCTT3xFfGN0abc=DEADBEEF", "ATCTT***"),
            ("xATATT3xFfGF0 and ATATT3xFfGF1", "xATATT*** and ATATT***"),
            ("?t=ATATT3xFfGF0%3D1234&a=1", "?t=ATATT***&a=1"),
            (r#"{"authorization":"Bearer local-webhook","a":1}"#, r#"{"authorization":"***","a":1}"#),
            (r#"{\"Authorization\":\"Basic dXNlcjpw\"}"#, r#"{\"Authorization\":\"***\"}"#),
            ("sent Bearer  abc.def.ghi!", "sent Bearer  ***"),
            ("bearer%20abc; x", "bearer%20***; x"),
            ("Authorization: Token abc def", "Authorization: *** def"),
            (r#"{"key":"dGhpcyBpcyBhIHNlY3JldCAx"}"#, r#"{"key":"***"}"#),
            ("password=hunter2 user=me", "password=*** user=me"),
            ("x-api-key: 12", "x-api-key: ***"),
            ("Größe ATATT3xFfGF0ü", "Größe ATATT***ü"),
        ] {
            assert_eq!(mask(text), expected);
            assert_eq!(mask(expected), expected, "masking twice changes nothing more");
        }
    }

    #[test]
    fn what_is_no_secret_stays_and_is_not_copied() {
        for text in [
            "",
            "ATATT",
            "Bearer",
            "basically fine, forbearer of news",
            r#"{"key":"forbidden.targetUnverified","token_id":"0123456789012345678901234567"}"#,
            r#"{"key":"accountNotFound"}"#,
            "secret webhook: is not valid JSON at line 1",
            "Größe: 5 µm — 日本語",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(same) if same == text), "{text}: {}", mask(text));
        }
    }
}
