//! Keys of the org, and our own among them.

use crate::{DAY, ask, calls, governed, never_org_wide, org, rows};
use atlassian_sim::SimOptions;
use shared::{
    error::Error,
    model::{ActionKind, ActionState, CredentialKind, CredentialRow},
    ports::{FindingStore, Written},
};
use std::collections::BTreeSet;
use tokenwarden_tests::world::{ENFORCE, OWN_KEYS, World};

/// A key of the org that is none of ours.
async fn foreign_key(world: &World) -> CredentialRow {
    let keys = rows(world).await.into_iter();
    let foreign = |row: &CredentialRow| row.credential.reference.kind == CredentialKind::OrgApiKey && !row.own;
    keys.into_iter().find(foreign).expect("a key that is not ours")
}

#[tokio::test]
async fn a_key_of_the_org_is_revoked_once_after_approval() {
    let world = governed().await;
    let key = foreign_key(&world).await;
    let action = ask(&world, ActionKind::Revoke, &key).await.expect("it can be asked for");
    world.sweep().await;
    assert_eq!(calls(&world, "PATCH").await, Vec::<String>::new(), "not without an approval");
    world.approve(&action.id).await;
    for _ in 0..3 {
        world.sweep().await;
    }
    let done = world.action(&action.id).await;
    assert_eq!(done.state, ActionState::Done, "{:?}", done.reason);
    let patched = calls(&world, "PATCH").await;
    assert!(matches!(&patched[..], [one] if one.ends_with(key.credential.reference.id.as_str())), "{patched:?}");
    never_org_wide(&world).await;
}

#[tokio::test]
async fn our_own_key_is_never_revoked_even_if_somebody_asks_for_it() {
    let world = governed().await;
    let own = rows(&world).await.into_iter().find(|row| row.own).expect("our own keys are in the report");
    let refused = ask(&world, ActionKind::Revoke, &own).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("own keys")), "{refused:?}");
    world.sweep().await;
    assert_eq!(calls(&world, "PATCH").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_that_turns_out_to_be_our_own_after_the_approval_is_left_alone() {
    let world = governed().await;
    let key = foreign_key(&world).await;
    let action = ask(&world, ActionKind::Revoke, &key).await.expect("it can be asked for");
    world.approve(&action.id).await;
    let mut org = org(&world).await;
    org.value.own_key_ids.get_or_insert_default().insert(key.credential.reference.id.clone());
    assert_eq!(world.store().put_org(&org).await, Ok(Written::Stored));
    world.sweep().await;
    let left = world.action(&action.id).await;
    assert_eq!(left.state, ActionState::Cancelled);
    assert!(left.reason.is_some_and(|reason| reason.contains("own keys")));
    assert_eq!(calls(&world, "PATCH").await, Vec::<String>::new());
}

#[tokio::test]
async fn where_our_own_keys_are_not_known_no_key_of_the_org_is_revoked() {
    let options = SimOptions { users: 300, tokens: 120, max_events: 2_000, ..SimOptions::default() };
    let world = World::with(options).await.without_own_keys();
    world.put_policy(ENFORCE).await;
    world.poll().await;
    world.tick_report().await;
    let ours: BTreeSet<&str> = OWN_KEYS.into();
    let keys = rows(&world).await.into_iter().filter(|row| row.credential.reference.kind == CredentialKind::OrgApiKey);
    for key in keys {
        let refused = ask(&world, ActionKind::Revoke, &key).await;
        let id = key.credential.reference.id.as_str();
        assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("not known")), "{id}: {refused:?}");
        assert!(!key.own || ours.contains(id));
    }
    world.advance(DAY).await;
    world.sweep().await;
    assert_eq!(calls(&world, "PATCH").await, Vec::<String>::new());
}
