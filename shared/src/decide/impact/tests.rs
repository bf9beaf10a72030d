use super::*;
use crate::decide::judge::tests::row;
use crate::model::{Credential, OwnerStatus, RowFinding, Severity};
use crate::rules::tests::{at, entry, owner, profile, token};
use chrono::TimeDelta;

const READ: ImpactContext = ImpactContext { log_since: None, uses_leave_events: Knowledge::Proven };

fn now() -> Timestamp {
    at("2026-11-21")
}

fn context() -> ImpactContext {
    ImpactContext { log_since: Some(at("2026-01-01")), ..READ }
}

/// A profile with a use at noon plus so many hours, so many days before now.
fn used(uses: &[(i64, i64)]) -> UsageProfile {
    let mut moments: Vec<Timestamp> =
        uses.iter().map(|(ago, hours)| now() - TimeDelta::days(*ago) + TimeDelta::hours(*hours)).collect();
    moments.sort();
    let mut profile = profile("t1", moments.len() as u64, "2026-11-01", "2026-11-01");
    (profile.days, profile.hours) = Default::default();
    moments.iter().for_each(|at| {
        profile.days.insert(*at);
        profile.hours.insert(*at);
    });
    (profile.first_used_at, profile.last_used_at) = (moments.first().copied(), moments.last().copied());
    profile.networks.insert("192.0.2.0/24");
    profile.countries.insert("DE");
    profile.places.insert("acme.atlassian.net");
    profile.actions.insert("jira_issue_viewed");
    profile
}

/// Its row, where Atlassian's own date is the profile's last use.
fn of(profile: UsageProfile) -> CredentialRow {
    let last_used_at = profile.last_used_at;
    let credential = Credential { last_used_at, ..token() };
    CredentialRow { credential, last_used_at, usage: Use::Known, profile: Some(profile), notes: Vec::new(), ..row() }
}

fn judged(row: &CredentialRow) -> (Pattern, Likely) {
    let impact = impact(row, &context(), now());
    (impact.pattern, impact.breaks_today)
}

/// Each night at two but for weekends; the 21st is a Saturday.
fn nightly(from: i64, to: i64) -> UsageProfile {
    let nights = (from..to)
        .filter(|ago| !matches!((now() - TimeDelta::days(*ago)).format("%u").to_string().as_str(), "6" | "7"));
    used(&nights.map(|ago| (ago, -10)).collect::<Vec<_>>())
}

#[test]
fn a_nightly_job_is_a_schedule_that_breaks_until_it_has_stopped() {
    assert_eq!(judged(&of(nightly(0, 40))), (Pattern::Schedule, Likely::Yes));
    assert_eq!(judged(&of(nightly(5, 45))), (Pattern::Schedule, Likely::Unknown));
    assert_eq!(judged(&of(nightly(8, 48))), (Pattern::Schedule, Likely::No));
}

#[test]
fn slow_jobs_are_schedules_and_alive_for_two_of_their_intervals() {
    let weekly = used(&[(5, 0), (12, 0), (19, 0), (26, 0), (33, 0)]);
    let monthly = used(&[(40, 0), (41, 0), (70, 0), (101, 0)]);
    let quarterly = used(&[(100, 0), (191, 0), (283, 0)]);
    for slow in [weekly, monthly, quarterly] {
        assert_eq!(judged(&of(slow)), (Pattern::Schedule, Likely::Yes));
    }
    assert_eq!(judged(&of(used(&[(190, 0), (281, 0), (373, 0)]))), (Pattern::Schedule, Likely::No));
}

#[test]
fn working_hours_look_like_a_person_and_nights_and_weekends_do_not() {
    let person = used(&[(1, -4), (2, 1), (4, -2), (8, 3), (10, 0), (11, 2)]);
    assert_eq!(judged(&of(person)), (Pattern::Person, Likely::Yes));
    let odd = used(&[(0, -9), (1, 1), (9, -2), (14, 9), (15, 5), (30, 2)]);
    assert_eq!(judged(&of(odd)).0, Pattern::Irregular);
}

#[test]
fn a_service_at_all_hours_is_a_schedule() {
    let hours: Vec<(i64, i64)> = (0..30).flat_map(|ago| (0..24).map(move |hour| (ago, -hour))).collect();
    assert_eq!(judged(&of(used(&hours))), (Pattern::Schedule, Likely::Yes));
}

#[test]
fn one_day_long_ago_is_a_one_off_and_a_fresh_one_says_nothing() {
    assert_eq!(judged(&of(used(&[(60, 0), (61, 0)]))), (Pattern::OneOff, Likely::Unknown));
    assert_eq!(judged(&of(used(&[(2, 0)]))), (Pattern::Unknown, Likely::Yes));
    assert_eq!(judged(&of(used(&[(60, 0), (160, 0)]))).0, Pattern::Unknown);
}

