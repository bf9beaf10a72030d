//! An account is erased: its traces stand in every place that can hold one, and then in none.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![expect(clippy::disallowed_types, reason = "whether anything is left shows only in the items themselves")]

#[path = "erasure/traces.rs"]
mod traces;

use atlassian_sim::SimOptions;
use serde_json::json;
use shared::{
    flow::erase::{Erased, Listed, ask_erasure, listed},
    model::{Action, ActionState, Claim, ErasureState, LedgerKind, MailAddress, MessageId, Purge, Relation, Versioned},
    ports::{
        CaseChange, CaseReader, CaseStore, Clock, FindingStore, OutboxStore, QuarantineStore, ReportStore, Written,
    },
};
use std::{collections::BTreeSet, time::Duration};
use tokenwarden_tests::world::{ASK_AND_ENFORCE, World};
use traces::{BODY, FREE_TEXT, Trace, Whom, everything, person_in, traces_of};

/// Permits nobody: so each finding names a mail address.
const NOBODY: &str = "  owner-not-permitted: {parameters: {domains: [nowhere.example]}}
";
const SETTLED: Duration = Duration::from_secs(301);

async fn world() -> World {
    let world = World::with(SimOptions { users: 60, tokens: 60, max_events: 400, ..SimOptions::default() }).await;
    world.tick_report().await;
    world.put_policy(&format!("{ASK_AND_ENFORCE}{NOBODY}")).await;
    world.advance(Duration::from_secs(86_400)).await;
    world.poll().await;
    world.tick_report().await;
    world.sweep().await;
    world
}

async fn erasure_of(world: &World) -> shared::model::Erasure {
    world.store().erasures(&world.org).await.unwrap().remove(0).value
}

async fn erased(world: &World) -> Erased {
    match world.tick_report().await {
        report_tokens::Tick::Erased { erasure, .. } => erasure,
        other => panic!("{other:?}"),
    }
}

async fn is_undelivered(world: &World, id: &MessageId) -> bool {
    let listed = world.store().undelivered(&world.org, 100).await.unwrap().items;
    listed.iter().any(|one| one.id == *id)
}

