//! Deliveries by webhook.

use crate::{
    fixtures::{event, now, shuffled, token_event, token_events},
    setup::{CREDENTIAL, End, ORG, Stream, World, delivery, folded, org, request, told, understood},
    stores::{Breaking, Breaks},
};
use lambda_http::{Body, http::Request};
use serde_json::{Value, json};
use shared::{
    flow::replay::{Replayed, replay},
    model::{Org, OrgState, Versioned},
    ports::{FindingStore, Written},
};

fn counts(stored: u64, repeated: u64, quarantined: u64, ignored: u64) -> (u16, Value) {
    let body = json!({"stored": stored, "repeated": repeated, "quarantined": quarantined, "ignored": ignored});
    (202, body)
}

#[tokio::test]
async fn the_same_500_events_posted_twice_shuffled_and_then_polled_are_stored_once() {
    let (world, events) = (World::new().await, token_events(500));
    let ingest = world.ingest();
    for (seed, expected) in [("first", counts(500, 0, 0, 0)), ("second", counts(0, 500, 0, 0))] {
        let body = Value::from(shuffled(&events, seed)).to_string();
        assert_eq!(told(ingest.handle(delivery(body)).await), expected);
    }
    let polled = world.poll(&Stream::of(&events, End::Null)).await.unwrap();
    assert_eq!(polled.taken.stored, 0);
    assert!(polled.taken.repeated >= 500, "{polled:?}");
    let events = understood(&events);
    assert_eq!(world.known(&org(), &events).await, 500);
    assert_eq!(world.profiles(&org()).await, folded(&events));
}

#[tokio::test]
async fn two_different_events_with_one_id_are_both_there() {
    let world = World::new().await;
    let (first, mut second) = (token_event(1), token_event(1));
    second["attributes"]["action"] = "confluence_page_viewed".into();
    let both = [first, second];
    let answer = world.ingest().handle(delivery(json!({"data": both}).to_string())).await;
    assert_eq!(told(answer), counts(2, 0, 0, 0));
    assert_eq!(world.known(&org(), &understood(&both)).await, 2);
}

