//! What the security team gets, and what becomes of it where a channel does not take it.

use crate::setup::{HOUR, MINUTE, POLICY, SIGNING, message, reason, standing, sweep_for, tell, to_security, world};
use serde_json::json;
use shared::{
    clock::NoDeadline,
    model::{Audience, MessageState},
    ports::{Clock, OutboxStore},
};
use standardwebhooks::Webhook;
use tokenwarden_tests::{
    doom::{Doom, Doomed, Side},
    receiver::Received,
    world::World,
};

#[tokio::test]
async fn a_message_reaches_every_channel_once_and_each_in_its_own_form() {
    let (world, receiver) = world().await;
    let message = to_security(&world, "cause");
    tell(&world, std::slice::from_ref(&message)).await;
    sweep_for(&world, 10 * MINUTE, 3).await;
    assert_eq!(standing(&world, &message.id).await.state, MessageState::Sent);
    let [slack, teams, siem] = ["/slack", "/teams", "/siem"].map(|path| one(receiver.received(path)));
    assert_eq!(slack.json()["text"], "*Subject cause*\nText of cause.\n\nSecond paragraph.");
    let card = &teams.json()["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(card["content"]["body"][1]["inlines"][0]["text"], "Text of cause.");
    assert_eq!(siem.json()["type"], "tokenwarden.notice");
    let events = world.ways.events();
    assert_eq!((events.len(), &events[0].detail["id"]), (1, &json!(message.id)));
    assert_eq!(world.ways.mails(), []);
}

fn one(received: Vec<Received>) -> Received {
    let [one] = received.try_into().expect("it came once");
    one
}

#[tokio::test]
async fn a_webhook_verifies_by_the_library_of_the_scheme_and_bears_the_message_s_id() {
    let (world, receiver) = world().await;
    let message = to_security(&world, "cause");
    tell(&world, std::slice::from_ref(&message)).await;
    world.sweep().await;
    let siem = one(receiver.received("/siem"));
    assert_eq!(siem.header("webhook-id"), message.id.as_str());
    let timestamp: i64 = siem.header("webhook-timestamp").parse().expect("whole seconds");
    assert_eq!(timestamp, world.clock.now().timestamp());
    let verifier = Webhook::new(SIGNING).expect("a secret of the scheme");
    let expected = verifier.sign(message.id.as_str(), timestamp, siem.body.as_bytes()).expect("it signs");
    assert_eq!(siem.header("webhook-signature"), expected);
    let forged = verifier.sign(message.id.as_str(), timestamp, b"{}").expect("it signs");
    assert_ne!(siem.header("webhook-signature"), forged);
}

#[tokio::test]
async fn a_channel_that_fails_is_tried_again_and_given_up_while_the_others_are_not_bothered_twice() {
    let (world, receiver) = world().await;
    receiver.answer("/slack", 500, None);
    let message = to_security(&world, "cause");
    tell(&world, std::slice::from_ref(&message)).await;
    world.sweep().await;
    let waiting = standing(&world, &message.id).await;
    assert_eq!((waiting.state, waiting.delivered.len()), (MessageState::Waiting, 3));
    assert_eq!(waiting.reason.as_deref(), Some("try 1 failed: Slack (slack-security): status 500"));
    sweep_for(&world, 6 * HOUR, 9).await;
    let dead = standing(&world, &message.id).await;
    assert_eq!((dead.state, dead.attempts), (MessageState::Dead, 8));
    assert_eq!((receiver.received("/slack").len(), receiver.received("/teams").len()), (8, 1));
    assert_eq!((receiver.received("/siem").len(), world.ways.events().len()), (1, 1));
    let listed = world.store().undelivered(&world.org, 10).await.expect("it is read").items;
    assert_eq!(listed[0].reason, "given up after 8 tries: Slack (slack-security): status 500");
}

#[tokio::test]
async fn a_channel_that_asks_for_patience_gets_it() {
    let (world, receiver) = world().await;
    receiver.answer("/teams", 429, Some(20 * 60));
    let message = to_security(&world, "cause");
    tell(&world, std::slice::from_ref(&message)).await;
    sweep_for(&world, MINUTE, 20).await;
    assert_eq!(receiver.received("/teams").len(), 1);
    receiver.answer("/teams", 202, None);
    world.sweep().await;
    assert_eq!((receiver.received("/teams").len(), receiver.received("/slack").len()), (2, 1));
    assert_eq!(standing(&world, &message.id).await.state, MessageState::Sent);
}

#[tokio::test]
async fn an_endpoint_that_nobody_entered_is_told_by_its_name_and_the_mend() {
    let (world, receiver) = world().await;
    world.ways.set_endpoints(world.org.as_str(), &json!({ "siem": { "url": receiver.at("/siem") } }));
    let message = to_security(&world, "cause");
    tell(&world, std::slice::from_ref(&message)).await;
    world.sweep().await;
    let why = reason(&world, &message.id).await;
    assert!(why.contains("Slack (slack-security): secret messages: has no entry `slack-security`"), "{why}");
    assert!(why.contains("webhook (siem): its entry in the secret messages has no `signing` secret"), "{why}");
    assert!(!why.contains("127.0.0.1"), "{why}");
}

#[tokio::test]
async fn without_recipients_nothing_is_tried_and_the_message_says_so_at_once() {
    let (world, receiver) = world().await;
    world.put_policy(POLICY.split_once("recipients:").expect("it has some").0).await;
    let message = to_security(&world, "cause");
    tell(&world, std::slice::from_ref(&message)).await;
    world.sweep().await;
    let withheld = standing(&world, &message.id).await;
    assert_eq!((withheld.state, withheld.attempts, withheld.next_at), (MessageState::Withheld, 0, None));
    assert!(reason(&world, &message.id).await.contains("the policy names no recipients"));
    assert_eq!(receiver.received("/slack").len(), 0);
    assert_eq!(world.store().undelivered(&world.org, 10).await.expect("it is read").items, []);
}

#[tokio::test]
async fn two_sweeps_at_once_send_once() {
    let (world, receiver) = world().await;
    let messages: Vec<_> = (0..5).map(|n| to_security(&world, &format!("cause {n}"))).collect();
    tell(&world, &messages).await;
    tokio::join!(world.sweep(), world.sweep(), world.sweep());
    sweep_for(&world, 5 * MINUTE, 3).await;
    for path in ["/slack", "/teams", "/siem"] {
        assert_eq!(receiver.received(path).len(), 5, "{path}");
    }
}

/// Sends with a process that dies at a call to its tables, then with one that lives.
pub(crate) async fn send_dying(world: &World, doom: &Doom) {
    let store = world.store_by(world.dynamo.doomed_client(doom));
    let app = world.remediation(store, Doomed { revoker: world.revoker(), doom: doom.clone() });
    let _ = app.run(remediate_tokens::Trigger::Sweep, &NoDeadline).await;
    sweep_for(world, 5 * MINUTE, 3).await;
}

#[tokio::test]
async fn a_crash_at_any_call_loses_no_message_and_a_repetition_bears_the_same_id() {
    let (world, receiver) = world().await;
    let (mut struck, mut repeated) = (0, 0);
    for side in [Side::Before, Side::After] {
        for at in 1.. {
            let message = message(&world, &format!("{side:?} {at}"), Audience::Security);
            tell(&world, std::slice::from_ref(&message)).await;
            let doom = Doom::at(at, side);
            send_dying(&world, &doom).await;
            assert_eq!(standing(&world, &message.id).await.state, MessageState::Sent, "{side:?} {at}");
            let came = receiver.received("/siem");
            let mine = came.iter().filter(|one| one.header("webhook-id") == message.id.as_str()).count();
            assert!((1..=2).contains(&mine), "{side:?} {at}: it came {mine} times");
            repeated += mine - 1;
            if !doom.struck() {
                break;
            }
            struck += 1;
        }
    }
    assert!(struck >= 15, "only {struck} calls were found");
    assert!((1..=3).contains(&repeated), "{repeated}: only between sending and recording");
}
