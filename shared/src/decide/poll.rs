//! Where a reader of the event stream goes on, when it is at its end, what it has covered, and what it may ask for.

use crate::model::{Delays, Interval, MinuteUse, PollState, Reader, Timestamp};
use chrono::TimeDelta;

/// How far before the watermark a reader asks again where it has no cursor. Whether `from` means the time of an event or
/// of its processing is not documented; fifteen minutes cover both, and clocks that differ. What comes twice is one.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// The org's own list of actions is read again after this: Atlassian adds to it rarely.
pub const CATALOGUE_AGE: TimeDelta = TimeDelta::hours(24);

/// One part in this many of our share is left for the live reader, which comes again within the same minute.
const LIVE_RESERVE: u32 = 5;

/// Which of the two readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What happens now: always first.
    Live,
    /// What was before the installation: with what is left.
    Backfill,
}

/// The checkpoint of an org that was never polled: live from now on, back-fill up to now.
pub fn begin(now: Timestamp, backfill_days: u32) -> PollState {
    let reader = |from, to| Reader { from, to, cursor: None, watermark: None, caught_up_at: None };
    let backfill = (backfill_days > 0).then(|| reader(now - TimeDelta::days(backfill_days.into()), Some(now)));
    PollState {
        delays: Delays::default(),
        live: reader(now, None),
        backfill,
        coverage: Vec::new(),
        minute: MinuteUse::default(),
        wait_until: None,
        catalogue_at: None,
        last_error: None,
    }
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// It may, and is counted.
    Granted,
    /// Our share of this minute is used.
    Used,
}

/// Takes one request out of our share of this minute.
pub fn take_request(minute: &mut MinuteUse, now: Timestamp, per_minute: u32, lane: Lane) -> Share {
    let this = now.timestamp().div_euclid(60);
    if minute.minute != this {
        *minute = MinuteUse { minute: this, requests: 0 };
    }
    let reserve = match lane {
        Lane::Live => 0,
        Lane::Backfill => per_minute.div_ceil(LIVE_RESERVE),
    };
    if minute.requests + reserve >= per_minute {
        return Share::Used;
    }
    minute.requests += 1;
    Share::Granted
}

/// What a page was, as far as the reader's next step depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFacts {
    /// How many events it held, understood or not.
    pub events: usize,
    /// The cursor that it gave.
    pub next: Option<String>,
    /// The newest processing time in it.
    pub newest: Option<Timestamp>,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// Whether there is more to read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Ask again.
    More,
    /// All that there was has been read.
    End,
}

/// Moves a reader past a page whose events are durable.
///
/// The stream ends with an empty page or without a next cursor (sources contradict each other, so both count), with a
/// cursor that leads to itself, and for a reader with an end where it has passed it.
pub fn advance(reader: &mut Reader, page: PageFacts) -> Progress {
    let next = page.next.filter(|next| !next.is_empty());
    let stands = next.is_none() || next == reader.cursor;
    let newest = page.newest.map(|newest| newest.min(page.asked_at));
    reader.watermark = reader.watermark.max(newest);
    reader.cursor = next.or_else(|| reader.cursor.take());
    let passed = reader.to.is_some_and(|to| page.newest.is_some_and(|newest| newest >= to));
    if page.events > 0 && !stands && !passed {
        return Progress::More;
    }
    reader.caught_up_at = Some(page.asked_at);
    Progress::End
}

/// From where a reader asks by time.
pub fn resume_from(reader: &Reader) -> Timestamp {
    reader.watermark.unwrap_or(reader.from) - OVERLAP
}

/// What a reader that came to the end has read.
pub fn covered(reader: &Reader, asked_at: Timestamp) -> Interval {
    Interval { from: reader.from, to: reader.to.map_or(asked_at, |to| to.min(asked_at)) }
}

/// Adds an interval; those that touch or overlap become one.
pub fn cover(coverage: &mut Vec<Interval>, interval: Interval) {
    coverage.push(interval);
    coverage.sort_by_key(|interval| interval.from);
    let merged = coverage.drain(..).fold(Vec::<Interval>::new(), |mut merged, next| {
        match merged.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            Some(_) | None => merged.push(next),
        }
        merged
    });
    *coverage = merged.into_iter().filter(|interval| interval.from < interval.to).collect();
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chrono::DateTime;

    pub(crate) fn state() -> PollState {
        begin(at(0), 0)
    }

    fn at(second: i64) -> Timestamp {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn page(events: usize, next: Option<&str>) -> PageFacts {
        PageFacts { events, next: next.map(str::to_owned), newest: Some(at(-60)), asked_at: at(0) }
    }

    #[test]
    fn both_kinds_of_end_are_ends_and_the_last_cursor_is_kept() {
        let mut reader = begin(at(-100), 0).live;
        assert_eq!(advance(&mut reader, page(5, Some("c1"))), Progress::More);
        assert_eq!(advance(&mut reader, page(5, None)), Progress::End);
        assert_eq!(reader.cursor.as_deref(), Some("c1"));
        assert_eq!(advance(&mut reader, page(0, Some("c2"))), Progress::End);
        assert_eq!(reader.cursor.as_deref(), Some("c2"));
        assert_eq!(advance(&mut reader, page(0, Some(""))), Progress::End);
        assert_eq!((reader.cursor.as_deref(), reader.caught_up_at), (Some("c2"), Some(at(0))));
    }

    #[test]
    fn a_cursor_that_leads_to_itself_is_an_end() {
        let mut reader = begin(at(-100), 0).live;
        assert_eq!(advance(&mut reader, page(5, Some("c1"))), Progress::More);
        assert_eq!(advance(&mut reader, page(5, Some("c1"))), Progress::End);
    }

    #[test]
    fn a_reader_with_an_end_stops_where_it_has_passed_it() {
        let mut reader = begin(at(-60), 30).backfill.unwrap();
        assert_eq!(advance(&mut reader, page(5, Some("c1"))), Progress::End);
    }

    #[test]
    fn a_time_from_the_future_does_not_move_the_watermark_past_now() {
        let mut reader = begin(at(-100), 0).live;
        advance(&mut reader, PageFacts { newest: Some(at(99_999)), ..page(1, None) });
        assert_eq!(reader.watermark, Some(at(0)));
        assert_eq!(resume_from(&reader), at(0) - OVERLAP);
    }

    #[test]
    fn our_share_is_kept_across_ticks_of_one_minute_and_backfill_leaves_a_reserve() {
        let mut minute = MinuteUse::default();
        let granted = |minute: &mut MinuteUse, now, lane| {
            (0..100).filter(|_| take_request(minute, now, 10, lane) == Share::Granted).count()
        };
        assert_eq!(granted(&mut minute, at(0), Lane::Backfill), 8);
        assert_eq!(granted(&mut minute, at(1), Lane::Live), 2);
        assert_eq!(granted(&mut minute, at(2), Lane::Live), 0);
        assert_eq!(granted(&mut minute, at(62), Lane::Live), 10);
    }

    #[test]
    fn intervals_that_touch_become_one() {
        let interval = |from, to| Interval { from: at(from), to: at(to) };
        let mut coverage = vec![interval(100, 200)];
        cover(&mut coverage, interval(300, 400));
        cover(&mut coverage, interval(500, 500));
        assert_eq!(coverage, [interval(100, 200), interval(300, 400)]);
        cover(&mut coverage, interval(0, 100));
        cover(&mut coverage, interval(150, 350));
        assert_eq!(coverage, [interval(0, 400)]);
    }
}
