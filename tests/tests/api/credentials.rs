//! Reports and their rows.

use crate::server::Server;
use serde_json::Value;
use std::collections::BTreeSet;
use tokenwarden_tests::sample;

const ROWS: &str = "/v1/orgs/org-1/reports/latest/credentials";

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn paging_to_the_end_gives_every_row_once() {
    let server = Server::observing().await;
    let rows = server.all(ROWS).await;
    assert_eq!((rows.len() as u64, ids(&rows).len() as u64), (sample::ROWS, sample::ROWS));
}

#[tokio::test]
async fn filters_hold_together_and_paging_through_them_gives_every_row_once() {
    let server = Server::observing().await;
    let low = server.all(&format!("{ROWS}?severity=low&rule=expires-soon")).await;
    let expected = (0..sample::ROWS as i64).map(sample::row).filter(|row| {
        row.findings.iter().any(|one| one.rule == "expires-soon" && one.severity == shared::model::Severity::Low)
    });
    assert_eq!(ids(&low).len(), low.len());
    assert_eq!(low.len(), expected.count());
    let keys = server.all(&format!("{ROWS}?kind=org_api_key")).await;
    assert_eq!(keys.len(), 10);
    let owned = server.all(&format!("{ROWS}?owner=ada.okafor%40example.com&q=ZAPIER")).await;
    assert!(!owned.is_empty());
    assert!(owned.iter().all(|row| row["owner"]["name"] == "Ada Okafor" && row["label"] == "zapier sync"));
}

#[tokio::test]
async fn a_misspelt_filter_is_refused_because_it_would_look_clean() {
    let server = Server::observing().await;
    for query in ["rule=unusd", "servity=high", "severity=hihg", "kind=token", "limit=0", "limit=1001"] {
        assert_eq!(server.get(&format!("{ROWS}?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn an_unknown_cursor_is_refused_everywhere() {
    let server = Server::observing().await;
    let foreign = server.get(&format!("{ROWS}?limit=5")).await.json()["next"].as_str().unwrap().to_owned();
    for list in ["reports", "findings", "plan", "actions", "ledger", "quarantine"] {
        for cursor in ["nonsense", &foreign] {
            let answer = server.get(&format!("/v1/orgs/org-1/{list}?cursor={cursor}")).await;
            assert_eq!(answer.status, 400, "{list} {cursor}");
        }
    }
    assert_eq!(server.get(&format!("{ROWS}?cursor=nonsense")).await.status, 400);
    let other = format!("/v1/orgs/org-1/reports/20261120T120000Z-aa/credentials?cursor={foreign}");
    assert_eq!(server.get(&other).await.status, 400);
}

#[tokio::test]
async fn csv_escapes_and_neutralises_and_is_paged_alike() {
    let server = Server::observing().await;
    let answer = server.send("reader", "GET", &format!("{ROWS}?limit=1000"), &[("accept", "text/csv")], "").await;
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(answer.text.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "a formula");
    assert!(answer.text.contains("\"payroll, monthly\nrun\""), "a line break");
    let paged = server.get(&format!("{ROWS}.csv?limit=10")).await;
    assert_eq!(paged.text.matches("\r\n").count(), 11);
    assert!(paged.header("link").ends_with("; rel=\"next\""), "{}", paged.header("link"));
}

#[tokio::test]
async fn changes_walk_both_reports_to_their_ends() {
    let server = Server::observing().await;
    let changes = server.all("/v1/orgs/org-1/reports/latest/changes?against=20261120T120000Z-aa").await;
    let of = |kind: &str| changes.iter().filter(|one| one["change"] == kind).count();
    assert_eq!((of("added"), of("removed"), changes.len()), (4, 1, 5));
    assert_eq!(server.get("/v1/orgs/org-1/reports/latest/changes").await.status, 400);
}

#[tokio::test]
async fn a_credential_is_shown_with_its_use_findings_and_actions() {
    let server = Server::observing().await;
    let shown = server.get("/v1/orgs/org-1/credentials/user_api_token/tok%2F071").await.json();
    assert_eq!((shown["id"].as_str(), shown["report"]["id"].as_str()), (Some("tok/071"), Some("20261121T110000Z-bb")));
    assert!(shown["usage"]["uses"].as_u64() > Some(0));
    assert_eq!(server.get("/v1/orgs/org-1/credentials/user_api_token/none").await.status, 404);
    assert_eq!(server.get("/v1/orgs/org-1/credentials/thing/none").await.status, 400);
}

#[tokio::test]
async fn asking_for_a_report_twice_is_asking_once() {
    let server = Server::observing().await;
    let first = server.send("approver", "POST", "/v1/orgs/org-1/reports", &[], "").await;
    let second = server.send("approver-2", "POST", "/v1/orgs/org-1/reports", &[], "").await;
    assert_eq!((first.status, second.status), (202, 202));
    assert!(first.header("location").starts_with("/v1/orgs/org-1/reports/20261121T120000Z"));
    assert_eq!(first.header("location"), second.header("location"));
}
