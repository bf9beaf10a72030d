//! Four ways in which a limit is none elsewhere: zero, one bound alone, a delay left out, an event instead of a schedule.
#![expect(clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::SimOptions;
use shared::{
    clock::NoDeadline,
    model::{Action, ActionState, CredentialKind},
    ports::Pending,
};
use std::{process::Output, time::Duration};
use tokenwarden_tests::{
    lambda::build_programs,
    world::{ENFORCE, World},
};
use tokio::process::Command;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// A company under this policy, and its unused tokens: agreed to, and due.
async fn due(policy: &str) -> (World, Vec<Action>) {
    let world = World::with(SimOptions { users: 300, tokens: 120, max_events: 2_000, ..SimOptions::default() }).await;
    world.poll().await;
    world.tick_report().await;
    world.put_policy(policy).await;
    world.sweep().await;
    let user_token = |action: &Action| action.plan.target.credential.kind == CredentialKind::UserApiToken;
    let waiting = |action: &Action| action.state == ActionState::Waiting && user_token(action);
    let found: Vec<Action> = world.actions().await.into_iter().filter(waiting).collect();
    for action in &found {
        world.approve(&action.id).await;
    }
    world.advance(WEEK).await;
    world.poll().await;
    (world, found)
}

/// What the stream hands over the moment that it is written, not what a schedule finds.
async fn triggered(world: &World, action: &Action) {
    let pending = Some((world.org.clone(), Pending::Action(action.id.clone())));
    let record = remediate_tokens::Record { sequence: "1".into(), pending };
    let app = world.remediation(world.store_of("remediate-tokens"), world.revoker());
    app.run(remediate_tokens::Trigger::Stream(vec![record]), &NoDeadline).await.expect("the trigger is handled");
}

async fn checked(policy: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, policy).expect("the policy is written");
    let mut command = Command::new(build_programs().join("tokenwarden"));
    command.args(["policy", "check"]).arg(&file).output().await.expect("the command runs")
}

async fn refused_for(policy: &str, missing: &str) {
    let output = checked(policy).await;
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains(missing), "{told}");
}

#[tokio::test]
async fn a_limit_of_zero_lets_nothing_through() {
    for limits in ["max_actions: 0, max_share_percent: 100", "max_actions: 100, max_share_percent: 0"] {
        let (world, due) = due(&ENFORCE.replace("max_actions: 100, max_share_percent: 100", limits)).await;
        for action in due.iter().take(2) {
            triggered(&world, action).await;
        }
        world.sweep().await;
        assert_eq!(world.deletions().await, []);
        for action in &due {
            let waits = world.action(&action.id).await;
            assert!(waits.reason.as_deref().is_some_and(|reason| reason.contains("budget of 0")), "{waits:?}");
        }
    }
}

#[tokio::test]
async fn a_limit_with_one_bound_alone_is_refused() {
    assert!(checked(ENFORCE).await.status.success());
    refused_for(&ENFORCE.replace("max_actions: 100, ", ""), "max_actions").await;
    refused_for(&ENFORCE.replace("max_share_percent: 100, ", ""), "max_share_percent").await;
    refused_for(&ENFORCE.replace(", window_hours: 24", ""), "window_hours").await;
}

#[tokio::test]
async fn a_step_without_its_delay_is_refused() {
    refused_for(&ENFORCE.replace(", after_days: 7", ""), "after_days").await;
}

#[tokio::test]
async fn what_a_trigger_begins_is_paid_from_the_same_budget_as_what_a_schedule_finds() {
    let (world, due) = due(&ENFORCE.replace("max_actions: 100", "max_actions: 2")).await;
    assert!(due.len() >= 4, "{}", due.len());
    for action in &due[..3] {
        triggered(&world, action).await;
    }
    assert_eq!(world.deletions().await.len(), 2);
    let third = world.action(&due[2].id).await;
    assert!(third.reason.as_deref().is_some_and(|reason| reason.contains("budget of 2")), "{third:?}");
    world.sweep().await;
    assert_eq!(world.deletions().await.len(), 2, "the schedule finds the budget spent");
    world.advance(Duration::from_secs(25 * 3_600)).await;
    world.poll().await;
    world.sweep().await;
    triggered(&world, &due[3]).await;
    assert_eq!(world.deletions().await.len(), 4, "a day later there are two more places, for both");
}
