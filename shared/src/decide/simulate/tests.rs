use super::*;
use crate::decide::{judge::tests as sample, policy::parse};
use crate::model::{CredentialKind, ProfileKey, UsageProfile, Use};

const NAIVE: &str = "\
limits: {max_actions: 1000, max_share_percent: 100, window_hours: 24}
calendar: {weekend: [], from_hour: 0}
rules:
  unused:
    parameters: {window_days: 30}
    respond: {steps: [{do: revoke, after_days: 0}]}
";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

/// A token with events of use on these days, the last of them in the list too.
fn used_on(id: &str, days: &[&str]) -> CredentialRow {
    let mut row = sample::row();
    row.credential.reference.id = id.into();
    row.credential.created_at = Some(noon("2026-02-01"));
    let mut profile = UsageProfile::empty(ProfileKey::of_label(None, id));
    days.iter().for_each(|day| profile.days.insert(noon(day)));
    row.credential.last_used_at = days.last().map(|day| noon(day));
    (row.last_used_at, row.usage, row.profile) = (row.credential.last_used_at, Use::Known, Some(profile));
    row
}

fn over(rows: &[CredentialRow], policy: &str, approvals: Approvals) -> Simulation {
    let window = Window { from: day("2026-06-01"), to: day("2026-11-21") };
    let report = sample::report();
    let known = Known { rows, report: &report, window, log_since: Some(noon("2026-06-01")) };
    simulate(&parse(policy).unwrap(), &known, approvals).unwrap()
}

fn naive(row: CredentialRow) -> Simulation {
    over(&[row], NAIVE, Approvals::Given)
}

fn only(simulation: &Simulation) -> &Case {
    assert_eq!(simulation.cases.len(), 1, "{:#?}", simulation.cases);
    &simulation.cases[0]
}

#[test]
fn a_quarterly_job_would_have_been_broken_between_two_of_its_runs() {
    let simulation = naive(used_on("q", &["2026-06-10", "2026-09-09"]));
    let case = only(&simulation);
    let used_after = UsedAfter { first_on: day("2026-09-09"), days_after: 60, days_used: 1 };
    assert_eq!((case.on, &case.end), (day("2026-07-11"), &End::Revoked { used_after: Some(used_after) }));
    assert_eq!(simulation.broken().count(), 1);
}

#[test]
fn what_went_quiet_is_revoked_once_and_was_not_used_afterwards() {
    let simulation = naive(used_on("q", &["2026-06-10"]));
    assert_eq!(only(&simulation).end, End::Revoked { used_after: None });
}

#[test]
fn what_is_used_within_the_grace_is_spared() {
    let graceful = NAIVE.replace("after_days: 0", "after_days: 14");
    let row = used_on("q", &["2026-06-10", "2026-07-20", "2026-08-10", "2026-09-10", "2026-10-10", "2026-11-09"]);
    let simulation = over(&[row], &graceful, Approvals::Given);
    let End::Spared { reason } = &only(&simulation).end else { panic!("{simulation:?}") };
    assert!(reason.contains("used on 2026-07-20"), "{reason}");
}

#[test]
fn before_its_first_known_use_nothing_is_known_and_nothing_is_done() {
    assert_eq!(naive(used_on("q", &["2026-11-10"])).cases, []);
}

#[test]
fn what_was_not_made_yet_is_not_judged() {
    let mut row = used_on("q", &["2026-06-10"]);
    row.credential.created_at = Some(noon("2026-11-20"));
    assert_eq!(only(&naive(row)).opened_on, day("2026-11-20"));
}

#[test]
fn an_approval_that_is_refused_ends_without_effect() {
    let simulation = over(&[used_on("q", &["2026-06-10"])], NAIVE, Approvals::Refused);
    let End::Spared { reason } = &only(&simulation).end else { panic!("{simulation:?}") };
    assert!(reason.contains("nobody agreed"), "{reason}");
}

#[test]
fn an_open_one_says_that_it_waits_for_the_approval_that_is_refused() {
    let simulation = over(&[used_on("q", &["2026-10-20"])], NAIVE, Approvals::Refused);
    assert_eq!(only(&simulation).end, End::Open { reason: say::not_agreed().to_owned() });
}

#[test]
fn the_budget_holds_back_what_is_too_much_for_a_day() {
    let tight = NAIVE.replace("max_actions: 1000", "max_actions: 1");
    let rows = [used_on("a", &["2026-06-10"]), used_on("b", &["2026-06-10"])];
    let simulation = over(&rows, &tight, Approvals::Given);
    let on: Vec<NaiveDate> = simulation.revoked().map(|case| case.on).collect();
    assert_eq!(on, [day("2026-07-11"), day("2026-07-12")]);
}

#[test]
fn messages_come_first_and_are_counted() {
    let ladder = "{do: notify, after_days: 0}, {do: remind, after_days: 7}, {do: revoke, after_days: 21}";
    let policy = NAIVE.replace("{do: revoke, after_days: 0}", ladder);
    let simulation = over(&[used_on("q", &["2026-06-10"])], &policy, Approvals::Given);
    assert_eq!((only(&simulation).told, only(&simulation).on, simulation.messages()), (2, day("2026-08-01"), 2));
}

#[test]
fn our_own_keys_and_what_cannot_be_revoked_is_withheld() {
    let mut key = used_on("k", &["2026-06-10"]);
    key.credential.reference.kind = CredentialKind::OrgApiKey;
    assert!(matches!(only(&naive(key)).end, End::Withheld { .. }));
}

#[test]
fn a_rule_whose_facts_nobody_kept_is_named_and_not_replayed() {
    let policy = NAIVE.replace("unused:\n    parameters: {window_days: 30}", "owner-deactivated:");
    let simulation = over(&[used_on("q", &["2026-06-10"])], &policy, Approvals::Given);
    assert_eq!((simulation.cases.len(), simulation.not_replayed.len()), (0, 1));
}

#[test]
fn the_mode_is_told_and_changes_nothing_of_what_enforce_would_have_done() {
    let enforced = NAIVE.replace("limits:", "mode: enforce\nprotected: [boss]\nlimits:");
    let row = || used_on("q", &["2026-06-10"]);
    let (observed, enforced) = (naive(row()), over(&[row()], &enforced, Approvals::Given));
    assert_eq!((observed.mode, enforced.mode), (Mode::Observe, Mode::Enforce));
    assert_eq!(observed.revoked().count(), enforced.revoked().count());
}

#[test]
fn policies_differ_in_what_they_revoke() {
    let rows = [used_on("a", &["2026-06-10"]), used_on("b", &["2026-10-10"])];
    let careful = NAIVE.replace("window_days: 30", "window_days: 100");
    let of = |policy: &str| over(&rows, policy, Approvals::Given);
    let found = difference(&of(NAIVE), &of(&careful));
    assert_eq!((found.both.len(), found.candidate_only.len(), found.in_force_only.len()), (1, 1, 0));
}

#[test]
fn the_window_reaches_as_far_back_as_uses_are_known_and_no_further_than_the_log() {
    let of = |since: Option<&str>, days| Window::before(noon("2026-11-21"), since.map(noon), days).from;
    assert_eq!(of(Some("2026-10-22"), 180), day("2026-10-22"));
    assert_eq!(of(Some("2025-01-01"), 1000), day("2026-05-25"));
    assert_eq!(of(Some("2026-10-22"), 7), day("2026-11-14"));
    assert_eq!(of(None, 180), day("2026-11-21"));
}
