//! What is done to keys of the org and to everything of an owner, over a simulated org.

mod crashes;
mod keys;
mod protected;
mod unread;

use atlassian_sim::SimOptions;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::{
    decide::plan::Basis,
    error::Error,
    flow::decide_action::{self, Asked, Request},
    model::{
        Access, AccountId, Action, ActionKind, ActionState, CredentialKind, CredentialRow, Exemption, ExemptionScope,
        Org, Owner, Relation, Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, Clock, OwnerActor, Written},
};
use std::{collections::BTreeSet, time::Duration};
use tokenwarden_tests::world::{ENFORCE, World};

const DAY: Duration = Duration::from_secs(86_400);

/// A company with a report, under a policy that acts and knows where people are moved.
async fn governed() -> World {
    let options = SimOptions { users: 300, tokens: 120, max_events: 2_000, ..SimOptions::default() };
    governed_by(options, Duration::ZERO).await
}

/// The same, where nothing was done for so long before the report.
async fn governed_by(options: SimOptions, silence: Duration) -> World {
    let world = World::with(options).await;
    if !silence.is_zero() {
        world.poll().await;
        world.advance(silence).await;
    }
    put_policy(&world, "nobody-in-particular").await;
    world.poll().await;
    world.tick_report().await;
    world
}

/// A policy that acts, knows where people are moved and protects this account.
async fn put_policy(world: &World, protected: &str) {
    let policies = "auth_policies: {blocking: sim-policy-no-tokens, allowing: sim-policy-default}\n";
    let policy = ENFORCE.replace("max_actions: 100", "max_actions: 1000").replace("nobody-in-particular", protected);
    world.put_policy(&format!("{policy}{policies}")).await;
}

async fn org(world: &World) -> Versioned<Org> {
    world.store().org_entry(&world.org).await.expect("the registry is read").expect("the org is registered")
}

async fn rows(world: &World) -> Vec<CredentialRow> {
    world.rows(&world.latest().await.expect("a report")).await
}

/// Somebody asks for an action.
async fn ask(world: &World, action: ActionKind, row: &CredentialRow) -> Result<Action, Error> {
    let store = world.store();
    let (report, org) = (world.latest().await.expect("a report"), org(world).await.value);
    let policy = store.policy(&world.org).await.expect("the policy is read").expect("a policy");
    let basis = Basis { report: &report, own_key_ids: org.own_key_ids.as_ref() };
    let asked = Request { action, row, basis, policy: &policy };
    match decide_action::request(&store, &world.org, asked, world.decider("bo")).await? {
        Asked::New(action) | Asked::Open(action) => Ok(*action),
    }
}

async fn calls(world: &World, method: &str) -> Vec<String> {
    let calls = world.sim_get("/_sim/calls").await["items"].as_array().cloned().unwrap_or_default();
    let path = |call: &Value| call["path"].as_str().unwrap_or_default().to_owned();
    calls.iter().filter(|call| call["method"] == method).map(path).collect()
}

async fn never_org_wide(world: &World) {
    let org_wide = |path: &String| path.ends_with(&format!("/orgs/{}/api-tokens", world.org));
    assert_eq!(calls(world, "DELETE").await.into_iter().filter(org_wide).count(), 0);
}

const NO_TOKENS: &str = "sim-policy-no-tokens";

fn account(row: &CredentialRow) -> AccountId {
    row.credential.owner.clone().expect("an owner")
}

/// The credentials of this kind whose accounts have this relation, no other kind, and used nothing for months.
async fn quiet_ones(world: &World, relation: Relation, kind: CredentialKind) -> Vec<CredentialRow> {
    let (rows, since) = (rows(world).await, world.clock.now() - TimeDelta::days(35));
    let mut loud = BTreeSet::new();
    for row in &rows {
        let used = row.last_used_at.is_some_and(|at| at > since);
        if used || row.credential.reference.kind != kind {
            loud.extend(row.credential.owner.clone());
        }
    }
    let person = |owner: &Owner| owner.relation == relation && owner.org_admin != Some(true);
    let quiet = |row: &CredentialRow| {
        row.owner.as_ref().is_some_and(person) && row.credential.owner.as_ref().is_some_and(|one| !loud.contains(one))
    };
    rows.into_iter().filter(quiet).collect()
}

/// An account of which nothing was used for months, by one of its credentials.
async fn quiet(world: &World, relation: Relation, kind: CredentialKind) -> CredentialRow {
    quiet_ones(world, relation, kind).await.into_iter().next().expect("a quiet account")
}

async fn quiet_user(world: &World) -> CredentialRow {
    quiet(world, Relation::Managed, CredentialKind::UserApiToken).await
}

/// Asks for an action and has its plan read.
async fn asked(world: &World, action: ActionKind, row: &CredentialRow) -> Action {
    let asked = ask(world, action, row).await.expect("it can be asked for");
    world.sweep().await;
    world.action(&asked.id).await
}

