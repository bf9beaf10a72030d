//! The ledger as JSON Lines, its published heads and their key.

use crate::server::Server;
use serde_json::{Value, json};
use serve_reports::Pages;
use shared::{
    decide::{
        export::{self, Transcript},
        head::{Vouched, check},
    },
    model::{LedgerHead, PublicKey, SignedHead},
};

const LEDGER: &str = "/v1/orgs/org-1/ledger";

async fn with_entries() -> Server {
    let server = Server::observing().await;
    for (who, stopped) in [("approver", true), ("admin", false)] {
        let body = json!({ "stopped": stopped, "reason": "test" });
        assert_eq!(server.put(who, "/v1/orgs/org-1/stop", &body).await.status, 200);
    }
    server
}

#[tokio::test]
async fn the_lines_of_the_export_are_those_that_the_hashes_are_over() {
    let server = with_entries().await;
    let (mut text, mut next) = (String::new(), Some(format!("{LEDGER}.jsonl?limit=1")));
    while let Some(path) = next {
        let answer = server.get(&path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/jsonl"), "{}", answer.text);
        let link = answer.header("link").to_owned();
        next = link.strip_prefix('<').and_then(|link| link.split_once('>')).map(|(path, _)| path.to_owned());
        text += &answer.text;
    }
    let transcript = Transcript::of_export(text.as_bytes());
    let head = transcript.verify(&"org-1".into(), &LedgerHead::default(), &[]).unwrap();
    assert_eq!((head.seq, text.lines().count()), (2, 2));
    let accepted = server.send("reader", "GET", LEDGER, &[("accept", "application/jsonl")], "").await;
    assert_eq!(accepted.text, text);
}

#[tokio::test]
async fn a_published_head_is_listed_with_the_key_that_verifies_it() {
    let server = with_entries().await;
    assert_eq!(server.all(&format!("{LEDGER}/heads")).await, Vec::<Value>::new());
    assert_eq!(server.get(&format!("{LEDGER}/key")).await.status, 404);
    server.publish_signed_head().await;
    let heads = server.all(&format!("{LEDGER}/heads")).await;
    let head: SignedHead = serde_json::from_value(heads[0].clone()).unwrap();
    let key = PublicKey::read_pem(&server.get(&format!("{LEDGER}/key")).await.text).unwrap()[0];
    assert_eq!((heads.len(), check(&head, &[key])), (1, Ok(Vouched::By(key))));
    let lines = server.get(&format!("{LEDGER}.jsonl")).await.text;
    let transcript = Transcript::of_export(lines.as_bytes());
    assert_eq!(transcript.verify(&"org-1".into(), &LedgerHead::default(), &[head.head()]), Ok(head.head()));
    assert_eq!(export::read::<SignedHead>(export::line(&head).as_bytes()), (vec![head], None));
}

#[tokio::test]
async fn only_readers_of_the_org_see_them() {
    let server = Server::empty(Pages::Open).await;
    for path in [".jsonl", "/heads", "/key"].map(|end| format!("{LEDGER}{end}")) {
        assert_eq!(server.send("", "GET", &path, &[], "").await.status, 401, "{path}");
        assert_eq!(server.send("stranger", "GET", &path, &[], "").await.status, 404, "{path}");
    }
}
