//! Which orgs are governed.

use crate::server::{Answer, ORG, Server};
use serde_json::{Value, json};
use serve_reports::openapi;
use shared::{
    model::{LedgerKind, OrgId, SectionName},
    ports::CaseReader,
};

async fn patch(server: &Server, who: &str, org: &str, body: &Value) -> Answer {
    server.send(who, "PATCH", &format!("/v1/orgs/{org}"), &[], &body.to_string()).await
}

async fn remove(server: &Server, who: &str, org: &str, query: &str) -> Answer {
    server.send(who, "DELETE", &format!("/v1/orgs/{org}{query}"), &[], "").await
}

/// What the list says of an org.
async fn glance(server: &Server, org: &str) -> (String, String) {
    let orgs = server.all("/v1/orgs").await;
    let found = orgs.iter().find(|one| one["id"] == org).unwrap_or_else(|| panic!("{org} is not listed"));
    let text = |field: &str| found[field].as_str().unwrap().to_owned();
    (text("state"), text("status"))
}

fn at(state: &str, status: &str) -> (String, String) {
    (state.to_owned(), status.to_owned())
}

async fn ledger(server: &Server, org: &str) -> Vec<(LedgerKind, String, String)> {
    let entries = server.store.ledger(&org.into(), 0, 100).await.unwrap().items;
    entries.into_iter().map(|entry| (entry.record.kind, entry.record.principal, entry.record.detail)).collect()
}

/// Holds an answer against the schema that the document promises for it.
pub(crate) fn conforms(method: &str, pattern: &str, status: &str, answer: &Answer) {
    let document = openapi::document();
    let content = &document["paths"][pattern][method]["responses"][status]["content"]["application/json"];
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&answer.json()).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new(), "{method} {pattern}: {}", answer.text);
}

#[tokio::test]
async fn an_org_is_added_once_and_the_answer_says_which_secrets_must_hold_its_keys() {
    let server = Server::observing().await;
    let wanted = json!({"id": "org-2", "name": " Second Ltd "});
    for who in ["reader", "approver"] {
        assert_eq!(server.post(who, "/v1/orgs", &wanted).await.status, 403, "{who}");
    }
    let added = server.post("admin", "/v1/orgs", &wanted).await;
    assert_eq!((added.status, added.header("location")), (201, "/v1/orgs/org-2"), "{}", added.text);
    conforms("post", "/v1/orgs", "201", &added);
    let answer = added.json();
    assert_eq!((&answer["name"], &answer["state"]), (&json!("Second Ltd"), &json!("active")));
    let secrets: Vec<&str> =
        answer["secrets"].as_array().unwrap().iter().map(|one| one["secret"].as_str().unwrap()).collect();
    assert_eq!(secrets, ["atlassian-read", "webhook", "atlassian-unscoped"]);
    assert!(answer["secrets"][0]["entry"]["org-2"]["key"].is_string(), "{}", added.text);
    assert_eq!(glance(&server, "org-2").await, at("active", "no_report"));
    let again = server.post("admin", "/v1/orgs", &wanted).await;
    assert_eq!(again.status, 409);
    assert!(again.json()["detail"].as_str().unwrap().contains("governed already"), "{}", again.text);
    let entry = (LedgerKind::OrgAdded, "admin".into(), "the org was added to those governed".into());
    assert_eq!(ledger(&server, "org-2").await, [entry]);
}

#[tokio::test]
async fn what_is_no_org_is_refused_with_the_reason() {
    let server = Server::observing().await;
    for body in
        [json!({}), json!({"id": "a,b"}), json!({"id": ""}), json!({"id": "o", "name": ""}), json!({"id": "o", "x": 1})]
    {
        assert_eq!(server.post("admin", "/v1/orgs", &body).await.status, 400, "{body}");
    }
    assert_eq!(server.all("/v1/orgs").await.len(), 1);
}

#[tokio::test]
async fn an_org_is_paused_and_continued_and_each_is_in_the_ledger_once() {
    let server = Server::observing().await;
    let (pause, go_on) = (json!({"state": "paused"}), json!({"state": "active"}));
    for who in ["reader", "approver"] {
        assert_eq!(patch(&server, who, ORG, &pause).await.status, 403, "{who}");
    }
    let paused = patch(&server, "admin", ORG, &pause).await;
    assert_eq!((paused.status, &paused.json()["state"]), (200, &json!("paused")));
    conforms("patch", "/v1/orgs/{org}", "200", &paused);
    assert_eq!(patch(&server, "admin", ORG, &pause).await.status, 200, "the same again");
    assert_eq!(glance(&server, ORG).await, at("paused", "paused"));
    let refused = server.send("approver", "POST", "/v1/orgs/org-1/reports", &[], "").await;
    assert_eq!(refused.status, 409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("paused"), "{}", refused.text);
    assert_eq!(server.post("admin", "/v1/orgs", &json!({"id": ORG})).await.status, 409);
    assert_eq!(patch(&server, "admin", ORG, &go_on).await.json()["state"], "active");
    assert_eq!(glance(&server, ORG).await.0, "active");
    let kinds: Vec<LedgerKind> = ledger(&server, ORG).await.into_iter().map(|entry| entry.0).collect();
    assert_eq!(kinds, [LedgerKind::OrgPaused, LedgerKind::OrgContinued]);
}