/// Until nothing of it is under way any more.
async fn carried_out(world: &World, action: &Action) -> Action {
    for _ in 0..8 {
        world.sweep().await;
        let now = world.action(&action.id).await;
        if now.state.is_final() || now.state == ActionState::Withheld {
            break;
        }
        world.advance(Duration::from_secs(61)).await;
        world.poll().await;
    }
    let now = world.action(&action.id).await;
    never_org_wide(world).await;
    now
}

async fn agreed_and_done(world: &World, kind: ActionKind, row: &CredentialRow) -> Action {
    let action = asked(world, kind, row).await;
    assert_eq!(action.state, ActionState::Waiting, "{:?}", action.reason);
    assert!(kind == ActionKind::Allow || !action.plan.hits.is_empty(), "every credential is listed");
    world.approve(&action.id).await;
    let done = carried_out(world, &action).await;
    assert_eq!(done.state, ActionState::Done, "{:?}", done.reason);
    done
}

async fn posts(world: &World, part: &str) -> usize {
    calls(world, "POST").await.iter().filter(|path| path.contains(part)).count()
}

async fn policy_of(world: &World, row: &CredentialRow) -> String {
    let policy = world.revoker().auth_policy(&world.org, &account(row)).await.expect("it is read");
    policy.expect("one policy").to_string()
}

async fn is_suspended(world: &World, row: &CredentialRow) -> bool {
    let memberships = world.revoker().memberships(&world.org, &account(row)).await.expect("they are read");
    assert!(!memberships.is_empty());
    memberships.iter().all(|one| one.access == Access::Suspended)
}

#[tokio::test]
async fn all_tokens_of_a_service_account_are_revoked_by_one_call() {
    let options = SimOptions { users: 1_000, tokens: 400, max_events: 1_000, ..SimOptions::default() };
    let world = governed_by(options, 40 * DAY).await;
    let row = quiet(&world, Relation::Service, CredentialKind::ServiceAccountToken).await;
    agreed_and_done(&world, ActionKind::RevokeAll, &row).await;
    let deleted = calls(&world, "DELETE").await;
    assert!(matches!(&deleted[..], [one] if one.contains("/service-accounts/")), "{deleted:?}");
}

#[tokio::test]
async fn a_suspended_user_is_restored() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let done = agreed_and_done(&world, ActionKind::Suspend, &row).await;
    assert!(done.plan.reversible && done.plan.effects.iter().any(|effect| effect.contains("sign-in")));
    assert!(is_suspended(&world, &row).await);
    assert_eq!(posts(&world, "/suspend").await, 1);
    agreed_and_done(&world, ActionKind::Restore, &row).await;
    assert!(!is_suspended(&world, &row).await);
    assert_eq!((posts(&world, "/suspend").await, posts(&world, "/restore").await), (1, 1));
}

#[tokio::test]
async fn an_external_account_is_suspended_in_each_of_its_directories_after_a_person_asked_and_another_agreed() {
    let world = governed().await;
    let external = |row: &CredentialRow| {
        let since = world.clock.now() - TimeDelta::days(31);
        row.owner.as_ref().is_some_and(|owner| owner.relation == Relation::External)
            && row.last_used_at.is_none_or(|at| at < since)
    };
    let Some(row) = rows(&world).await.into_iter().find(external) else { return };
    let action = asked(&world, ActionKind::Suspend, &row).await;
    if action.state == ActionState::Waiting {
        world.approve(&action.id).await;
        let done = carried_out(&world, &action).await;
        assert_eq!(done.state, ActionState::Done, "{:?}", done.reason);
        assert!(is_suspended(&world, &row).await);
        assert_eq!(posts(&world, "/suspend").await, 2);
    }
}

#[tokio::test]
async fn a_blocked_user_goes_back_to_the_policy_from_before_without_a_second_approval() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let before = policy_of(&world, &row).await;
    let done = agreed_and_done(&world, ActionKind::Block, &row).await;
    assert!(done.plan.reversible);
    assert_eq!(policy_of(&world, &row).await, NO_TOKENS);
    assert_eq!(posts(&world, "/add-users").await, 1, "asked for once");
    let release = asked(&world, ActionKind::Release, &row).await;
    let released = carried_out(&world, &release).await;
    assert_eq!((released.state, released.agreed.len()), (ActionState::Done, 0), "{:?}", released.reason);
    assert_eq!(policy_of(&world, &row).await, before);
    assert_eq!(posts(&world, "/add-users").await, 2);
}

#[tokio::test]
async fn nothing_can_be_released_that_was_not_blocked_from_here() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    for kind in [ActionKind::Release, ActionKind::Restore] {
        let action = asked(&world, kind, &row).await;
        assert_eq!(action.state, ActionState::Withheld, "{:?}", action.reason);
    }
    assert_eq!((posts(&world, "/add-users").await, posts(&world, "/restore").await), (0, 0));
}

