//! A plan that is not read yet: nobody agrees to what is not listed.

use crate::{ask, governed, quiet_user};
use serde_json::json;
use shared::{
    error::Error,
    flow::decide_action,
    model::{Action, ActionKind, ActionState, PlanState},
};
use std::time::Duration;
use tokenwarden_tests::world::World;

async fn approving(world: &World, action: &Action) -> Result<(), String> {
    let voted =
        decide_action::approve(&world.store(), &world.org, &action.id, &action.plan_hash, world.decider("ann")).await;
    match voted {
        Ok(_) => Ok(()),
        Err(Error::Conflict(why)) => Err(why),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn it_cannot_be_agreed_to_and_the_refusal_says_what_to_do() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let unread = ask(&world, ActionKind::Suspend, &row).await.expect("it can be asked for");
    assert_eq!(unread.plan.state(), PlanState::Reading);
    let refused = approving(&world, &unread).await.expect_err("nothing is listed yet");
    assert!(
        refused.contains("wait until the plan was read") && refused.contains("look at it and approve"),
        "{refused}"
    );
    world.sweep().await;
    let read = world.action(&unread.id).await;
    assert_eq!((read.plan.state(), read.plan.hits.is_empty()), (PlanState::Ready, false));
    assert_eq!(approving(&world, &read).await, Ok(()));
}

#[tokio::test]
async fn it_says_why_atlassian_could_not_be_asked_and_is_read_later() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    let unread = ask(&world, ActionKind::Suspend, &row).await.expect("it can be asked for");
    let fault = json!({"path_prefix": "/admin/v2/orgs/", "method": "GET", "times": 1000, "status": 500});
    world.sim_post("/_sim/faults", &fault).await;
    world.sweep().await;
    let waits = world.action(&unread.id).await;
    assert_eq!((waits.state, waits.plan.state()), (ActionState::Waiting, PlanState::Reading));
    let reason = waits.reason.clone().unwrap_or_default();
    assert!(reason.contains("what it hits could not be read"), "{reason}");
    assert!(approving(&world, &waits).await.expect_err("nothing is listed yet").contains(&reason));
    world.sim_delete("/_sim/faults").await;
    world.advance(Duration::from_secs(301)).await;
    world.sweep().await;
    assert_eq!(world.action(&unread.id).await.plan.state(), PlanState::Ready);
}
