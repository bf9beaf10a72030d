//! What the simulator's own routes do to credentials and accounts, and the event that each leaves.

use serde_json::Value;

use crate::client::{ADMIN, NOW_MS, ORG, READ, World, own_path, plain, text};

async fn newest(world: &World) -> Value {
    world.events_since(NOW_MS).await.pop().unwrap_or_default()["attributes"].clone()
}

async fn listed(world: &World, id: &str) -> bool {
    world.org("api-access/v1", "api-tokens?pageSize=1000").await.rows("data").iter().any(|row| row["id"] == id)
}

#[tokio::test]
async fn each_kind_is_made_for_any_owner_or_the_one_named() {
    let world = World::new().await;
    for (kind, action, list) in [
        ("user_api_token", "api_token_created", Some("api-tokens?pageSize=1000")),
        ("org_api_key", "admin_api_key_created", Some("api-keys?pageSize=1000")),
        ("service_account_token", "api_token_created", Some("service-accounts/api-tokens?pageSize=1000")),
        ("external_token", "api_token_created", None),
    ] {
        for owner in ["", r#","owner":"""#] {
            let account = world.token(|token| token["kind"] == kind && token["owner"]["status"] == "active").await;
            let account = text(&account["owner"], "account_id").to_owned();
            let owner = owner.replace("\"\"", &format!("\"{account}\""));
            let body = format!(r#"{{"kind":"{kind}","label":"made here","expires_in_days":10{owner}}}"#);
            let made = world.post("/_sim/tokens", &body).await;
            assert_eq!((made.status, &made.body["kind"], &made.body["state"]), (201, &kind.into(), &"active".into()));
            assert_eq!(made.body["expires_at"], "2026-06-11T12:00:00.000Z");
            assert!(owner.is_empty() || made.body["owner"]["account_id"] == account.as_str());
            let event = newest(&world).await;
            assert_eq!((&event["action"], &event["context"]), (&action.into(), &serde_json::json!([])));
            let Some(list) = list else { continue };
            let rows = world.org("api-access/v1", list).await;
            assert!(rows.rows("data").iter().any(|row| row["id"] == made.body["id"]), "{kind}");
        }
    }
}

#[tokio::test]
async fn nobody_makes_what_he_cannot_have() {
    let world = World::new().await;
    let token = world.token(plain).await;
    for kind in ["external_token", "org_api_key", "oauth_client"] {
        let account = text(&token["owner"], "account_id");
        let body = format!(r#"{{"kind":"{kind}","owner":"{account}","label":"no"}}"#);
        assert_eq!(world.post("/_sim/tokens", &body).await.status, 409, "{kind}");
    }
    assert_eq!(world.post("/_sim/tokens", r#"{"owner":"nobody","label":"no"}"#).await.status, 404);
    assert_eq!(world.post("/_sim/tokens", r#"{"kind":"passport","label":"no"}"#).await.status, 400);
}

#[tokio::test]
async fn a_token_made_silently_leaves_no_event() {
    let world = World::new().await;
    let made = world.post("/_sim/tokens", r#"{"label":"unannounced","silent":true}"#).await;
    assert_eq!(made.status, 201);
    assert!(listed(&world, text(&made.body, "id")).await);
    assert_eq!(newest(&world).await, Value::Null);
}

#[tokio::test]
async fn an_owner_removes_a_credential_and_the_event_does_not_say_which() {
    let world = World::new().await;
    for (kind, action) in [
        ("user_api_token", "api_token_revoked"),
        ("external_token", "api_token_revoked"),
        ("service_account_token", "api_token_revoked"),
        ("org_api_key", "admin_api_key_revoked"),
    ] {
        let own = |token: &Value| text(token, "id").starts_with("sim-") || token["owner"]["status"] != "active";
        let token = world.token(|token| token["kind"] == kind && token["state"] == "active" && !own(token)).await;
        let path = format!("/_sim/tokens/{}", text(&token, "id"));
        assert_eq!(world.ask("DELETE", &path, "", "").await.status, 204, "{kind}");
        assert_eq!(world.ask("DELETE", &path, "", "").await.status, 409);
        let now = world.token(|other| other["id"] == token["id"]).await;
        assert_eq!((&now["state"], &now["listed"]), (&"revoked".into(), &false.into()));
        let event = newest(&world).await;
        assert_eq!((&event["action"], &event["context"]), (&action.into(), &serde_json::json!([])));
        assert!(!event.to_string().contains(text(&token, "id")));
        let person = kind != "service_account_token";
        assert_eq!(event["actor"]["id"] == token["owner"]["account_id"], person, "{kind}");
    }
    assert_eq!(world.ask("DELETE", "/_sim/tokens/unknown", "", "").await.status, 404);
}

#[tokio::test]
async fn each_change_of_an_account_leaves_its_event_once() {
    let world = World::new().await;
    let token = world.token(plain).await;
    let account = text(&token["owner"], "account_id");
    for (body, action) in [
        (r#"{"status":"inactive"}"#, "user_deactivated"),
        (r#"{"status":"active"}"#, "user_reactivated"),
        (r#"{"admin":true}"#, "added_org_admin"),
        (r#"{"admin":false}"#, "user_revoked_role"),
    ] {
        let before = world.events_since(NOW_MS).await.len();
        for _ in 0..2 {
            assert_eq!(world.post(&format!("/_sim/users/{account}"), body).await.status, 200);
        }
        assert_eq!(world.events_since(NOW_MS).await.len(), before + 1, "{body}");
        let event = newest(&world).await;
        assert_eq!((&event["action"], &event["context"][0]["id"]), (&action.into(), &account.into()));
        assert_ne!(event["actor"]["id"], account, "an org admin does it");
    }
    let used = world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, text(&token, "id"))).await;
    assert_eq!(used.status, 200, "a reactivated owner's token works again");
}

#[tokio::test]
async fn an_account_that_becomes_managed_brings_its_tokens_into_the_list() {
    let world = World::new().await;
    let token = world.token(|token| token["kind"] == "external_token" && token["state"] == "active").await;
    let (id, account) = (text(&token, "id").to_owned(), text(&token["owner"], "account_id").to_owned());
    let before = world.managed_accounts().await;
    let reply = world.post(&format!("/_sim/users/{account}"), r#"{"relation":"managed"}"#).await;
    assert_eq!((reply.status, &reply.body["relation"]), (200, &"managed".into()));
    let now = world.token(|other| other["id"] == id.as_str()).await;
    assert_eq!((&now["kind"], &now["listed"]), (&"user_api_token".into(), &true.into()));
    assert_eq!(now["owner"]["relation"], "managed");
    assert!(listed(&world, &id).await);
    assert_eq!(world.managed_accounts().await, before + 1);
    let own = world.get(&format!("/users/{account}/manage/api-tokens")).await;
    assert!(own.body.as_array().unwrap().iter().any(|own| own["id"] == id.as_str() && own["label"] == token["label"]));
    let external = world
        .ask(
            "GET",
            &format!("/admin/v2/orgs/{ORG}/directories/-/users?claimStatus=unmanaged&accountIds={account}"),
            READ,
            "",
        )
        .await;
    assert!(external.rows("data").is_empty());
    let by_kind = world.get("/_sim/tokens?kind=external_token").await;
    assert!(by_kind.rows("items").iter().all(|other| other["id"] != id.as_str()));
    assert_eq!(world.ask("DELETE", &own_path(&token), ADMIN, "").await.status, 204);
    assert!(!listed(&world, &id).await);
}

#[tokio::test]
async fn an_adopted_token_is_on_one_page_and_ends_with_the_others() {
    let world = World::new().await;
    let token = world.token(|token| token["kind"] == "external_token").await;
    world.post(&format!("/_sim/users/{}", text(&token["owner"], "account_id")), r#"{"relation":"managed"}"#).await;
    let (mut cursor, mut seen) = (String::new(), 0);
    loop {
        let page = world.org("api-access/v1", &format!("api-tokens?pageSize=5{cursor}")).await;
        seen += page.rows("data").iter().filter(|row| row["id"] == token["id"]).count();
        let Some(next) = page.body["links"]["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 1);
    world.ask("DELETE", &format!("/admin/api-access/v1/orgs/{ORG}/api-tokens"), ADMIN, "").await;
    assert!(!listed(&world, text(&token, "id")).await);
}

#[tokio::test]
async fn an_account_that_leaves_the_managed_ones_takes_its_tokens_out_of_the_list() {
    let world = World::new().await;
    let token = world.token(plain).await;
    let account = text(&token["owner"], "account_id");
    world.post(&format!("/_sim/users/{account}"), r#"{"relation":"external"}"#).await;
    assert!(!listed(&world, text(&token, "id")).await);
    let external = world
        .ask("GET", &format!("/admin/v2/orgs/{ORG}/directories/-/users?claimStatus=unmanaged&limit=100"), READ, "")
        .await;
    assert_eq!(external.rows("data").len(), 61);
    assert_eq!(world.get(&format!("/users/{account}/manage/api-tokens")).await.status, 404);
}

#[tokio::test]
async fn external_users_come_with_their_roles_and_most_have_no_token() {
    let world = World::new().await;
    let path = format!("/admin/v2/orgs/{ORG}/directories/-/users?claimStatus=unmanaged&limit=100&expand=productAccess");
    let external = world.ask("GET", &path, READ, "").await;
    assert_eq!(external.rows("data").len(), 60);
    for user in external.rows("data") {
        assert!(user["platformRoles"].is_array() && user["counts"]["resources"].is_u64(), "{user}");
        assert!(user.get("productAccess").is_none(), "the GET documents no expand");
    }
    let body = r#"{"claimStatus":"unmanaged","limit":100,"expand":["productAccess"]}"#;
    let found = world.post(&format!("/admin/v2/orgs/{ORG}/directories/-/users/search"), body).await;
    let active = found.rows("data").iter().filter(|user| user["productAccess"][0]["lastActiveTimestamp"].is_string());
    assert!(active.count() > 40);
    let truth = world.truth().await;
    let owners = truth.iter().filter(|token| token["kind"] == "external_token").count();
    assert!(owners < 12);
}

#[tokio::test]
async fn one_contractor_is_in_every_org_with_one_token() {
    let world = World::start(atlassian_sim::SimOptions { orgs: 3, ..crate::client::options() }).await;
    let orgs = world.get("/_sim/orgs").await;
    let accounts: Vec<&Value> = orgs.rows("items").iter().map(|org| &org["shared_contractor"]).collect();
    let account = accounts[0].as_str().unwrap().to_owned();
    assert!(accounts.iter().all(|other| **other == account.as_str()));
    let truth = world.truth().await;
    let tokens: Vec<&Value> = truth.iter().filter(|token| token["owner"]["account_id"] == account.as_str()).collect();
    let facts = |token: &Value| ["id", "label", "created_at", "expires_at"].map(|name| token[name].clone());
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| facts(token) == facts(tokens[0]) && token["owner"] == tokens[0]["owner"]));
    for (org, key) in orgs.rows("items").iter().zip(["sim-admin-key", "sim-admin-key-2", "sim-admin-key-3"]) {
        let events = format!("/admin/v1/orgs/{}/events?actor={account}&limit=500", text(org, "id"));
        let used = world.ask("GET", &events, key, "").await;
        let by = |event: &&Value| event["attributes"]["actor"]["auth"]["tokenId"] == tokens[0]["id"];
        assert!(used.rows("data").iter().filter(by).count() > 3, "{key}");
    }
    let (id, second) = (text(tokens[0], "id"), text(&orgs.rows("items")[1], "id"));
    world.advance(60).await;
    let used = world.post("/_sim/use", &format!(r#"{{"token_id":"{id}","org":"{second}"}}"#)).await;
    assert_eq!((used.status, text(&used.body, "org_id")), (200, second));
    assert_eq!(world.ask("DELETE", &format!("/_sim/tokens/{id}"), "", "").await.status, 204);
    let revoked = world.truth().await.iter().filter(|token| token["id"] == id && token["state"] == "revoked").count();
    assert_eq!(revoked, 3, "it is one token");
    let single = World::new().await.get("/_sim/orgs").await;
    assert!(single.rows("items")[0]["shared_contractor"].is_null());
}

#[tokio::test]
async fn tokens_of_external_users_are_blocked_but_for_those_in_the_test_policy() {
    let world = World::new().await;
    let external = |token: &Value| token["kind"] == "external_token" && token["state"] == "active";
    let first = world.token(external).await;
    let other = world.token(|token| external(token) && token["owner"] != first["owner"]).await;
    let seat = format!(r#"{{"account":"{}"}}"#, text(&first["owner"], "account_id"));
    assert_eq!(world.post("/_sim/external-policy/seats", &seat).await.status, 200);
    assert_eq!(world.post("/_sim/external-policy", r#"{"tokens":"blocked"}"#).await.status, 200);
    let used = async |token: &Value| {
        world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, text(token, "id"))).await.status
    };
    assert_eq!((used(&first).await, used(&other).await), (200, 409));
    let managed = world.token(plain).await;
    let seat = format!(r#"{{"account":"{}"}}"#, text(&managed["owner"], "account_id"));
    assert_eq!(world.post("/_sim/external-policy/seats", &seat).await.status, 409, "a managed account has none");
    assert_eq!(world.post("/_sim/external-policy", r#"{"tokens":"allowed"}"#).await.status, 200);
    assert_eq!(used(&other).await, 200);
}