#[tokio::test]
async fn name_and_scope_are_changed_and_what_is_none_is_refused() {
    let server = Server::observing().await;
    let changed = patch(&server, "admin", ORG, &json!({"name": "New AG", "out_of_scope": ["external_users"]})).await;
    assert_eq!((changed.status, &changed.json()["out_of_scope"]), (200, &json!(["external_users"])));
    let org = server.store.org(&ORG.into()).await.unwrap().unwrap();
    assert_eq!((org.name.as_str(), org.out_of_scope), ("New AG", [SectionName::ExternalUsers].into()));
    let told = ledger(&server, ORG).await;
    assert_eq!((told[0].0, told[0].2.contains("external_users")), (LedgerKind::OrgChanged, true));
    assert!(!told[0].2.contains("New AG"), "the ledger holds no names");
    let unknown = patch(&server, "admin", ORG, &json!({"out_of_scope": ["users", "aliens"]})).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.json()["detail"].as_str().unwrap().contains("each must be one of: users,"), "{}", unknown.text);
    for body in [json!({}), json!({"state": "removed"}), json!({"name": "a\nb"}), json!({"mode": "enforce"})] {
        assert_eq!(patch(&server, "admin", ORG, &body).await.status, 400, "{body}");
    }
    assert_eq!(ledger(&server, ORG).await.len(), 1);
    assert_eq!(patch(&server, "admin", "nowhere", &json!({"state": "paused"})).await.status, 404);
}

#[tokio::test]
async fn a_removed_org_can_be_read_but_not_written_and_comes_back() {
    let server = Server::observing().await;
    for who in ["reader", "approver"] {
        assert_eq!(remove(&server, who, ORG, "").await.status, 403, "{who}");
    }
    assert_eq!(remove(&server, "admin", "nowhere", "").await.status, 404);
    assert_eq!(remove(&server, "admin", ORG, "?purge=maybe").await.status, 400);
    let removed = remove(&server, "admin", ORG, "?purge=false").await;
    assert_eq!((removed.status, &removed.json()["state"]), (202, &json!("removed")));
    conforms("delete", "/v1/orgs/{org}", "202", &removed);
    assert_eq!(remove(&server, "admin", ORG, "").await.status, 202, "the same again");
    assert_eq!(glance(&server, ORG).await, at("removed", "removed"));
    assert_eq!(server.get("/v1/orgs/org-1/reports/latest").await.status, 200);
    assert_eq!(server.all("/v1/orgs/org-1/ledger").await.len(), 1);
    let stop = json!({"stopped": true, "reason": "x"});
    let written = server.put("approver", "/v1/orgs/org-1/stop", &stop).await;
    assert_eq!(written.status, 409);
    assert!(written.json()["detail"].as_str().unwrap().contains("POST /v1/orgs adds it again"), "{}", written.text);
    assert_eq!(patch(&server, "admin", ORG, &json!({"state": "active"})).await.status, 409);
    let back = server.post("admin", "/v1/orgs", &json!({"id": ORG})).await;
    assert_eq!((back.status, &back.json()["name"]), (201, &json!("Example GmbH")));
    assert_eq!(glance(&server, ORG).await.0, "active");
    let kinds: Vec<LedgerKind> = ledger(&server, ORG).await.into_iter().map(|entry| entry.0).collect();
    assert_eq!(kinds, [LedgerKind::OrgRemoved, LedgerKind::OrgAdded]);
}

#[tokio::test]
async fn a_purge_says_what_is_left_to_do_and_cannot_be_taken_back() {
    let server = Server::observing().await;
    let purged = remove(&server, "admin", ORG, "?purge=true").await;
    assert_eq!((purged.status, &purged.json()["state"]), (202, &json!("purging")));
    conforms("delete", "/v1/orgs/{org}", "202", &purged);
    assert!(purged.text.contains("ORGS") && purged.text.contains("webhook"), "{}", purged.text);
    assert_eq!(glance(&server, ORG).await, at("purging", "purging"));
    assert_eq!(remove(&server, "admin", ORG, "?purge=true").await.status, 202, "the same again");
    assert_eq!(remove(&server, "admin", ORG, "").await.status, 409);
    assert_eq!(server.post("admin", "/v1/orgs", &json!({"id": ORG})).await.status, 409);
    assert_eq!(ledger(&server, ORG).await.len(), 1);
}

#[tokio::test]
async fn who_is_limited_to_some_orgs_adds_and_removes_no_others() {
    let server = Server::observing().await;
    let foreign = server.post("other-admin", "/v1/orgs", &json!({"id": "org-9"})).await;
    assert_eq!(foreign.status, 403);
    assert!(foreign.json()["detail"].as_str().unwrap().contains("for other orgs"), "{}", foreign.text);
    assert_eq!(server.post("other-admin", "/v1/orgs", &json!({"id": ORG})).await.status, 403);
    assert_eq!(patch(&server, "other-admin", ORG, &json!({"state": "paused"})).await.status, 404);
    assert_eq!(remove(&server, "other-admin", ORG, "?purge=true").await.status, 404);
    assert_eq!(server.post("other-admin", "/v1/orgs", &json!({"id": "another"})).await.status, 201);
    assert_eq!(server.store.org(&OrgId::from("org-9")).await, Ok(None));
    assert_eq!(glance(&server, ORG).await.0, "active");
}
