//! Atlassian's many ways to write a time. The one place that reads them.
//!
//! Seen in responses and samples: RFC 3339 with 0 to 9 fraction digits, offsets with and without a colon, no seconds
//! (`X-RateLimit-Reset`), the date alone (`last_active`), epoch seconds and epoch milliseconds as numbers and as text.

use crate::model::Timestamp;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use serde_json::Value;

/// Below this a number is no epoch time that Atlassian could mean (it would be before March 1973).
const SMALLEST_EPOCH_SECS: f64 = 1e8;
/// From here on a number is milliseconds: as seconds it would lie beyond the year 5000.
const SMALLEST_EPOCH_MILLIS: f64 = 1e11;
/// From here on it is neither.
const BEYOND_EPOCH_MILLIS: f64 = 1e14;

/// What may hold a time: text, or a JSON value.
#[derive(Debug, Clone, Copy)]
pub enum Raw<'a> {
    /// Text.
    Text(&'a str),
    /// A JSON value.
    Json(&'a Value),
}

impl<'a> From<&'a str> for Raw<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Raw<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Value> for Raw<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Json(value)
    }
}

/// The moment that a text or a JSON value means, or `None` where it means none; never a guess.
///
/// A date alone is its first moment in UTC. A time without an offset is not understood.
pub fn parse_time<'a>(raw: impl Into<Raw<'a>>) -> Option<Timestamp> {
    match raw.into() {
        Raw::Text(text) => parse_text(text.trim()),
        Raw::Json(Value::String(text)) => parse_text(text.trim()),
        Raw::Json(Value::Number(number)) => parse_epoch(number.as_f64()?),
        Raw::Json(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    }
}

/// The moment of an optional JSON value.
pub fn parse_optional(value: Option<&Value>) -> Option<Timestamp> {
    value.and_then(parse_time)
}

fn parse_text(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return parse_epoch(text.parse().ok()?);
    }
    let (date, rest) = (parse_date(text.get(..10)?)?, &text[10..]);
    if rest.is_empty() {
        return Some(Utc.from_utc_datetime(&date.and_time(NaiveTime::MIN)));
    }
    let (time, offset) = split_offset(rest.strip_prefix(['T', 't', ' '])?)?;
    let local = date.and_time(parse_clock(time)?);
    Some(offset.from_local_datetime(&local).single()?.with_timezone(&Utc))
}

fn parse_epoch(number: f64) -> Option<Timestamp> {
    let millis = match number {
        n if (SMALLEST_EPOCH_SECS..SMALLEST_EPOCH_MILLIS).contains(&n) => n * 1e3,
        n if (SMALLEST_EPOCH_MILLIS..BEYOND_EPOCH_MILLIS).contains(&n) => n,
        _neither => return None,
    };
    DateTime::from_timestamp_millis(millis.round() as i64)
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = split(text, '-')?;
    NaiveDate::from_ymd_opt(digits(year, 4)? as i32, digits(month, 2)?, digits(day, 2)?)
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.f` with up to nine digits.
fn parse_clock(text: &str) -> Option<NaiveTime> {
    let Some([hour, minute, seconds]) = split(text, ':') else {
        let [hour, minute] = split(text, ':')?;
        return NaiveTime::from_hms_opt(digits(hour, 2)?, digits(minute, 2)?, 0);
    };
    let (second, nanos) = match seconds.split_once('.') {
        Some((second, fraction)) => (second, parse_fraction(fraction)?),
        None => (seconds, 0),
    };
    NaiveTime::from_hms_nano_opt(digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?, nanos)
}

fn parse_fraction(text: &str) -> Option<u32> {
    (1..=9).contains(&text.len()).then_some(())?;
    Some(digits(text, text.len())? * 10_u32.pow(9 - text.len() as u32))
}

/// Cuts `Z`, `+hhmm`, `+hh:mm` or `+hh` off the end.
fn split_offset(text: &str) -> Option<(&str, FixedOffset)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, FixedOffset::east_opt(0)?));
    }
    let (time, offset) = text.split_at_checked(text.rfind(['+', '-'])?)?;
    let (sign, hours_and_minutes) = (if offset.starts_with('-') { -1 } else { 1 }, offset[1..].replace(':', ""));
    let (hours, minutes) = hours_and_minutes.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2).filter(|minutes| *minutes < 60)? };
    let secs = (digits(hours, 2)? * 3_600 + minutes * 60) as i32;
    Some((time, FixedOffset::east_opt(sign * secs)?))
}

fn split<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    text.split(separator).collect::<Vec<_>>().try_into().ok()
}

fn digits(text: &str, length: usize) -> Option<u32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(text: &str) -> Option<String> {
        parse_time(text).map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn every_form_that_was_seen_is_read() {
        for (text, expected) in [
            ("2026-05-19T10:10:00.000Z", "2026-05-19T10:10:00Z"),
            ("2022-05-12T19:13:13Z", "2022-05-12T19:13:13Z"),
            ("2023-10-25T19:58:15.68Z", "2023-10-25T19:58:15.680Z"),
            ("2026-05-29T10:31:25.269207718Z", "2026-05-29T10:31:25.269207718Z"),
            ("2021-01-20T12:40:01.903+0000", "2021-01-20T12:40:01.903Z"),
            ("2009-12-16T23:46:10.612-0600", "2009-12-17T05:46:10.612Z"),
            ("2015-11-19T20:37:35.547563+00:00", "2015-11-19T20:37:35.547563Z"),
            ("2026-01-01T10:05Z", "2026-01-01T10:05:00Z"),
            ("2026-01-01T10:05+01:00", "2026-01-01T09:05:00Z"),
            ("2026-01-01t10:05:06z", "2026-01-01T10:05:06Z"),
            ("2026-01-01 10:05:06Z", "2026-01-01T10:05:06Z"),
            (" 2026-01-01\n", "2026-01-01T00:00:00Z"),
            ("1779184981000", "2026-05-19T10:03:01Z"),
            ("1779184981", "2026-05-19T10:03:01Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_by_their_magnitude() {
        let expected = parse_time("2023-11-23T04:21:26.385Z");
        assert_eq!(parse_time(&json!(1_700_713_286_385_i64)), expected);
        assert_eq!(parse_time(&json!(1_700_713_286.385)), expected);
        assert_eq!(parse_time(&json!(1_700_713_286)), parse_time("2023-11-23T04:21:26Z"));
    }

    #[test]
    fn anything_else_is_none() {
        let texts = [
            "",
            " ",
            "None",
            "23/11/2023, 5:21:26.385 pm",
            "12/Mar/2020:19:03:58 +0000",
            "2026-13-01",
            "2026-02-30",
            "2026-01-01T10:05:06",
            "2026-01-01T25:00Z",
            "2026-01-01T10:05:06.Z",
            "2026-01-01T10:05:06.1234567890Z",
            "2026-1-1T1:1Z",
            "2026-01-01T10Z",
            "2026-01-01T10:05:06+1",
            "2026-01-01T10:05+00:99",
            "20260101",
            "1.2.3",
            "-1779184981",
            "99999999999999999",
            "2026-01-01T10:05Ä",
            "ÄÄÄÄÄÄ",
        ];
        for text in texts {
            assert_eq!(shown(text), None, "{text}");
        }
        for value in [json!(null), json!(true), json!(0), json!(-5), json!([1]), json!({}), json!(1e300)] {
            assert_eq!(parse_time(&value), None, "{value}");
        }
    }
}
