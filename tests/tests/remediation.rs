//! Remediation over a simulated org: what is planned, what is done, and everything that keeps it from being done.

use atlassian_sim::SimOptions;
use serde_json::json;
use shared::{
    clock::NoDeadline,
    decide::ledger,
    flow::decide_action::{self, Switch},
    model::{Action, ActionState, CredentialKind, LedgerAnswer, LedgerHead, LedgerKind},
    ports::Pending,
};
use std::time::Duration;
use tokenwarden_tests::{
    doom::{Doom, Doomed, Side},
    world::{ENFORCE, World},
};

const DAY: Duration = Duration::from_secs(86_400);

fn small() -> SimOptions {
    SimOptions { users: 300, tokens: 120, max_events: 2_000, ..SimOptions::default() }
}

/// A company whose report was taken under a policy that revokes after a week; gives one action that waits.
async fn waiting(world: &World) -> Action {
    waiting_under(world, ENFORCE).await
}

async fn waiting_under(world: &World, policy: &str) -> Action {
    world.poll().await;
    world.tick_report().await;
    world.put_policy(policy).await;
    world.sweep().await;
    let waiting = world.actions().await.into_iter().find(|action| action.state == ActionState::Waiting);
    waiting.expect("an unused token waits for an approval")
}

async fn after_the_grace(world: &World) {
    world.advance(7 * DAY).await;
    world.poll().await;
}

fn token(action: &Action) -> String {
    action.plan.target.credential.id.to_string()
}

async fn is_listed(world: &World, action: &Action) -> bool {
    let tokens = world.sim_get("/_sim/tokens").await;
    let items = tokens["items"].as_array().expect("a list of tokens");
    items.iter().any(|item| item["id"] == token(action).as_str() && item["listed"] == true)
}

async fn ledger_verifies(world: &World) -> Vec<LedgerKind> {
    let entries = world.ledger().await;
    let head = ledger::verify(&world.org, entries.iter(), &LedgerHead::default()).expect("the chain holds");
    assert_eq!(head.seq as usize, entries.len());
    entries.into_iter().map(|entry| entry.record.kind).collect()
}

#[tokio::test]
async fn a_fresh_deployment_only_records_what_it_would_have_done() {
    let world = World::with(small()).await;
    world.poll().await;
    world.tick_report().await;
    world.sweep().await;
    let actions = world.actions().await;
    assert!(!actions.is_empty());
    assert!(actions.iter().all(|action| action.state == ActionState::Withheld && action.wake_at.is_none()));
    world.advance(400 * DAY).await;
    world.sweep().await;
    assert!(world.actions().await.iter().all(|action| action.state != ActionState::Done));
    assert_eq!(world.deletions().await, []);
}

#[tokio::test]
async fn one_unused_token_is_revoked_after_approval_and_grace_and_the_ledger_says_so() {
    let world = World::with(small()).await;
    let action = waiting(&world).await;
    world.approve(&action.id).await;
    world.advance(6 * DAY).await;
    world.poll().await;
    world.sweep().await;
    assert_eq!(world.deletions().await, [], "not before the grace has passed");
    world.advance(DAY).await;
    world.poll().await;
    world.sweep().await;
    let done = world.action(&action.id).await;
    assert_eq!(done.state, ActionState::Done, "{:?}", done.reason);
    assert!(!is_listed(&world, &action).await);
    assert_eq!(world.deletions().await.iter().map(|(_, status)| *status).collect::<Vec<_>>(), [204]);
    let kinds = ledger_verifies(&world).await;
    for kind in [LedgerKind::ActionApproved, LedgerKind::ActionClaimed, LedgerKind::ActionDone] {
        assert_eq!(kinds.iter().filter(|recorded| **recorded == kind).count(), 1, "{kind:?}");
    }
    let entries = world.ledger().await.into_iter().filter(|entry| entry.record.action.is_some());
    let digest = ledger::evidence_digest(&done.plan.evidence);
    for record in entries.map(|entry| entry.record) {
        let answer = (record.kind == LedgerKind::ActionDone).then_some(LedgerAnswer::Revoked);
        assert_eq!((record.evidence_digest.as_ref(), record.answer), (Some(&digest), answer), "{:?}", record.kind);
    }
}

