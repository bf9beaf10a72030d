//! Several orgs side by side: one that is paused, slow, failing or removed keeps none of the others waiting.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use atlassian_sim::SimOptions;
use remediate_tokens::Trigger;
use serde_json::json;
use shared::{
    clock::{InstantDeadline, NoDeadline},
    config::{AtlassianSettings, ReportSettings},
    decide::{
        govern::{Governing, OrgChange, Removal},
        policy,
    },
    error::{Error, Result},
    flow::{
        decide_action::{approve, put_policy},
        govern::{add_org, change_org, remove_org},
        purge::Purged,
        register::register_org,
    },
    model::{Action, ActionState, OrgId, OrgState, ReportStatus, Secret},
    ports::{CaseReader, Clock, Deadline, ReportReader, SecretSource},
    secrets::SecretCache,
    source::{AtlassianReader, TokenRevokerClient},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokenwarden_tests::world::{ENFORCE, TestClock, World, events, limits};

const ORGS: usize = 3;

/// The keys of all the simulated orgs.
struct Keys;

impl SecretSource for Keys {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        let kind = match name {
            "atlassian-read" => "read",
            "atlassian-unscoped" => "admin",
            other => return Err(Error::SecretUnavailable { name: other.into(), reason: "not in this world".into() }),
        };
        let entry = |n: usize| (org(n).to_string(), json!({ "key": key(kind, n), "own_key_ids": [] }));
        Ok(Secret::new(json!((1..=ORGS).map(entry).collect::<BTreeMap<_, _>>()).to_string()))
    }
}

/// The simulated org with this number, counted from 1.
fn org(number: usize) -> OrgId {
    OrgId::new(format!("00000000-0000-4000-8000-{number:012}"))
}

fn key(kind: &str, number: usize) -> String {
    if number == 1 { format!("sim-{kind}-key") } else { format!("sim-{kind}-key-{number}") }
}

async fn three() -> World {
    World::with(SimOptions { users: 40, tokens: 30, max_events: 200, orgs: ORGS, ..SimOptions::default() }).await
}

fn settings(world: &World) -> AtlassianSettings {
    AtlassianSettings { base_url: world.sim.url(), call_timeout: Duration::from_secs(20) }
}

fn source(world: &World) -> AtlassianReader<Keys, TestClock> {
    let settings = settings(world);
    let http = shared::http::atlassian_http_client(settings.call_timeout);
    AtlassianReader::new(http, &settings, Arc::new(SecretCache::new(Keys, world.clock.clone()))).unwrap()
}

/// One sweep of remediate-tokens.
async fn sweep(world: &World, deadline: &impl Deadline) -> remediate_tokens::Outcome {
    let settings = settings(world);
    let http = shared::http::atlassian_http_client(settings.call_timeout);
    let keys = Arc::new(SecretCache::new(Keys, world.clock.clone()));
    let revoker = TokenRevokerClient::new(http, &settings, keys).unwrap();
    world.remediation(world.store(), revoker).run(Trigger::Sweep, deadline).await.unwrap()
}

/// The actions of an org that wait for an approval.
async fn waiting(world: &World, number: usize) -> Vec<Action> {
    let actions = world.store().actions(&org(number), None, 1_000).await.unwrap().items;
    actions.into_iter().filter(|action| action.state == ActionState::Waiting).collect()
}

/// One tick of report-tokens, with these orgs in the setting ORGS.
async fn report(world: &World, configured: &[OrgId]) -> BTreeMap<String, report_tokens::Tick> {
    let settings = ReportSettings { every_hours: 24, retention_days: 400 };
    let (store, source, clock, orgs) =
        (world.store_of("report-tokens"), source(world), world.clock.clone(), configured.to_vec());
    report_tokens::App { store, source, clock, settings, orgs }.run(&NoDeadline).await.unwrap()
}

/// One tick of poll-audit; the orgs that it polled.
async fn poll(world: &World, configured: &[OrgId]) -> BTreeSet<OrgId> {
    let settings = poll_audit::Settings { orgs: configured.to_vec(), events: events(), limits: limits() };
    let app = poll_audit::App::new(world.store_of("poll-audit"), source(world), world.clock.clone(), settings);
    app.run(&NoDeadline).await.unwrap().orgs.into_iter().map(|outcome| outcome.org).collect()
}

