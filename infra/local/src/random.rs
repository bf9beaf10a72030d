//! Values that nobody can guess.

use rand::Rng;

/// So many random bytes, as hex.
pub(crate) fn hex<const BYTES: usize>() -> String {
    let mut bytes = [0_u8; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
