//! Times for people: UTC, with the age beside.

use shared::model::Timestamp;

/// A time as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) text: String,
    pub(crate) age: String,
}

impl When {
    /// A time, seen from now.
    pub(crate) fn of(at: Timestamp, now: Timestamp) -> Self {
        Self { text: text(at), age: age(at, now) }
    }
}

/// A time without its age.
pub(crate) fn text(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// How long ago, or in how long.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let secs = (now - at).num_seconds();
    match secs {
        0..60 => "just now".to_owned(),
        60.. => format!("{} ago", length(secs)),
        ..0 => format!("in {}", length(-secs)),
    }
}

/// A length of time in its largest fitting unit, rounded down.
pub(crate) fn length(secs: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(2 * 365 * 86_400, "year"), (60 * 86_400, "month"), (86_400, "day"), (3_600, "hour")];
    let per = |unit: &str| match unit {
        "year" => 365 * 86_400,
        "month" => 30 * 86_400,
        "day" => 86_400,
        _ => 3_600,
    };
    let unit = UNITS.iter().find(|(from, _)| secs >= *from).map(|(_, unit)| *unit);
    let (count, unit) = unit.map_or(((secs / 60).max(1), "minute"), |unit| (secs / per(unit), unit));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_age_has_its_largest_fitting_unit() {
        let now = at("2026-11-21T12:00:00Z");
        let ages = [
            ("2026-11-21T11:59:30Z", "just now"),
            ("2026-11-21T10:59:00Z", "1 hour ago"),
            ("2026-11-24T12:00:00Z", "in 3 days"),
            ("2026-08-01T12:00:00Z", "3 months ago"),
            ("2023-11-01T12:00:00Z", "3 years ago"),
        ];
        for (text, expected) in ages {
            assert_eq!(age(at(text), now), expected);
        }
    }
}
