//! The tokens that are set by hand, so that every default population has each case; by the slot of their owner.

use std::ops::Range;

use super::Population;
use super::habits::Habit;
use crate::time::DAY;

/// Each habit with the slot before which it ends.
const SCRIPT: [(u32, Habit); 15] = [
    (6, Habit::Renewed),
    (18, Habit::QuietLong),
    (22, Habit::QuietMonths),
    (26, Habit::Quarterly),
    (29, Habit::Never),
    (31, Habit::Expiring(1)),
    (34, Habit::Expiring(7)),
    (38, Habit::Expiring(30)),
    (CROWD.end, Habit::Steady),
    (BLOCKED.end, Habit::Blocked),
    (47, Habit::Expired),
    (48, Habit::Roaming),
    (51, Habit::Viewing),
    (53, Habit::Unscoped),
    (54, Habit::Later),
];

/// The slots that are scripted in a company of any size.
const ALWAYS: u32 = 38;
/// A company with so many slots of active owners has the whole script: about 140 credentials make them.
const WHOLE: u32 = 70;

/// The slots whose tokens one person holds.
pub(super) const CROWD: Range<u32> = 38..44;
/// The slots whose owners were moved into the policy that blocks tokens.
const BLOCKED: Range<u32> = 44..46;

/// How long before the base time those owners were moved.
pub(crate) const BLOCKED_AGO: i64 = 12 * DAY;
/// How long a list lags behind the end of the one token that it still shows. That lists lag at all is unconfirmed:
/// no document says when an expired token leaves them.
pub(crate) const LAG: i64 = 2 * DAY;

/// The external token that is used from many networks.
pub(super) const ROAMING_EXTERNAL: u32 = 1;

impl Population {
    /// Whether the company is large enough for the whole script.
    pub(crate) fn whole_script(&self) -> bool {
        self.slots().active >= WHOLE
    }

    /// The habit that an active owner's token is given by hand.
    pub(super) fn scripted(&self, slot: u32, level: u32) -> Option<Habit> {
        let habit = SCRIPT.iter().find(|line| slot < line.0)?.1;
        if slot >= ALWAYS && !self.whole_script() {
            return None;
        }
        match (level, habit) {
            (0, habit) | (_, habit @ Habit::Blocked) => Some(habit),
            (1, Habit::Renewed) => Some(Habit::Renewal),
            _ => None,
        }
    }

    /// The slot whose owner holds the tokens of a slot: one person holds those of several.
    pub(super) fn holder(&self, slot: u32) -> u32 {
        if CROWD.contains(&slot) && self.whole_script() { CROWD.start } else { slot }
    }

    /// The slots whose tokens the owner of a slot holds; none where another person holds them.
    pub(super) fn held(&self, slot: u32) -> Range<u32> {
        match self.holder(slot) {
            holder if holder != slot => 0..0,
            _ if slot == CROWD.start && self.whole_script() => CROWD,
            _ => slot..slot + 1,
        }
    }

    /// Whether the owner of a slot was moved into the policy that blocks tokens.
    pub(super) fn blocked_slot(&self, slot: u32) -> bool {
        BLOCKED.contains(&slot) && self.whole_script()
    }
}

#[cfg(test)]
mod tests {
    use crate::options::SimOptions;
    use crate::population::Population;
    use crate::population::habits::Habit;
    use crate::population::tokens::{Kind, Token, TokenRef};

    fn tokens(people: &Population) -> Vec<Token> {
        (0..people.count(Kind::UserApiToken))
            .map(|index| people.token(TokenRef { kind: Kind::UserApiToken, index }))
            .collect()
    }

    #[test]
    fn every_default_population_has_each_case() {
        for (seed, tokens_wanted) in (1..40).zip([150, 145, 160].into_iter().cycle()) {
            let options = SimOptions { seed, tokens: tokens_wanted, ..SimOptions::default() };
            let people = Population::new(&options, 1, 1_780_000_000_000);
            let tokens = tokens(&people);
            let many = |habit: Habit| tokens.iter().filter(|token| token.habit == habit).count();
            assert!((1..=3).contains(&many(Habit::Blocked)), "seed {seed}");
            for (habit, least) in [(Habit::Expired, 1), (Habit::Roaming, 1), (Habit::Viewing, 3), (Habit::Unscoped, 2)]
            {
                assert_eq!(many(habit), least, "seed {seed}: {habit:?}");
            }
            assert_eq!(many(Habit::Later), 1);
            let crowd = (0..people.sizes.users).map(|user| people.tokens_of(user).len()).max();
            assert_eq!(crowd, Some(6), "seed {seed}");
        }
    }

    #[test]
    fn a_small_company_has_the_first_part_of_the_script_alone() {
        let people = Population::new(&SimOptions { users: 300, tokens: 120, ..SimOptions::default() }, 1, 0);
        assert!(!people.whole_script());
        assert!(tokens(&people).iter().all(|token| token.habit != Habit::Blocked && token.habit != Habit::Later));
    }
}
