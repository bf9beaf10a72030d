//! Opaque ids that hide an index: they look random, yet lead back to their row without a table.

use crate::draw::{Domain, hash};

/// The index behind an id: eight hex digits of hash in front choose the mask of the eight at the end.
/// The caller must build the id of that index anew and compare, for any text yields some index.
pub(crate) fn index_of(id: &str, seed: u64, domain: Domain) -> Option<u32> {
    let body = id.rsplit(':').next()?;
    let digits: Vec<u8> = body.bytes().filter(|byte| *byte != b'-').collect();
    if digits.len() < 24 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let front = u32::from_str_radix(std::str::from_utf8(&digits[..8]).ok()?, 16).ok()?;
    let back = u32::from_str_radix(std::str::from_utf8(&digits[digits.len() - 8..]).ok()?, 16).ok()?;
    Some(back ^ mask(seed, domain, front))
}

/// A UUID (version 4 in form) for a row.
pub(crate) fn uuid(seed: u64, domain: Domain, index: u32) -> String {
    let (front, middle, back) = parts(seed, domain, index);
    let variant = 8 + ((middle >> 60) & 3);
    format!(
        "{front:08x}-{:04x}-4{:03x}-{variant:x}{:03x}-{:04x}{back:08x}",
        middle & 0xFFFF,
        (middle >> 16) & 0xFFF,
        (middle >> 28) & 0xFFF,
        (middle >> 40) & 0xFFFF
    )
}

/// 24 hex digits for a row, the oldest form of account ids.
pub(crate) fn hex24(seed: u64, domain: Domain, index: u32) -> String {
    let (front, middle, back) = parts(seed, domain, index);
    format!("{front:08x}{:08x}{back:08x}", middle & 0xFFFF_FFFF)
}

fn parts(seed: u64, domain: Domain, index: u32) -> (u32, u64, u32) {
    let word = hash(&[seed, domain as u64, 1, u64::from(index)]);
    let front = u32::try_from(word >> 32).unwrap_or(0);
    (front, hash(&[word]), index ^ mask(seed, domain, front))
}

fn mask(seed: u64, domain: Domain, front: u32) -> u32 {
    u32::try_from(hash(&[seed, domain as u64, 2, u64::from(front)]) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{hex24, index_of, uuid};
    use crate::draw::Domain;

    #[test]
    fn ids_lead_back_to_their_index() {
        for index in [0, 1, 150, 999_999] {
            let id = uuid(3, Domain::UserToken, index);
            assert_eq!(id.len(), 36);
            assert_eq!(index_of(&id, 3, Domain::UserToken), Some(index));
            let account = format!("712020:{}", uuid(3, Domain::UserId, index));
            assert_eq!(index_of(&account, 3, Domain::UserId), Some(index));
            assert_eq!(index_of(&hex24(3, Domain::UserId, index), 3, Domain::UserId), Some(index));
        }
        assert_eq!(index_of("no-such-id", 3, Domain::UserToken), None);
    }
}
