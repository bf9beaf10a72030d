//! Every call of every action dies once before and once after its effect: from the reading of the plan to the last entry.

use crate::{NO_TOKENS, account, ask, governed_by, never_org_wide, policy_of, quiet_ones, rows};
use atlassian_sim::SimOptions;
use serde_json::json;
use shared::{
    clock::NoDeadline,
    decide::ledger,
    model::{
        Access, AccountId, Action, ActionKind, ActionState, CredentialKind, CredentialRow, LedgerHead, LedgerKind,
        Relation,
    },
    ports::{Clock, EventQuery, EventSource, OwnerActor, Pending, Reread, TokenRevoker},
};
use std::{collections::BTreeSet, time::Duration};
use tokenwarden_tests::{
    doom::{Doom, Doomed, Side},
    world::World,
};

/// Longer than a task takes from one look to the next.
const PAUSE: Duration = Duration::from_secs(61);
/// Longer than a call of the dead can be under way, by any clock.
const RECOVERY: Duration = Duration::from_secs(600);
/// More invocations than any action needs, the one that dies included.
const INVOCATIONS: usize = 12;

/// A company of whose credentials nothing was used for a while.
async fn company() -> World {
    company_of(400, 400).await
}

/// One with so many users and credentials; a budget's share is of the latter.
async fn company_of(users: usize, tokens: usize) -> World {
    let options = SimOptions { users, tokens, max_events: 1_000, ..SimOptions::default() };
    governed_by(options, Duration::from_secs(40 * 86_400)).await
}

/// One invocation for one action; what it answers is lost with it.
async fn invoke(world: &World, action: &Action, doom: &Doom) {
    let store = world.store_by(world.dynamo.doomed_client(doom));
    let app = world.remediation(store, Doomed { revoker: world.revoker(), doom: doom.clone() });
    let pending = Some((world.org.clone(), Pending::Action(action.id.clone())));
    let record = remediate_tokens::Record { sequence: "1".into(), pending };
    let _ = app.run(remediate_tokens::Trigger::Stream(vec![record]), &NoDeadline).await;
}

fn waits_for_a_yes(action: &Action) -> bool {
    let open = matches!(action.state, ActionState::Planned | ActionState::Waiting);
    open && !action.plan.is_unread() && !action.is_agreed()
}

/// From the request to the end, by processes of which one dies; the next ones come after its calls ran out.
async fn through(world: &World, asked: &Action, doom: &Doom) -> Action {
    let immortal = Doom::at(u32::MAX, Side::Before);
    for _ in 0..INVOCATIONS {
        let now = world.action(&asked.id).await;
        if now.state.is_final() {
            break;
        }
        if waits_for_a_yes(&now) {
            world.approve(&asked.id).await;
        }
        let was_dead = doom.struck();
        invoke(world, asked, if was_dead { &immortal } else { doom }).await;
        match doom.struck() && !was_dead {
            true => recover(world).await,
            false => world.advance(PAUSE).await,
        }
    }
    invoke(world, asked, &immortal).await;
    world.action(&asked.id).await
}

async fn recover(world: &World) {
    world.advance(RECOVERY).await;
    world.poll().await;
}

/// How often Atlassian was changed for this action since the calls were cleared, and since this moment in its log.
async fn effects(world: &World, kind: ActionKind, row: &CredentialRow, since: shared::model::Timestamp) -> usize {
    let id = row.credential.reference.id.as_str();
    let owner = row.credential.owner.as_ref().map_or("", AccountId::as_str);
    match kind {
        ActionKind::Revoke => accepted(world, "PATCH", &[id]).await,
        ActionKind::RevokeAll => accepted(world, "DELETE", &["/service-accounts/", owner]).await,
        ActionKind::Suspend => accepted(world, "POST", &[owner, "/suspend"]).await,
        ActionKind::Restore => accepted(world, "POST", &[owner, "/restore"]).await,
        ActionKind::Block | ActionKind::Allow | ActionKind::Release => moves(world, since).await,
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket => 0,
    }
}

async fn accepted(world: &World, method: &str, parts: &[&str]) -> usize {
    let calls = world.sim_get("/_sim/calls").await["items"].as_array().cloned().unwrap_or_default();
    let of = |call: &&serde_json::Value| {
        let path = call["path"].as_str().unwrap_or_default().replace("%3A", ":").replace("%7C", "|");
        call["method"] == method && call["status"] == 204 && parts.iter().all(|part| path.contains(part))
    };
    calls.iter().filter(of).count()
}

