//! Seeded draws: every row of the population is a pure function of (seed, domain, index), so nothing need be stored.

/// The finalizer of SplitMix64: a good 64-bit hash of one word.
const fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// Hashes words in order into one.
pub(crate) fn hash(words: &[u64]) -> u64 {
    words.iter().fold(0x5851_F42D_4C95_7F2D, |state, word| mix(state ^ mix(*word)))
}

/// Hashes text into one word (FNV-1a, then mixed).
pub(crate) fn hash_text(text: &str) -> u64 {
    mix(text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)))
}

/// What a draw is for: two domains never share a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    User = 1,
    UserId,
    UserToken,
    OrgKey,
    ServiceToken,
    Client,
    ExternalToken,
    UserOrder,
    OwnerOrder,
    TokenOrder,
    Network,
    Use,
    Background,
    EventId,
    Action,
    Cursor,
    Task,
    Site,
}

/// A sequence of draws from one starting point.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The sequence of one row.
    pub(crate) fn of(seed: u64, domain: Domain, index: u64) -> Self {
        Self(hash(&[seed, domain as u64, index]))
    }

    /// The next 64 bits.
    pub(crate) const fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number in `0..bound`; 0 where the bound is 0.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.word() % bound }
    }

    /// A number in `low..high`; `low` where the range is empty.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add(i64::try_from(self.below(width)).unwrap_or(0))
    }

    /// True in that many of a thousand cases.
    pub(crate) const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the choices; the slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        &choices[at]
    }
}

/// A shuffling of `0..size` that can be computed in both directions without a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shuffle {
    size: u64,
    step: u64,
    start: u64,
    back: u64,
}

impl Shuffle {
    /// The shuffling of a domain.
    pub(crate) fn of(seed: u64, domain: Domain, size: usize) -> Self {
        let size = size.max(1) as u64;
        let mut draw = Draw::of(seed, domain, size);
        let start = draw.below(size);
        let mut step = draw.below(size).max(1);
        while inverse(step, size).is_none() {
            step = step % size + 1;
        }
        Self { size, step, start, back: inverse(step, size).unwrap_or(0) }
    }

    /// Where the index goes.
    pub(crate) fn place(&self, index: u32) -> u32 {
        narrow((u64::from(index) * self.step + self.start) % self.size)
    }

    /// The index that goes there.
    pub(crate) fn index(&self, place: u32) -> u32 {
        narrow((u64::from(place) + self.size - self.start) % self.size * self.back % self.size)
    }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The modular inverse by the extended Euclidean algorithm, where there is one.
fn inverse(step: u64, size: u64) -> Option<u64> {
    let (mut old, mut new) = (i128::from(step), i128::from(size));
    let (mut old_factor, mut factor) = (1_i128, 0_i128);
    while new != 0 {
        let quotient = old / new;
        (old, new) = (new, old - quotient * new);
        (old_factor, factor) = (factor, old_factor - quotient * factor);
    }
    (old == 1).then(|| u64::try_from(old_factor.rem_euclid(i128::from(size))).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Domain, Draw, Shuffle};

    #[test]
    fn a_shuffle_goes_there_and_back() {
        for size in [1_usize, 2, 7, 114, 1200, 65_536] {
            let shuffle = Shuffle::of(7, Domain::UserOrder, size);
            let mut seen = vec![false; size];
            for index in 0..size {
                let index = u32::try_from(index).unwrap();
                let place = shuffle.place(index);
                assert_eq!(shuffle.index(place), index);
                assert!(!std::mem::replace(&mut seen[place as usize], true));
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draws = |seed| {
            let mut draw = Draw::of(seed, Domain::User, 3);
            (0..8).map(|_| draw.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }
}
