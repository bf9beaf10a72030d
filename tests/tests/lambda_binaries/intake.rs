//! ingest-audit behind an HTTP API.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokenwarden_tests::{
    lambda::{Cloud, Function, event},
    world::ORG,
};

const CREDENTIAL: &str = "webhook-credential";

/// An event of a token's use, as the audit log has it.
fn token_use(id: &str) -> String {
    let attributes = json!({
        "time": "2026-11-20T10:00:00Z", "action": "page_viewed",
        "actor": {"id": "557058:ann", "name": "Ann", "auth": {"authType": "api-token", "tokenId": "t-1", "tokenLabel": "etl"}},
    });
    json!({ "id": id, "type": "events", "attributes": attributes }).to_string()
}

fn delivery(credential: &str) -> Value {
    let headers = [("authorization", credential), ("content-type", "application/json")];
    event::request("POST", &format!("/webhooks/{ORG}/audit"), &headers)
}

async fn status(function: &Function, delivery: &Value) -> Value {
    function.invoke(delivery).await.expect("every failure is an answer")["statusCode"].clone()
}

#[tokio::test]
async fn a_delivery_with_the_right_credential_is_accepted_and_stored_once() {
    let cloud = Cloud::start().await;
    let function = cloud.function("ingest-audit").start().await;
    for (stored, repeated) in [(1, 0), (0, 1)] {
        let delivery = event::with_body(delivery(CREDENTIAL), &token_use("e-1"));
        let answer = function.invoke(&delivery).await.expect("it is answered");
        assert_eq!(answer["statusCode"], 202, "{answer}");
        assert_eq!(answer["headers"]["x-request-id"], "gateway-1");
        let counts: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("counts as JSON");
        assert_eq!(counts, json!({ "stored": stored, "repeated": repeated, "quarantined": 0, "ignored": 0 }));
    }
    assert_eq!((cloud.stored("E#").await, cloud.stored("P#").await), (1, 1));
    assert!(!function.log().contains(CREDENTIAL), "{}", function.log());
}

#[tokio::test]
async fn a_delivery_without_the_right_credential_is_refused_and_nothing_is_stored() {
    let cloud = Cloud::start().await;
    let function = cloud.function("ingest-audit").start().await;
    let body = token_use("e-1");
    for credential in ["wrong", "", "webhook-credentia", "Bearer webhook-credential"] {
        let delivery = event::with_body(delivery(credential), &body);
        assert_eq!(status(&function, &delivery).await, 401, "{credential:?}");
    }
    let anonymous = event::request("POST", &format!("/webhooks/{ORG}/audit"), &[]);
    assert_eq!(status(&function, &event::with_body(anonymous, &body)).await, 401);
    assert_eq!(cloud.stored("").await, 0);
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_delivery() {
    let cloud = Cloud::start().await;
    let function = cloud.function("ingest-audit").start().await;
    let body = BASE64_STANDARD.encode(token_use("e-1"));
    let delivery = event::with_base64(delivery(CREDENTIAL), &body);
    assert_eq!(status(&function, &delivery).await, 202);
    assert_eq!((cloud.stored("E#").await, cloud.stored("Q#").await), (1, 0));
}

#[tokio::test]
async fn what_is_larger_than_a_mebibyte_is_refused_for_good() {
    let cloud = Cloud::start().await;
    let function = cloud.function("ingest-audit").start().await;
    let large = " ".repeat(1024 * 1024);
    let delivery = |body: &str| event::with_body(delivery(CREDENTIAL), body);
    assert_eq!(status(&function, &delivery(&format!("{large}[]"))).await, 413);
    assert_eq!(cloud.stored("").await, 0);
    let exactly = format!("{}{}", token_use("e-1"), &large[token_use("e-1").len()..]);
    assert_eq!(status(&function, &delivery(&exactly)).await, 202);
}

#[tokio::test]
async fn while_the_secret_cannot_be_read_the_sender_is_told_to_try_later() {
    let cloud = Cloud::start().await;
    cloud.secrets.remove("webhook");
    let function = cloud.function("ingest-audit").start().await;
    let delivery = event::with_body(delivery(CREDENTIAL), &token_use("e-1"));
    let answer = function.invoke(&delivery).await.expect("it is answered");
    assert_eq!((&answer["statusCode"], &answer["headers"]["retry-after"]), (&json!(503), &json!("30")), "{answer}");
    cloud.secrets.put("webhook", &json!({ ORG: { "accepted": [{ "value": CREDENTIAL }] } }));
    assert_eq!(status(&function, &delivery).await, 202, "once it can be read, the same delivery is taken");
}

#[tokio::test]
async fn what_cannot_be_understood_is_accepted_into_quarantine() {
    let cloud = Cloud::start().await;
    let function = cloud.function("ingest-audit").start().await;
    assert_eq!(status(&function, &event::with_body(delivery(CREDENTIAL), r#"{"id": "#)).await, 202);
    assert_eq!((cloud.stored("E#").await, cloud.stored("Q#").await), (0, 1));
}
