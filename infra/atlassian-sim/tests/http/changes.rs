//! What changes: revocations, lifecycles, suspensions, policies, and the audit event of each.

use serde_json::Value;

use crate::client::{ADMIN, NOW_MS, ORG, World, own_path, plain, text};

async fn actions_since(world: &World, from_ms: i64) -> Vec<String> {
    let events = world.events_since(from_ms).await;
    events.iter().map(|event| text(&event["attributes"], "action").to_owned()).collect()
}

#[tokio::test]
async fn a_token_is_revoked_once() {
    let world = World::new().await;
    let token = world.token(plain).await;
    let list = format!("/users/{}/manage/api-tokens", text(&token["owner"], "account_id"));
    let before = world.get(&list).await.body.as_array().unwrap().clone();
    let own = before.iter().find(|own| own["id"] == token["id"]).unwrap();
    assert_eq!((&own["label"], &own["createdAt"]), (&token["label"], &token["created_at"]));
    assert_eq!(world.ask("DELETE", &own_path(&token), ADMIN, "").await.status, 204);
    let again = world.ask("DELETE", &own_path(&token), ADMIN, "").await;
    assert_eq!((again.status, &again.body["key"]), (404, &"notFound".into()));
    assert_eq!(world.get(&list).await.body.as_array().unwrap().len(), before.len() - 1);
    let now = world.token(|other| other["id"] == token["id"]).await;
    assert_eq!((&now["state"], &now["listed"]), (&"revoked".into(), &false.into()));
    assert_eq!(actions_since(&world, NOW_MS).await.last().unwrap(), "api_token_revoked");
    let used = world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, text(&token, "id"))).await;
    assert_eq!(used.status, 409);
}

#[tokio::test]
async fn only_managed_accounts_are_managed() {
    let world = World::new().await;
    let external = world.token(|token| token["kind"] == "external_token").await;
    let reply = world.ask("DELETE", &own_path(&external), ADMIN, "").await;
    assert_eq!((reply.status, &reply.body["key"]), (404, &"accountNotFound".into()));
    let token = world.token(plain).await;
    let other = world.token(|other| plain(other) && other["owner"] != token["owner"]).await;
    let path = format!("/users/{}/manage/api-tokens/{}", text(&other["owner"], "account_id"), text(&token, "id"));
    assert_eq!(world.ask("DELETE", &path, ADMIN, "").await.body["key"], "notFound");
}

