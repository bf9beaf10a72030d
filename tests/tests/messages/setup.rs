//! An org with a report, a policy and somebody to write to.

use atlassian_sim::SimOptions;
use serde_json::json;
use shared::{
    model::{
        AccountId, Audience, CredentialRef, Message, MessageId, MessageKind, Outgoing, OwnerStatus, Relation, Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, Clock, ReportReader, Written},
};
use std::time::Duration;
use tokenwarden_tests::{receiver::Receiver, world::World};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const SIGNING: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// Enforces, and tells owners by mail and the security team by every kind of channel.
pub(crate) const POLICY: &str = "\
mode: enforce
protected: [nobody-in-particular]
limits: {max_actions: 100, max_share_percent: 100, window_hours: 24}
recipients:
  questions: Ann Admin (ann@example.com)
  sender: tokens@example.com
  fallback: fallback@example.com
  security:
    - {chat: slack, secret: slack-security}
    - {chat: teams, secret: teams-security}
    - webhook: siem
    - event_bus: on
rules:
  expires-soon: {mode: observe}
";

/// Somebody's account with one of its credentials.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) credential: Option<CredentialRef>,
    pub(crate) email: String,
}

/// A world with a report, [`POLICY`], and endpoints that lead to a receiver.
pub(crate) async fn world() -> (World, Receiver) {
    let options = SimOptions { users: 60, tokens: 40, max_events: 400, ..SimOptions::default() };
    let (world, receiver) = (World::with(options).await, Receiver::start().await);
    world.tick_report().await;
    world.put_policy(POLICY).await;
    world.ways.set_endpoints(
        world.org.as_str(),
        &json!({
            "slack-security": { "url": receiver.at("/slack") },
            "teams-security": { "url": receiver.at("/teams") },
            "siem": { "url": receiver.at("/siem"), "signing": SIGNING },
        }),
    );
    (world, receiver)
}

/// Two managed people with tokens and addresses.
pub(crate) async fn managed(world: &World) -> [Person; 2] {
    let report = world.latest().await.expect("a report");
    let mut people: Vec<Person> = Vec::new();
    for row in world.rows(&report).await {
        let Some(owner) = row.owner else { continue };
        let active = owner.relation == Relation::Managed && owner.status == OwnerStatus::Active;
        if let (true, Some(email)) = (active, owner.email)
            && !people.iter().any(|person| person.account == owner.account_id)
        {
            people.push(Person { account: owner.account_id, credential: Some(row.credential.reference), email });
        }
    }
    people.truncate(2);
    people.try_into().expect("two managed owners of tokens")
}

/// An external of whom an address is known.
pub(crate) async fn external(world: &World) -> Person {
    let report = world.latest().await.expect("a report");
    let rows = world.store().owner_rows(&world.org, &report, None, 1_000).await.expect("the accounts are read");
    let known = rows.items.into_iter().filter_map(|row| row.owner).find_map(|owner| {
        let email = owner.email.filter(|_| owner.relation == Relation::External)?;
        Some(Person { account: owner.account_id, credential: None, email })
    });
    known.expect("an external with an address")
}

/// A message about nothing in particular; its cause makes it distinct.
pub(crate) fn message(world: &World, cause: &str, audience: Audience) -> Message {
    Message {
        id: Message::id_of(&world.org, MessageKind::Notice, cause, &audience),
        audience,
        kind: MessageKind::Notice,
        action: Some("action-1".into()),
        credential: None,
        rule: None,
        subject: format!("Subject {cause}"),
        text: format!("Text of {cause}.\n\nSecond paragraph."),
        at: world.clock.now(),
    }
}

/// A message to the security team.
pub(crate) fn to_security(world: &World, cause: &str) -> Message {
    message(world, cause, Audience::Security)
}

/// A message about somebody's credential.
pub(crate) fn to_owner(world: &World, cause: &str, person: &Person) -> Message {
    let about = message(world, cause, Audience::Owner(person.account.clone()));
    Message { credential: person.credential.clone(), ..about }
}

/// Stores messages with a change, as their cause does.
pub(crate) async fn tell(world: &World, messages: &[Message]) {
    let change = CaseChange { messages: messages.to_vec(), ..CaseChange::default() };
    assert_eq!(world.store().apply(&world.org, &change).await, Ok(Written::Stored));
}

/// Where a message stands.
pub(crate) async fn standing(world: &World, id: &MessageId) -> Outgoing {
    let found: Option<Versioned<Outgoing>> = world.store().message(&world.org, id).await.expect("it is read");
    found.expect("the message is stored").value
}

/// Why a message stands where it stands.
pub(crate) async fn reason(world: &World, id: &MessageId) -> String {
    standing(world, id).await.reason.unwrap_or_default()
}

/// Sweeps every so often, so many times.
pub(crate) async fn sweep_for(world: &World, step: Duration, times: u32) {
    for _ in 0..times {
        world.sweep().await;
        world.clock.advance(step);
    }
}