/// The org's log says how often somebody was moved: an order that changes nothing leaves no event.
async fn moves(world: &World, since: shared::model::Timestamp) -> usize {
    let (source, mut query, mut found) = (world.source(), EventQuery::Range { from: since, to: None }, 0);
    loop {
        let page = source.events(&world.org, &query).await.expect("the log is read");
        found += page.events.iter().filter(|event| event.contains("sim-policy-")).count();
        match page.next {
            Some(next) if !page.events.is_empty() => query = EventQuery::Cursor(next),
            Some(_) | None => return found,
        }
    }
}

/// Whether Atlassian shows what the action is for.
async fn is_so(world: &World, kind: ActionKind, row: &CredentialRow, done: &Action) -> bool {
    let (revoker, org) = (world.revoker(), &world.org);
    match kind {
        ActionKind::Revoke => revoker.reread(org, &done.plan.target).await == Ok(Reread::Gone),
        ActionKind::RevokeAll => revoker.service_tokens(org, &account(row)).await == Ok(vec![]),
        ActionKind::Suspend => all_are(world, row, Access::Suspended).await,
        ActionKind::Restore => all_are(world, row, Access::Open).await,
        ActionKind::Block => policy_of(world, row).await == crate::NO_TOKENS,
        ActionKind::Allow | ActionKind::Release => policy_of(world, row).await == "sim-policy-default",
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket => false,
    }
}

async fn all_are(world: &World, row: &CredentialRow, access: Access) -> bool {
    let memberships = world.revoker().memberships(&world.org, &account(row)).await.expect("they are read");
    !memberships.is_empty() && memberships.iter().all(|one| one.access == access)
}

async fn happened_once(world: &World, action: &Action, told: &str) {
    assert_eq!(action.state, ActionState::Done, "{told}: {:?}", action.reason);
    let entries = world.ledger().await.into_iter();
    let mine = entries.filter(|entry| entry.record.action.as_ref() == Some(&action.id));
    assert_eq!(mine.filter(|entry| entry.record.kind == LedgerKind::ActionDone).count(), 1, "{told}");
}

/// These actions one after the other on another account each round, until a round came to its end without a death; `times`
/// is how many changes each of them makes. Gives how many calls died.
async fn every_call_dies(
    world: &World,
    kinds: &[ActionKind],
    targets: impl Iterator<Item = CredentialRow>,
    times: usize,
) -> u32 {
    every_call_dies_after(world, kinds, targets, times, async |row| row).await
}

/// The same, after something was made ready for each round, which gives the row by which it is asked for.
async fn every_call_dies_after(
    world: &World,
    kinds: &[ActionKind],
    mut targets: impl Iterator<Item = CredentialRow>,
    times: usize,
    ready: impl AsyncFn(CredentialRow) -> CredentialRow,
) -> u32 {
    let mut died = 0;
    for side in [Side::Before, Side::After] {
        for at in 1.. {
            let row = ready(targets.next().expect("enough accounts for every call")).await;
            world.poll().await;
            let mut deaths = 0;
            for kind in kinds {
                deaths += u32::from(one_round(world, *kind, &row, &Doom::at(at, side), times).await);
            }
            died += deaths;
            if deaths == 0 {
                break;
            }
        }
    }
    never_org_wide(world).await;
    let entries = world.ledger().await;
    let head = ledger::verify(&world.org, entries.iter(), &LedgerHead::default()).expect("the chain holds");
    assert_eq!(head.seq as usize, entries.len());
    died
}

/// Whether the process died.
async fn one_round(world: &World, kind: ActionKind, row: &CredentialRow, doom: &Doom, times: usize) -> bool {
    let told = format!("{kind:?} {doom:?}");
    world.sim_delete("/_sim/calls").await;
    let since = world.clock.now();
    let asked = ask(world, kind, row).await.unwrap_or_else(|error| panic!("{told}: {error}"));
    let done = through(world, &asked, doom).await;
    happened_once(world, &done, &told).await;
    assert_eq!(effects(world, kind, row, since).await, times, "{told}: {:?}", done.reason);
    assert!(is_so(world, kind, row, &done).await, "{told}: Atlassian does not show it");
    doom.struck()
}

