//! Where a list goes on, as text that a caller keeps and cannot make up.

use crate::{
    error::{Error, Result},
    model::short_hash,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// After which item of which partition a list goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Number of the partition, for lists that have more than one.
    pub(super) part: u32,
    /// The sort key of the last item seen; `None` at the beginning of the partition.
    pub(super) after: Option<String>,
}

impl Cursor {
    /// As text that fits this list only.
    pub(super) fn seal(&self, list: &str) -> String {
        let place = match &self.after {
            Some(sk) => format!("{} {sk}", self.part),
            None => self.part.to_string(),
        };
        URL_SAFE_NO_PAD.encode(format!("{} {place}", short_hash(&[list, &place])))
    }

    /// Back from text; `None` is the beginning.
    pub(super) fn open(list: &str, text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::default()) };
        read(list, text).ok_or_else(|| Error::invalid("cursor", "it is damaged or of another list; begin without one"))
    }
}

fn read(list: &str, text: &str) -> Option<Cursor> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (hash, place) = text.split_once(' ')?;
    if hash != short_hash(&[list, place]) {
        return None;
    }
    match place.split_once(' ') {
        Some((part, sk)) => Some(Cursor { part: part.parse().ok()?, after: Some(sk.to_owned()) }),
        None => Some(Cursor { part: place.parse().ok()?, after: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        for after in [None, Some(String::new()), Some("a b#ü".to_owned())] {
            let cursor = Cursor { part: 7, after };
            assert_eq!(Cursor::open("list", Some(&cursor.seal("list"))), Ok(cursor));
        }
    }

    #[test]
    fn a_damaged_cursor_and_one_of_another_list_are_refused() {
        let text = Cursor { part: 1, after: Some("x".into()) }.seal("list");
        for bad in ["", "x", &text[1..], &text[..text.len() - 2], &Cursor::default().seal("other")] {
            assert!(matches!(Cursor::open("list", Some(bad)), Err(Error::Invalid { .. })), "{bad}");
        }
    }
}
