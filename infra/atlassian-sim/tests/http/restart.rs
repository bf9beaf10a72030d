//! What survives a restart with a data directory.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use atlassian_sim::{Sim, SimOptions};
use tokio::net::TcpListener;

use crate::client::{ADMIN, ORG, World, options, own_path, plain, text};

fn kept(dir: &Path) -> SimOptions {
    SimOptions { data_dir: Some(dir.to_path_buf()), ..options() }
}

#[tokio::test]
async fn changes_calls_and_clock_survive() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::start(kept(dir.path())).await;
    let token = world.token(plain).await;
    let other = world.token(|other| plain(other) && other["id"] != token["id"]).await;
    assert_eq!(world.ask("DELETE", &own_path(&token), ADMIN, "").await.status, 204);
    world.advance(3600).await;
    world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, text(&other, "id"))).await;
    let made = world
        .post("/_sim/tokens", &format!(r#"{{"owner":"{}","label":"made later"}}"#, text(&other["owner"], "account_id")))
        .await;
    let silent = world.post("/_sim/tokens", r#"{"kind":"org_api_key","label":"made silently","silent":true}"#).await;
    assert_eq!(silent.status, 201);
    let external = world.token(|token| token["kind"] == "external_token").await;
    world.post(&format!("/_sim/users/{}", text(&external["owner"], "account_id")), r#"{"relation":"managed"}"#).await;
    let (truth, events, calls) =
        (world.truth().await, world.events_since(0).await, world.get("/_sim/calls").await.body);
    drop(world);
    torn(&dir.path().join("changes.jsonl"));
    torn(&dir.path().join("calls.jsonl"));

    let again = World::start(kept(dir.path())).await;
    assert_eq!(again.get("/_sim/clock").await.body["now"], "2026-06-01T13:00:00.000Z");
    assert_eq!(again.get("/_sim/calls").await.body, calls);
    assert_eq!(again.truth().await, truth);
    let links_differ_by_port = |mut event: serde_json::Value| {
        event.as_object_mut().unwrap().remove("links");
        event
    };
    let before: Vec<_> = events.into_iter().map(links_differ_by_port).collect();
    let after: Vec<_> = again.events_since(0).await.into_iter().map(links_differ_by_port).collect();
    assert_eq!(after, before);
    assert!(truth.iter().any(|token| token["id"] == made.body["id"] && token["label"] == "made later"));
}

/// A line that a kill cut short.
fn torn(path: &Path) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(b"{\"at\":17").unwrap();
}

#[tokio::test]
async fn another_population_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(World::start(kept(dir.path())).await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = Sim::start(listener, SimOptions { seed: 9, ..kept(dir.path()) }).await.unwrap_err().to_string();
    assert!(error.contains("seed 1, not 9"), "{error}");
}

#[tokio::test]
async fn cleared_calls_stay_cleared() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::start(kept(dir.path())).await;
    world.get(&format!("/admin/v1/orgs/{ORG}/users")).await;
    world.ask("DELETE", "/_sim/calls", "", "").await;
    world.get("/admin/v1/orgs").await;
    world.sim.shutdown().await;
    let again = World::start(kept(dir.path())).await;
    let calls = again.get("/_sim/calls").await;
    assert_eq!(calls.rows("items").len(), 1);
    assert_eq!(calls.rows("items")[0]["path"], "/admin/v1/orgs");
}
