//! A person's traces: left in every place, and looked for in the items themselves.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use serde_json::json;
use shared::{
    decide::outbox,
    flow::{
        campaign::{self, Beginning},
        enter, seats,
    },
    model::{
        AccountId, ActionId, Actor, Audience, AuditEvent, CampaignKind, CredentialKind, CredentialRef, EventSource,
        ExemptionScope, Intake, Location, MailAddress, Mailbox, Message, MessageId, MessageKind, MessageState,
        OpenMail, Outgoing, OwnerStatus, Quarantined, RegisterEntry, Registered, RegisteredExpiry, Relation, Sponsor,
        Topic, Versioned,
    },
    ports::{CaseChange, CaseStore, Clock, EventStore, OutboxChange, OutboxStore, QuarantineStore, Written},
};
use std::collections::{BTreeMap, BTreeSet};
use tokenwarden_tests::world::World;

/// The body that names him and that nobody understands.
pub(crate) const BODY: &str = "body-of-his";
/// The entry of the register in which somebody wrote his name.
pub(crate) const FREE_TEXT: &str = "free-text";

/// Somebody of the org, who is erased.
pub(crate) struct Whom {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) relation: Relation,
    pub(crate) credentials: BTreeSet<CredentialRef>,
    pub(crate) actions: BTreeSet<ActionId>,
}

/// A managed person with an open action and a name that nobody else has.
pub(crate) async fn person_in(world: &World) -> Whom {
    let report = world.latest().await.unwrap();
    let (rows, actions) = (world.rows(&report).await, world.actions().await);
    let sim = world.sim_get("/_sim/tokens").await;
    let names: Vec<&str> =
        sim["items"].as_array().unwrap().iter().filter_map(|one| one["owner"]["name"].as_str()).collect();
    for row in &rows {
        let Some(owner) = &row.owner else { continue };
        let (Some(name), Some(email)) = (owner.name.clone(), owner.email.clone()) else { continue };
        let (account, relation) = (owner.account_id.clone(), owner.relation);
        let of_it = |owner: Option<&AccountId>| owner == Some(&account);
        let open = actions.iter().filter(|one| of_it(one.plan.target.owner.as_ref()) && !one.state.is_final());
        let actions: BTreeSet<ActionId> = open.map(|one| one.id.clone()).collect();
        let his: Vec<_> = rows.iter().filter(|row| of_it(row.credential.owner.as_ref())).collect();
        let shared = names.iter().filter(|other| **other == name).count() > his.len();
        if actions.is_empty() || shared || relation != Relation::Managed || owner.status != OwnerStatus::Active {
            continue;
        }
        let credentials = his.iter().map(|row| row.credential.reference.clone()).collect();
        return Whom { account, name, email, relation, credentials, actions };
    }
    panic!("nobody in this world will do");
}

/// Leaves a trace in every place to which the report, the poll and the sweep lead of themselves for nobody.
/// Gives the message that was given up.
pub(crate) async fn leave(world: &World, person: &Whom) -> MessageId {
    used(world, person).await;
    events(world, person).await;
    entered(world, person).await;
    let given_up = written_to(world, person).await;
    let body = json!({ "truncated": { "actor": { "id": person.account, "name": person.name } } }).to_string();
    let header = Quarantined {
        id: BODY.into(),
        intake: Intake::AuditWebhook,
        reason: "unknown shape".into(),
        at: world.clock.now(),
        size_bytes: body.len() as u64,
        parts: 1,
    };
    world.store().quarantine(&world.org, &header, body.as_bytes()).await.unwrap();
    given_up
}

/// One of his tokens is used, and the log tells it.
async fn used(world: &World, person: &Whom) {
    let token = person.credentials.iter().find(|one| one.kind == CredentialKind::UserApiToken).unwrap();
    world.sim_post("/_sim/use", &json!({ "token_id": token.id, "ip": "198.51.100.7" })).await;
    world.advance(std::time::Duration::from_secs(300)).await;
    world.poll().await;
}

/// Somebody else did something to him.
async fn events(world: &World, person: &Whom) {
    let context = json!([{ "id": person.account, "attributes": { "email": person.email, "name": person.name } }]);
    let event = AuditEvent {
        id: "done-to-him".into(),
        action: "user_deactivated".into(),
        time: world.clock.now(),
        processed_at: None,
        actor: Actor { id: Some("712020:some-admin-1".into()), name: Some("Ann Admin".into()), email: None },
        token: None,
        location: Location::default(),
        source: EventSource::AuditLog,
        topic: Topic::Owner,
        raw: json!({ "id": "done-to-him", "attributes": { "context": context } }).to_string(),
    };
    world.store().record_plain(&world.org, &[event]).await.unwrap();
}