#[tokio::test]
async fn a_token_that_is_used_before_the_due_date_is_not_revoked_and_the_action_says_why() {
    let world = World::with(small()).await;
    let action = waiting(&world).await;
    world.approve(&action.id).await;
    world.advance(DAY).await;
    world.sim_post("/_sim/use", &json!({ "token_id": token(&action) })).await;
    world.advance(6 * DAY).await;
    world.poll().await;
    world.sweep().await;
    let cancelled = world.action(&action.id).await;
    assert_eq!(cancelled.state, ActionState::Cancelled);
    assert!(cancelled.reason.as_deref().is_some_and(|reason| reason.contains("used on 2026-11-22")), "{cancelled:?}");
    assert!(is_listed(&world, &action).await);
}

#[tokio::test]
async fn what_a_policy_no_longer_asks_for_ends_and_begins_anew_once_one_asks_again() {
    let world = World::with(small()).await;
    let first = waiting(&world).await;
    let silent =
        ENFORCE.replace("respond: {steps: [{do: revoke, after_days: 7}], approval: required}", "enabled: true");
    world.put_policy(&silent).await;
    world.sweep().await;
    assert_eq!(world.action(&first.id).await.state, ActionState::Cancelled);
    world.put_policy(ENFORCE).await;
    world.sweep().await;
    let again = |action: &Action| action.plan.target.credential == first.plan.target.credential;
    let open: Vec<Action> =
        world.actions().await.into_iter().filter(|one| again(one) && !one.state.is_final()).collect();
    let [second] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((second.state, second.generation), (ActionState::Waiting, first.generation + 1));
    assert!(
        second.plan.due_at >= shared::ports::Clock::now(&world.clock) + chrono::TimeDelta::days(7),
        "its grace begins now"
    );
}

#[tokio::test]
async fn a_change_of_policy_plans_every_open_case_anew_and_its_grace_starts_then() {
    let world = World::with(small()).await;
    world.poll().await;
    world.tick_report().await;
    world.sweep().await;
    world.advance(300 * DAY).await;
    world.put_policy(ENFORCE).await;
    world.sweep().await;
    let now = shared::ports::Clock::now(&world.clock);
    for action in world.actions().await.into_iter().filter(|action| !action.state.is_final()) {
        assert_eq!(action.plan.due_at, now + chrono::TimeDelta::days(7));
        assert_eq!((action.agreed, action.plan.policy_version), (vec![], 2));
    }
    let action = world.actions().await.into_iter().find(|action| !action.state.is_final()).expect("an open action");
    world.approve(&action.id).await;
    world.put_policy(&ENFORCE.replace("after_days: 7", "after_days: 8")).await;
    world.sweep().await;
    assert_eq!(world.action(&action.id).await.agreed, [], "an approval holds for one plan only");
    assert_eq!(world.deletions().await, []);
}

#[tokio::test]
async fn the_budget_is_never_exceeded_and_what_waits_is_not_dropped() {
    let world = World::with(small()).await;
    waiting(&world).await;
    world.put_policy(&ENFORCE.replace("max_actions: 100", "max_actions: 2")).await;
    world.sweep().await;
    let waiting = world.actions().await.into_iter().filter(|action| action.state == ActionState::Waiting);
    let ids: Vec<_> = waiting.map(|action| action.id).take(3).collect();
    for id in &ids {
        world.approve(id).await;
    }
    after_the_grace(&world).await;
    world.sweep().await;
    assert_eq!(world.deletions().await.len(), 2);
    let waits = world.actions().await.into_iter().filter(|action| ids.contains(&action.id));
    let waits: Vec<Action> = waits.filter(|action| action.state == ActionState::Waiting).collect();
    assert!(matches!(&waits[..], [one] if one.reason.as_deref().is_some_and(|reason| reason.contains("budget"))));
    world.advance(DAY).await;
    world.poll().await;
    world.sweep().await;
    assert_eq!(world.deletions().await.len(), 2, "clocks may differ by five minutes");
    world.advance(Duration::from_secs(300)).await;
    world.poll().await;
    world.sweep().await;
    assert_eq!(world.deletions().await.len(), 3);
}

#[tokio::test]
async fn the_kill_switch_stops_what_is_due_until_it_is_released() {
    let world = World::with(small()).await;
    let action = waiting(&world).await;
    world.approve(&action.id).await;
    decide_action::set_stop(&world.store(), &world.org, Switch::Stop, world.decider("ann"))
        .await
        .expect("it is put on");
    after_the_grace(&world).await;
    world.sweep().await;
    assert_eq!(world.deletions().await, []);
    decide_action::set_stop(&world.store(), &world.org, Switch::Resume, world.decider("bo"))
        .await
        .expect("it is released");
    world.sweep().await;
    assert_eq!(world.action(&action.id).await.state, ActionState::Done);
}

