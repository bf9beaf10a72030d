//! Issues of Jira: opened, found by their label, refused with the field that is wrong.

use serde_json::json;

use crate::client::World;

const ISSUE: &str = "/rest/api/3/issue";
const SEARCH: &str = "/rest/api/3/search/jql";

fn issue(project: &str, issue_type: &str) -> String {
    let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": "Look into it."}]});
    json!({"fields": {
        "project": {"key": project},
        "issuetype": {"name": issue_type},
        "summary": "A token",
        "description": {"type": "doc", "version": 1, "content": [paragraph]},
        "labels": ["of-a-message"],
    }})
    .to_string()
}

#[tokio::test]
async fn an_issue_is_opened_and_found_by_its_label() {
    let world = World::new().await;
    let search = r#"{"jql":"labels = \"of-a-message\"","fields":["key"],"maxResults":1}"#;
    assert!(world.post(SEARCH, search).await.rows("issues").is_empty());
    let opened = world.post(ISSUE, &issue("SEC", "Task")).await;
    assert_eq!((opened.status, opened.body["key"].as_str()), (201, Some("SEC-1")));
    assert!(opened.body["self"].as_str().is_some_and(|address| address.ends_with("/rest/api/3/issue/10000")));
    assert_eq!(world.post(ISSUE, &issue("OPS", "Bug")).await.body["key"], "OPS-1");
    let found = world.post(SEARCH, search).await;
    assert_eq!((found.rows("issues")[0]["key"].as_str(), &found.body["isLast"]), (Some("OPS-1"), &json!(false)));
    let listed = world.get("/_sim/issues").await;
    assert_eq!(listed.rows("items")[0]["summary"], "A token");
}

#[tokio::test]
async fn a_wrong_field_is_named_and_a_caller_without_a_credential_is_not_let_in() {
    let world = World::new().await;
    for (body, field) in [(issue("NONE", "Task"), "project"), (issue("SEC", "Chore"), "issuetype")] {
        let refused = world.post(ISSUE, &body).await;
        assert_eq!((refused.status, &refused.body["errorMessages"]), (400, &json!([])));
        assert!(refused.body["errors"][field].is_string(), "{refused:?}");
    }
    assert_eq!(world.ask("POST", ISSUE, "", &issue("SEC", "Task")).await.status, 401);
    assert_eq!(world.post(SEARCH, r#"{"jql":"project = SEC"}"#).await.status, 400);
    assert!(world.get("/_sim/issues").await.rows("items").is_empty());
}

#[tokio::test]
async fn an_ordered_fault_meets_jira_as_well() {
    let world = World::new().await;
    world.post("/_sim/faults", r#"{"path_prefix":"/rest/api/3/issue","status":429,"retry_after":30,"times":1}"#).await;
    let refused = world.post(ISSUE, &issue("SEC", "Task")).await;
    assert_eq!((refused.status, refused.headers["retry-after"].as_str()), (429, "30"));
    assert!(refused.body["errorMessages"].is_array());
    assert_eq!(world.post(ISSUE, &issue("SEC", "Task")).await.status, 201);
}
