//! How often and at which hours a credential was used.

use super::Pattern;
use crate::model::{Timestamp, UsageProfile, UsedDays};
use std::collections::BTreeSet;

/// Days of use that follow each other so closely are one run: a weekend lies between Friday and Monday.
const RUN_DAYS: i64 = 3;
/// A job at fixed hours; the clock's change adds one.
const FEW_HOURS: usize = 3;
/// So many hours of the day are all of them, but for chance.
const ALL_HOURS: usize = 18;
/// A use within a few days, and this long ago, is a piece of work that may be over.
const OVER_DAYS: i64 = 14;

/// What its uses show.
pub(super) struct Habit {
    /// On how many days it was used.
    pub(super) days: usize,
    /// At which hours of the day (UTC).
    pub(super) hours: Vec<usize>,
    /// On which days of the week, Monday first.
    pub(super) weekdays: Vec<usize>,
    /// How often, if that is regular.
    pub(super) rhythm: Option<Rhythm>,
    /// The usual interval between two days of use.
    pub(super) typical_days: Option<i64>,
    in_working_hours: bool,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// How often something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Each day, or each working day.
    Daily,
    /// Each week.
    Weekly,
    /// Each month.
    Monthly,
    /// Each quarter.
    Quarterly,
}

impl Rhythm {
    /// Its interval in days.
    pub(super) fn days(self) -> i64 {
        match self {
            Self::Daily => 1,
            Self::Weekly => 7,
            Self::Monthly => 30,
            Self::Quarterly => 91,
        }
    }

    /// How far an interval may be off, in days.
    fn tolerance_days(self) -> i64 {
        match self {
            Self::Daily | Self::Weekly => 2,
            Self::Monthly => 4,
            Self::Quarterly => 10,
        }
    }

    /// How many intervals must have been seen.
    fn intervals_at_least(self) -> usize {
        match self {
            Self::Daily => 4,
            Self::Weekly => 3,
            Self::Monthly | Self::Quarterly => 2,
        }
    }

    /// Whether four of five intervals are of this rhythm.
    fn fits(self, gaps: &[i64]) -> bool {
        let fit = gaps.iter().filter(|gap| (*gap - self.days()).abs() <= self.tolerance_days()).count();
        gaps.len() >= self.intervals_at_least() && fit * 5 >= gaps.len() * 4
    }
}

impl Habit {
    /// What a profile shows.
    pub(super) fn of(profile: &UsageProfile) -> Self {
        let hours: Vec<usize> = profile.hours.hours().collect();
        let distinct = |of: fn(usize) -> usize| hours.iter().map(|hour| of(*hour)).collect::<BTreeSet<_>>();
        let rhythm = rhythm(&profile.days);
        Self {
            days: profile.days.days().count(),
            hours: distinct(|hour| hour % 24).into_iter().collect(),
            weekdays: distinct(|hour| hour / 24).into_iter().collect(),
            rhythm,
            typical_days: rhythm.map(Rhythm::days).or_else(|| median(gaps(profile.days.days()))),
            in_working_hours: !hours.is_empty()
                && hours.iter().all(|hour| hour / 24 < 5 && (7..19).contains(&(hour % 24))),
            first: profile.first_used_at,
            last: profile.last_used_at,
        }
    }

    /// What that looks like.
    pub(super) fn pattern(&self, now: Timestamp) -> Pattern {
        if self.days < 3 {
            return self.of_few_days(now);
        }
        let few_hours = (1..=FEW_HOURS).contains(&self.hours.len());
        let at_all_hours = self.hours.len() >= ALL_HOURS && self.weekdays.iter().any(|day| *day >= 5);
        match self.rhythm {
            Some(_) if few_hours => Pattern::Schedule,
            Some(Rhythm::Daily) if at_all_hours => Pattern::Schedule,
            Some(_) | None if self.in_working_hours => Pattern::Person,
            Some(Rhythm::Weekly | Rhythm::Monthly | Rhythm::Quarterly) => Pattern::Schedule,
            Some(Rhythm::Daily) | None => Pattern::Irregular,
        }
    }

    fn of_few_days(&self, now: Timestamp) -> Pattern {
        match (self.first, self.last) {
            (Some(first), Some(last))
                if (last - first).num_days() <= RUN_DAYS && (now - last).num_days() > OVER_DAYS =>
            {
                Pattern::OneOff
            }
            (_, _) => Pattern::Unknown,
        }
    }
}

/// The rhythm of the runs of days, if they are short; else that of the days.
fn rhythm(days: &UsedDays) -> Option<Rhythm> {
    let newest_first: Vec<i64> = days.days().collect();
    let (Some(newest), Some(oldest)) = (newest_first.first(), newest_first.last()) else { return None };
    let starts = newest_first.iter().zip(newest_first.iter().skip(1).map(Some).chain([None]));
    let starts = starts.filter(|(day, before)| before.is_none_or(|before| *day - before > RUN_DAYS));
    let between_runs = gaps(starts.map(|(day, _)| *day));
    let runs_are_short = newest_first.len() as i64 * 2 <= newest - oldest + 1;
    let slow = [Rhythm::Weekly, Rhythm::Monthly, Rhythm::Quarterly].into_iter();
    let daily = || Rhythm::Daily.fits(&gaps(newest_first.iter().copied())).then_some(Rhythm::Daily);
    slow.filter(|_| runs_are_short).find(|rhythm| rhythm.fits(&between_runs)).or_else(daily)
}

fn gaps(newest_first: impl Iterator<Item = i64>) -> Vec<i64> {
    let days: Vec<i64> = newest_first.collect();
    days.windows(2).map(|pair| pair[0] - pair[1]).collect()
}

fn median(mut gaps: Vec<i64>) -> Option<i64> {
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}
