//! serve-reports behind an HTTP API.

use serde_json::{Value, json};
use tokenwarden_tests::{
    lambda::{Cloud, Function, event},
    world::ORG,
};

async fn get(function: &Function, path: &str, token: Option<&str>) -> (u64, String) {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    let answer = function.invoke(&event::request("GET", path, &headers)).await.expect("every failure is an answer");
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    (answer["statusCode"].as_u64().expect("a status"), body)
}

fn items(body: &str) -> Vec<Value> {
    let list: Value = serde_json::from_str(body).expect("JSON");
    list["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn only_health_and_the_description_are_open() {
    let cloud = Cloud::start().await;
    let function = cloud.function("serve-reports").start().await;
    for (path, status) in [("/healthz", 200), ("/openapi.json", 200), ("/v1/orgs", 401), ("/", 401), ("/none", 404)] {
        assert_eq!(get(&function, path, None).await.0, status, "{path}");
    }
    assert_eq!(get(&function, "/v1/orgs", Some("wrong")).await.0, 401);
    assert_eq!(get(&function, "/v1/orgs", Some("reader-token")).await.0, 200);
    assert!(!function.log().contains("reader-token"), "{}", function.log());
}

#[tokio::test]
async fn the_report_that_was_taken_is_served_as_json_as_csv_and_as_a_page() {
    let cloud = Cloud::start().await;
    cloud.function("report-tokens").start().await.invoke(&event::tick()).await.expect("a report is taken");
    let function = cloud.function("serve-reports").start().await;
    let orgs = items(&get(&function, "/v1/orgs", Some("reader-token")).await.1);
    assert_eq!(orgs.iter().map(|org| org["id"].clone()).collect::<Vec<_>>(), [json!(ORG)]);
    let rows = format!("/v1/orgs/{ORG}/reports/latest/credentials");
    let (status, body) = get(&function, &format!("{rows}?limit=5"), Some("reader-token")).await;
    assert_eq!((status, items(&body).len()), (200, 5), "the query string arrives: {body}");
    let (status, csv) = get(&function, &format!("{rows}.csv"), Some("reader-token")).await;
    assert!(status == 200 && csv.lines().count() > 5, "{csv}");
    let (status, page) = get(&function, "/", Some("reader-token")).await;
    assert!(status == 200 && page.contains("<html"), "{page}");
}

#[tokio::test]
async fn a_decision_needs_its_role() {
    let cloud = Cloud::start().await;
    cloud.function("report-tokens").start().await.invoke(&event::tick()).await.expect("the org is registered");
    let function = cloud.function("serve-reports").start().await;
    for (token, status) in [("reader-token", 403), ("approver-token", 202)] {
        let bearer = format!("Bearer {token}");
        let request = event::request("POST", &format!("/v1/orgs/{ORG}/reports"), &[("authorization", &bearer)]);
        let answer = function.invoke(&request).await.expect("it is answered");
        assert_eq!(answer["statusCode"], status, "{answer}");
    }
}
