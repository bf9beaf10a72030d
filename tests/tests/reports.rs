//! Reports over a simulated org: what they list, what they say of what they could not read, and how they go on.

use atlassian_sim::{Dialects, SimOptions};
use serde_json::{Value, json};
use shared::{
    clock::NoDeadline,
    config::ReportSettings,
    model::{
        CredentialKind, CredentialRow, FindingStatus, LastUsedSource, OwnerStatus, Relation, Report, ReportStatus,
        SectionName, SectionStatus, Timestamp, Use,
    },
    ports::ReportReader,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokenwarden_tests::{
    doom::{Doom, Side},
    world::{Steps, World},
};

const DAY: Duration = Duration::from_secs(86_400);

fn small() -> SimOptions {
    SimOptions { users: 120, tokens: 90, max_events: 1_500, ..SimOptions::default() }
}

fn section(report: &Report, name: SectionName) -> (SectionStatus, String) {
    let section = report.sections.iter().find(|section| section.name == name).expect("the section is there");
    (section.status, section.reason.clone().unwrap_or_default())
}

/// Kind and id of every credential that one of the lists should show, with its last-used date.
async fn truth(world: &World) -> BTreeMap<(String, String), Option<Timestamp>> {
    let tokens = world.sim_get("/_sim/tokens").await;
    let items = tokens["items"].as_array().expect("a list of tokens").iter();
    let listed = items.filter(|item| item["listed"] == true);
    listed.map(|item| ((text(item, "kind").into(), text(item, "id").into()), time(&item["last_used_at"]))).collect()
}

fn text<'a>(item: &'a Value, field: &str) -> &'a str {
    item[field].as_str().unwrap_or_default()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().map(|text| text.parse().expect("an RFC 3339 time"))
}

fn listed(rows: &[CredentialRow]) -> BTreeMap<(String, String), Option<Timestamp>> {
    let key = |row: &CredentialRow| {
        let reference = &row.credential.reference;
        (reference.kind.to_string(), reference.id.to_string())
    };
    rows.iter().map(|row| (key(row), row.credential.last_used_at)).collect()
}

