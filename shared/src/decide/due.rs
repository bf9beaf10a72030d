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

/// Since how many seconds a report is due that is not finished; 0 where none is. `since` is when the org was registered:
/// the first report is due from then on.
pub fn overdue_secs(
    schedule: &ReportSchedule,
    open: Option<&Run>,
    every_hours: u32,
    since: Timestamp,
    now: Timestamp,
) -> u64 {
    let next = schedule.last_started_at.map_or(since, |last| last + TimeDelta::hours(every_hours.into()));
    let wanted = schedule.requested_at.map_or(next, |asked| asked.min(next));
    let due_at = open.map_or(wanted, |run| run.started_at);
    u64::try_from((now - due_at).num_seconds()).unwrap_or(0)
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
    fn a_report_is_overdue_from_when_it_was_due_until_it_is_finished() {
        let overdue = |schedule: &ReportSchedule, open: Option<&Run>, now| overdue_secs(schedule, open, 24, at(0), now);
        let never = ReportSchedule::default();
        assert_eq!(overdue(&never, None, at(2)), 7_200, "the first one is due from the registration on");
        let taken = ReportSchedule { last_started_at: Some(at(1)), ..Default::default() };
        assert_eq!(overdue(&taken, None, at(25)), 0);
        assert_eq!(overdue(&taken, None, at(28)), 3 * 3_600);
        assert_eq!(overdue(&taken, Some(&run(at(1))), at(3)), 7_200, "begun is not finished");
        let asked = ReportSchedule { requested_at: Some(at(2)), ..taken };
        assert_eq!(overdue(&asked, None, at(3)), 3_600);
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
