//! Every key of both tables: one constructor for each type of item, and nothing else builds a key.
//!
//! Ids are opaque. Inside a partition key they are percent-encoded where they hold a `#`; inside a sort key they are
//! written by [`ordered`], so that the order of the keys is the order of the ids, byte by byte. No id can forge a key.

mod cases;
mod history;

pub use cases::*;
pub use history::*;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

const RESERVED: &AsciiSet = &CONTROLS.add(b'#').add(b'%').add(b' ');

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }
}

/// An id as a part of a partition key.
fn part(id: &str) -> String {
    utf8_percent_encode(id, RESERVED).to_string()
}

/// Undoes the writing of an id as a part of a partition key.
pub fn unpart(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An id as a part of a sort key: without spaces and control characters, and in the order of the ids' bytes.
///
/// A character up to `!` becomes `!` and one of the 34 characters from `"` on, so the separator, a space, sorts before
/// everything that an id can hold.
pub fn ordered(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for character in id.chars() {
        match u32::from(character) {
            code @ 0..=0x21 => text.extend(['!', char::from_u32(code + 0x22).unwrap_or('"')]),
            _ => text.push(character),
        }
    }
    text
}

/// Undoes [`ordered`].
pub fn unordered(text: &str) -> String {
    let mut characters = text.chars();
    let mut id = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        match character {
            '!' => id.extend(characters.next().and_then(|next| char::from_u32(u32::from(next).saturating_sub(0x22)))),
            other => id.push(other),
        }
    }
    id
}

#[cfg(test)]
mod tests;