#[test]
fn without_uses_it_depends_on_whether_the_log_was_read() {
    let unseen = CredentialRow { profile: None, ..row() };
    assert_eq!(judged(&unseen), (Pattern::NoUseSeen, Likely::Unknown));
    assert_eq!(impact(&unseen, &READ, now()).pattern, Pattern::Unknown);
}

#[test]
fn its_end_its_owner_s_and_a_newer_one_say_that_nothing_breaks() {
    let busy = of(nightly(0, 40));
    let ended = Credential { expires_at: Some(at("2026-11-20")), ..busy.credential.clone() };
    assert_eq!(judged(&CredentialRow { credential: ended, ..busy.clone() }).1, Likely::No);
    let off = CredentialRow { owner: Some(owner(OwnerStatus::Inactive)), ..busy.clone() };
    assert_eq!(judged(&off).1, Likely::No);
    let mut key = off;
    key.credential.reference.kind = CredentialKind::OrgApiKey;
    assert_eq!(judged(&key).1, Likely::Yes, "a key outlives its creator's account");
    let note = RowFinding { rule: "superseded".into(), severity: Severity::Note, reason: String::new() };
    assert_eq!(judged(&CredentialRow { notes: vec![note], ..busy }).1, Likely::No);
}

#[test]
fn silence_is_no_end_without_atlassian_s_date_or_where_a_use_may_have_been_its_own() {
    let quiet = of(nightly(8, 48));
    let undated = Credential { last_used_at: None, ..quiet.credential.clone() };
    assert_eq!(judged(&CredentialRow { credential: undated, ..quiet.clone() }).1, Likely::Unknown);
    assert_eq!(judged(&CredentialRow { usage: Use::Unknown, ..quiet.clone() }).1, Likely::Unknown);
    let later = Some(at("2026-11-20"));
    assert_eq!(judged(&CredentialRow { last_used_at: later, ..quiet }).1, Likely::Yes);
}

#[test]
fn the_whole_text_reads_as_it_was_agreed() {
    let known = CredentialRow { register: Some(entry(None)), ..of(nightly(0, 40)) };
    let told = |row: &CredentialRow, context: &ImpactContext| {
        let impact = impact(row, context, now());
        format!("{}\n{}", impact.sentence, impact.limits)
    };
    let unseen = CredentialRow { profile: None, ..row() };
    let blind = ImpactContext { log_since: None, uses_leave_events: Knowledge::Unknown };
    let texts = [
        told(&known, &context()),
        told(&of(nightly(8, 48)), &context()),
        told(&of(used(&[(60, 0), (61, 0)])), &context()),
        told(&unseen, &context()),
        told(&unseen, &blind),
    ];
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_group_is_summed_by_owner_and_who_is_hit_hardest_comes_first() {
    let rows = [of(nightly(0, 40)), of(nightly(8, 48)), of(used(&[(60, 0)])), of(nightly(0, 40))];
    let owners = ["a1", "a1", "b2", "b2"];
    let owned = |(mut row, owner): (CredentialRow, &str)| {
        row.credential.owner = Some(owner.into());
        row.credential.owner_name = (owner == "a1").then(|| "Alice Ngo".into());
        row
    };
    let rows: Vec<CredentialRow> = rows.into_iter().zip(owners).map(owned).collect();
    let impacts: Vec<_> = rows.iter().map(|row| (row, impact(row, &context(), now()))).collect();
    let group = group_impact(&impacts);
    let told: Vec<_> = group.owners.iter().map(|one| (one.breaks, one.does_not, one.unknown)).collect();
    assert_eq!(told, [(1, 0, 1), (1, 1, 0)]);
    assert_eq!(group.owners[1].name.as_deref(), Some("Alice Ngo"));
    insta::assert_snapshot!(group.sentence);
    assert_eq!(group_impact(&[]).owners, []);
}

#[test]
fn the_names_of_the_api_are_those_of_the_json() {
    use Pattern::{Irregular, NoUseSeen, OneOff, Person, Schedule, Unknown};
    for pattern in [Schedule, Person, OneOff, Irregular, NoUseSeen, Unknown] {
        assert_eq!(serde_json::to_value(pattern).unwrap(), pattern.as_str());
    }
    for likely in [Likely::Yes, Likely::No, Likely::Unknown] {
        assert_eq!(serde_json::to_value(likely).unwrap(), likely.as_str());
    }
}
