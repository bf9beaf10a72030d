//! Whether a report is due.

use crate::model::{Due, ReportSchedule, Run, Timestamp};
use chrono::TimeDelta;

/// What the schedule should do for an org now.
pub fn due(schedule: &ReportSchedule, open: Option<&Run>, every_hours: u32, now: Timestamp) -> Due {
    if let Some(run) = open {
        let free = run.lease_until <= now && run.wait_until.is_none_or(|until| until <= now);
        return if free { Due::Resume } else { Due::Nothing };
    }
    let next = schedule.last_started_at.map(|last| last + TimeDelta::hours(every_hours.into()));
    if schedule.requested_at.is_some() || next.is_none_or(|next| next <= now) { Due::Start } else { Due::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::judge::tests::run;

    fn at(hour: i64) -> Timestamp {
        "2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap() + TimeDelta::hours(hour)
    }

    #[test]
    fn the_first_is_due_at_once_and_the_next_after_the_interval() {
        assert_eq!(due(&ReportSchedule::default(), None, 24, at(0)), Due::Start);
        let yesterday = ReportSchedule { last_started_at: Some(at(0)), ..Default::default() };
        assert_eq!(due(&yesterday, None, 24, at(23)), Due::Nothing);
        assert_eq!(due(&yesterday, None, 24, at(24)), Due::Start);
    }

    #[test]
    fn one_that_was_asked_for_is_due_at_once() {
        let asked = ReportSchedule { last_started_at: Some(at(0)), requested_at: Some(at(1)), ..Default::default() };
        assert_eq!(due(&asked, None, 24, at(1)), Due::Start);
    }

    #[test]
    fn an_open_one_is_resumed_unless_somebody_works_on_it_or_atlassian_asked_to_wait() {
        let mut open = run(at(0));
        assert_eq!(due(&ReportSchedule::default(), Some(&open), 24, at(1)), Due::Resume);
        open.wait_until = Some(at(2));
        assert_eq!(due(&ReportSchedule::default(), Some(&open), 24, at(1)), Due::Nothing);
        open.wait_until = None;
        open.lease_until = at(2);
        assert_eq!(due(&ReportSchedule::default(), Some(&open), 24, at(1)), Due::Nothing);
    }
}
