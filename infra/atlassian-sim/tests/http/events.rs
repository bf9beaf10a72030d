//! The audit log in each dialect.

use serde_json::Value;

use crate::client::{NOW_MS, World, plain, text};

fn time(event: &Value, name: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text(&event["attributes"], name)).unwrap().timestamp_millis()
}

#[tokio::test]
async fn the_stream_is_sorted_by_processing_time_and_read_once() {
    let world = World::new().await;
    let events = world.events_since(0).await;
    assert_eq!(events.len(), 2000);
    assert!(events.is_sorted_by_key(|event| time(event, "processedAt")));
    let delays: Vec<i64> = events.iter().map(|event| time(event, "processedAt") - time(event, "time")).collect();
    assert!(delays.iter().all(|delay| (0..=120_000).contains(delay)) && delays.iter().any(|delay| *delay > 60_000));
    let mut ids: Vec<&str> = events.iter().map(|event| text(event, "id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2000);
}

#[tokio::test]
async fn a_descending_stream_ends_at_its_beginning() {
    let world = World::new().await;
    let first = world.org("v1", "events-stream?sortOrder=desc&limit=3").await;
    let all = world.events_since(0).await;
    let newest: Vec<&Value> = all.iter().rev().take(3).collect();
    assert_eq!(first.rows("data").iter().collect::<Vec<_>>(), newest);
    let next = text(&first.body["meta"], "next");
    let second = world.org("v1", &format!("events-stream?limit=2&cursor={next}")).await;
    assert_eq!(second.rows("data")[0], all[all.len() - 4]);
}

#[tokio::test]
async fn the_stream_ends_in_null_by_default() {
    let world = World::new().await;
    let end = world.org("v1", &format!("events-stream?from={}", NOW_MS + 1)).await;
    assert_eq!(end.body["data"], Value::Array(Vec::new()));
    assert_eq!(end.body["links"], serde_json::json!({}));
    assert!(end.body["meta"]["next"].is_null() && end.body["meta"].get("next").is_some());
}

#[tokio::test]
async fn the_last_cursor_yields_newer_events_in_its_dialect() {
    let world = World::speaking("cursor-end").await;
    let token = world.token(plain).await;
    let end = world.org("v1", &format!("events-stream?from={}", NOW_MS + 1)).await;
    let cursor = text(&end.body["meta"], "next").to_owned();
    world.advance(5).await;
    world.post("/_sim/use", &format!(r#"{{"token_id":"{}"}}"#, text(&token, "id"))).await;
    let later = world.org("v1", &format!("events-stream?cursor={cursor}")).await;
    assert_eq!(later.rows("data").len(), 1);
    assert!(later.body["meta"]["next"].is_string());
}

/// Uses a token five seconds later and gives the event that follows, if one does.
async fn used(dialect: &str, wanted: impl Fn(&Value) -> bool) -> (Value, Option<Value>) {
    let world = World::speaking(dialect).await;
    let token = world.token(wanted).await;
    world.advance(5).await;
    let body = format!(r#"{{"token_id":"{}","ip":"203.0.113.77","country":"Norway"}}"#, text(&token, "id"));
    let reply = world.post("/_sim/use", &body).await;
    assert_eq!((reply.status, text(&reply.body, "last_used_at")), (200, "2026-06-01T12:00:05.000Z"));
    (token, world.events_since(NOW_MS + 1).await.pop())
}

#[tokio::test]
async fn use_names_its_token_by_default() {
    let (token, event) = used("default", plain).await;
    let event = event.unwrap();
    let actor = &event["attributes"]["actor"];
    assert_eq!(actor["auth"]["authType"], "api-token");
    assert_eq!(actor["auth"]["tokenId"], token["id"]);
    assert_eq!(actor["auth"]["tokenLabel"], token["label"]);
    assert_eq!(actor["id"], token["owner"]["account_id"]);
    assert_eq!(event["attributes"]["action"], "jira_issue_viewed");
    assert_eq!(event["attributes"]["location"]["countryName"], "Norway");
}

#[tokio::test]
async fn dialects_withhold_what_is_unconfirmed() {
    let (token, event) = used("no-token-ids", plain).await;
    let auth = event.unwrap()["attributes"]["actor"]["auth"].clone();
    assert_eq!(auth, serde_json::json!({"authType": "api-token", "tokenLabel": token["label"]}));
    let (_, event) = used("no-auth", plain).await;
    assert!(event.unwrap()["attributes"]["actor"].get("auth").is_none());
    let (token, event) = used("other-ids", plain).await;
    let id = event.unwrap()["attributes"]["actor"]["auth"]["tokenId"].clone();
    assert_eq!(id, token["event_token_id"]);
    assert_ne!(id, token["id"]);
}

#[tokio::test]
async fn external_use_is_shown_or_not() {
    let external = |token: &Value| token["kind"] == "external_token" && token["state"] == "active";
    assert!(used("default", external).await.1.is_some());
    assert!(used("no-external-use", external).await.1.is_none());
}

#[tokio::test]
async fn drawn_actions_are_explained_by_the_catalogue_alone() {
    let (_, event) = used("drawn-actions", plain).await;
    let id = event.unwrap()["attributes"]["action"].clone();
    assert_ne!(id, "jira_issue_viewed");
    let world = World::speaking("drawn-actions").await;
    let actions = world.org("v1", "event-actions").await;
    let named = actions.rows("data").iter().find(|action| action["id"] == id).unwrap();
    assert_eq!(named["attributes"]["displayName"], "Viewed issue");
}

#[tokio::test]
async fn the_last_used_date_is_the_last_event() {
    let world = World::new().await;
    let events = world.events_since(0).await;
    for token in world.truth().await.iter().filter(|token| token["kind"] == "user_api_token") {
        let last = events
            .iter()
            .filter(|event| event["attributes"]["actor"]["auth"]["tokenId"] == token["id"])
            .map(|event| time(event, "time"))
            .max();
        let used = token["last_used_at"]
            .as_str()
            .map(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis());
        let visible = used.filter(|at| NOW_MS - at < 90 * 86_400_000);
        assert_eq!(last, visible, "{token}");
    }
}

#[tokio::test]
async fn the_search_filters() {
    let world = World::new().await;
    let jira = world.org("v1", "events?product=jira&limit=50").await;
    assert!(jira.rows("data").iter().all(|event| text(&event["attributes"], "action").starts_with("jira_")));
    assert!(jira.rows("data")[0]["attributes"].get("processedAt").is_none());
    let logins = world.org("v1", &format!("events?action=user_login&from={}", NOW_MS - 86_400_000 * 9)).await;
    assert!(!logins.rows("data").is_empty());
    let actor = text(&logins.rows("data")[0]["attributes"]["actor"], "id").to_owned();
    let own = world.org("v1", &format!("events?actor={actor}&limit=500")).await;
    assert!(own.rows("data").iter().all(|event| event["attributes"]["actor"]["id"] == actor.as_str()));
    let here = world.org("v1", "events?location=%5B%7B%22city%22%3A%22Austin%22%7D%5D").await;
    assert!(here.rows("data").iter().all(|event| event["attributes"]["location"]["city"] == "Austin"));
    assert_eq!(world.org("v1", "events?product=trello").await.status, 400);
    assert_eq!(world.org("v1", "events?from=yesterday").await.body["errors"][0]["code"], "ADMIN-400-3");
}