/// A row for each account.
fn one_each(rows: Vec<CredentialRow>) -> Vec<CredentialRow> {
    let mut seen = BTreeSet::new();
    rows.into_iter().filter(|row| seen.insert(account(row))).collect()
}

/// People with an address whom nothing holds in the blocking policy yet.
async fn users(world: &World) -> Vec<CredentialRow> {
    let by_mail = |row: &CredentialRow| row.owner.as_ref().is_some_and(|owner| owner.email.is_some());
    let quiet = one_each(quiet_ones(world, Relation::Managed, CredentialKind::UserApiToken).await);
    let mut users = Vec::new();
    for row in quiet.into_iter().filter(by_mail) {
        if policy_of(world, &row).await != NO_TOKENS {
            users.push(row);
        }
    }
    users
}

#[tokio::test]
async fn a_crash_at_any_call_of_the_revocation_of_a_key_leads_to_one_effect() {
    let world = company().await;
    for n in 0..120 {
        let key = json!({"kind": "org_api_key", "label": format!("key {n}"), "silent": true});
        world.sim_post("/_sim/tokens", &key).await;
    }
    world.report().await;
    let key = |row: &CredentialRow| row.credential.reference.kind == CredentialKind::OrgApiKey && !row.own;
    let keys = rows(&world).await.into_iter().filter(key);
    let died = every_call_dies(&world, &[ActionKind::Revoke], keys, 1).await;
    assert!(died >= 20, "only {died} calls were found");
}

#[tokio::test]
async fn a_crash_at_any_call_of_the_revocation_of_all_tokens_leads_to_one_effect() {
    let world = company_of(400, 150).await;
    let accounts = one_each(quiet_ones(&world, Relation::Service, CredentialKind::ServiceAccountToken).await);
    let refilled = async |row: CredentialRow| {
        let day = |days| (world.clock.now() - chrono::TimeDelta::days(days)).to_rfc3339();
        let token = json!({"kind": "service_account_token", "owner": account(&row), "label": "nightly", "silent": true,
            "created_at": day(300), "last_used_at": day(200)});
        world.sim_post("/_sim/tokens", &token).await;
        world.report().await;
        let of_the_account = |now: &CredentialRow| now.credential.owner == row.credential.owner;
        rows(&world).await.into_iter().find(of_the_account).expect("the token is in the report")
    };
    let kinds = [ActionKind::RevokeAll];
    let died = every_call_dies_after(&world, &kinds, accounts.into_iter().cycle(), 1, refilled).await;
    assert!(died >= 20, "only {died} calls were found");
}

#[tokio::test]
async fn a_crash_at_any_call_of_a_suspension_or_a_restoration_leads_to_one_effect() {
    let world = company().await;
    let accounts = users(&world).await;
    let died =
        every_call_dies(&world, &[ActionKind::Suspend, ActionKind::Restore], accounts.into_iter().cycle(), 1).await;
    assert!(died >= 40, "only {died} calls were found");
}

#[tokio::test]
async fn a_crash_between_two_directories_leads_to_one_effect_in_each() {
    let world = company().await;
    let accounts = one_each(quiet_ones(&world, Relation::External, CredentialKind::ObservedToken).await);
    let died =
        every_call_dies(&world, &[ActionKind::Suspend, ActionKind::Restore], accounts.into_iter().cycle(), 2).await;
    assert!(died >= 40, "only {died} calls were found");
}

#[tokio::test]
async fn a_crash_at_any_call_of_a_block_or_its_release_leads_to_one_effect() {
    let world = company().await;
    let accounts = users(&world).await;
    let died =
        every_call_dies(&world, &[ActionKind::Block, ActionKind::Release], accounts.into_iter().cycle(), 1).await;
    assert!(died >= 40, "only {died} calls were found");
}

#[tokio::test]
async fn a_crash_at_any_call_of_an_allowing_leads_to_one_effect() {
    let world = company().await;
    let accounts = users(&world).await;
    let died = every_call_dies(&world, &[ActionKind::Block, ActionKind::Allow], accounts.into_iter().cycle(), 1).await;
    assert!(died >= 40, "only {died} calls were found");
}
