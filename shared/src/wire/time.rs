//! Placeholder until branch `source` brings the real one.

use crate::model::Timestamp;
use chrono::DateTime;
use serde_json::Value;

/// A time as Atlassian writes it.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return of_number(number);
    }
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|time| time.to_utc())
}

/// A time as JSON.
pub fn parse_time_value(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse_time(text),
        Value::Number(number) => of_number(number.as_i64()?),
        _ => None,
    }
}

fn of_number(number: i64) -> Option<Timestamp> {
    if number.abs() >= 100_000_000_000 {
        DateTime::from_timestamp_millis(number)
    } else {
        DateTime::from_timestamp(number, 0)
    }
}
