//! Erasing an account, as far as the store does it: page by page, over again without harm, and nobody else's.
#![expect(clippy::disallowed_types, reason = "items are compared as they stand")]

use crate::{
    World,
    samples::{action, at, credential, decision, event, finding, new, owner, profile, report, row},
};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use shared::{
    clock::NoDeadline,
    decide::outbox,
    flow::{
        decide_action::Decider,
        erase::{Erased, ask_erasure, erase},
    },
    model::{
        AccountId, Action, ActionState, Actor, Audience, AuditEvent, CredentialRow, ErasurePlace, ErasureWork, Finding,
        FindingTransition, Message, MessageKind, Org, OrgId, Outgoing, Owner, OwnerRow, Person, ReportId, SectionName,
        Sponsor, Timestamp, Versioned,
    },
    ports::{
        CaseChange, CaseReader, CaseStore, Clock, Deadline, ErasedPart, ErasureStore, EventStore, FindingStore,
        OutboxChange, OutboxStore, ReportReader, ReportStore, Staged, StagedRow, Written,
    },
    store::keys,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokenwarden_tests::world::Steps;

const HIS: &str = "712020:his-1";
const OTHER: &str = "712020:other-1";
const NAME: &str = "Bo Lindqvist";
const MAIL: &str = "bo.lindqvist@example.com";

pub(crate) async fn contract(world: &World) {
    nothing_of_the_account_is_left_and_everything_of_the_others(world).await;
    an_interrupted_erasure_goes_on_and_leaves_the_same(world).await;
    what_a_page_tells_is_known_before_the_page_is_changed(world).await;
    what_others_changed_meanwhile_is_not_overwritten(world).await;
    no_pseudonym_comes_twice(world);
}

fn account() -> AccountId {
    AccountId::new(HIS)
}

fn org(id: &str) -> Org {
    Org::new(id.into(), "an org".into(), at(-86_400))
}

/// An event of an actor, and one of somebody else about the account.
fn events() -> Vec<AuditEvent> {
    let by = |id: &str, actor: &str, days: i64| AuditEvent {
        time: at(days * 86_400),
        actor: Actor { id: Some(actor.into()), name: Some(NAME.into()), email: None },
        ..event(id, None)
    };
    let about = AuditEvent {
        actor: Actor { id: Some(OTHER.into()), name: Some("Ann".into()), email: None },
        raw: format!(r#"{{"context":[{{"id":"{HIS}","email":"{MAIL}"}}]}}"#),
        ..by("about", OTHER, -3)
    };
    vec![by("e1", HIS, 0), by("e2", HIS, -120), AuditEvent { raw: "{}".into(), ..by("e3", OTHER, 0) }, about]
}

fn owned(id: &str, of: &str) -> CredentialRow {
    let mut row = CredentialRow { credential: credential(id, Some(of)), ..row(id) };
    row.owner = Some(if of == HIS { named(of) } else { owner(of) });
    row
}

fn named(id: &str) -> Owner {
    Owner { name: Some(NAME.into()), email: Some(MAIL.into()), ..owner(id) }
}

fn of(id: &str, account: &str) -> Finding {
    let mut finding = Finding { owner: Some(account.into()), ..finding(id, 1) };
    finding.subject = credential(id, None).reference;
    finding
}

fn his_action() -> Action {
    let mut action = Action { state: ActionState::Done, ..action("his", None, None) };
    action.plan.target.owner = Some(account());
    action.plan.target.owner_name = Some(NAME.into());
    action
}

fn message(id: &str, audience: Audience) -> Message {
    Message {
        id: id.into(),
        audience,
        kind: MessageKind::Notice,
        action: None,
        credential: None,
        rule: None,
        subject: "a subject".into(),
        text: "a text".into(),
        at: at(5),
    }
}

/// What is stored of the account and of somebody else in two reports, in the log and in the cases.
async fn fill(world: &World, org: &OrgId) {
    let store = &world.store;
    store.record_plain(org, &events()).await.unwrap();
    for actor in [HIS, OTHER] {
        assert_eq!(store.record_with_profile(org, &new(profile(actor, "t")), &[]).await, Ok(Written::Stored));
    }
    for id in ["20261119-1", "20261120-1"] {
        let report = report(id, 3);
        let rows: Vec<CredentialRow> =
            (0..30).map(|n| owned(&format!("t{n}"), if n % 10 == 0 { HIS } else { OTHER })).collect();
        let owners: Vec<OwnerRow> = [HIS, OTHER]
            .map(|of| OwnerRow { held: Vec::new(), ..bare(of, if of == HIS { named(of) } else { owner(of) }) })
            .into();
        store.put_rows(org, &report.id, 3, &rows).await.unwrap();
        store.put_owner_rows(org, &report.id, 3, &owners).await.unwrap();
        store.put_run_findings(org, &report.id, &[of("f1", HIS), of("f2", OTHER)]).await.unwrap();
        let staged = |row| StagedRow { section: SectionName::Users, attempt: 1, row };
        let rows = [named(HIS), owner(OTHER)].map(|owner| staged(Staged::Owner(owner)));
        let his = staged(Staged::Credential(credential("t0", Some(HIS))));
        store.stage(org, &report.id, &[rows.to_vec(), vec![his]].concat()).await.unwrap();
        store.publish(org, &report).await.unwrap();
    }
    for finding in [of("f1", HIS), of("f2", OTHER)] {
        store.put_transition(org, &FindingTransition::Open(finding)).await.unwrap();
    }
    let sponsor = Sponsor { account: account(), sponsor: "desk".into(), updated_by: "ann".into(), updated_at: at(0) };
    let change = CaseChange {
        action: Some(new(his_action())),
        decision: Some(shared::model::Decision { action: Some("his".into()), ..decision("d1") }),
        sponsor: Some(sponsor),
        messages: vec![message("m1", Audience::Owner(account())), message("m2", Audience::Security)],
        ..CaseChange::default()
    };
    assert_eq!(store.apply(org, &change).await, Ok(Written::Stored));
}

fn bare(account: &str, owner: Owner) -> OwnerRow {
    let (credentials, last_token_use_at) = (BTreeMap::new(), None);
    OwnerRow { account: account.into(), owner: Some(owner), credentials, last_token_use_at, held: Vec::new() }
}

type Items = BTreeMap<(String, String), HashMap<String, AttributeValue>>;

async fn items_of(world: &World, org: &OrgId) -> Items {
    let mut found = Items::new();
    for table in [&world.tables.history, &world.tables.cases] {
        for item in world.dynamo.items(table).await {
            let key = (item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone());
            if key.0.split('#').nth(1).map(keys::unpart).as_deref() == Some(org.as_str()) {
                found.insert(key, item);
            }
        }
    }
    found
}

fn speaks(item: &HashMap<String, AttributeValue>) -> bool {
    let text = format!("{item:?}");
    [HIS, NAME, MAIL].iter().any(|word| text.contains(word))
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _: Duration) {}
}

async fn ask(world: &World, org: &OrgId) {
    let who = Decider { by: "admin", at: at(0), reason: "asked" };
    ask_erasure(&world.store, org, &account(), who).await.unwrap();
}

async fn erase_all(world: &World, org: &Org, deadline: &impl Deadline) -> Option<Erased> {
    erase(&world.store, org, &At(at(0) + TimeDelta::minutes(5)), deadline).await.unwrap()
}

async fn nothing_of_the_account_is_left_and_everything_of_the_others(world: &World) {
    let org = org("erased a#b %23");
    let id = org.id.clone();
    fill(world, &id).await;
    let before = items_of(world, &id).await;
    ask(world, &id).await;
    assert_eq!(erase_all(world, &org, &NoDeadline).await, Some(Erased::Erased { accounts: 1 }));
    let after = items_of(world, &id).await;
    let is_ledger = |(pk, _): &(String, String)| pk.starts_with("G#");
    let left: Vec<_> = after.iter().filter(|(key, item)| !is_ledger(key) && speaks(item)).collect();
    // The event of another is his own word for himself: a name alone tells nobody.
    assert!(left.iter().all(|(_, item)| item["entity"].as_s().unwrap() == "event"), "{left:?}");
    let others = before.iter().filter(|(_, item)| !speaks(item));
    let linked = ["decision"];
    for (key, item) in others.filter(|(_, item)| !linked.contains(&item["entity"].as_s().unwrap().as_str())) {
        assert_eq!(after.get(key), Some(item), "{key:?}");
    }
    assert_eq!(erase_all(world, &org, &NoDeadline).await, None, "it is done once");
    sums_are_whole(world, &id).await;
}

async fn sums_are_whole(world: &World, org: &OrgId) {
    let store = &world.store;
    let report = store.report(org, &ReportId::new("20261119-1")).await.unwrap().unwrap();
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.rows(org, &report, cursor, 100).await.unwrap();
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let of_pseudonym: Vec<&CredentialRow> =
        rows.iter().filter(|row| row.credential.owner.as_ref().is_some_and(|id| id.as_str() != OTHER)).collect();
    assert_eq!((rows.len(), of_pseudonym.len()), (30, 3));
    let pseudonym = of_pseudonym[0].credential.owner.clone().unwrap();
    assert!(of_pseudonym.iter().all(|row| row.credential.owner.as_ref() == Some(&pseudonym)), "one and the same");
    let owner = store.owner_row(org, &report, &pseudonym).await.unwrap().unwrap();
    assert_eq!(owner.owner.map(|owner| (owner.name, owner.email)), Some((None, None)));
    assert_eq!(store.owner_row(org, &report, &account()).await, Ok(None));
    let done = store.erasures(org).await.unwrap().remove(0).value;
    let counts = |kind: &str| done.counts.get(kind).map(|count| (count.deleted, count.changed));
    let wanted = [
        ("event", Some((2, 1))),
        ("profile", Some((1, 0))),
        ("row", Some((0, 6))),
        ("owner_row", Some((0, 2))),
        ("staged_owner", Some((2, 0))),
        ("message", Some((1, 0))),
        ("action", Some((0, 1))),
        ("decision", Some((0, 1))),
    ];
    wanted.iter().for_each(|(kind, wanted)| assert_eq!(counts(kind), *wanted, "{kind}"));
}

async fn an_interrupted_erasure_goes_on_and_leaves_the_same(world: &World) {
    let org = org("interrupted erasure");
    fill(world, &org.id).await;
    ask(world, &org.id).await;
    let mut places = std::collections::BTreeSet::new();
    for tick in 0.. {
        assert!(tick < 200, "it does not come to an end");
        match erase_all(world, &org, &Steps::new(40)).await.unwrap() {
            Erased::Erasing => {}
            Erased::Erased { accounts: 1 } => break,
            other => panic!("{other:?}"),
        }
        let open = world.store.erasures(&org.id).await.unwrap().remove(0).value;
        assert!(places.insert(format!("{:?}", open.work.unwrap().place)), "each tick goes on from the one before");
    }
    assert!(places.len() > 5, "{places:?}");
    sums_are_whole(world, &org.id).await;
}

async fn what_a_page_tells_is_known_before_the_page_is_changed(world: &World) {
    let org = org("learns first");
    let rows = [owned("t0", HIS)];
    world.store.put_rows(&org.id, &"20261120-1".into(), 1, &rows).await.unwrap();
    world.store.publish(&org.id, &report("20261120-1", 1)).await.unwrap();
    let before = items_of(world, &org.id).await;
    let place = ErasurePlace::Reports { done: None, part: 0, after: None };
    let mut work = ErasureWork { person: Person::new(account(), "erased-1".into()), place };
    let ErasedPart::Learned(person) = world.store.erase_part(&org, at(0), &work).await.unwrap() else { panic!() };
    assert_eq!((person.names.len(), person.addresses.len(), person.credentials.len()), (1, 1, 1));
    assert_eq!(items_of(world, &org.id).await, before, "a crash here loses nothing that was learned");
    work.person = person;
    let erased = world.store.erase_part(&org, at(0), &work).await.unwrap();
    let ErasedPart::Erased { counts, .. } = &erased else { panic!("{erased:?}") };
    assert_eq!(counts["row"].changed, 1);
    let again = world.store.erase_part(&org, at(0), &work).await.unwrap();
    assert!(matches!(&again, ErasedPart::Erased { counts, .. } if counts.is_empty()), "{again:?}");
}

/// Whoever read an action or a message before it was changed does not write it back.
async fn what_others_changed_meanwhile_is_not_overwritten(world: &World) {
    let (org, store) = (org("written meanwhile"), &world.store);
    let beside = Message { text: format!("Ask {MAIL}."), ..message("beside", Audience::Security) };
    let change =
        CaseChange { action: Some(new(his_action())), messages: vec![beside.clone()], ..CaseChange::default() };
    assert_eq!(store.apply(&org.id, &change).await, Ok(Written::Stored));
    let read = store.action(&org.id, &"his".into()).await.unwrap().unwrap();
    let mut person = Person::new(account(), "erased-1".into());
    person.addresses.insert(MAIL.into());
    let mut work = ErasureWork { person, place: ErasurePlace::Cases { part: 0, after: None } };
    loop {
        match store.erase_part(&org, at(0), &work).await.unwrap() {
            ErasedPart::Learned(person) => work.person = person,
            ErasedPart::Erased { next: Some(next), .. } => work.place = next,
            ErasedPart::Erased { next: None, .. } => break,
        }
    }
    let stale = CaseChange { action: Some(read), ..CaseChange::default() };
    assert_eq!(store.apply(&org.id, &stale).await, Ok(Written::Contended));
    let stands = store.action(&org.id, &"his".into()).await.unwrap().unwrap();
    assert_eq!((stands.version, stands.value.plan.target.owner_name), (2, None));
    let sent = outbox::sent(&Outgoing::new(beside), at(6));
    let late = OutboxChange { messages: vec![Versioned { version: 1, value: sent }], mailbox: None };
    assert_eq!(store.put_outgoing(&org.id, &late).await, Ok(Written::Contended));
    let stands = store.message(&org.id, &"beside".into()).await.unwrap().unwrap();
    assert_eq!((stands.version, stands.value.message.text.as_str()), (2, "Ask (erased)."));
    let pending = store.pending(&org.id, at(99), 10).await.unwrap();
    assert_eq!(pending.len(), 1, "it is still to be sent: {pending:?}");
}

fn no_pseudonym_comes_twice(world: &World) {
    let drawn: std::collections::BTreeSet<AccountId> = (0..1_000).map(|_| world.store.pseudonym()).collect();
    assert_eq!(drawn.len(), 1_000);
}
