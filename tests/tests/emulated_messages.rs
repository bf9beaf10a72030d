//! Mail by Amazon SES and events by Amazon EventBridge with the real SDK, against an emulated AWS.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

use aws_sdk_eventbridge::types::Target;
use aws_smithy_http_client::Builder;
use serde_json::{Value, json};
use shared::{
    model::{Audience, MailAddress, Message, MessageKind, OrgId},
    notify::{Event, EventBridge, SesMailer},
    ports::{Dispatch, EventBus, Mail, Mailer},
};
use std::time::Duration;
use tokenwarden_tests::{dynamo::LocalDynamo, receiver::Receiver};

const ACCOUNT: &str = "000000000000";

/// The emulated AWS; `None`, and said aloud, where it is not installed.
async fn emulated() -> Option<LocalDynamo> {
    let started = LocalDynamo::start_ministack().await;
    if started.is_none() {
        eprintln!(
            "\nSKIPPED: SES and EventBridge were NOT tried with the real SDK. To try them: sh infra/tools/python-tool.sh \
             ministack, or set MINISTACK_URL"
        );
    }
    started
}

macro_rules! client {
    ($sdk:ident, $url:expr) => {{
        let keys = $sdk::config::Credentials::new("test", "test", None, None, "tests");
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .endpoint_url($url)
            .region($sdk::config::Region::new("us-east-1"))
            .credentials_provider(keys)
            .http_client(Builder::new().build_http());
        $sdk::Client::from_conf(config.build())
    }};
}

fn http() -> reqwest::Client {
    shared::http::messages_http_client(Duration::from_secs(10))
}

async fn get(url: String) -> Value {
    http().get(url).send().await.unwrap().json().await.unwrap()
}

/// The SQS API as its JSON protocol has it; the emulation checks no signature.
async fn create_queue(aws: &LocalDynamo, name: &str) {
    let request = http().post(aws.url()).header("x-amz-target", "AmazonSQS.CreateQueue");
    let request =
        request.header("content-type", "application/x-amz-json-1.0").body(json!({ "QueueName": name }).to_string());
    assert_eq!(request.send().await.unwrap().status(), 200);
}

fn mail(from: &str) -> Mail {
    Mail {
        id: "mail-1".into(),
        from: MailAddress::new(from),
        to: MailAddress::new("alice@example.com"),
        subject: "Your API token 'größe' expires 4 Feb 2027".into(),
        text: "First.\n\nSecond.".into(),
        at: "2026-11-21T12:00:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn ses_takes_a_mail_and_what_it_rejects_is_told_by_its_code() {
    let Some(aws) = emulated().await else { return };
    let client = client!(aws_sdk_sesv2, aws.url());
    client.create_email_identity().email_identity("example.com").send().await.unwrap();
    let mailer = SesMailer::new(client);
    assert_eq!(mailer.mail(&mail("tokens@example.com")).await, Ok(()));
    let taken = get(format!("{}/_ministack/ses/messages?account={ACCOUNT}", aws.url())).await;
    let messages = taken["messages"][ACCOUNT].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{taken}");
    assert_eq!(
        (&messages[0]["Source"], &messages[0]["To"]),
        (&json!("tokens@example.com"), &json!(["alice@example.com"]))
    );
    assert_eq!(messages[0]["Subject"], "Your API token 'größe' expires 4 Feb 2027");
    assert_eq!(messages[0]["BodyText"], "First.\n\nSecond.");
    let rejected = mailer.mail(&mail("no-address")).await.unwrap_err();
    assert_eq!(rejected.reason, "SES: MessageRejected");
}

#[tokio::test]
async fn a_mail_bears_its_id_in_a_header_of_its_own() {
    let receiver = Receiver::start().await;
    let _answer = SesMailer::new(client!(aws_sdk_sesv2, receiver.at(""))).mail(&mail("tokens@example.com")).await;
    let sent = receiver.received("/v2/email/outbound-emails").remove(0).json();
    let headers = &sent["Content"]["Simple"]["Headers"];
    assert_eq!(headers[0], json!({ "Name": "X-Tokenwarden-Message", "Value": "mail-1" }), "{sent}");
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_told_without_addresses() {
    let refused = SesMailer::new(client!(aws_sdk_sesv2, "http://127.0.0.1:1")).mail(&mail("tokens@example.com")).await;
    let reason = refused.unwrap_err().reason;
    assert!(reason.starts_with("SES: ") && !reason.contains('@'), "{reason}");
    let bus = EventBridge::new(client!(aws_sdk_eventbridge, "http://127.0.0.1:1"), "tokenwarden".into());
    let (org, message) = (OrgId::from("org-1"), message());
    let refused = bus.put(Event::of(Dispatch { org: &org, message: &message, now: message.at })).await;
    assert!(refused.unwrap_err().reason.starts_with("EventBridge: "));
}

fn message() -> Message {
    Message {
        id: "m-1".into(),
        audience: Audience::Security,
        kind: MessageKind::Done,
        action: Some("act-1".into()),
        credential: None,
        rule: None,
        subject: "Alice's token was revoked".into(),
        text: "Alice".into(),
        at: "2026-11-21T12:00:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn event_bridge_hands_on_an_event_with_ids_only_and_refuses_a_bus_that_is_not_there() {
    let Some(aws) = emulated().await else { return };
    let client = client!(aws_sdk_eventbridge, aws.url());
    client.create_event_bus().name("tokenwarden").send().await.unwrap();
    create_queue(&aws, "seen").await;
    let pattern = json!({ "source": ["tokenwarden"] }).to_string();
    client.put_rule().name("all").event_bus_name("tokenwarden").event_pattern(pattern).send().await.unwrap();
    let target = Target::builder().id("seen").arn(format!("arn:aws:sqs:us-east-1:{ACCOUNT}:seen")).build().unwrap();
    client.put_targets().rule("all").event_bus_name("tokenwarden").targets(target).send().await.unwrap();

    let (org, message) = (OrgId::from("org-1"), message());
    let dispatch = Dispatch { org: &org, message: &message, now: message.at };
    assert_eq!(EventBridge::new(client.clone(), "tokenwarden".into()).put(Event::of(dispatch)).await, Ok(()));
    let queued = get(format!("{}/_ministack/sqs/messages?account={ACCOUNT}", aws.url())).await;
    let queues = &queued["messages"][ACCOUNT]["us-east-1"];
    let body = queues.as_object().unwrap().values().next().unwrap()[0]["Body"].as_str().unwrap();
    let event: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&event["source"], &event["detail-type"]), (&json!("tokenwarden"), &json!("done")));
    assert_eq!((&event["detail"]["id"], &event["detail"]["action"]), (&json!("m-1"), &json!("act-1")));
    assert!(!body.contains("Alice"), "ids only: {body}");
    let elsewhere = "arn:aws:events:us-east-1:111111111111:event-bus/none".to_owned();
    let refused = EventBridge::new(client, elsewhere).put(Event::of(dispatch)).await.unwrap_err();
    assert!(refused.reason.starts_with("EventBridge: "), "{refused:?}");
}