#[tokio::test]
async fn it_lists_exactly_what_the_org_lists_with_the_same_last_used_dates() {
    let world = World::start().await;
    let report = world.report().await;
    assert_eq!(report.status, ReportStatus::Complete, "{:?}", report.sections);
    let (rows, truth) = (listed(&world.rows(&report).await), truth(&world).await);
    assert_eq!(rows.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
    // Which of a token's facts the list leaves out is the list's choice; what it shows is the truth.
    let differing = rows.iter().filter(|(key, shown)| shown.is_some() && truth[*key].map(secs) != shown.map(secs));
    assert_eq!(differing.count(), 0);
    assert_eq!(report.totals.credentials as usize, rows.len());
}

fn secs(at: Timestamp) -> i64 {
    at.timestamp()
}

#[tokio::test]
async fn with_a_403_for_keys_and_a_500_for_users_it_is_partial_and_says_both_reasons() {
    let world = World::with(small()).await;
    let first = world.report().await;
    assert_eq!(first.status, ReportStatus::Complete);
    let keys_before = world.findings().await;
    let prefix = format!("/admin/api-access/v1/orgs/{}/api-keys", world.org);
    world.sim_post("/_sim/faults", &json!({ "path_prefix": prefix, "status": 403 })).await;
    let prefix = format!("/admin/v1/orgs/{}/users", world.org);
    world.sim_post("/_sim/faults", &json!({ "path_prefix": prefix, "status": 500 })).await;
    let report = world.report().await;
    assert_eq!(report.status, ReportStatus::Partial);
    let (status, reason) = section(&report, SectionName::OrgApiKeys);
    assert!(status == SectionStatus::NotPermitted && reason.contains("403"), "{status:?}: {reason}");
    let (status, reason) = section(&report, SectionName::Users);
    assert!(status == SectionStatus::Failed && reason.contains("500"), "{status:?}: {reason}");
    let rows = world.rows(&report).await;
    let of_a_person =
        |row: &&CredentialRow| row.owner.as_ref().is_some_and(|owner| owner.relation != Relation::Service);
    assert_eq!(rows.iter().find(of_a_person), None, "no person's account was read");
    assert!(rows.iter().all(|row| row.findings.iter().all(|finding| finding.rule != "owner-deactivated")));
    for before in keys_before.iter().filter(|finding| finding.status == FindingStatus::Open) {
        let unseen = before.subject.kind == CredentialKind::OrgApiKey || before.rule == "owner-deactivated";
        let after = world.findings().await.into_iter().find(|finding| finding.id == before.id).expect("it is kept");
        assert!(!unseen || after.status == FindingStatus::Open, "resolved without having been seen: {after:?}");
    }
    let tokens =
        |rows: &[CredentialRow]| listed(rows).into_keys().filter(|(kind, _)| kind == "user_api_token").collect();
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (tokens(&world.rows(&first).await), tokens(&rows));
    let gone = before.difference(&after).count() as u64;
    assert_eq!(report.changes.removed, gone, "what was not read was not removed");
}

#[tokio::test]
async fn a_key_made_before_the_scopes_were_split_is_not_permitted_to_read_keys() {
    let world = World::with(small()).await.with_read_key("sim-tokens-key");
    let report = world.report().await;
    assert_eq!(section(&report, SectionName::OrgApiKeys).0, SectionStatus::NotPermitted);
    assert_eq!(section(&report, SectionName::UserApiTokens).0, SectionStatus::Complete);
}

#[tokio::test]
async fn every_kind_that_a_list_holds_is_there_and_a_service_account_answers_for_its_tokens() {
    let world = World::start().await;
    let report = world.report().await;
    for kind in ["user_api_token", "org_api_key", "service_account_token", "oauth_client"] {
        assert!(report.totals.by_kind.contains_key(kind), "{kind}: {:?}", report.totals.by_kind);
    }
    let rows = world.rows(&report).await;
    let year = report.generated_at..report.generated_at + 364 * DAY;
    let ending = rows.iter().filter(|row| row.credential.expires_at.is_some_and(|at| year.contains(&at))).count();
    assert_eq!(report.totals.expiring_by_week.values().sum::<u64>() as usize, ending);
    let of_service = |row: &&CredentialRow| row.credential.reference.kind == CredentialKind::ServiceAccountToken;
    for row in rows.iter().filter(of_service) {
        assert_eq!(row.owner.as_ref().map(|owner| owner.relation), Some(Relation::Service), "{row:?}");
    }
}

#[tokio::test]
async fn a_renewed_token_is_superseded_by_its_renewal_and_neither_is_called_unused() {
    let world = World::start().await;
    world.poll().await;
    let report = world.report().await;
    let rows = world.rows(&report).await;
    let renewals = rows.iter().filter_map(|row| Some((row, row.credential.label.strip_suffix(" (new)")?)));
    let mut seen = 0;
    for (renewal, label) in renewals {
        let same =
            |row: &&CredentialRow| row.credential.label == label && row.credential.owner == renewal.credential.owner;
        let Some(old) = rows.iter().find(same) else { continue };
        assert!(old.notes.iter().any(|note| note.rule == "superseded"), "{old:?}");
        assert!([old, renewal].iter().all(|row| row.findings.iter().all(|finding| finding.rule != "unused")));
        seen += 1;
    }
    assert!(seen > 0, "the company has renewals under way");
}

#[tokio::test]
async fn an_admin_key_whose_creator_has_left_is_told_and_not_where_the_accounts_were_not_read() {
    let world = World::start().await;
    let orphans = async |report: &Report| {
        let rows = world.rows(report).await.into_iter();
        rows.filter(|row| row.findings.iter().any(|finding| finding.rule == "orphan-key")).count()
    };
    let report = world.report().await;
    assert!(orphans(&report).await > 0);
    let prefix = format!("/admin/v1/orgs/{}/users", world.org);
    world.sim_post("/_sim/faults", &json!({ "path_prefix": prefix, "status": 500 })).await;
    let partial = world.report().await;
    assert_eq!((partial.status, orphans(&partial).await), (ReportStatus::Partial, 0));
}

#[tokio::test]
async fn findings_open_once_resolve_when_seen_to_be_gone_and_open_again() {
    let world = World::with(small()).await;
    let first = world.report().await;
    let open = world.findings().await;
    assert_eq!(first.changes.new_findings as usize, open.len());
    let lives = |row: &CredentialRow| {
        let usable = row.owner.as_ref().is_some_and(|owner| owner.status == OwnerStatus::Active);
        usable && row.credential.expires_at.is_some_and(|at| at > first.generated_at + 150 * DAY)
    };
    let living: BTreeSet<String> = world.rows(&first).await.iter().filter(|row| lives(row)).map(id).collect();
    let unused = open.iter().find(|finding| finding.rule == "unused" && living.contains(finding.subject.id.as_str()));
    let unused = unused.expect("an unused token that lives on").clone();
    world.advance(DAY).await;
    world.sim_post("/_sim/use", &json!({ "token_id": unused.subject.id.as_str() })).await;
    let second = world.report().await;
    let after = world.findings().await.into_iter().find(|finding| finding.id == unused.id).expect("it is kept");
    assert_eq!((after.status, after.generation), (FindingStatus::Resolved, 1));
    assert!(second.changes.resolved >= 1);
    assert_eq!((first.changes.against, second.changes.against), (None, Some(first.id)));
    world.advance(120 * DAY).await;
    world.report().await;
    let again = world.findings().await.into_iter().find(|finding| finding.id == unused.id).expect("it is kept");
    assert_eq!((again.status, again.generation), (FindingStatus::Open, 2));
}

#[tokio::test]
async fn while_the_ids_of_our_own_keys_are_unknown_it_says_so_and_once_known_it_marks_them() {
    let world = World::with(small()).await;
    let report = world.report().await;
    assert!(report.notices.iter().all(|notice| notice.code != "own_key_unknown"));
    let own: BTreeSet<String> = world.rows(&report).await.iter().filter(|row| row.own).map(id).collect();
    let expected = ["sim-admin-key-id", "sim-events-key-id", "sim-read-key-id", "sim-tokens-key-id"];
    assert_eq!(own, expected.map(str::to_owned).into());
    let unknown = World::with(small()).await.without_own_keys();
    let report = unknown.report().await;
    assert!(report.notices.iter().any(|notice| notice.code == "own_key_unknown"));
}

fn id(row: &CredentialRow) -> String {
    row.credential.reference.id.to_string()
}

fn app(world: &World, store: shared::store::Store) -> Ticker {
    report_tokens::App {
        store,
        source: world.source(),
        clock: world.clock.clone(),
        settings: ReportSettings { every_hours: 24, retention_days: 400 },
        orgs: vec![world.org.clone()],
    }
}

type Ticker =
    report_tokens::App<shared::store::Store, tokenwarden_tests::world::Source, tokenwarden_tests::world::TestClock>;

#[tokio::test]
async fn interrupted_by_the_time_limit_it_resumes_and_comes_to_the_same() {
    let (whole, stepwise) = (World::with(small()).await, World::with(small()).await);
    let expected = whole.report().await;
    for tick in 1.. {
        app(&stepwise, stepwise.store_of("report-tokens")).run(&Steps::new(5)).await.expect("the tick runs");
        if let Some(report) = stepwise.latest().await {
            assert!(tick > 10, "it was interrupted often");
            assert_eq!((report.totals, report.changes), (expected.totals, expected.changes));
            assert_eq!(latest_rows(&stepwise).await, latest_rows(&whole).await);
            return;
        }
    }
}

async fn latest_rows(world: &World) -> BTreeMap<(String, String), Option<Timestamp>> {
    listed(&world.rows(&world.latest().await.expect("a report")).await)
}

#[tokio::test]
async fn latest_moves_only_when_a_report_is_whole_whatever_call_it_dies_at() {
    let world = World::with(small()).await;
    let first = world.report().await;
    let mut whole = false;
    for at in (1..).step_by(23) {
        world.advance(2 * DAY).await;
        let doom = Doom::at(at, if at % 2 == 0 { Side::Before } else { Side::After });
        let _ = app(&world, world.store_by(world.dynamo.doomed_client(&doom))).run(&NoDeadline).await;
        let after_crash = world.latest().await.expect("the first report is there");
        assert!(after_crash.id >= first.id);
        assert_eq!(world.rows(&after_crash).await.len() as u64, after_crash.totals.credentials, "latest is whole");
        world.advance(Duration::from_secs(61)).await;
        world.tick_report().await;
        let finished = world.latest().await.expect("a report");
        assert_eq!(world.rows(&finished).await.len() as u64, finished.totals.credentials);
        assert!(world.store().reports(&world.org, None, 100).await.expect("reports").items.len() >= 2);
        if !doom.struck() {
            whole = true;
            break;
        }
    }
    assert!(whole);
}

#[tokio::test]
async fn in_every_dialect_it_judges_what_it_can_and_says_what_it_cannot() {
    for dialect in ["default", "no-token-ids", "no-auth", "other-ids", "no-external-use", "drawn-actions", "cursor-end"]
    {
        let dialects: Dialects = dialect.parse().expect("a known dialect");
        let world = World::with(SimOptions { dialects, ..small() }).await;
        world.poll().await;
        let report = world.report().await;
        assert_eq!(report.status, ReportStatus::Complete, "{dialect}");
        let rows = world.rows(&report).await;
        let proven = report.notices.iter().all(|notice| notice.code != "join_unproven");
        let names_tokens = !["no-token-ids", "no-auth", "other-ids"].contains(&dialect);
        assert_eq!(proven, names_tokens, "{dialect}: {:?}", report.notices);
        for row in &rows {
            let guilty = row.findings.iter().any(|finding| finding.rule == "unused");
            assert!(
                !guilty || (row.usage == Use::Known && row.credential.last_used_at.is_some()),
                "{dialect}: {row:?}"
            );
            assert!(row.last_used_source != LastUsedSource::None || row.usage == Use::Unknown, "{dialect}: {row:?}");
        }
        if names_tokens {
            assert!(rows.iter().any(|row| row.profile.as_ref().is_some_and(|profile| profile.uses > 1)), "{dialect}");
        }
    }
}
