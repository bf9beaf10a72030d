//! Messages on their way.

use crate::{
    Ports, World, odd_orgs,
    samples::{action, at, new},
};
use shared::{
    decide::outbox,
    model::{
        Audience, Mailbox, Message, MessageId, MessageKind, OpenMail, OrgId, Outgoing, RecipientKey, Undelivered,
        Versioned,
    },
    ports::{CaseChange, OutboxChange, OutboxStore, Pending, Written},
};

pub(crate) async fn contract(store: &impl Ports) {
    a_message_is_stored_with_its_cause_and_is_pending(store).await;
    the_same_cause_again_leaves_a_sent_message_as_it_is(store).await;
    of_two_who_move_a_message_one_wins(store).await;
    a_mail_and_its_messages_move_together(store).await;
    what_was_given_up_is_listed_until_it_is_revived(store).await;
    messages_are_listed_page_by_page(store).await;
}

fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        audience: Audience::Security,
        kind: MessageKind::Notice,
        action: Some("act".into()),
        credential: None,
        rule: Some("unused".into()),
        subject: "a subject".into(),
        text: "a text".into(),
        at: at(5),
    }
}

fn telling(ids: &[&str]) -> CaseChange {
    CaseChange { messages: ids.iter().map(|id| message(id)).collect(), ..CaseChange::default() }
}

async fn tell(store: &impl Ports, org: &OrgId, ids: &[&str]) {
    assert_eq!(store.apply(org, &telling(ids)).await, Ok(Written::Stored));
}

async fn stored(store: &impl Ports, org: &OrgId, id: &str) -> Versioned<Outgoing> {
    store.message(org, &id.into()).await.unwrap().unwrap()
}

async fn put(store: &impl Ports, org: &OrgId, messages: &[Versioned<Outgoing>]) -> Written {
    let change = OutboxChange { messages: messages.to_vec(), mailbox: None };
    store.put_outgoing(org, &change).await.unwrap()
}

async fn pending(store: &impl Ports, org: &OrgId, secs: i64) -> Vec<Pending> {
    store.pending(org, at(secs), 100).await.unwrap()
}

async fn a_message_is_stored_with_its_cause_and_is_pending(store: &impl Ports) {
    for org in odd_orgs() {
        let org = OrgId::new(format!("tells {org}"));
        assert_eq!(store.message(&org, &"m #1".into()).await, Ok(None));
        let change = CaseChange { action: Some(new(action("told", None, None))), ..telling(&["m #1"]) };
        assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
        assert_eq!(stored(store, &org, "m #1").await, Versioned { version: 1, value: Outgoing::new(message("m #1")) });
        assert!(!pending(store, &org, 4).await.contains(&Pending::Message("m #1".into())), "not before its cause");
        assert!(pending(store, &org, 5).await.contains(&Pending::Message("m #1".into())));
    }
}

async fn the_same_cause_again_leaves_a_sent_message_as_it_is(store: &impl Ports) {
    let org = OrgId::new("told twice");
    tell(store, &org, &["m"]).await;
    let sent = Versioned { version: 1, value: outbox::sent(&Outgoing::new(message("m")), at(6)) };
    assert_eq!(put(store, &org, std::slice::from_ref(&sent)).await, Written::Stored);
    assert_eq!(pending(store, &org, 99).await, []);
    tell(store, &org, &["m", "n"]).await;
    assert_eq!(stored(store, &org, "m").await, Versioned { version: 2, value: sent.value });
    assert_eq!(pending(store, &org, 99).await, [Pending::Message("n".into())]);
}

async fn of_two_who_move_a_message_one_wins(store: &impl Ports) {
    let org = OrgId::new("two senders");
    tell(store, &org, &["m"]).await;
    let claimed = Versioned { version: 1, value: outbox::claimed(&Outgoing::new(message("m")), at(6)) };
    assert_eq!(put(store, &org, std::slice::from_ref(&claimed)).await, Written::Stored);
    assert_eq!(put(store, &org, std::slice::from_ref(&claimed)).await, Written::Contended);
    assert_eq!(pending(store, &org, 6).await, [], "it is under way");
}

/// What needs a DynamoDB.
pub(crate) async fn over_dynamodb(world: &World) {
    let org = OrgId::new("a lost answer");
    tell(&world.store, &org, &["m"]).await;
    let (store, lost) = world.losing_store();
    lost.lose(1);
    let sent = Versioned { version: 1, value: outbox::sent(&Outgoing::new(message("m")), at(7)) };
    let change = OutboxChange { messages: vec![sent], mailbox: None };
    assert_eq!(store.put_outgoing(&org, &change).await, Ok(Written::Stored), "its answer was lost on the way");
}

async fn a_mail_and_its_messages_move_together(store: &impl Ports) {
    let (org, recipient) = (OrgId::new("mail"), RecipientKey::new("r"));
    assert_eq!(store.mailbox(&org, &recipient).await, Ok(Versioned { version: 0, value: Mailbox::default() }));
    tell(store, &org, &["a", "b"]).await;
    let ids: Vec<MessageId> = ["a", "b"].map(MessageId::from).into();
    let open = Mailbox { last_sent_at: None, open: Some(OpenMail { id: "mail".into(), messages: ids }) };
    let claimed = |id: &str| Versioned { version: 1, value: outbox::claimed(&Outgoing::new(message(id)), at(6)) };
    let change = OutboxChange {
        messages: vec![claimed("a"), claimed("b")],
        mailbox: Some((recipient.clone(), Versioned { version: 0, value: open.clone() })),
    };
    assert_eq!(store.put_outgoing(&org, &change).await, Ok(Written::Stored));
    assert_eq!(store.mailbox(&org, &recipient).await, Ok(Versioned { version: 1, value: open }));
    let again = OutboxChange { messages: vec![Versioned { version: 2, ..claimed("a") }], ..change };
    assert_eq!(store.put_outgoing(&org, &again).await, Ok(Written::Contended), "the mailbox moved");
    assert_eq!(stored(store, &org, "a").await.version, 2);
}

async fn what_was_given_up_is_listed_until_it_is_revived(store: &impl Ports) {
    let org = OrgId::new("given up");
    tell(store, &org, &["m", "n"]).await;
    let dead = Versioned { version: 1, value: outbox::dead(&Outgoing::new(message("m")), "no".into()) };
    assert_eq!(put(store, &org, std::slice::from_ref(&dead)).await, Written::Stored);
    let line = Undelivered { id: "m".into(), kind: MessageKind::Notice, at: at(5), reason: "no".into() };
    assert_eq!(store.undelivered(&org, 10).await.unwrap().items, [line]);
    let revived = Versioned { version: 2, value: outbox::revived(&dead.value, "ann", at(9)).unwrap() };
    assert_eq!(store.revive(&org, &revived).await, Ok(Written::Stored));
    assert_eq!(store.revive(&org, &revived).await, Ok(Written::Contended));
    assert_eq!(store.undelivered(&org, 10).await.unwrap().items, []);
    assert!(pending(store, &org, 9).await.contains(&Pending::Message("m".into())));
}

async fn messages_are_listed_page_by_page(store: &impl Ports) {
    let org = OrgId::new("many messages");
    let ids: Vec<String> = (0..10).map(|n| format!("m{n}")).collect();
    tell(store, &org, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let page = store.messages(&org, cursor, 4).await.unwrap();
        found.extend(page.items.into_iter().map(|outgoing| outgoing.message.id.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, ids);
}
