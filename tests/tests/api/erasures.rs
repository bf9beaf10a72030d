//! Erasures of accounts.

use crate::{
    orgs::conforms,
    server::{ORG, Server},
};
use serde_json::{Value, json};
use shared::{model::LedgerKind, ports::CaseReader};

const ERASURES: &str = "/v1/orgs/org-1/erasures";
const ACCOUNT: &str = "712020:0007";

#[tokio::test]
async fn an_admin_asks_for_an_erasure_once_and_is_told_what_comes_of_it() {
    let server = Server::observing().await;
    let wanted = json!({"account_id": ACCOUNT, "reason": "she wrote to us"});
    for who in ["reader", "approver"] {
        assert_eq!(server.post(who, ERASURES, &wanted).await.status, 403, "{who}");
    }
    let asked = server.post("admin", ERASURES, &wanted).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    conforms("post", "/v1/orgs/{org}/erasures", "202", &asked);
    let answer = asked.json();
    assert_eq!((&answer["state"], &answer["account_id"]), (&json!("asked"), &json!(ACCOUNT)));
    assert_eq!(answer["still_listed"], Value::Null, "the sample has no staged accounts");
    assert!(answer["notes"].to_string().contains("erase the account in Atlassian first"), "{}", asked.text);
    let again = server.post("admin", ERASURES, &json!({"account_id": ACCOUNT, "reason": "again"})).await;
    assert_eq!((again.status, &again.json()["reason"]), (202, &json!("she wrote to us")), "the one that is open");

    let listed = server.get(ERASURES).await;
    conforms("get", "/v1/orgs/{org}/erasures", "200", &listed);
    let items = listed.json()["items"].as_array().cloned().unwrap();
    assert_eq!((items.len(), &items[0]["id"], &items[0]["counts"]), (1, &answer["id"], &json!({})));
    let ledger = server.store.ledger(&ORG.into(), 0, 100).await.unwrap().items;
    let kinds: Vec<LedgerKind> = ledger.iter().map(|entry| entry.record.kind).collect();
    assert_eq!(kinds, [LedgerKind::ErasureAsked], "asked twice is recorded once");
    assert_eq!(ledger[0].record.detail, format!("account {ACCOUNT} is to be erased"));
    assert_eq!(ledger[0].record.principal, "admin");
}

#[tokio::test]
async fn what_is_no_account_or_has_no_reason_is_refused() {
    let server = Server::observing().await;
    for body in [
        json!({}),
        json!({"account_id": ACCOUNT}),
        json!({"account_id": ACCOUNT, "reason": " "}),
        json!({"account_id": "confluence", "reason": "x"}),
        json!({"account_id": "a b c d e 1", "reason": "x"}),
        json!({"account_id": ACCOUNT, "reason": "x", "yes": true}),
    ] {
        assert_eq!(server.post("admin", ERASURES, &body).await.status, 400, "{body}");
    }
    assert_eq!(
        server.post("admin", "/v1/orgs/nowhere/erasures", &json!({"account_id": ACCOUNT, "reason": "x"})).await.status,
        404
    );
    assert_eq!(server.all(ERASURES).await.len(), 0);
}