#[tokio::test]
async fn what_is_not_understood_is_in_quarantine_and_nothing_is_lost() {
    let world = World::new().await;
    let ingest = world.ingest();
    let truncated = token_event(1).to_string()[..100].to_owned();
    let data_center = json!({"entities": [{"timestamp": "2020-01-01"}], "pagingInfo": {}}).to_string();
    let alert =
        json!({"type": "beacon:closed:alert", "alertId": "a", "detectionTime": 1_780_000_000_000_i64}).to_string();
    for body in [&truncated, &data_center] {
        assert_eq!(told(ingest.handle(delivery(body.as_str())).await), counts(0, 0, 1, 0));
    }
    let path = format!("/webhooks/{ORG}/guard-detect");
    let answer = ingest.handle(request("POST", &path, &[("authorization", CREDENTIAL)], alert.clone())).await;
    assert_eq!(told(answer), counts(0, 0, 1, 0));
    let strange = json!({"id": "x", "attributes": {"action": "a"}});
    let batch = json!([token_event(1), strange, token_event(2)]).to_string();
    assert_eq!(told(ingest.handle(delivery(batch.as_str())).await), counts(2, 0, 1, 0));
    assert_eq!(told(ingest.handle(delivery(batch)).await), counts(0, 2, 1, 0));
    let mut kept = world.quarantined().await;
    kept.sort();
    let bodies: Vec<&str> = kept.iter().map(|(body, _)| body.as_str()).collect();
    let mut expected = [truncated.as_str(), &data_center, &alert, &strange.to_string()];
    expected.sort_unstable();
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn a_replayed_body_leaves_the_quarantine_only_when_all_of_it_is_understood() {
    let world = World::new().await;
    let body = json!({"entities": []}).to_string();
    world.ingest().handle(delivery(body)).await;
    let id =
        shared::ports::QuarantineStore::quarantined(&world.store, &org(), None, 1).await.unwrap().items[0].id.clone();
    let replayed = replay(&world.store, &world.clock, &org(), &id, &crate::setup::EVENTS).await.unwrap();
    assert!(matches!(replayed, Replayed::Kept { .. }), "{replayed:?}");
    assert_eq!(world.quarantined().await.len(), 1);
}

#[tokio::test]
async fn without_the_right_credential_nothing_is_stored() {
    let world = World::new().await;
    let ingest = world.ingest();
    let body = token_event(1).to_string();
    for way in ["audit", "guard-detect"] {
        for headers in [&[][..], &[("authorization", "Bearer other")], &[("authorization", "local-webhook")]] {
            let path = format!("/webhooks/{ORG}/{way}");
            let (status, problem) = told(ingest.handle(request("POST", &path, headers, body.clone())).await);
            assert_eq!((status, &problem["type"]), (401, &json!("urn:tokenwarden:problem:unauthorized")));
        }
    }
    let custom = [("x-automation-webhook-token", CREDENTIAL)];
    let path = format!("/webhooks/{ORG}/audit");
    assert_eq!(told(ingest.handle(request("POST", &path, &custom, body.clone())).await).0, 401);
    assert_eq!(world.known(&org(), &understood(&[token_event(1)])).await, 0);
    assert!(world.quarantined().await.is_empty());
    let path = format!("/webhooks/{ORG}/guard-detect");
    assert_eq!(told(ingest.handle(request("POST", &path, &custom, "[]".into())).await).0, 202);
}

#[tokio::test]
async fn an_unreadable_secret_is_try_later_and_nothing_is_stored() {
    let world = World::new().await;
    world.secrets.0.lock().unwrap().clear();
    let (status, problem) = told(world.ingest().handle(delivery(token_event(1).to_string())).await);
    assert_eq!((status, &problem["type"]), (503, &json!("urn:tokenwarden:problem:secret-unavailable")));
    assert_eq!(world.known(&org(), &understood(&[token_event(1)])).await, 0);
}

#[tokio::test]
async fn other_paths_methods_orgs_and_sizes_are_refused() {
    let world = World::new().await;
    let ingest = world.ingest();
    let right = [("authorization", CREDENTIAL)];
    for (method, path, body, status) in [
        ("POST", "/webhooks/org-1/other", "[]".to_owned(), 404),
        ("POST", "/webhooks/org-9/audit", "[]".to_owned(), 404),
        ("GET", "/webhooks/org-1/audit", String::new(), 405),
        ("POST", "/webhooks/org-1/audit", " ".repeat(1024 * 1024 + 1), 413),
        ("POST", "/webhooks/org-1/audit", " ".repeat(1024 * 1024), 202),
    ] {
        assert_eq!(told(ingest.handle(request(method, path, &right, body)).await).0, status, "{method} {path}");
    }
}

#[tokio::test]
async fn what_concerns_no_credential_is_counted_only_and_alerts_and_tests_are_told_apart() {
    let world = World::new().await;
    let ingest = world.ingest();
    let events = json!([
        event("e1", "user_login", now()),
        event("e2", "org_settings_update", now()),
        event("e3", "api_token_created", now()),
    ]);
    assert_eq!(told(ingest.handle(delivery(events.to_string())).await), counts(2, 0, 0, 1));
    let alerts = json!([
        {"type": "beacon:create:test", "alertTitle": "[SAMPLE] x"},
        {"alertId": "a1", "alertTitle": "User API token created: x", "activity": {"time": {"start": now().to_rfc3339()}}},
    ]);
    let path = format!("/webhooks/{ORG}/guard-detect");
    let post = || request("POST", &path, &[("authorization", CREDENTIAL)], alerts.to_string());
    assert_eq!(told(ingest.handle(post()).await), counts(1, 0, 0, 0));
    assert_eq!(told(ingest.handle(post()).await), counts(0, 1, 0, 0));
}

#[tokio::test]
async fn a_body_that_the_gateway_encoded_is_read_and_lines_of_events_too() {
    let world = World::new().await;
    let lines = format!("\u{feff}{}\r\n\r\n{}\r\n", token_event(1), token_event(2));
    let mut encoded = Request::builder().method("POST").uri(format!("/webhooks/{ORG}/audit"));
    encoded = encoded.header("Authorization", CREDENTIAL);
    let request = encoded.body(Body::Binary(lines.into_bytes())).unwrap();
    assert_eq!(told(world.ingest().handle(request).await), counts(2, 0, 0, 0));
}

/// Law 1: whichever call of the store fails, a 2xx is only answered when everything is there, and a failed delivery is
/// completed by sending it again.
#[tokio::test]
async fn a_2xx_means_that_all_of_it_is_durable() {
    let events =
        [token_events(8), vec![event("plain", "org_settings_update", now()), event("no", "user_login", now())]];
    let body = Value::from([events.concat(), vec![json!({"no": "event"})]].concat()).to_string();
    let stored: Vec<Value> = events.concat().into_iter().filter(|event| event["id"] != "no").collect();
    let stored = understood(&stored);
    for at in 0.. {
        let world = World::new().await;
        let breaking = Breaking::new(world.store.clone(), Breaks::Failing, at);
        let ingest = world.ingest_over(breaking.clone());
        let (status, _) = told(ingest.handle(delivery(body.as_str())).await);
        if !breaking.reached() {
            assert_eq!(status, 202);
            assert!(at > 15, "{at}");
            break;
        }
        if status != 503 {
            let durable = world.known(&org(), &stored).await == stored.len() && world.quarantined().await.len() == 1;
            assert!(status == 202 && durable, "call {at} failed and the answer was {status}");
        }
        assert_eq!(told(ingest.handle(delivery(body.as_str())).await).0, 202);
        assert_eq!(world.fixture_profiles().await, folded(&stored));
        assert_eq!((world.known(&org(), &stored).await, world.quarantined().await.len()), (stored.len(), 1));
    }
}

#[tokio::test]
async fn a_paused_org_takes_deliveries_and_a_removed_one_is_unknown() {
    let world = World::new().await;
    let ingest = world.ingest();
    let unknown = request("POST", "/webhooks/nobody/audit", &[("authorization", CREDENTIAL)], "{}".to_owned());
    let (refused, mut problem) = told(ingest.handle(unknown).await);
    problem["detail"] = problem["detail"].as_str().unwrap().replace("nobody", ORG).into();
    let states = [OrgState::Active, OrgState::Paused, OrgState::Removed, OrgState::Purging];
    for (version, state) in (0_i64..).zip(states) {
        let entry = Org { state, ..Org::new(org(), "Example".into(), now()) };
        let entry = Versioned { version: version.unsigned_abs(), value: entry };
        assert_eq!(world.store.put_org(&entry).await, Ok(Written::Stored));
        let answer = told(ingest.handle(delivery(json!({"data": [token_event(version)]}).to_string())).await);
        match state {
            OrgState::Active | OrgState::Paused => assert_eq!(answer, counts(1, 0, 0, 0)),
            OrgState::Removed | OrgState::Purging => assert_eq!(answer, (refused, problem.clone())),
        }
    }
    assert_eq!(refused, 404);
    let events = [token_event(0), token_event(1), token_event(2), token_event(3)];
    assert_eq!(world.known(&org(), &understood(&events)).await, 2, "nothing of it was stored after it was removed");
}
