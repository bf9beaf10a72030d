//! The document and the answers agree.

use crate::server::Server;
use serde_json::{Value, json};
use serve_reports::{Pages, Route, openapi};
use std::collections::BTreeSet;

#[tokio::test]
async fn the_document_lists_exactly_the_routes_and_the_webhooks() {
    let server = Server::empty(Pages::SignIn).await;
    let document = server.send("", "GET", "/openapi.json", &[], "").await.json();
    let mut listed = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        listed.extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut expected: BTreeSet<String> =
        Route::ALL.iter().map(|route| format!("{} {}", route.method(), route.pattern())).collect();
    expected.extend(["audit", "guard-detect"].map(|name| format!("POST /webhooks/{{org}}/{name}")));
    assert_eq!(listed, expected);
}

/// The schema of an operation's success, with the components beside it.
fn schema(pattern: &str, status: &str) -> Value {
    let document = openapi::document();
    let content = &document["paths"][pattern]["get"]["responses"][status]["content"]["application/json"];
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    schema
}

#[tokio::test]
async fn answers_have_the_shapes_that_the_document_promises() {
    let server = Server::enforcing().await;
    server.publish_signed_head().await;
    let action = server.get("/v1/orgs/org-1/actions").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "kind": "close_policy", "reason": "the audit asks for it" });
    let campaign =
        server.post("approver", "/v1/orgs/org-1/campaigns", &body).await.json()["id"].as_str().unwrap().to_owned();
    let seat = json!({ "reason": "the nightly export", "until": "2027-01-31" });
    assert_eq!(server.put("approver", "/v1/orgs/org-1/seats/712020:ext", &seat).await.status, 200);
    let gets: Vec<Route> = Route::ALL.iter().copied().filter(|route| route.method() == "GET").collect();
    let mut checked = 0;
    for route in gets.into_iter().filter(|route| route.pattern().starts_with("/v1")) {
        let id = match route {
            Route::Action => action.as_str(),
            Route::Campaign => campaign.as_str(),
            Route::Credential | Route::CredentialEvents => "tok%2F071",
            _ => "latest",
        };
        let path = route.pattern().replace("{org}", "org-1").replace("{kind}", "user_api_token").replace("{id}", id);
        let query = if route == Route::Changes { "?against=20261120T120000Z-aa" } else { "" };
        let answer = server.get(&format!("{path}{query}")).await;
        assert_eq!(answer.status, 200, "{route:?} {}", answer.text);
        if answer.header("content-type") != "application/json" {
            continue;
        }
        let validator = jsonschema::validator_for(&schema(route.pattern(), "200")).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&answer.json()).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert_eq!(faults, Vec::<String>::new(), "{route:?}");
        checked += 1;
    }
    assert_eq!(checked, 27);
}

#[tokio::test]
async fn a_refusal_is_a_problem_document() {
    let server = Server::observing().await;
    let problem = server.get("/v1/orgs/org-1/reports/none").await.json();
    assert_eq!(problem["type"], "urn:tokenwarden:problem:not-found");
    assert_eq!(problem["status"], json!(404));
}

#[tokio::test]
async fn pages_escape_what_others_wrote() {
    let server = Server::observing().await;
    let page = server.get("/?q=%3Cscript%3E").await.text;
    assert!(!page.contains("<script>") && page.contains("&#60;script&#62;"), "the search");
    let page = server.get("/?q=scim").await.text;
    assert!(page.contains("scim &#60;prod&#62; &#38; &#34;test&#34;"), "a label");
    assert!(!page.contains("safe to delete") && !page.contains("violator"));
}
