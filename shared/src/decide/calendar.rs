//! When a step falls due: never earlier than its delay, and only on a working day.

use crate::model::{Calendar, Timestamp};
use chrono::{DateTime, Datelike, Days, MappedLocalTime, NaiveDate, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

/// So many days without a working day are looked over; a calendar without any is refused when it is read.
const DAYS_LOOKED_OVER: u64 = 60;

/// The time zone of a calendar; `None` if its name is not known.
pub fn time_zone(calendar: &Calendar) -> Option<Tz> {
    calendar.time_zone.parse().ok()
}

/// The first working moment not earlier than so many days after this one.
pub fn after_days(calendar: &Calendar, from: Timestamp, days: u32) -> Timestamp {
    working(calendar, from + TimeDelta::days(days.into()))
}

/// This moment if it is a working one, else the next that is.
pub fn working(calendar: &Calendar, at: Timestamp) -> Timestamp {
    let zone = time_zone(calendar).unwrap_or(Tz::UTC);
    let local = at.with_timezone(&zone);
    let day = local.date_naive();
    let days = (0..DAYS_LOOKED_OVER).filter_map(|ahead| day.checked_add_days(Days::new(ahead)));
    let next = days.into_iter().find(|day| is_working(calendar, *day)).unwrap_or(day);
    match next == day && local.hour() >= calendar.from_hour {
        true => at,
        false => begin(zone, next, calendar.from_hour).unwrap_or(at),
    }
}

/// Whether a calendar has a working day at all.
pub fn has_working_days(calendar: &Calendar) -> bool {
    calendar.weekend.len() < 7
}

fn is_working(calendar: &Calendar, day: NaiveDate) -> bool {
    !calendar.weekend.contains(&day.weekday().into()) && !calendar.holidays.contains(&day)
}

/// An hour of a day as people there call it; where the clock jumps over it, the hour after.
fn begin(zone: Tz, day: NaiveDate, hour: u32) -> Option<Timestamp> {
    let local = |hour| day.and_hms_opt(hour, 0, 0).map(|at| zone.from_local_datetime(&at));
    let moment = |found| match found {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at),
        MappedLocalTime::None => None,
    };
    let at: DateTime<Tz> = local(hour).and_then(moment).or_else(|| local(hour + 1).and_then(moment))?;
    Some(at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DayOfWeek;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn berlin() -> Calendar {
        Calendar { time_zone: "Europe/Berlin".into(), ..Calendar::default() }
    }

    #[test]
    fn a_step_that_would_fall_on_a_weekend_moves_to_monday_morning_where_the_people_are() {
        assert_eq!(after_days(&berlin(), at("2026-11-20T15:00:00Z"), 1), at("2026-11-23T08:00:00Z"));
        assert_eq!(after_days(&Calendar::default(), at("2026-11-20T15:00:00Z"), 1), at("2026-11-23T09:00:00Z"));
    }

    #[test]
    fn a_working_moment_stays_and_is_never_earlier_than_its_delay() {
        assert_eq!(after_days(&berlin(), at("2026-11-20T15:00:00Z"), 7), at("2026-11-27T15:00:00Z"));
        assert_eq!(working(&berlin(), at("2026-11-20T03:00:00Z")), at("2026-11-20T08:00:00Z"));
    }

    #[test]
    fn holidays_are_passed_over_one_after_the_other() {
        let holidays = ["2026-12-24", "2026-12-25", "2026-12-28"].map(|day| day.parse().unwrap()).into();
        let calendar = Calendar { holidays, ..berlin() };
        assert_eq!(working(&calendar, at("2026-12-24T10:00:00Z")), at("2026-12-29T08:00:00Z"));
    }

    #[test]
    fn the_day_is_the_one_of_the_time_zone() {
        let auckland = Calendar { time_zone: "Pacific/Auckland".into(), ..Calendar::default() };
        // Friday evening in UTC is Saturday in Auckland; Monday, nine o'clock there, is Sunday, eight o'clock in UTC.
        assert_eq!(working(&auckland, at("2026-11-20T20:00:00Z")), at("2026-11-22T20:00:00Z"));
    }

    #[test]
    fn an_hour_that_the_clock_jumps_over_becomes_the_next() {
        let night = Calendar { from_hour: 2, weekend: [DayOfWeek::Saturday].into(), ..berlin() };
        assert_eq!(working(&night, at("2026-03-28T12:00:00Z")), at("2026-03-29T01:00:00Z"));
    }

    #[test]
    fn an_unknown_time_zone_is_none() {
        assert_eq!(time_zone(&Calendar { time_zone: "Europe/Berlim".into(), ..Calendar::default() }), None);
    }
}
