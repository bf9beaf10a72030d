//! What a seed decides about its world before it begins.

use crate::{
    random::Random,
    universe::{MINUTE, Millis, SECOND},
};
use shared::model::Approval;

/// How often things go wrong, of 10,000 times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Odds {
    /// The tables refuse an operation, and nothing happens.
    pub(crate) refused: u32,
    /// A write happens and is not answered.
    pub(crate) answer_lost: u32,
    /// Another transaction is at the same items.
    pub(crate) conflict: u32,
    /// A process ends between two of its steps.
    pub(crate) crash: u32,
    /// Atlassian answers that it failed to read.
    pub(crate) unread: u32,
    /// Atlassian answers that it failed to revoke, and nothing happens.
    pub(crate) failed: u32,
    /// Atlassian asks to wait.
    pub(crate) limited: u32,
    /// A revocation happens and is not answered.
    pub(crate) unanswered: u32,
    /// A mail is refused.
    pub(crate) refused_mail: u32,
    /// A revocation takes seconds, up to longer than anybody waits for it.
    pub(crate) slow: u32,
}

/// Whether something happens in the middle of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Midway {
    Never,
    Happens,
}

/// A small world.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// How many processes there are at the same time.
    pub(crate) workers: usize,
    /// How many tokens are to be revoked.
    pub(crate) tokens: usize,
    /// Of the first ones of these, so many have two findings.
    pub(crate) with_two_findings: usize,
    /// Of the last ones of these, so many have no finding: a person asks for the action.
    pub(crate) requested: usize,
    /// So many are used in the middle of everything.
    pub(crate) used: usize,
    pub(crate) max_actions: u32,
    /// Of [`crate::org::LISTED`] credentials.
    pub(crate) max_share_percent: u32,
    pub(crate) window_hours: u32,
    pub(crate) approval: Approval,
    pub(crate) grace_days: u32,
    /// The owner is told before anything is done.
    pub(crate) notice: Midway,
    /// A process's clock is wrong by at most so much, in either direction.
    pub(crate) skew: Millis,
    pub(crate) odds: Odds,
    /// The kill switch is put on, and released an hour or more later.
    pub(crate) stop: Midway,
    /// A new policy comes into force, which plans every open case anew.
    pub(crate) new_policy: Midway,
    /// Atlassian fails for hours.
    pub(crate) outage: Midway,
}

/// Clocks that are wrong by two minutes in either direction: what the recovery and the budget stand.
pub(crate) const SKEW_MAX: Millis = 2 * MINUTE;

impl Options {
    pub(crate) fn of(random: &mut Random) -> Self {
        let midway = |random: &mut Random, of_10: u32| match random.happens(of_10 * 1_000) {
            true => Midway::Happens,
            false => Midway::Never,
        };
        let tokens = random.one_of(&[6, 6, 6, 6, 6, 8, 8, 12]);
        Self {
            workers: 64,
            tokens,
            with_two_findings: random.index(3),
            requested: random.index(3),
            used: random.index(3),
            max_actions: random.between(2, 4) as u32,
            max_share_percent: random.one_of(&[100, 100, 3]),
            window_hours: random.one_of(&[1, 6, 24]),
            approval: random.one_of(&[Approval::Waived, Approval::Required]),
            grace_days: random.one_of(&[0, 0, 1]),
            notice: midway(random, 4),
            skew: random.one_of(&[0, 10 * SECOND, SKEW_MAX, SKEW_MAX]),
            odds: Odds::of(random),
            stop: midway(random, 3),
            new_policy: midway(random, 3),
            outage: midway(random, 2),
        }
    }

    /// How many actions a window allows.
    pub(crate) fn limit(&self) -> usize {
        let share = crate::org::LISTED * u64::from(self.max_share_percent) / 100;
        share.min(self.max_actions.into()) as usize
    }
}

impl Odds {
    fn of(random: &mut Random) -> Self {
        Self {
            refused: random.one_of(&[0, 50, 300]),
            answer_lost: random.one_of(&[0, 50, 500]),
            conflict: random.one_of(&[0, 200, 2_000]),
            crash: random.one_of(&[0, 20, 200]),
            unread: random.one_of(&[0, 500, 2_000]),
            failed: random.one_of(&[0, 1_000, 4_000]),
            limited: random.one_of(&[0, 1_000]),
            unanswered: random.one_of(&[0, 1_000, 4_000]),
            refused_mail: random.one_of(&[0, 1_000, 4_000]),
            slow: random.one_of(&[0, 1_000, 4_000]),
        }
    }
}
