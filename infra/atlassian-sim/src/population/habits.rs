//! How credentials are used: the habit of each, and from it the times of its uses.

use chrono::{Datelike, Weekday};

use super::script::BLOCKED_AGO;
use crate::draw::Draw;
use crate::time::{DAY, HOUR, MINUTE, calendar};

/// The life that a credential leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Every few hours, day and night.
    Busy,
    /// Once a day at its hour.
    Nightly,
    /// On working days, in working hours.
    Workdays,
    /// Once a week.
    Weekly,
    /// Every 91 days; last used 60 to 88 days ago.
    Quarterly,
    /// Daily once, but quiet for 110 to 139 days.
    QuietMonths,
    /// Daily once, but quiet for 130 to 330 days.
    QuietLong,
    /// Daily once, but quiet for 20 to 150 days: its owner has left.
    OwnerGone,
    /// Never used.
    Never,
    /// Made a few minutes ago.
    Fresh,
    /// Nightly, and expires within that many days.
    Expiring(i64),
    /// Nightly until nine days ago, when its successor took over.
    Renewed,
    /// Nightly for nine days.
    Renewal,
    /// Nightly for a hundred days and more.
    Steady,
    /// Nightly until its owner was moved into the policy that blocks tokens.
    Blocked,
    /// Nightly until it expired a few hours ago.
    Expired,
    /// Once a day, each day of nine from another network.
    Roaming,
    /// Nightly, to view issues and pages alone, though it may write.
    Viewing,
    /// Nightly, and its row says that it has no scopes.
    Unscoped,
    /// To be made two hours after the base time, without an event that says so.
    Later,
}

/// A habit drawn as a company has them.
pub(crate) fn drawn(draw: &mut Draw) -> Habit {
    match draw.below(100) {
        0..8 => Habit::Busy,
        8..32 => Habit::Nightly,
        32..56 => Habit::Workdays,
        56..70 => Habit::Weekly,
        70..74 => Habit::Quarterly,
        74..78 => Habit::QuietMonths,
        78..86 => Habit::QuietLong,
        86..90 => Habit::Never,
        90..93 => Habit::Fresh,
        93..94 => Habit::Expiring(1),
        94..96 => Habit::Expiring(7),
        _ => Habit::Expiring(30),
    }
}

/// When a credential was made, when it ends and when it was last used, in epoch milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) last_used_ms: Option<i64>,
}

const LIFETIMES_DAYS: [i64; 6] = [365, 365, 365, 270, 180, 90];

/// The life that a habit leads up to the base time; no life is longer than the 365 days that Atlassian allows.
pub(crate) fn life(habit: Habit, base_ms: i64, draw: &mut Draw) -> Life {
    let lifetime = *draw.pick(&LIFETIMES_DAYS) * DAY;
    match habit {
        Habit::Busy => ago(base_ms, lifetime, draw.between(2 * MINUTE, 3 * HOUR), draw),
        Habit::Nightly => ago(base_ms, lifetime, draw.between(HOUR, DAY), draw),
        Habit::Workdays => {
            let last = working_hour(base_ms - 3 * HOUR, draw);
            ago(base_ms, lifetime, base_ms - last, draw)
        }
        Habit::Weekly => ago(base_ms, lifetime, draw.between(2 * HOUR, 7 * DAY), draw),
        Habit::Quarterly => ago(base_ms, 365 * DAY, draw.between(60 * DAY, 88 * DAY), draw),
        Habit::QuietMonths => ago(base_ms, 365 * DAY, draw.between(110 * DAY, 139 * DAY), draw),
        Habit::QuietLong => ago(base_ms, 365 * DAY, draw.between(130 * DAY, 325 * DAY), draw),
        Habit::OwnerGone => ago(base_ms, 365 * DAY, draw.between(20 * DAY, 150 * DAY), draw),
        Habit::Never => Life { last_used_ms: None, ..ago(base_ms, 365 * DAY, 3 * DAY, draw) },
        Habit::Fresh => fresh(base_ms, lifetime, draw),
        Habit::Expiring(days) => expiring(base_ms, days, draw),
        Habit::Renewed => {
            let created_ms = base_ms - draw.between(340 * DAY, 355 * DAY);
            let last_used_ms = Some(base_ms - draw.between(9 * DAY + 2 * HOUR, 9 * DAY + 20 * HOUR));
            Life { created_ms, expires_ms: created_ms + 365 * DAY, last_used_ms }
        }
        Habit::Renewal => {
            let created_ms = base_ms - draw.between(9 * DAY, 9 * DAY + HOUR);
            let last_used_ms = Some(base_ms - draw.between(HOUR, DAY));
            Life { created_ms, expires_ms: created_ms + 365 * DAY, last_used_ms }
        }
        Habit::Steady | Habit::Viewing | Habit::Unscoped => steady(base_ms, draw.between(HOUR, DAY), draw),
        Habit::Blocked => steady(base_ms, BLOCKED_AGO + draw.between(HOUR, DAY), draw),
        Habit::Roaming => {
            let noon_ms = base_ms - base_ms.rem_euclid(DAY) - DAY / 2;
            steady(base_ms, base_ms - noon_ms + draw.between(-2 * HOUR, 2 * HOUR), draw)
        }
        Habit::Expired => {
            let expires_ms = base_ms - draw.between(2 * HOUR, 10 * HOUR);
            let last_used_ms = Some(expires_ms - draw.between(10 * MINUTE, 20 * HOUR));
            Life { created_ms: expires_ms - 365 * DAY, expires_ms, last_used_ms }
        }
        Habit::Later => {
            let created_ms = base_ms + 2 * HOUR;
            Life { created_ms, expires_ms: created_ms + 365 * DAY, last_used_ms: None }
        }
    }
}

