//! The working days of the people who read our messages and mend what breaks.

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// On which days something may fall due. A step that would fall on another one moves to the next that may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// A name of the IANA time zone database, such as `Europe/Berlin`.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// The days of the week on which nothing falls due (`sat`, `sunday`, …).
    #[serde(default = "weekend")]
    pub weekend: BTreeSet<DayOfWeek>,
    /// Single days on which nothing falls due.
    #[serde(default)]
    pub holidays: BTreeSet<NaiveDate>,
    /// The hour of a working day before which nothing falls due (0 to 23).
    #[serde(default = "nine")]
    pub from_hour: u32,
}

/// A day of the week, in the order in which people name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayOfWeek {
    /// Monday.
    #[serde(alias = "mon")]
    Monday,
    /// Tuesday.
    #[serde(alias = "tue")]
    Tuesday,
    /// Wednesday.
    #[serde(alias = "wed")]
    Wednesday,
    /// Thursday.
    #[serde(alias = "thu")]
    Thursday,
    /// Friday.
    #[serde(alias = "fri")]
    Friday,
    /// Saturday.
    #[serde(alias = "sat")]
    Saturday,
    /// Sunday.
    #[serde(alias = "sun")]
    Sunday,
}

impl From<Weekday> for DayOfWeek {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Self::Monday,
            Weekday::Tue => Self::Tuesday,
            Weekday::Wed => Self::Wednesday,
            Weekday::Thu => Self::Thursday,
            Weekday::Fri => Self::Friday,
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
        }
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

fn weekend() -> BTreeSet<DayOfWeek> {
    [DayOfWeek::Saturday, DayOfWeek::Sunday].into()
}

fn nine() -> u32 {
    9
}

impl Default for Calendar {
    fn default() -> Self {
        Self { time_zone: utc(), weekend: weekend(), holidays: BTreeSet::new(), from_hour: nine() }
    }
}