#[tokio::test]
async fn a_task_that_fails_for_the_account_is_reported_by_its_id_and_nothing_is_done_twice() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let action = asked(&world, ActionKind::Block, &row).await;
    world.approve(&action.id).await;
    world
        .sim_post(
            "/_sim/faults",
            &json!({"path_prefix": "/admin/control/v1/", "method": "GET", "times": 1000, "status": 500}),
        )
        .await;
    world.sweep().await;
    world.sim_post(&format!("/_sim/users/{}", account(&row)), &json!({ "status": "closed" })).await;
    world.sim_delete("/_sim/faults").await;
    let failed = carried_out(&world, &action).await;
    let reason = failed.reason.clone().unwrap_or_default();
    assert_eq!(failed.state, ActionState::Failed, "{reason}");
    assert!(reason.contains(account(&row).as_str()) && reason.contains("User not found"), "{reason}");
    let email = row.owner.as_ref().and_then(|owner| owner.email.clone()).expect("an address");
    let ledger = serde_json::to_string(&world.ledger().await).expect("JSON");
    assert!(!ledger.contains(&email), "a ledger holds no addresses");
    assert_eq!(posts(&world, "/add-users").await, 1);
}

#[tokio::test]
async fn a_credential_in_use_or_exempt_keeps_everything_of_its_owner() {
    let world = governed().await;
    let since = world.clock.now() - TimeDelta::days(20);
    let busy = rows(&world).await.into_iter().find(|row| {
        let person = |owner: &&Owner| owner.org_admin != Some(true) && owner.email.is_some();
        let managed = row.owner.as_ref().filter(person).is_some_and(|owner| owner.relation == Relation::Managed);
        let token = row.credential.reference.kind == CredentialKind::UserApiToken;
        managed && token && row.last_used_at.is_some_and(|at| at > since)
    });
    let busy = asked(&world, ActionKind::Block, &busy.expect("a token in use")).await;
    assert_eq!(busy.state, ActionState::Withheld);
    assert!(busy.reason.is_some_and(|reason| reason.contains("is in use") || reason.contains("made a key")));
    let row = quiet_user(&world).await;
    let action = asked(&world, ActionKind::Block, &row).await;
    world.approve(&action.id).await;
    let exemption = Exemption {
        id: "x".into(),
        scope: ExemptionScope { credential: Some(row.credential.reference.clone()), ..ExemptionScope::default() },
        reason: "payroll".into(),
        author: "ann".into(),
        created_at: world.clock.now(),
        until: world.clock.now() + TimeDelta::days(9),
    };
    let change = CaseChange { exemption: Some(exemption), ..CaseChange::default() };
    assert_eq!(world.store().apply(&world.org, &change).await, Ok(Written::Stored));
    let kept = carried_out(&world, &action).await;
    assert_eq!(kept.state, ActionState::Cancelled);
    assert!(kept.reason.is_some_and(|reason| reason.contains("payroll")));
    assert_eq!(posts(&world, "/add-users").await, 0);
}

#[tokio::test]
async fn a_use_after_the_approval_keeps_everything_of_the_owner() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let action = asked(&world, ActionKind::Suspend, &row).await;
    world.advance(DAY).await;
    let used = json!({ "token_id": row.credential.reference.id });
    let other = world.sim_post("/_sim/use", &used).await;
    assert_eq!(other["id"], row.credential.reference.id.as_str());
    world.poll().await;
    world.approve(&action.id).await;
    let kept = carried_out(&world, &action).await;
    assert_eq!(kept.state, ActionState::Cancelled, "{:?}", kept.reason);
    assert!(kept.reason.is_some_and(|reason| reason.contains("was used on")));
    assert_eq!(posts(&world, "/suspend").await, 0);
}

#[tokio::test]
async fn protected_people_and_org_admins_are_refused_although_somebody_agreed() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let action = asked(&world, ActionKind::Suspend, &row).await;
    world.approve(&action.id).await;
    world.sim_post(&format!("/_sim/users/{}", account(&row)), &json!({ "admin": true })).await;
    let kept = carried_out(&world, &action).await;
    assert_eq!(kept.state, ActionState::Cancelled, "{:?}", kept.reason);
    assert!(kept.reason.is_some_and(|reason| reason.contains("org admin")));
    world.put_policy(&ENFORCE.replace("nobody-in-particular", account(&row).as_str())).await;
    for kind in [ActionKind::Suspend, ActionKind::Block, ActionKind::Allow] {
        let refused = ask(&world, kind, &row).await;
        assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("protected")), "{refused:?}");
    }
    assert_eq!(posts(&world, "/suspend").await, 0);
}
