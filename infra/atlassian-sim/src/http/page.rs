//! Cursors: opaque text that names the list and the position, with a check so that a forged one is refused.

use super::refusal::Refusal;
use crate::draw::{Domain, hash, hash_text};

/// The cursor of a position in a list.
pub(crate) fn seal(list: &str, parts: &[i64]) -> String {
    let numbers: Vec<String> = parts.iter().map(ToString::to_string).collect();
    let text = format!("{list}/{}", numbers.join("/"));
    let body: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{body}{:08x}", check(&text))
}

/// The position that a cursor of this list names.
pub(crate) fn open(list: &str, cursor: &str) -> Result<Vec<i64>, Refusal> {
    read(list, cursor).ok_or(Refusal::BadCursor)
}

fn read(list: &str, cursor: &str) -> Option<Vec<i64>> {
    let (body, sum) = cursor.split_at_checked(cursor.len().checked_sub(8)?)?;
    let bytes: Option<Vec<u8>> = body.as_bytes().chunks(2).map(byte).collect();
    let text = String::from_utf8(bytes?).ok()?;
    if format!("{:08x}", check(&text)) != sum {
        return None;
    }
    let numbers = text.strip_prefix(list)?.strip_prefix('/')?;
    numbers.split('/').map(|number| number.parse().ok()).collect()
}

fn byte(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

fn check(text: &str) -> u64 {
    hash(&[Domain::Cursor as u64, hash_text(text)]) >> 32
}

/// The position that a list starts from: the cursor's, or 0.
pub(crate) fn start(list: &str, cursor: Option<&str>) -> Result<u32, Refusal> {
    let Some(cursor) = cursor else { return Ok(0) };
    let parts = open(list, cursor)?;
    parts.first().and_then(|at| u32::try_from(*at).ok()).ok_or(Refusal::BadCursor)
}

/// A page: the rows, and the position of the first row after it.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<u32>,
}

/// Takes rows from numbered ones up to a size, and notes whether one more follows.
pub(crate) fn take<T>(rows: impl Iterator<Item = (u32, T)>, size: usize) -> Page<T> {
    let mut page = Page { rows: Vec::new(), next: None };
    for (at, row) in rows {
        if page.rows.len() == size {
            page.next = Some(at);
            break;
        }
        page.rows.push(row);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{open, seal, take};

    #[test]
    fn a_cursor_is_read_by_its_own_list_alone() {
        let cursor = seal("users", &[7, -1]);
        assert_eq!(open("users", &cursor).unwrap(), [7, -1]);
        assert!(open("tokens", &cursor).is_err());
        assert!(open("users", "nonsense").is_err());
        assert!(open("users", "é").is_err());
        assert!(open("users", &cursor.replace('a', "b").replace('7', "8")).is_err());
    }

    #[test]
    fn a_page_knows_whether_one_more_follows() {
        let page = take((0..3_u32).map(|at| (at, at)), 3);
        assert_eq!((page.rows.len(), page.next), (3, None));
        let page = take((0..4_u32).map(|at| (at, at)), 3);
        assert_eq!((page.rows.len(), page.next), (3, Some(3)));
    }
}
