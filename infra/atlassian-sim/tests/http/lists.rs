//! Lists: pages, scopes, limits, refusals, and the population behind them.

use std::collections::HashSet;

use serde_json::Value;

use crate::client::{ADMIN, NOW_MS, ORG, READ, World, options, plain, text};
use atlassian_sim::SimOptions;

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn v1_users_page_by_whole_urls() {
    let world = World::new().await;
    let mut path = format!("/admin/v1/orgs/{ORG}/users");
    let mut seen = HashSet::new();
    loop {
        let page = world.ask("GET", &path, READ, "").await;
        assert_eq!(page.body["meta"]["total"], 1140);
        seen.extend(page.rows("data").iter().map(|user| text(user, "account_id").to_owned()));
        let Some(next) = page.body["links"]["next"].as_str() else { break };
        path = next.strip_prefix(&world.sim.url()).expect("a URL on the same host").to_owned();
    }
    assert_eq!(seen.len(), 1140);
}

#[tokio::test]
async fn tokens_page_by_cursor_and_tell_what_is_listed() {
    let world = World::new().await;
    let mut cursor = String::new();
    let mut seen = HashSet::new();
    loop {
        let page = world.org("api-access/v1", &format!("api-tokens?pageSize=7{cursor}")).await;
        seen.extend(page.rows("data").iter().map(|token| text(token, "id").to_owned()));
        let Some(next) = page.body["links"]["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let truth = world.truth().await;
    let listed = truth.iter().filter(|token| token["kind"] == "user_api_token" && token["listed"] == true);
    assert_eq!(seen, listed.map(|token| text(token, "id").to_owned()).collect());
    assert_eq!(world.org("api-access/v1", "api-tokens/count").await.body["count"], seen.len());
    assert!(truth.iter().filter(|token| token["kind"] == "external_token").all(|token| token["listed"] == false));
}

#[tokio::test]
async fn the_directory_pages_by_cursor_in_the_body() {
    let world = World::new().await;
    let path = format!("/admin/v2/orgs/{ORG}/directories/-/users/search");
    let first = world.post(&path, r#"{"claimStatus":"unmanaged","limit":40}"#).await;
    let next = text(&first.body["links"], "next");
    let second = world.post(&path, &format!(r#"{{"claimStatus":"unmanaged","limit":40,"cursor":"{next}"}}"#)).await;
    assert_eq!((first.rows("data").len(), second.rows("data").len()), (40, 20));
    assert!(second.body["links"]["next"].is_null());
    let both = world.post(&path, r#"{"emails":["a@example.com"],"searchTerm":"a"}"#).await;
    assert_eq!((both.status, &both.body["errors"][0]["code"]), (400, &"ADMIN-400-24".into()));
}

#[tokio::test]
async fn a_bad_cursor_is_refused_everywhere() {
    let world = World::new().await;
    for (api, rest) in [
        ("v1", "users"),
        ("v1", "events-stream"),
        ("v1", "events"),
        ("api-access/v1", "api-tokens"),
        ("api-access/v1", "api-keys"),
        ("v2", "directories"),
    ] {
        let reply = world.org(api, &format!("{rest}?cursor=6a6a6a")).await;
        assert_eq!((reply.status, &reply.body["errors"][0]["code"]), (400, &"ADMIN-400-1".into()), "{rest}");
    }
}

#[tokio::test]
async fn keys_reach_what_their_scopes_say() {
    let world = World::start(SimOptions { orgs: 2, ..options() }).await;
    let access = format!("/admin/api-access/v1/orgs/{ORG}");
    let org = format!("/admin/v1/orgs/{ORG}");
    for (method, path, key, status) in [
        ("GET", format!("{access}/api-keys"), READ, 200),
        ("GET", format!("{access}/api-keys"), "sim-tokens-key", 403),
        ("GET", format!("{access}/api-tokens"), "sim-tokens-key", 200),
        ("GET", format!("{access}/api-tokens"), "sim-events-key", 403),
        ("GET", format!("{org}/events-stream"), "sim-events-key", 200),
        ("DELETE", format!("{access}/api-tokens"), READ, 403),
        ("GET", "/admin/v1/orgs".into(), READ, 403),
        ("GET", "/admin/v1/orgs".into(), ADMIN, 200),
        ("GET", "/users/x/manage/api-tokens".into(), READ, 403),
        ("POST", format!("/admin/v2/orgs/{ORG}/directories/-/users/search"), READ, 403),
        ("GET", format!("/admin/v2/orgs/{ORG}/directories/-/users"), READ, 200),
        ("GET", format!("{org}/users"), "sim-admin-key-2", 404),
        ("GET", format!("{org}/users"), "sim-admin-key-3", 401),
        ("GET", format!("{org}/users"), "", 401),
    ] {
        assert_eq!(world.ask(method, &path, key, "").await.status, status, "{method} {path} {key}");
    }
}

#[tokio::test]
async fn refusals_have_four_bodies() {
    let world = World::new().await;
    let unauthorized = world.ask("GET", &format!("/admin/v1/orgs/{ORG}/users"), "wrong", "").await;
    assert_eq!(unauthorized.body["code"], 401);
    let forbidden = world.ask("GET", &format!("/admin/api-access/v1/orgs/{ORG}/api-keys"), "sim-tokens-key", "").await;
    for field in ["timestamp", "status", "error", "message", "path", "requestId"] {
        assert!(!forbidden.body[field].is_null(), "{field}");
    }
    assert!(text(&forbidden.body, "timestamp").ends_with("+0000"));
    let unknown = world.get("/admin/v1/orgs/elsewhere/users").await;
    assert_eq!(unknown.body["errors"][0]["code"], "ADMIN-404-2");
    assert_eq!(world.get("/users/nobody/manage/api-tokens").await.body["key"], "accountNotFound");
    let owner = world.token(plain).await;
    let path = format!("/users/{}/manage/api-tokens/unknown", text(&owner["owner"], "account_id"));
    let missing = world.ask("DELETE", &path, ADMIN, "").await;
    assert_eq!((missing.status, &missing.body["key"]), (404, &"notFound".into()));
}

#[tokio::test]
async fn the_stream_is_limited_by_the_minute() {
    let world = World::new().await;
    for _ in 0..50 {
        assert_eq!(world.org("v1", "events-stream?limit=1").await.status, 200);
    }
    let passed = world.org("v1", "events-stream?limit=1").await;
    assert_eq!((passed.status, passed.body["code"].as_i64()), (429, Some(429)));
    assert_eq!(passed.headers["retry-after"], "60");
    world.advance(60).await;
    assert_eq!(world.org("v1", "events-stream?limit=1").await.status, 200);
    for status in [200; 10].into_iter().chain([429]) {
        assert_eq!(world.org("v1", "events?limit=1").await.status, status);
    }
}

#[tokio::test]
async fn api_access_tells_its_limit_by_the_minute() {
    let world = World::new().await;
    world.post("/_sim/rate", r#"{"api_access":2}"#).await;
    let first = world.org("api-access/v1", "api-keys").await;
    assert_eq!(first.headers["x-ratelimit-limit"], "2");
    assert_eq!(first.headers["x-ratelimit-remaining"], "1");
    assert_eq!(first.headers["x-ratelimit-reset"], "2026-06-01T12:01Z");
    world.org("api-access/v1", "api-keys").await;
    assert_eq!(world.org("api-access/v1", "api-keys").await.status, 429);
}

#[tokio::test]
async fn a_foreign_host_is_refused() {
    let world = World::new().await;
    let port = world.sim.address().port();
    assert_eq!(world.send("GET", "/_sim/clock", "", "", "evil.example").await.unwrap().status, 403);
    assert_eq!(world.send("GET", "/_sim/clock", "", "", &format!("localhost:{port}")).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_population_looks_like_a_company() {
    let world = World::new().await;
    let truth = world.truth().await;
    let millis = |token: &Value, name: &str| {
        token[name].as_str().map(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis())
    };
    let user: Vec<&Value> = truth.iter().filter(|token| token["kind"] == "user_api_token").collect();
    for token in &user {
        let life = millis(token, "expires_at").unwrap() - millis(token, "created_at").unwrap();
        assert!(life <= 365 * DAY, "{token}");
        assert!(
            millis(token, "last_used_at")
                .is_none_or(|used| used >= millis(token, "created_at").unwrap() && used <= NOW_MS)
        );
    }
    let quiet = |days: i64| {
        let old =
            |token: &&&Value| plain(token) && millis(token, "last_used_at").is_some_and(|at| NOW_MS - at > days * DAY);
        user.iter().filter(old).count()
    };
    assert!(quiet(120) >= 8 && quiet(200) >= 2);
    let ends =
        |days: i64| user.iter().filter(|token| millis(token, "expires_at").unwrap() - NOW_MS < days * DAY).count();
    assert!(ends(1) >= 1 && ends(7) > ends(1) && ends(30) > ends(7));
    assert!(user.iter().any(|token| token["last_used_at"].is_null()));
    assert!(user.iter().any(|token| token["state"] == "owner_deactivated"));
    let keys: Vec<&Value> = truth.iter().filter(|token| token["kind"] == "org_api_key").collect();
    assert!(
        keys.iter().any(|key| key["owner"].is_null()) && keys.iter().any(|key| key["owner"]["status"] == "inactive")
    );
}

#[tokio::test]
async fn the_same_seed_makes_the_same_org() {
    let (one, two) = (World::new().await, World::new().await);
    let other = World::start(SimOptions { seed: 2, ..options() }).await;
    assert_eq!(one.truth().await, two.truth().await);
    assert_ne!(one.truth().await, other.truth().await);
    let page = "events-stream?limit=500";
    let ids =
        |reply: crate::client::Reply| reply.rows("data").iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(one.org("v1", page).await), ids(two.org("v1", page).await));
}

#[tokio::test]
async fn small_and_odd_sizes_work() {
    for (users, tokens) in [(10, 0), (10, 5), (13, 500), (5000, 40)] {
        let world = World::start(SimOptions { users, tokens, ..options() }).await;
        assert_eq!(world.truth().await.len(), tokens + 4);
        assert_eq!(world.org("api-access/v1", "api-tokens?sort=-lastActiveAt").await.status, 200);
    }
}
