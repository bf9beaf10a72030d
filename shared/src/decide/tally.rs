//! Sums over the rows of a report, and what the rows tell about the org.

use crate::model::{CredentialKind, CredentialRow, Interval, Making, Observations, Severity, Timestamp, Totals, Use};
use chrono::{Datelike, NaiveDate, TimeDelta};
use std::{borrow::Cow, collections::BTreeMap};

/// Sums in the making: cheap to add a row to, because a report adds a million. [`Tally::add_to`] gives them away.
#[derive(Debug, Default)]
pub struct Tally {
    plain: Totals,
    by_kind: [u64; CredentialKind::ALL.len()],
    by_severity: [u64; Severity::ALL.len()],
    by_week: Names<NaiveDate>,
    by_rule: Names<Cow<'static, str>>,
    notes_by_rule: Names<Cow<'static, str>>,
    unjudged_by_rule: Names<Cow<'static, str>>,
}

impl Tally {
    /// Adds a row.
    pub fn count(&mut self, row: &CredentialRow, now: Timestamp) {
        self.plain.credentials += 1;
        self.plain.use_unknown += u64::from(row.usage == Use::Unknown);
        let soon = now..=now + TimeDelta::days(30);
        self.plain.expiring_within_30_days += u64::from(row.credential.expires_at.is_some_and(|at| soon.contains(&at)));
        if let Some(week) = row.credential.expires_at.and_then(|at| week_ahead(at, now)) {
            self.by_week.add_one(&week);
        }
        self.by_kind[row.credential.reference.kind as usize] += 1;
        self.count_verdicts(row);
    }

    /// Adds a row's findings and notes alone.
    pub fn count_verdicts(&mut self, row: &CredentialRow) {
        self.plain.findings += row.findings.len() as u64;
        self.plain.credentials_with_findings += u64::from(!row.findings.is_empty());
        for found in &row.findings {
            self.by_severity[found.severity as usize] += 1;
            self.by_rule.add_one(&found.rule);
        }
        row.notes.iter().for_each(|note| self.notes_by_rule.add_one(&note.rule));
        row.unjudged.iter().for_each(|unjudged| self.unjudged_by_rule.add_one(&unjudged.rule));
    }

    /// Adds what was counted to the sums of a report or of a part of it.
    pub fn add_to(self, totals: &mut Totals) {
        let named = |name: &'static str, count: u64| (name.to_owned(), count);
        let kinds = CredentialKind::ALL.map(|kind| named(kind.as_str(), self.by_kind[kind as usize]));
        let severities = Severity::ALL.map(|one| named(one.as_str(), self.by_severity[one as usize]));
        let counted = |counts: Vec<(String, u64)>| counts.into_iter().filter(|(_, count)| *count > 0).collect();
        totals.add(&Totals {
            by_kind: counted(kinds.into()),
            by_severity: counted(severities.into()),
            expiring_by_week: self.by_week.named(),
            by_rule: self.by_rule.named(),
            notes_by_rule: self.notes_by_rule.named(),
            unjudged_by_rule: self.unjudged_by_rule.named(),
            ..self.plain
        });
    }
}

/// Counts of a few names: a short list is faster to look through than a map of texts is to search.
#[derive(Debug)]
struct Names<T>(Vec<(T, u64)>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq + Clone + ToString> Names<T> {
    fn add_one(&mut self, name: &T) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => self.0.push((name.clone(), 1)),
        }
    }

    fn named(self) -> BTreeMap<String, u64> {
        self.0.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
    }
}

/// Counts what a row and the one before it tell about the org: whether a use that moved the date left an event, and
/// whether a making did.
pub fn observe(seen: &mut Observations, before: Option<&CredentialRow>, row: &CredentialRow, log: Option<Interval>) {
    let looked_for_before = before.is_some_and(|before| before.history.making != Making::NotLookedFor);
    let made = |found: bool| u64::from(found && !looked_for_before);
    seen.made += made(row.history.making != Making::NotLookedFor);
    seen.made_with_event += made(matches!(row.history.making, Making::Event(_) | Making::Ambiguous));
    if let Some(used) = moved_within(before, row, log) {
        let event = row.profile.as_ref().and_then(|profile| profile.last_used_at);
        seen.moved += 1;
        seen.moved_with_event += u64::from(event.is_some_and(|event| event >= used - A_DAY));
    }
}

/// The list's date may be a day only, or a day late.
const A_DAY: TimeDelta = TimeDelta::days(1);

/// The list's last-used date of a user's token, if it moved in a time that the log covers: since the report before, or
/// at all. Where its owner's uses cannot be joined to his tokens, nothing can be said of any of them.
fn moved_within(before: Option<&CredentialRow>, row: &CredentialRow, log: Option<Interval>) -> Option<Timestamp> {
    let (used, log) = (row.credential.last_used_at?, log?);
    if row.credential.reference.kind != CredentialKind::UserApiToken || row.usage == Use::Unknown {
        return None;
    }
    let moved = before.and_then(|before| before.credential.last_used_at).is_none_or(|old| used > old);
    (moved && used >= log.from + A_DAY && used <= log.to).then_some(used)
}

/// The Monday of the week in which something will happen, if that is within 52 weeks.
fn week_ahead(at: Timestamp, now: Timestamp) -> Option<NaiveDate> {
    let ahead = at >= now && at - now < TimeDelta::weeks(52);
    ahead.then(|| at.date_naive() - TimeDelta::days(at.weekday().num_days_from_monday().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::at;

    #[test]
    fn what_expires_within_a_year_is_counted_in_its_week_and_what_has_expired_in_none() {
        let week = |day: &str| week_ahead(at(day), at("2026-11-21")).map(|monday| monday.to_string());
        assert_eq!(week("2026-11-21").as_deref(), Some("2026-11-16"), "a Saturday belongs to the week before it");
        assert_eq!(week("2026-11-23").as_deref(), Some("2026-11-23"));
        assert_eq!(week("2027-11-19").as_deref(), Some("2027-11-15"));
        assert_eq!((week("2026-11-20"), week("2027-11-20")), (None, None));
    }

    #[test]
    fn a_date_that_moved_within_the_log_counts_once_and_with_its_event() {
        let log = Some(Interval { from: at("2026-11-01"), to: at("2026-11-21") });
        let counted = |used: &str, event: Option<&str>, before: Option<&str>| {
            let row = row(used, event);
            let before = before.map(|used| super::tests::row(used, None));
            let mut seen = Observations::default();
            observe(&mut seen, before.as_ref(), &row, log);
            (seen.moved, seen.moved_with_event)
        };
        assert_eq!(counted("2026-11-20", Some("2026-11-20"), None), (1, 1));
        assert_eq!(counted("2026-11-20", Some("2026-11-02"), None), (1, 0));
        assert_eq!(counted("2026-11-20", None, Some("2026-11-20")), (0, 0), "it did not move");
        assert_eq!(counted("2026-10-20", None, None), (0, 0), "the log does not go so far back");
    }

    fn row(used: &str, event: Option<&str>) -> CredentialRow {
        let mut row = crate::decide::judge::tests::row();
        row.credential.last_used_at = Some(at(used));
        let key = crate::model::ProfileKey::of_token(None, &"t1".into());
        row.profile = event.map(|day| crate::model::UsageProfile {
            last_used_at: Some(at(day)),
            ..crate::model::UsageProfile::empty(key.clone())
        });
        row
    }
}