/// Polls until every org's log is read to its end.
async fn caught_up(world: &World) {
    for _ in 0..100 {
        poll(world, &all()).await;
        let mut behind = 0;
        for org in all() {
            let live = world.store().poll_lag(&org).await.unwrap().and_then(|state| state.live.caught_up_at);
            behind += usize::from(live != Some(world.clock.now()));
        }
        if behind == 0 {
            return;
        }
        world.advance(Duration::from_secs(60)).await;
    }
    panic!("the logs were not read to their ends");
}

/// The numbers of the orgs that have a report, with what it is worth.
async fn reported(world: &World) -> BTreeMap<usize, ReportStatus> {
    let mut found = BTreeMap::new();
    for number in 1..=ORGS {
        if let Some(report) = world.store().latest_report(&org(number)).await.unwrap() {
            found.insert(number, report.status);
        }
    }
    found
}

/// The paths that were asked of the simulated orgs, in their order.
async fn paths(world: &World) -> Vec<String> {
    let calls = world.sim_get("/_sim/calls").await;
    calls["items"].as_array().unwrap().iter().map(|call| call["path"].as_str().unwrap().to_owned()).collect()
}

fn all() -> [OrgId; ORGS] {
    [1, 2, 3].map(org)
}

fn to(governing: Governing) -> OrgChange {
    OrgChange { governing: Some(governing), ..OrgChange::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_org_is_neither_polled_nor_reported_and_the_others_are() {
    let world = three().await;
    let (store, who) = (world.store(), world.decider("admin"));
    add_org(&store, &org(2), Some("Second"), who).await.unwrap();
    change_org(&store, &org(2), &to(Governing::Paused), who).await.unwrap();
    assert_eq!(poll(&world, &all()).await, [1, 3].map(org).into());
    report(&world, &all()).await;
    let complete = ReportStatus::Complete;
    assert_eq!(reported(&world).await, [(1, complete), (3, complete)].into());
    assert!(!paths(&world).await.iter().any(|path| path.contains(org(2).as_str())), "nothing was asked of it");
    change_org(&store, &org(2), &to(Governing::On), who).await.unwrap();
    assert!(poll(&world, &all()).await.contains(&org(2)));
    report(&world, &all()).await;
    assert_eq!(reported(&world).await.len(), ORGS);
    assert_eq!(store.org(&org(2)).await.unwrap().unwrap().name, "Second", "a report does not rename it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_a_failing_and_a_keyless_org_neither_delay_nor_stop_the_report_of_the_others() {
    let world = three().await;
    for (number, fault) in [(1, json!({"delay_ms": 150})), (3, json!({"status": 500}))] {
        for api in ["/admin/v1/orgs", "/admin/v2/orgs", "/admin/api-access/v1/orgs"] {
            let mut fault = fault.clone();
            fault["path_prefix"] = format!("{api}/{}", org(number)).into();
            world.sim_post("/_sim/faults", &fault).await;
        }
    }
    let ticks = report(&world, &[org(1), org(2), org(3), OrgId::new("keyless")]).await;
    let reports = reported(&world).await;
    assert_eq!((reports.get(&1), reports.get(&2)), (Some(&ReportStatus::Complete), Some(&ReportStatus::Complete)));
    assert_ne!(reports.get(&3), Some(&ReportStatus::Complete), "what failed is not called whole");
    assert!(matches!(ticks["keyless"], report_tokens::Tick::Failed { .. }), "{ticks:?}");
    let asked = paths(&world).await;
    let of = |number: usize| asked.iter().enumerate().filter(move |(_, path)| path.contains(org(number).as_str()));
    let (slow_ended, next_ended) = (of(1).map(|(at, _)| at).max(), of(2).map(|(at, _)| at).max());
    assert!(next_ended < slow_ended, "the next org was read while the slow one, begun before it, was still being read");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_whose_atlassian_hangs_does_not_keep_the_others_from_being_swept() {
    let world =
        World::with(SimOptions { users: 300, tokens: 120, max_events: 500, orgs: ORGS, ..SimOptions::default() });
    let world = world.await;
    caught_up(&world).await;
    report(&world, &all()).await;
    let (store, two) = (world.store(), [1, 2]);
    for number in two {
        let enforce = policy::parse(ENFORCE).unwrap();
        let before = store.policy(&org(number)).await.unwrap();
        put_policy(&store, &org(number), before.as_ref(), enforce, world.decider("admin")).await.unwrap();
    }
    sweep(&world, &NoDeadline).await;
    let mut due = BTreeMap::new();
    for number in two {
        let action = waiting(&world, number).await.remove(0);
        approve(&store, &org(number), &action.id, &action.plan_hash, world.decider("ann")).await.unwrap();
        due.insert(number, action);
    }
    world.advance(Duration::from_secs(7 * 86_400)).await;
    caught_up(&world).await;
    let hanging = due[&1].plan.target.owner.as_ref().unwrap().as_str().replace(':', "%3A");
    let fault = json!({ "path_prefix": format!("/users/{hanging}"), "delay_ms": 6_000 });
    world.sim_post("/_sim/faults", &fault).await;
    sweep(&world, &InstantDeadline::after(Duration::from_secs(5))).await;
    let state = async |number: usize| store.action(&org(number), &due[&number].id).await.unwrap().unwrap().value.state;
    assert_eq!(state(2).await, ActionState::Done);
    assert_eq!(state(1).await, ActionState::Waiting, "its Atlassian hung until the time was up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_org_is_left_alone_and_not_registered_again_until_somebody_adds_it() {
    let world = three().await;
    let (store, who) = (world.store(), world.decider("admin"));
    report(&world, &all()).await;
    let before = store.latest_report(&org(2)).await.unwrap().unwrap();
    remove_org(&store, &org(2), Removal::Keep, who).await.unwrap();
    world.advance(Duration::from_secs(86_400)).await;
    assert_eq!(poll(&world, &all()).await, [1, 3].map(org).into());
    let ticks = report(&world, &all()).await;
    assert!(!ticks.contains_key(org(2).as_str()), "{ticks:?}");
    assert_eq!(store.org(&org(2)).await.unwrap().unwrap().state, OrgState::Removed);
    assert_eq!(store.latest_report(&org(2)).await, Ok(Some(before)), "what was stored stays");
    let late = register_org(&store, &source(&world), &org(2), world.decider("").at).await;
    assert_eq!(late, Ok(None), "nor by a tick that began before it was removed");
    add_org(&store, &org(2), None, who).await.unwrap();
    assert!(report(&world, &all()).await.contains_key(org(2).as_str()));
}

/// Every key of both tables.
async fn everything(world: &World) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for table in [&world.tables.history, &world.tables.cases] {
        for item in world.dynamo.items(table).await {
            found.insert((item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_nothing_of_the_org_and_everything_of_the_others() {
    let (world, left) = (three().await, [1, 3].map(org));
    poll(&world, &all()).await;
    report(&world, &all()).await;
    let (store, id) = (world.store(), org(2));
    remove_org(&store, &id, Removal::Purge, world.decider("admin")).await.unwrap();
    let before = everything(&world).await;
    let is_of = |(pk, sk): &(String, String)| pk.contains(id.as_str()) || (pk == "ORGS" && sk == id.as_str());
    let (doomed, others): (BTreeSet<_>, BTreeSet<_>) = before.into_iter().partition(is_of);
    assert!(doomed.len() > 100 && others.len() > doomed.len(), "{} {}", doomed.len(), others.len());
    let tick = report(&world, &left).await.remove(id.as_str()).unwrap();
    assert!(matches!(tick, report_tokens::Tick::Purged(Purged::PurgeWaits { .. })), "{tick:?}");
    world.advance(Duration::from_secs(300)).await;
    let tick = report(&world, &left).await.remove(id.as_str()).unwrap();
    let deleted = doomed.len() as u64 - 1;
    assert!(matches!(tick, report_tokens::Tick::Purged(Purged::Purged { deleted: n }) if n == deleted), "{tick:?}");
    assert_eq!(everything(&world).await, others);
    assert!(!report(&world, &left).await.contains_key(id.as_str()));
    assert_eq!(everything(&world).await, others, "and it does not come back");
}
