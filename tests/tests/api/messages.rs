//! Messages: the list, sending again, and what the page says.

use crate::server::{ORG, Server};
use serde_json::json;
use shared::{
    decide::outbox,
    model::{Audience, Message, MessageKind, Outgoing, Versioned},
    ports::{CaseChange, CaseStore, OutboxChange, OutboxStore},
};
use tokenwarden_tests::sample;

fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        audience: Audience::Owner("712020:ann".into()),
        kind: MessageKind::Notice,
        action: None,
        credential: None,
        rule: None,
        subject: "A subject".into(),
        text: "A text.".into(),
        at: sample::now(),
    }
}

/// One message that waits, one that was sent and one that was given up.
async fn told(server: &Server) {
    let messages = ["waits", "sent", "dead"].map(message);
    let change = CaseChange { messages: messages.to_vec(), ..CaseChange::default() };
    server.store.apply(&ORG.into(), &change).await.unwrap();
    let at = |value| Versioned { version: 1, value };
    let sent = at(outbox::sent(&Outgoing::new(message("sent")), sample::now()));
    let dead = at(outbox::dead(&Outgoing::new(message("dead")), "given up after 8 tries: mail: SES: <b>".into()));
    let change = OutboxChange { messages: vec![sent, dead], mailbox: None };
    server.store.put_outgoing(&ORG.into(), &change).await.unwrap();
}

#[tokio::test]
async fn messages_are_listed_by_state_with_the_reason() {
    let server = Server::enforcing().await;
    told(&server).await;
    assert_eq!(server.all("/v1/orgs/org-1/messages").await.len(), 3);
    let dead = server.all("/v1/orgs/org-1/messages?state=dead").await;
    assert_eq!(dead.len(), 1);
    assert_eq!((&dead[0]["id"], &dead[0]["audience"]["kind"]), (&json!("dead"), &json!("owner")));
    assert_eq!(dead[0]["reason"], "given up after 8 tries: mail: SES: <b>");
    assert_eq!(server.get("/v1/orgs/org-1/messages?state=lost").await.status, 400);
}

#[tokio::test]
async fn the_issue_that_was_opened_for_a_message_is_shown() {
    let server = Server::enforcing().await;
    let ticket = Message { audience: Audience::Tickets, kind: MessageKind::Ticket, ..message("ticket") };
    let change = CaseChange { messages: vec![ticket.clone()], ..CaseChange::default() };
    server.store.apply(&ORG.into(), &change).await.unwrap();
    let opened = outbox::opened(&Outgoing::new(ticket), "SEC-12".into(), sample::now());
    let change = OutboxChange { messages: vec![Versioned { version: 1, value: opened }], mailbox: None };
    server.store.put_outgoing(&ORG.into(), &change).await.unwrap();
    let shown = &server.all("/v1/orgs/org-1/messages").await[0];
    assert_eq!((&shown["ticket"], &shown["reason"]), (&json!("SEC-12"), &json!("opened SEC-12")));
    assert_eq!((&shown["kind"], &shown["audience"]["kind"]), (&json!("ticket"), &json!("tickets")));
}

#[tokio::test]
async fn an_approver_sends_again_what_was_given_up_and_nothing_else() {
    let server = Server::enforcing().await;
    told(&server).await;
    let retry = |id: &str| format!("/v1/orgs/org-1/messages/{id}/retry");
    assert_eq!(server.post("reader", &retry("dead"), &json!({})).await.status, 403);
    let answer = server.post("approver", &retry("dead"), &json!({})).await;
    assert_eq!((answer.status, &answer.json()["state"]), (202, &json!("waiting")));
    for (id, status) in [("dead", 409), ("sent", 409), ("waits", 409), ("none", 404)] {
        assert_eq!(server.post("approver", &retry(id), &json!({})).await.status, status, "{id}");
    }
    assert_eq!(server.all("/v1/orgs/org-1/messages?state=dead").await.len(), 0);
}

#[tokio::test]
async fn the_page_says_how_many_messages_could_not_be_delivered_and_why() {
    let server = Server::enforcing().await;
    assert!(!server.get("/").await.text.contains("could not be delivered"));
    told(&server).await;
    let page = server.get("/").await.text;
    let said = "1 message could not be delivered: given up after 8 tries: mail: SES: &#60;b&#62;.";
    assert!(page.contains(said), "{page}");
}
