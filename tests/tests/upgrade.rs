//! What an earlier version stored is taken over by this one: `tests/stored` holds the tables of each version that was given
//! out, frozen in the middle of its work. Those files are never edited.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![expect(clippy::disallowed_types, reason = "the tables are frozen and filled item by item")]
#![expect(clippy::disallowed_methods, reason = "the whole table is frozen")]

#[path = "upgrade/frozen.rs"]
mod frozen;
#[path = "erasure/traces.rs"]
#[expect(dead_code, reason = "only what leaves traces is used")]
mod traces;

use atlassian_sim::SimOptions;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    decide::ledger,
    error::Error,
    flow::{
        decide_action::{self, Switch},
        erase::ask_erasure,
        publish_head::publish_head,
    },
    model::{ActionState, ErasureState, LedgerHead, ReportStatus},
    ports::{CaseReader, Clock, ReportStore},
    signing::LocalSigner,
    store::keys,
};
use std::{collections::BTreeSet, time::Duration};
use tokenwarden_tests::world::{ASK_AND_ENFORCE, Steps, World};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The company of every version.
async fn company() -> World {
    World::with(SimOptions { users: 20, tokens: 18, max_events: 60, ..SimOptions::default() }).await
}

/// What a version leaves that is replaced in the middle of its work: plans that wait, messages, a report half taken.
async fn work(world: &World) {
    world.tick_report().await;
    world.put_policy(ASK_AND_ENFORCE).await;
    let signer = LocalSigner::new(&LocalSigner::generate().unwrap()).unwrap();
    publish_head(&world.store(), &signer, &world.org, world.clock.now()).await.unwrap();
    world.advance(DAY).await;
    world.poll().await;
    world.tick_report().await;
    world.sweep().await;
    traces::leave(world, &traces::person_in(world).await).await;
    for switch in [Switch::Stop, Switch::Resume] {
        decide_action::set_stop(&world.store(), &world.org, switch, world.decider("ann")).await.unwrap();
    }
    ask_erasure(&world.store(), &world.org, &"712020:nobody-any-more".into(), world.decider("ann")).await.unwrap();
    world.advance(DAY).await;
    half_a_report(world).await;
}

async fn half_a_report(world: &World) {
    let (store, source, clock) = (world.store(), world.source(), world.clock.clone());
    let settings = shared::config::ReportSettings { every_hours: 24, retention_days: 400 };
    let app = report_tokens::App { store, source, clock, settings, orgs: vec![world.org.clone()] };
    app.run(&Steps::new(6)).await.unwrap();
    assert!(world.store().run(&world.org).await.unwrap().is_some(), "a report is half taken");
}

/// Writes down what this version stores, for the versions to come. To be run once, when a version is given out.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it writes a file of the repository: when a version is given out"]
async fn the_tables_of_this_version_are_frozen() {
    let world = company().await;
    work(&world).await;
    frozen::write(&world).await;
}

#[test]
fn the_tables_of_every_version_are_there() {
    let versions: BTreeSet<String> = frozen::versions().into_iter().map(|version| version.name).collect();
    assert!(versions.contains(env!("CARGO_PKG_VERSION")), "run the_tables_of_this_version_are_frozen: {versions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_an_earlier_version_are_taken_over_in_the_middle_of_its_work() {
    for version in frozen::versions() {
        let world = company().await;
        version.thaw(&world).await;
        goes_on(&world, &version.name).await;
    }
}

async fn goes_on(world: &World, version: &str) {
    let before = world.latest().await.expect("the reports of before are read");
    let (entries, rows) = (world.ledger().await, world.rows(&before).await);
    ledger::verify(&world.org, entries.iter(), &LedgerHead::default()).expect("the ledger holds");
    assert!(!entries.is_empty() && rows.len() as u64 == before.totals.credentials, "{version}");
    let half = world.store().run(&world.org).await.unwrap().unwrap().value.report;

    world.advance(HOUR).await;
    world.poll().await;
    while world.store().run(&world.org).await.unwrap().is_some() {
        world.tick_report().await;
    }
    let after = world.latest().await.unwrap();
    assert_eq!((&after.id, after.status), (&half, ReportStatus::Complete), "{version}: the half report was finished");
    let erasure = world.store().erasures(&world.org).await.unwrap().remove(0).value;
    assert_eq!(erasure.state, ErasureState::Done, "{version}: what was asked for was done");

    world.sweep().await;
    let waits = |action: &&shared::model::Action| action.state == ActionState::Waiting;
    let action = world.actions().await.iter().find(waits).expect("a plan waits").clone();
    world.approve(&action.id).await;
    world.advance(8 * DAY).await;
    world.poll().await;
    world.sweep().await;
    assert_eq!(world.action(&action.id).await.state, ActionState::Done, "{version}");
    let entries = world.ledger().await;
    ledger::verify(&world.org, entries.iter(), &LedgerHead::default()).expect("the ledger holds");
}

/// Marks an item as one of the next version, with something that this one does not know.
async fn mark_as_newer(world: &World, key: keys::Key) {
    let text = |text: String| AttributeValue::S(text);
    let update = world.dynamo.client().update_item().table_name(&world.tables.cases);
    let update =
        update.key("pk", text(key.pk)).key("sk", text(key.sk)).update_expression("SET #f = :two, body.later = :x");
    let update = update.expression_attribute_names("#f", "form").expression_attribute_values(":x", text("new".into()));
    update.expression_attribute_values(":two", AttributeValue::N("2".into())).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_wrote_in_a_form_of_its_own_is_refused_by_name_and_left_as_it_is() {
    let world = company().await;
    frozen::versions().remove(0).thaw(&world).await;
    let waits = |action: &shared::model::Action| action.state == ActionState::Waiting;
    let (one, hash) = world
        .actions()
        .await
        .into_iter()
        .find(waits)
        .map(|action| (action.id, action.plan_hash))
        .expect("a plan waits");
    mark_as_newer(&world, keys::action(&world.org, &one)).await;
    let before = traces::everything(&world).await;

    let agreed =
        decide_action::approve(&world.store(), &world.org, &one, &hash, world.decider("ann")).await.unwrap_err();
    assert_eq!(agreed, Error::TooNew { what: "action".into(), form: 2, newest: 1 });
    world.advance(8 * DAY).await;
    world.sweep().await;
    let after = traces::everything(&world).await;
    let key = keys::action(&world.org, &one);
    assert_eq!(
        after[&(key.pk.clone(), key.sk.clone())],
        before[&(key.pk, key.sk)],
        "it is as the newer version left it"
    );
}
