//! Instants in epoch milliseconds, and the forms in which Atlassian writes them.

use chrono::{DateTime, SecondsFormat, Utc};

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The calendar form of an instant.
pub(crate) fn calendar(at_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default()
}

/// `2026-05-19T10:10:00.123Z`, and without a fraction where it is zero: both stand in recorded audit events.
pub(crate) fn zulu(at_ms: i64) -> String {
    let precision = if at_ms % SECOND == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    calendar(at_ms).to_rfc3339_opts(precision, true)
}

/// `2026-05-19T10:10:00.123Z`, always with milliseconds (the form of the examples of user management).
pub(crate) fn zulu_ms(at_ms: i64) -> String {
    calendar(at_ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `2026-05-19T10:10:00.123+0000`: an offset without colon, which is not RFC 3339.
pub(crate) fn offset(at_ms: i64) -> String {
    calendar(at_ms).format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// `2026-05-19T10:10Z`: minute precision, as in `X-RateLimit-Reset`.
pub(crate) fn minute(at_ms: i64) -> String {
    calendar(at_ms).format("%Y-%m-%dT%H:%MZ").to_string()
}

/// `2026-05-19`.
pub(crate) fn date(at_ms: i64) -> String {
    calendar(at_ms).format("%Y-%m-%d").to_string()
}

/// Reads RFC 3339, or epoch milliseconds as text.
pub(crate) fn parse(text: &str) -> Option<i64> {
    if let Ok(millis) = text.parse::<i64>() {
        return Some(millis);
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::{minute, offset, parse, zulu};

    #[test]
    fn forms() {
        assert_eq!(zulu(1_767_261_900_000), "2026-01-01T10:05:00Z");
        assert_eq!(zulu(1_767_261_900_120), "2026-01-01T10:05:00.120Z");
        assert_eq!(minute(1_767_261_900_000), "2026-01-01T10:05Z");
        assert_eq!(offset(1_767_261_900_000), "2026-01-01T10:05:00.000+0000");
        assert_eq!(parse("2026-01-01T10:05:00Z"), parse("1767261900000"));
    }
}