#[tokio::test]
async fn a_deactivated_account_keeps_its_tokens_listed() {
    let world = World::new().await;
    let mut moved = None;
    for token in world.truth().await.into_iter().filter(plain) {
        let path = format!("/users/{}/manage/lifecycle/disable", text(&token["owner"], "account_id"));
        let reply = world.post(&path, r#"{"message":"left"}"#).await;
        if reply.status == 204 {
            moved = Some((token, path));
            break;
        }
        assert_eq!(reply.body["context"]["reason"]["key"], "externalDirectory.scim");
    }
    let (token, path) = moved.unwrap();
    let now = world.token(|other| other["id"] == token["id"]).await;
    assert_eq!((&now["state"], &now["listed"]), (&"owner_deactivated".into(), &true.into()));
    let again = world.post(&path, "{}").await;
    assert_eq!((again.status, &again.body["key"]), (409, &"conflict.lifecycleErrors".into()));
    let enable = path.replace("disable", "enable");
    assert_eq!(world.post(&enable, "").await.status, 204);
    assert_eq!(world.post(&enable, "").await.status, 409);
    assert_eq!(actions_since(&world, NOW_MS).await, ["user_deactivated", "user_reactivated"]);
}

#[tokio::test]
async fn privileges_are_told() {
    let world = World::new().await;
    let token = world.token(plain).await;
    let path = format!(
        "/users/{}/manage?privileges=apiToken.delete&privileges=lifecycle.enablement",
        text(&token["owner"], "account_id")
    );
    let reply = world.get(&path).await;
    assert_eq!(reply.body.as_object().unwrap().len(), 2);
    assert_eq!(reply.body["apiToken.delete"]["allowed"], true);
}

#[tokio::test]
async fn access_is_suspended_by_directory() {
    let world = World::new().await;
    let directories = world.org("v2", "directories").await;
    let directory = text(&directories.rows("data")[0], "directoryId").to_owned();
    let external = world.token(|token| token["kind"] == "external_token").await;
    let account = text(&external["owner"], "account_id").to_owned();
    let path =
        |directory: &str, act: &str| format!("/admin/v2/orgs/{ORG}/directories/{directory}/users/{account}/{act}");
    assert_eq!(world.post(&path("-", "suspend"), "").await.status, 400);
    assert_eq!(world.post(&path(&directory, "suspend"), "").await.status, 204);
    let search = format!("/admin/v2/orgs/{ORG}/directories/{directory}/users/search");
    let found = world.post(&search, &format!(r#"{{"accountIds":["{account}"]}}"#)).await;
    assert_eq!(found.rows("data")[0]["membershipStatus"], "suspended");
    assert_eq!(world.post(&path(&directory, "restore"), "").await.status, 204);
    assert_eq!(actions_since(&world, NOW_MS).await, ["user_suspended", "user_restored"]);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let world = World::new().await;
    let path = format!("/admin/api-access/v1/orgs/{ORG}/api-keys/revoke/");
    assert_eq!(world.ask("PATCH", &format!("{path}sim-events-key-id"), ADMIN, "").await.status, 204);
    assert_eq!(world.ask("PATCH", &format!("{path}sim-events-key-id"), ADMIN, "").await.status, 404);
    let stream = format!("/admin/v1/orgs/{ORG}/events-stream");
    assert_eq!(world.ask("GET", &stream, "sim-events-key", "").await.status, 401);
    let keys = world.org("api-access/v1", "api-keys").await;
    assert!(keys.rows("data").iter().all(|key| key["id"] != "sim-events-key-id"));
    let event = world.events_since(NOW_MS).await.pop().unwrap();
    assert_eq!(event["attributes"]["action"], "admin_api_key_revoked");
    assert!(!event.to_string().contains("sim-events-key-id"), "the entry does not say which key");
}

#[tokio::test]
async fn a_service_account_loses_all_its_tokens() {
    let world = World::new().await;
    let token = world.token(|token| token["kind"] == "service_account_token").await;
    let path =
        format!("/admin/api-access/v1/orgs/{ORG}/service-accounts/{}/api-tokens", text(&token["owner"], "account_id"));
    assert!(!world.get(&path).await.rows("data").is_empty());
    assert_eq!(world.ask("DELETE", &path, ADMIN, "").await.status, 204);
    assert!(world.get(&path).await.rows("data").is_empty());
    let client = world.token(|token| token["kind"] == "oauth_client").await;
    let path = format!("/admin/api-access/v1/orgs/{ORG}/oauth-clients/{}", text(&client, "id"));
    assert_eq!(world.ask("DELETE", &path, ADMIN, "").await.status, 204);
    assert_eq!(world.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_bulk_revocation_takes_every_users_token_and_no_more() {
    let world = World::new().await;
    let path = format!("/admin/api-access/v1/orgs/{ORG}/api-tokens");
    assert_eq!(world.ask("DELETE", &path, ADMIN, "").await.status, 204);
    assert!(world.get(&path).await.rows("data").is_empty());
    for token in world.truth().await {
        assert_eq!(token["state"] == "revoked", token["kind"] == "user_api_token", "{token}");
    }
    let owner = world.token(|token| token["kind"] == "user_api_token" && token["owner"]["status"] == "active").await;
    let made = world
        .post("/_sim/tokens", &format!(r#"{{"owner":"{}","label":"new one"}}"#, text(&owner["owner"], "account_id")))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(world.get(&path).await.rows("data")[0]["id"], made.body["id"]);
}

#[tokio::test]
async fn people_are_moved_into_a_policy_by_and_by() {
    let world = World::new().await;
    let token = world.token(|token| plain(token) && !token["owner"]["email"].is_null()).await;
    let email = text(&token["owner"], "email");
    let control = format!("/admin/control/v1/orgs/{ORG}");
    let body = format!(r#"{{"users":["{email}","nobody@example.com","a@example.com","b@example.com"]}}"#);
    let asked = world.post(&format!("{control}/auth-policy/sim-policy-no-tokens/add-users"), &body).await;
    assert_eq!(asked.status, 202);
    let task = format!("{control}/auth-policy/task/{}", text(&asked.body, "taskId"));
    let counts =
        |reply: Value| ["inProgressCount", "successCount", "failureCount"].map(|name| reply[name].as_i64().unwrap());
    assert_eq!(counts(world.get(&task).await.body), [4, 0, 0]);
    assert_eq!(counts(world.get(&task).await.body), [1, 1, 2]);
    let done = world.get(&task).await;
    assert_eq!(counts(done.body.clone()), [0, 1, 3]);
    assert_eq!(done.body["failureReasons"][0]["emails"].as_array().unwrap().len(), 3);
    let now = world.token(|other| other["id"] == token["id"]).await;
    assert_eq!((&now["state"], &now["listed"]), (&"blocked".into(), &true.into()));
    let listed = world.org("api-access/v1", "api-tokens?status=BLOCKED").await;
    assert!(listed.rows("data").iter().any(|row| row["id"] == token["id"]));
    let account = text(&token["owner"], "account_id");
    let fetched = world
        .post(&format!("{control}/users/auth-policies/bulk-fetch"), &format!(r#"{{"accountIds":["{account}"]}}"#))
        .await;
    assert_eq!(fetched.body["data"][0]["policies"][0]["id"], "sim-policy-no-tokens");
    assert_eq!(world.post(&format!("{control}/auth-policy/other/add-users"), &body).await.status, 404);
}

#[tokio::test]
async fn time_ends_tokens_and_keys() {
    let world = World::new().await;
    let token = world.token(plain).await;
    world.advance(366 * 86_400).await;
    let now = world.get("/_sim/tokens").await;
    let now = now.rows("items").iter().find(|other| other["id"] == token["id"]).unwrap();
    assert_eq!((&now["state"], &now["listed"]), (&"expired".into(), &false.into()));
    assert_eq!(world.org("v1", "users").await.status, 401);
}

#[tokio::test]
async fn an_account_is_changed_from_outside() {
    let world = World::new().await;
    let token = world.token(plain).await;
    let account = text(&token["owner"], "account_id").to_owned();
    let reply = world.post(&format!("/_sim/users/{account}"), r#"{"status":"closed","admin":true}"#).await;
    assert_eq!((reply.status, &reply.body["status"], &reply.body["admin"]), (200, &"closed".into(), &true.into()));
    let now = world.token(|other| other["id"] == token["id"]).await;
    assert_eq!((&now["state"], &now["listed"]), (&"owner_closed".into(), &false.into()));
}
