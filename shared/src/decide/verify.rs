//! Whether a presented credential is one of the accepted ones.

use crate::model::{Secret, Timestamp};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// A value that is accepted, and until when. During a rotation there are two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The value, as it is presented.
    pub value: Secret,
    /// The last moment at which it is accepted; `None` for no end.
    pub not_after: Option<Timestamp>,
}

impl Accepted {
    fn is_in_force(&self, now: Timestamp) -> bool {
        !self.value.expose().is_empty() && self.not_after.is_none_or(|end| now <= end)
    }
}

/// The position of the accepted value that was presented and is in force, or `None`.
///
/// Takes the same time wherever the values differ, however long they are and whichever of them matches: SHA-256 digests
/// are compared in constant time, and always all of them. An empty value is never accepted.
pub fn matching<'a>(
    presented: &str,
    accepted: impl IntoIterator<Item = &'a Accepted>,
    now: Timestamp,
) -> Option<usize> {
    let presented = Sha256::digest(presented.as_bytes());
    let (mut found, mut position) = (Choice::from(0), 0_u64);
    for (candidate, index) in accepted.into_iter().zip(0_u64..) {
        let same = Sha256::digest(candidate.value.expose().as_bytes()).as_slice().ct_eq(presented.as_slice());
        let matches = same & Choice::from(u8::from(candidate.is_in_force(now)));
        position.conditional_assign(&index, matches);
        found |= matches;
    }
    bool::from(found).then_some(position as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::time::parse_time;

    fn at(text: &str) -> Timestamp {
        parse_time(text).unwrap()
    }

    fn accepted(value: &str, not_after: Option<&str>) -> Accepted {
        Accepted { value: Secret::new(value), not_after: not_after.map(at) }
    }

    #[test]
    fn a_rotated_value_is_accepted_until_its_date_and_not_after() {
        let values = [accepted("Bearer old", Some("2026-01-02T00:00:00Z")), accepted("Bearer new", None)];
        assert_eq!(matching("Bearer old", &values, at("2026-01-02T00:00:00Z")), Some(0));
        assert_eq!(matching("Bearer old", &values, at("2026-01-02T00:00:01Z")), None);
        assert_eq!(matching("Bearer new", &values, at("2027-01-01")), Some(1));
    }

    #[test]
    fn nothing_else_is_accepted() {
        let values = [accepted("Bearer right", None), accepted("", None)];
        for presented in ["", "Bearer righ", "Bearer rightt", "bearer right", " Bearer right", "Bearer"] {
            assert_eq!(matching(presented, &values, at("2026-01-01")), None, "{presented}");
        }
        assert_eq!(matching("anything", [], at("2026-01-01")), None);
    }

    #[test]
    fn the_same_value_twice_is_in_force_while_one_of_them_is() {
        let values = [accepted("a", None), accepted("a", Some("2020-01-01"))];
        assert_eq!(matching("a", &values, at("2026-01-01")), Some(0));
    }
}