#[tokio::test]
async fn while_the_log_is_behind_nothing_is_done() {
    let world = World::with(small()).await;
    let action = waiting(&world).await;
    world.approve(&action.id).await;
    world.advance(7 * DAY).await;
    world.sweep().await;
    let waits = world.action(&action.id).await;
    assert!(waits.reason.as_deref().is_some_and(|reason| reason.contains("audit log")), "{waits:?}");
    assert_eq!(world.deletions().await, []);
}

#[tokio::test]
async fn an_org_admin_s_token_is_not_revoked_without_a_person_even_where_the_policy_waives_it() {
    let world = World::with(small()).await;
    waiting(&world).await;
    world.put_policy(&ENFORCE.replace("approval: required", "approval: waived")).await;
    let owners = world.actions().await;
    let action = owners.iter().find(|action| !action.state.is_final()).expect("an open action").clone();
    let owner = action.plan.target.owner.clone().expect("an owner");
    world.sim_post(&format!("/_sim/users/{owner}"), &json!({ "admin": true })).await;
    world.sweep().await;
    after_the_grace(&world).await;
    world.sweep().await;
    let waits = world.action(&action.id).await;
    assert!(waits.reason.as_deref().is_some_and(|reason| reason.contains("org admin")), "{waits:?}");
    assert!(!world.deletions().await.is_empty(), "others' tokens need nobody");
    assert!(is_listed(&world, &action).await);
}

/// Hands one action to a process that may die; what it answers is lost with it.
async fn advance(world: &World, action: &Action, doom: &Doom) {
    let store = world.store_by(world.dynamo.doomed_client(doom));
    let app = world.remediation(store, Doomed { revoker: world.revoker(), doom: doom.clone() });
    let pending = Some((world.org.clone(), Pending::Action(action.id.clone())));
    let record = remediate_tokens::Record { sequence: "1".into(), pending };
    let _ = app.run(remediate_tokens::Trigger::Stream(vec![record]), &NoDeadline).await;
}

async fn happened_once(world: &World, action: &Action) {
    let done = world.action(&action.id).await;
    assert_eq!(done.state, ActionState::Done, "{:?}", done.reason);
    let deleted = world.deletions().await;
    let mine = deleted.iter().filter(|(path, status)| path.contains(&token(action)) && *status == 204);
    assert_eq!(mine.count(), 1, "{}: {:?}: {deleted:?}", token(action), done.reason);
    let entries = world.ledger().await.into_iter();
    let mine = entries.filter(|entry| entry.record.action.as_ref() == Some(&action.id));
    assert_eq!(mine.filter(|entry| entry.record.kind == LedgerKind::ActionDone).count(), 1);
}

/// Every call of a revocation, from the moment at which it is due to its end, dies once before and once after its effect.
#[tokio::test]
async fn a_crash_at_any_call_of_a_revocation_leads_to_one_effect_and_one_entry() {
    let world = World::with(SimOptions { users: 400, tokens: 1_100, max_events: 1_000, ..SimOptions::default() }).await;
    waiting_under(&world, &ENFORCE.replace("max_actions: 100", "max_actions: 1000")).await;
    // Keys of the org are revoked by another call; their crashes are among those of `owner_actions`.
    let token = |action: &Action| action.plan.target.credential.kind == CredentialKind::UserApiToken;
    let waiting = |action: &Action| action.state == ActionState::Waiting && token(action);
    let open: Vec<Action> = world.actions().await.into_iter().filter(waiting).collect();
    for action in &open {
        world.approve(&action.id).await;
    }
    after_the_grace(&world).await;
    let (mut actions, mut struck) = (open.into_iter(), 0);
    for side in [Side::Before, Side::After] {
        for at in 1.. {
            let action = actions.next().unwrap_or_else(|| panic!("no unused token is left for call {at} {side:?}"));
            let doom = Doom::at(at, side);
            advance(&world, &action, &doom).await;
            world.advance(Duration::from_secs(600)).await;
            world.poll().await;
            advance(&world, &action, &Doom::at(u32::MAX, side)).await;
            happened_once(&world, &action).await;
            if !doom.struck() {
                break;
            }
            struck += 1;
        }
    }
    ledger_verifies(&world).await;
    assert!(struck >= 20, "only {struck} calls were found");
}