async fn entered(world: &World, person: &Whom) {
    let (store, org, account) = (world.store(), &world.org, Some(person.account.clone()));
    let why = format!("{} asked for it", person.name);
    let who = shared::flow::decide_action::Decider { reason: &why, ..world.decider("ann") };
    let wanted = seats::Wanted { name: Some(person.name.clone()), until: world.clock.now() + TimeDelta::days(9) };
    seats::take(&store, org, &person.account, &wanted, who).await.unwrap();
    let leaves = Beginning { kind: CampaignKind::Leave, account: account.clone(), credential: None };
    campaign::start(&store, org, leaves, who).await.unwrap();
    let scope = ExemptionScope { owner: account.clone(), ..ExemptionScope::default() };
    enter::grant(&store, org, scope, world.clock.now() + TimeDelta::days(9), who).await.unwrap();
    let answers = |account: AccountId, sponsor: String| Sponsor {
        account,
        sponsor,
        updated_by: "ann".into(),
        updated_at: world.clock.now(),
    };
    let sponsors = [
        answers(person.account.clone(), "the desk".into()),
        answers("ext-12345678".into(), format!("{} <{}>", person.name, person.email)),
    ];
    for sponsor in sponsors {
        enter::sponsor(&store, org, sponsor, who).await.unwrap();
    }
    let registered = Registered { label: "scim".into(), owner: account, expires: RegisteredExpiry::Never };
    let entry = |id: &str, registered, responsible: Option<&str>| RegisterEntry {
        credential: CredentialRef { kind: CredentialKind::Registered, id: id.into() },
        purpose: Some("provisioning".into()),
        system: None,
        responsible: responsible.map(str::to_owned),
        backup: None,
        review_by: None,
        registered: Some(registered),
        updated_by: "ann".into(),
        updated_at: world.clock.now(),
    };
    let of_nobody = Registered { owner: None, ..registered.clone() };
    let entries = vec![entry("acts-as-him", registered, None), entry(FREE_TEXT, of_nobody, Some(&person.name))];
    enter::enter(&store, org, entries, who).await.unwrap();
}

/// Messages to him and about him: one is sent, one was given up.
async fn written_to(world: &World, person: &Whom) -> MessageId {
    let (store, org) = (world.store(), &world.org);
    let message = |cause: &str, audience: Audience, action: Option<ActionId>| Message {
        id: Message::id_of(org, MessageKind::Notice, cause, &audience),
        audience,
        kind: MessageKind::Notice,
        action,
        credential: None,
        rule: None,
        subject: "A token".into(),
        text: format!("{} ({}) holds it.", person.name, person.email),
        at: world.clock.now(),
    };
    let messages = vec![
        message("to him", Audience::Owner(person.account.clone()), None),
        message("about his", Audience::Security, person.actions.first().cloned()),
        message("beside", Audience::Security, None),
    ];
    let change = CaseChange { messages: messages.clone(), ..CaseChange::default() };
    assert_eq!(store.apply(org, &change).await, Ok(Written::Stored));
    let dead = Outgoing {
        state: MessageState::Dead,
        next_at: None,
        reason: Some("refused".into()),
        ..Outgoing::new(messages[0].clone())
    };
    let open = OpenMail { id: "mail".into(), messages: vec![messages[0].id.clone()] };
    let mailbox = Mailbox { last_sent_at: Some(world.clock.now()), open: Some(open) };
    let key = MailAddress::new(person.email.as_str()).key(org);
    let change = OutboxChange {
        messages: vec![
            Versioned { version: 1, value: dead },
            Versioned { version: 1, value: outbox::sent(&Outgoing::new(messages[1].clone()), world.clock.now()) },
        ],
        mailbox: Some((
            key.clone(),
            Versioned { version: store.mailbox(org, &key).await.unwrap().version, value: mailbox },
        )),
    };
    assert_eq!(store.put_outgoing(org, &change).await, Ok(Written::Stored));
    messages[0].id.clone()
}

/// An item, as texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raw(std::collections::HashMap<String, AttributeValue>);

/// Every item of both tables, by partition and sort key.
pub(crate) type Everything = BTreeMap<(String, String), Raw>;

impl Raw {
    pub(crate) fn entity(&self) -> &str {
        self.0["entity"].as_s().unwrap()
    }

    /// Whether one of its texts and keys holds a word, in whatever case.
    pub(crate) fn holds(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let encoded = word.replace(':', "%3a");
        self.0.values().any(|value| {
            within(value, &|text| {
                let text = text.to_lowercase();
                text.contains(&word) || text.contains(&encoded)
            })
        })
    }
}

fn within(value: &AttributeValue, holds: &impl Fn(&str) -> bool) -> bool {
    match value {
        AttributeValue::S(text) => holds(text),
        AttributeValue::L(items) => items.iter().any(|item| within(item, holds)),
        AttributeValue::M(fields) => fields.iter().any(|(name, value)| holds(name) || within(value, holds)),
        _number_or_packed => false,
    }
}

pub(crate) async fn everything(world: &World) -> Everything {
    let mut found = Everything::new();
    for table in [&world.tables.history, &world.tables.cases] {
        for item in world.dynamo.items(table).await {
            found.insert((item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone()), Raw(item));
        }
    }
    found
}

/// A place at which the person is named.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) entity: String,
    pub(crate) key: (String, String),
    /// By what.
    #[expect(dead_code, reason = "it is shown where the test fails")]
    pub(crate) word: String,
}

pub(crate) fn traces_of(all: &Everything, person: &Whom) -> Vec<Trace> {
    let words = [person.account.as_str(), &person.name, &person.email];
    let trace = |(key, item): (&(String, String), &Raw)| {
        let word = words.iter().find(|word| item.holds(word))?;
        Some(Trace { entity: item.entity().to_owned(), key: key.clone(), word: (*word).to_owned() })
    };
    all.iter().filter_map(trace).collect()
}
