//! Faults that are ordered, and the calls that are recorded.

use crate::client::{ADMIN, World, own_path, plain};

#[tokio::test]
async fn a_status_is_answered_so_many_times() {
    let world = World::new().await;
    world.post("/_sim/faults", r#"{"path_prefix":"/admin/v1","status":429,"retry_after":7,"times":2}"#).await;
    let first = world.org("v1", "users").await;
    assert_eq!(
        (first.status, first.body["code"].as_i64(), first.headers["retry-after"].as_str()),
        (429, Some(429), "7")
    );
    assert_eq!(world.org("api-access/v1", "api-keys").await.status, 200);
    assert_eq!(world.org("v1", "users").await.status, 429);
    assert_eq!(world.org("v1", "users").await.status, 200);
}

#[tokio::test]
async fn an_answer_is_lost_before_or_after_the_effect() {
    let world = World::new().await;
    let token = world.token(plain).await;
    let host = world.sim.address().to_string();
    world.post("/_sim/faults", r#"{"method":"DELETE","path_prefix":"/users","drop":true,"times":1}"#).await;
    assert!(world.send("DELETE", &own_path(&token), ADMIN, "", &host).await.is_none());
    assert_eq!(world.token(|other| other["id"] == token["id"]).await["state"], "active");
    world.post("/_sim/faults", r#"{"method":"DELETE","path_prefix":"/users","drop":"after","times":1}"#).await;
    assert!(world.send("DELETE", &own_path(&token), ADMIN, "", &host).await.is_none());
    assert_eq!(world.token(|other| other["id"] == token["id"]).await["state"], "revoked");
    assert_eq!(world.ask("DELETE", &own_path(&token), ADMIN, "").await.status, 404);
}

#[tokio::test]
async fn calls_are_kept_in_order_until_cleared() {
    let world = World::new().await;
    world.org("v1", "users").await;
    world.ask("GET", "/admin/v1/orgs", "wrong", "").await;
    let calls = world.get("/_sim/calls").await;
    let seen: Vec<_> = calls.rows("items").iter().map(|call| (call["path"].clone(), call["status"].as_u64())).collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1], ("/admin/v1/orgs".into(), Some(401)));
    assert_eq!(calls.rows("items")[0]["at"], "2026-06-01T12:00:00.000Z");
    assert_eq!(world.ask("DELETE", "/_sim/calls", "", "").await.status, 204);
    assert!(world.get("/_sim/calls").await.rows("items").is_empty());
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let world = World::new().await;
    assert_eq!(world.post("/_sim/faults", r#"{"path":"/admin"}"#).await.status, 400);
    assert_eq!(world.post("/_sim/faults", r#"{"path_prefix":"/","status":42}"#).await.status, 400);
    assert_eq!(world.get("/_sim/nothing").await.status, 404);
}
