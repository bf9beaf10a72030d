//! What people enter: the register, exemptions, sponsors; and what is said of use.

use crate::server::Server;
use serde_json::{Value, json};
use serve_reports::Pages;
use shared::model::{LedgerKind, Mode};
use shared::ports::CaseReader;

const TOKEN: &str = "/v1/orgs/org-1/credentials/user_api_token/tok%2F071";
const EXEMPTIONS: &str = "/v1/orgs/org-1/exemptions";

async fn finding(server: &Server) -> Value {
    server.all("/v1/orgs/org-1/findings?status=open").await.swap_remove(0)
}

#[tokio::test]
async fn what_is_entered_about_a_credential_is_shown_at_once_and_stands_in_the_ledger() {
    let server = Server::observing().await;
    let entry = json!({ "purpose": "payroll, monthly", "responsible": "finance", "review_by": "2026-12-01" });
    let written = server.put("approver", &format!("{TOKEN}/register"), &entry).await;
    assert_eq!((written.status, &written.json()["review"]), (200, &json!("confirmed")));
    assert_eq!(server.get(TOKEN).await.json()["register"]["purpose"], "payroll, monthly");
    let rows = server.all("/v1/orgs/org-1/reports/latest/credentials").await;
    let row = rows.iter().find(|row| row["id"] == "tok/071").unwrap();
    assert_eq!(row["register"]["responsible"], "finance");
    let ledger = server.store.ledger(&"org-1".into(), 0, 100).await.unwrap().items;
    assert_eq!(ledger.last().unwrap().record.kind, LedgerKind::RegisterChanged);
    assert_eq!(server.send("approver", "DELETE", &format!("{TOKEN}/register"), &[], "").await.status, 200);
    assert_eq!(server.get(TOKEN).await.json()["register"], Value::Null);
}

#[tokio::test]
async fn an_entry_about_a_credential_that_nobody_has_seen_is_refused() {
    let server = Server::observing().await;
    let path = "/v1/orgs/org-1/credentials/user_api_token/misspelt/register";
    let refused = server.put("approver", path, &json!({ "purpose": "x" })).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    let refused = server.put("approver", &format!("{TOKEN}/register"), &json!({ "label": "mine" })).await;
    assert!(refused.status == 400 && refused.text.contains("registered"), "{}", refused.text);
}

#[tokio::test]
async fn the_register_goes_out_as_csv_and_comes_back_as_the_same() {
    let server = Server::observing().await;
    let file = "kind,id,label,purpose,review_by,expires_at\r\n\
                registered,scim,Okta SCIM key,\"=provisioning, daily\",2027-01-31,2027-03-01\r\n\
                user_api_token,tok/071,,payroll,,\r\n";
    let csv = "/v1/orgs/org-1/register.csv";
    assert_eq!(server.send("approver", "PUT", csv, &[], file).await.json(), json!({ "written": 2 }));
    let out = server.get(csv).await.text;
    assert!(out.contains("'=provisioning") && out.contains("2027-03-01T23:59:59Z"), "{out}");
    assert_eq!(server.send("approver", "PUT", csv, &[], &out).await.json(), json!({ "written": 2 }));
    assert_eq!(server.get(csv).await.text, out);
    let wrong = server.send("approver", "PUT", csv, &[], "kind,id\r\nuser_api_token,tok/071\r\nuser_token,x\r\n").await;
    assert!(wrong.status == 400 && wrong.text.contains("line 3"), "{}", wrong.text);
}

#[tokio::test]
async fn the_form_of_the_page_enters_with_the_token_of_an_approver_only() {
    let server = Server::in_mode(Mode::Observe, Pages::Open).await;
    let path = "/orgs/org-1/credentials/user_api_token/tok%2F071/register";
    let sent = server.send("", "POST", path, &[], "purpose=payroll+run&token=approver").await;
    assert_eq!((sent.status, sent.header("location")), (303, "/orgs/org-1/credentials/user_api_token/tok%2F071"));
    assert!(server.send("", "GET", sent.header("location"), &[], "").await.text.contains("payroll run"));
    assert_eq!(server.send("", "POST", path, &[], "purpose=x&token=reader").await.status, 403);
    assert_eq!(server.send("", "POST", path, &[], "purpose=x").await.status, 401);
}

#[tokio::test]
async fn an_exemption_is_seen_at_once_and_until_it_is_ended() {
    let server = Server::observing().await;
    let finding = finding(&server).await;
    let scope = json!({ "credential": finding["subject"], "rule": finding["rule"] });
    let asked = json!({ "scope": scope, "reason": "payroll runs on it", "until": "2027-01-31" });
    let granted = server.post("approver", EXEMPTIONS, &asked).await;
    assert_eq!(granted.status, 201, "{}", granted.text);
    let exempt = server.all("/v1/orgs/org-1/findings?status=exempt").await;
    assert_eq!(exempt.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&finding["id"]]);
    let id = granted.json()["id"].as_str().unwrap().to_owned();
    let ended = server.send("approver", "DELETE", &format!("{EXEMPTIONS}/{id}"), &[], "").await;
    assert_eq!(ended.json()["in_force"], false);
    assert!(server.all("/v1/orgs/org-1/findings?status=exempt").await.is_empty());
    assert_eq!(server.get(EXEMPTIONS).await.json()["items"].as_array().unwrap().len(), 1, "what ended stays visible");
}

#[tokio::test]
async fn a_risk_is_accepted_with_a_reason_and_an_end_and_neither_may_lack() {
    let server = Server::observing().await;
    let id = finding(&server).await["id"].as_str().unwrap().to_owned();
    let accept = format!("/v1/orgs/org-1/findings/{id}/accept");
    let accepted = server.post("approver", &accept, &json!({ "reason": "known", "until": "2027-01-31" })).await;
    assert_eq!(accepted.status, 201, "{}", accepted.text);
    assert_eq!(server.all("/v1/orgs/org-1/findings?status=accepted").await.len(), 1);
    for wrong in [
        json!({ "reason": "known" }),
        json!({ "until": "2027-01-31" }),
        json!({ "reason": "known", "until": "2020-01-31" }),
        json!({ "reason": "known", "until": "2030-01-31" }),
        json!({ "reason": " ", "until": "2027-01-31" }),
    ] {
        assert_eq!(server.post("approver", &accept, &wrong).await.status, 400, "{wrong}");
    }
    for scope in [json!({}), json!({ "label": "*" }), json!({ "rule": "unusd" })] {
        let asked = json!({ "scope": scope, "reason": "x", "until": "2027-01-31" });
        assert_eq!(server.post("approver", EXEMPTIONS, &asked).await.status, 400, "{scope}");
    }
}

#[tokio::test]
async fn of_a_credential_and_of_a_group_it_is_said_what_would_stop() {
    let server = Server::observing().await;
    let impact = server.get(TOKEN).await.json()["if_revoked"].clone();
    assert!(!impact["sentence"].as_str().unwrap().is_empty() && !impact["limits"].as_str().unwrap().is_empty());
    let group = server.get("/v1/orgs/org-1/impact?relation=managed&limit=20").await.json();
    assert!(group["sentence"].as_str().unwrap().starts_with("Blocking tokens for this group"), "{group}");
    assert_eq!(group["items"].as_array().unwrap().len(), 20);
    let two = server.get("/v1/orgs/org-1/impact?owner=712020:0001,712020:0002&limit=1000").await.json();
    assert_eq!(two["owners"].as_array().unwrap().len(), 2);
}