/// Last used so long ago; made 100 to 300 days ago, for a year.
fn steady(base_ms: i64, used_ago: i64, draw: &mut Draw) -> Life {
    let created_ms = base_ms - draw.between(100 * DAY, 300 * DAY);
    Life { created_ms, expires_ms: created_ms + 365 * DAY, last_used_ms: Some(base_ms - used_ago) }
}

/// Last used so long ago; made some time before, and not within 31 days of its end.
fn ago(base_ms: i64, lifetime: i64, used_ago: i64, draw: &mut Draw) -> Life {
    let lifetime = if used_ago + 40 * DAY > lifetime { 365 * DAY } else { lifetime };
    let latest_age = (lifetime - 32 * DAY).max(used_ago + DAY);
    let created_ms = base_ms - draw.between(used_ago + HOUR, latest_age.min(364 * DAY));
    Life { created_ms, expires_ms: created_ms + lifetime, last_used_ms: Some(base_ms - used_ago) }
}

fn fresh(base_ms: i64, lifetime: i64, draw: &mut Draw) -> Life {
    let age = draw.between(4 * MINUTE, 50 * MINUTE);
    let created_ms = base_ms - age;
    let last_used_ms = draw.chance(500).then(|| created_ms + draw.between(MINUTE, age - 2 * MINUTE));
    Life { created_ms, expires_ms: created_ms + lifetime, last_used_ms }
}

fn expiring(base_ms: i64, days: i64, draw: &mut Draw) -> Life {
    let after = match days {
        1 => 2 * HOUR,
        7 => DAY + HOUR,
        _ => 7 * DAY + HOUR,
    };
    let expires_ms = base_ms + draw.between(after, days * DAY - HOUR);
    let lifetime = *draw.pick(&[365 * DAY, 180 * DAY, 90 * DAY]);
    Life { created_ms: expires_ms - lifetime, expires_ms, last_used_ms: Some(base_ms - draw.between(HOUR, DAY)) }
}

/// An hour between 8 and 18 on the working day at or before an instant.
fn working_hour(before_ms: i64, draw: &mut Draw) -> i64 {
    let mut day = before_ms - before_ms.rem_euclid(DAY);
    let at = day + draw.between(8 * HOUR, 18 * HOUR);
    if at > before_ms {
        day -= DAY;
    }
    while matches!(calendar(day).weekday(), Weekday::Sat | Weekday::Sun) {
        day -= DAY;
    }
    day + at.rem_euclid(DAY)
}

/// The use before another one, or none where the habit has only one.
pub(crate) fn earlier(habit: Habit, use_ms: i64, draw: &mut Draw) -> i64 {
    match habit {
        Habit::Busy => use_ms - draw.between(4 * HOUR, 8 * HOUR),
        Habit::Workdays => working_hour(use_ms - draw.between(6 * HOUR, 26 * HOUR), draw),
        Habit::Weekly => use_ms - 7 * DAY + draw.between(-20 * MINUTE, 20 * MINUTE),
        Habit::Quarterly => use_ms - 91 * DAY + draw.between(-DAY, DAY),
        Habit::Nightly
        | Habit::QuietMonths
        | Habit::QuietLong
        | Habit::OwnerGone
        | Habit::Never
        | Habit::Fresh
        | Habit::Expiring(_)
        | Habit::Renewed
        | Habit::Renewal
        | Habit::Steady
        | Habit::Blocked
        | Habit::Expired
        | Habit::Roaming
        | Habit::Viewing
        | Habit::Unscoped
        | Habit::Later => use_ms - DAY + draw.between(-4 * MINUTE, 4 * MINUTE),
    }
}
