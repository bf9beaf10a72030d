//! Giving access back to whoever has become protected since: only once a person agreed, or not at all.

use crate::{account, agreed_and_done, asked, carried_out, governed, posts, put_policy, quiet_user};
use serde_json::json;
use shared::model::{ActionKind, ActionState, Approval};

#[tokio::test]
async fn a_release_of_whoever_became_an_org_admin_waits_for_a_person() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    agreed_and_done(&world, ActionKind::Block, &row).await;
    world.sim_post(&format!("/_sim/users/{}", account(&row)), &json!({ "admin": true })).await;
    let release = asked(&world, ActionKind::Release, &row).await;
    let waits = carried_out(&world, &release).await;
    assert_eq!(waits.state, ActionState::Waiting);
    assert!(waits.reason.is_some_and(|reason| reason.contains("an approval: the account is an org admin's by now")));
    assert_eq!(posts(&world, "/add-users").await, 1);
    world.approve(&release.id).await;
    let released = carried_out(&world, &release).await;
    assert_eq!(released.state, ActionState::Done, "{:?}", released.reason);
    assert_eq!(posts(&world, "/add-users").await, 2);
}

#[tokio::test]
async fn a_release_of_whoever_became_protected_needs_an_approval_and_its_plan_says_why() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    agreed_and_done(&world, ActionKind::Block, &row).await;
    put_policy(&world, account(&row).as_str()).await;
    let release = asked(&world, ActionKind::Release, &row).await;
    assert_eq!((release.plan.approval, release.state), (Approval::Required, ActionState::Waiting));
    assert!(release.plan.protected.is_some_and(|why| why.contains("protected people")));
    assert_eq!(posts(&world, "/add-users").await, 1);
}

#[tokio::test]
async fn a_restoration_that_was_agreed_to_is_agreed_to_anew_once_the_account_is_protected() {
    let world = governed().await;
    let row = quiet_user(&world).await;
    agreed_and_done(&world, ActionKind::Suspend, &row).await;
    let restore = asked(&world, ActionKind::Restore, &row).await;
    world.approve(&restore.id).await;
    put_policy(&world, account(&row).as_str()).await;
    let waits = carried_out(&world, &restore).await;
    assert_eq!((waits.state, waits.agreed.len()), (ActionState::Waiting, 0), "{:?}", waits.reason);
    assert!(waits.plan.protected.is_some());
    assert_eq!(posts(&world, "/restore").await, 0);
    world.approve(&restore.id).await;
    assert_eq!(carried_out(&world, &restore).await.state, ActionState::Done);
    assert_eq!(posts(&world, "/restore").await, 1);
}

#[tokio::test]
async fn an_allowing_that_was_agreed_to_is_held_back_once_the_account_is_protected_or_an_admin_s() {
    for admin in [false, true] {
        let world = governed().await;
        let row = quiet_user(&world).await;
        agreed_and_done(&world, ActionKind::Block, &row).await;
        let allow = asked(&world, ActionKind::Allow, &row).await;
        world.approve(&allow.id).await;
        match admin {
            true => drop(world.sim_post(&format!("/_sim/users/{}", account(&row)), &json!({ "admin": true })).await),
            false => put_policy(&world, account(&row).as_str()).await,
        }
        let kept = carried_out(&world, &allow).await;
        let expected = if admin { ActionState::Cancelled } else { ActionState::Withheld };
        assert_eq!(kept.state, expected, "{:?}", kept.reason);
        assert_eq!(posts(&world, "/add-users").await, 1, "blocked, and not allowed");
    }
}