/// Stores an action in another state, as its next version.
async fn put(world: &World, action: &Action, state: ActionState) {
    let found = world.store().action(&world.org, &action.id).await.unwrap().unwrap();
    let claim = Some(Claim { at: world.clock.now(), attempt: 1, task: None });
    let value = Action { state, claim, wake_at: None, ..found.value };
    let change = CaseChange { action: Some(Versioned { version: found.version, value }), ..CaseChange::default() };
    assert_eq!(world.store().apply(&world.org, &change).await, Ok(Written::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_person_nothing_is_found_but_the_bare_id_in_the_ledger_and_everybody_else_is_as_before() {
    let world = world().await;
    let (store, org) = (world.store(), world.org.clone());
    let person = person_in(&world).await;
    let given_up = traces::leave(&world, &person).await;

    let before = everything(&world).await;
    let found = traces_of(&before, &person);
    let kinds: BTreeSet<&str> = found.iter().map(|trace| trace.entity.as_str()).collect();
    let everywhere = [
        "action",
        "campaign",
        "decision",
        "event",
        "exemption",
        "finding",
        "ledger_entry",
        "message",
        "owner_row",
        "profile",
        "register_entry",
        "row",
        "run_finding",
        "seats",
        "sponsor",
        "staged_credential",
        "staged_owner",
    ];
    assert_eq!(kinds, everywhere.into(), "a trace in each place that can hold one");
    assert!(store.quarantined_body(&org, &BODY.into()).await.unwrap().is_some());
    let mailbox = MailAddress::new(person.email.as_str()).key(&org);
    assert!(store.mailbox(&org, &mailbox).await.unwrap().version > 0, "he was written to");
    assert!(is_undelivered(&world, &given_up).await);

    assert_eq!(listed(&store, &org, &person.account).await, Ok(Listed::Yes));
    let asked = ask_erasure(&store, &org, &person.account, world.decider("admin")).await.unwrap();
    assert_eq!(ask_erasure(&store, &org, &person.account, world.decider("admin")).await, Ok(asked), "asked twice");
    assert_eq!(erased(&world).await, Erased::ErasureWaits, "what was under way may still write");
    world.advance(SETTLED).await;
    assert_eq!(erased(&world).await, Erased::Erased { accounts: 1 });

    let after = everything(&world).await;
    let left: Vec<Trace> = traces_of(&after, &person).into_iter().filter(|one| one.entity != "ledger_entry").collect();
    let [free_text] = &left[..] else { panic!("{left:#?}") };
    assert!(free_text.key.1.ends_with(FREE_TEXT), "what people wrote in the register stays: {left:#?}");
    assert_eq!(store.quarantined_body(&org, &BODY.into()).await, Ok(None));
    assert_eq!(store.mailbox(&org, &mailbox).await.unwrap().version, 0);
    assert!(!is_undelivered(&world, &given_up).await);

    let touched: BTreeSet<_> = found.iter().map(|trace| trace.key.clone()).collect();
    let new = ["erasure", "ledger_entry", "ledger_head", "undelivered", "mailbox"];
    for (key, item) in before.iter().filter(|(key, item)| !touched.contains(*key) && !new.contains(&item.entity())) {
        let his = is_about_his(item, &person) || [&key.0, &key.1].iter().any(|part| part.contains(BODY));
        assert!(after.get(key) == Some(item) || his, "{key:?} is another's, and was changed");
    }
    let rows =
        |all: &traces::Everything| all.values().filter(|item| ["row", "owner_row"].contains(&item.entity())).count();
    assert_eq!(rows(&after), rows(&before), "what was counted stays true");

    let done = erasure_of(&world).await;
    assert_eq!((done.state, done.account.clone(), done.reason.clone()), (ErasureState::Done, None, None));
    assert!(done.counts["event"].deleted > 0 && done.counts["row"].changed > 0, "{:?}", done.counts);
    assert_eq!(done.left.get("register_entry"), Some(&1), "what people wrote is told: {:?}", done.left);
    let ledger = world.ledger().await;
    let last = &ledger.last().unwrap().record;
    assert_eq!((last.kind, last.principal.as_str()), (LedgerKind::ErasureDone, "admin"));
    assert!(last.detail.starts_with(&format!("account {} was erased: ", person.account)), "{}", last.detail);
    let cancelled = ledger.iter().filter(|entry| entry.record.kind == LedgerKind::ActionCancelled).count();
    assert!(cancelled > 0, "what was planned for it has ended");
    let of_nobody =
        |action: &Action| action.state.is_final() || action.plan.target.owner != Some(person.account.clone());
    assert!(world.actions().await.iter().all(of_nobody));

    assert!(matches!(world.tick_report().await, report_tokens::Tick::Ran(_)), "it is done once");
    let report = world.report().await;
    assert!(world.rows(&report).await.iter().any(|row| row.credential.owner.as_ref() == Some(&person.account)));
}

/// What goes with him although it does not name him: messages and decisions about his actions.
fn is_about_his(item: &traces::Raw, person: &Whom) -> bool {
    let about = person.actions.iter().map(|id| id.as_str()).chain(person.credentials.iter().map(|one| one.id.as_str()));
    ["message", "decision", "exemption", "finding", "run_finding"].contains(&item.entity())
        && about.into_iter().any(|id| item.holds(id))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_what_is_under_way_for_the_account() {
    let world = world().await;
    let (store, org) = (world.store(), world.org.clone());
    let person = person_in(&world).await;
    let action = world.actions().await.into_iter().find(|one| person.actions.contains(&one.id)).unwrap();
    put(&world, &action, ActionState::Claimed).await;
    ask_erasure(&store, &org, &person.account, world.decider("admin")).await.unwrap();
    world.advance(SETTLED).await;

    assert_eq!(erased(&world).await, Erased::ErasureWaits);
    let waiting = erasure_of(&world).await;
    assert_eq!(waiting.state, ErasureState::Waiting);
    assert_eq!(waiting.waits_for.as_deref(), Some(&*format!("the action {} of the account is under way", action.id)));
    assert_eq!(world.action(&action.id).await.plan.target.owner_name, Some(person.name.clone()), "nothing is changed");
    put(&world, &action, ActionState::Done).await;

    world.sim_post("/_sim/faults", &json!({"path_prefix": "/admin", "status": 429})).await;
    let mut schedule = store.schedule(&org).await.unwrap();
    schedule.value.requested_at = Some(world.clock.now());
    assert_eq!(store.put_schedule(&org, &schedule).await, Ok(Written::Stored));
    assert_eq!(erased(&world).await, Erased::ErasureWaits);
    assert!(erasure_of(&world).await.waits_for.unwrap().starts_with("a report is being made"));

    world.sim_delete("/_sim/faults").await;
    world.advance(Duration::from_secs(3_600)).await;
    assert_eq!(erased(&world).await, Erased::Erased { accounts: 1 });
    assert_eq!(world.action(&action.id).await.plan.target.owner_name, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_that_is_purged_or_paused_meanwhile_loses_no_erasure() {
    let world = world().await;
    let (store, org) = (world.store(), world.org.clone());
    let person = person_in(&world).await;
    ask_erasure(&store, &org, &person.account, world.decider("admin")).await.unwrap();
    world.advance(SETTLED).await;
    let mut entry = store.org_entry(&org).await.unwrap().unwrap();
    entry.value.state = shared::model::OrgState::Paused;
    assert_eq!(store.put_org(&entry).await, Ok(Written::Stored));
    assert_eq!(erased(&world).await, Erased::Erased { accounts: 1 });

    let mut entry = store.org_entry(&org).await.unwrap().unwrap();
    entry.value.state = shared::model::OrgState::Purging;
    entry.value.purge = Some(Purge::asked(world.clock.now()));
    assert_eq!(store.put_org(&entry).await, Ok(Written::Stored));
    world.advance(SETTLED).await;
    world.tick_report().await;
    assert_eq!(store.erasures(&org).await, Ok(Vec::new()));
    assert_eq!(person.relation, Relation::Managed);
}
