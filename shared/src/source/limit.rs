//! How long Atlassian asks us to wait.

use crate::{model::Timestamp, wire::time::parse_time};
use chrono::{DateTime, TimeDelta, Timelike};
use reqwest::header::HeaderMap;
use std::time::Duration;

/// Where Atlassian does not say how long.
const UNSAID: Duration = Duration::from_secs(60);
/// Nobody is made to wait longer than this on the word of one header.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Nor asked again at once.
const SHORTEST: Duration = Duration::from_secs(1);

/// The time to wait after a 429: `Retry-After` in seconds or as an HTTP date, else `X-RateLimit-Reset`, else 60 s.
///
/// `X-RateLimit-Reset` is RFC 3339, or without seconds (API access intro; public clients parse `2026-01-01T10:05Z`).
/// Without seconds it may have been cut, so within that minute the wait is until the minute's end.
pub(super) fn wait_after(headers: &HeaderMap, now: Timestamp) -> Duration {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let wait = header("retry-after")
        .and_then(|text| retry_after(text, now))
        .or_else(|| header("x-ratelimit-reset").and_then(|text| until_reset(text, now)));
    wait.map_or(UNSAID, |wait| wait.clamp(SHORTEST, LONGEST))
}

fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(secs) = text.parse() {
        return Some(Duration::from_secs(secs));
    }
    // An HTTP date is an RFC 2822 date in GMT; one that has passed means "now".
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

/// `None` for a moment that has passed: it says nothing of the next one.
fn until_reset(text: &str, now: Timestamp) -> Option<Duration> {
    let reset = parse_time(text)?;
    let end = if reset <= now && reset.second() == 0 { reset + TimeDelta::minutes(1) } else { reset };
    (end - now).to_std().ok().filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn wait(headers: &[(&'static str, &'static str)]) -> u64 {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        wait_after(&headers.collect(), parse_time("2026-01-01T10:04:50Z").unwrap()).as_secs()
    }

    #[test]
    fn retry_after_comes_first() {
        assert_eq!(wait(&[("retry-after", "7"), ("x-ratelimit-reset", "2026-01-01T10:05Z")]), 7);
        assert_eq!(wait(&[("retry-after", "Thu, 01 Jan 2026 10:05:20 GMT")]), 30);
        assert_eq!(wait(&[("retry-after", "Thu, 01 Jan 2026 10:00:00 GMT")]), 1);
        assert_eq!(wait(&[("retry-after", "0")]), 1);
        assert_eq!(wait(&[("retry-after", "999999999")]), 3_600);
    }

    #[test]
    fn the_reset_is_read_in_both_precisions() {
        assert_eq!(wait(&[("x-ratelimit-reset", "2026-01-01T10:05Z")]), 10);
        assert_eq!(wait(&[("x-ratelimit-reset", "2026-01-01T10:05:05.000Z")]), 15);
        assert_eq!(wait(&[("retry-after", "soon"), ("x-ratelimit-reset", "2026-01-01T10:05Z")]), 10);
        assert_eq!(wait(&[("x-ratelimit-reset", "2026-01-01T10:04Z")]), 10, "the minute that we are in");
    }

    #[test]
    fn what_is_unsaid_or_past_means_a_minute() {
        assert_eq!(wait(&[]), 60);
        assert_eq!(wait(&[("x-ratelimit-reset", "2026-01-01T10:00Z")]), 60);
        assert_eq!(wait(&[("x-ratelimit-reset", "whenever")]), 60);
    }
}
