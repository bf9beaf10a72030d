//! Messages on their way.

use crate::{
    World, odd_orgs,
    samples::{action, at, new},
};
use shared::{
    decide::outbox,
    model::{
        Audience, Mailbox, Message, MessageId, MessageKind, OpenMail, OrgId, Outgoing, RecipientKey, Undelivered,
        Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, OutboxChange, OutboxStore, Pending, Written},
};

pub(crate) async fn contract(world: &World) {
    a_message_is_stored_with_its_cause_and_is_pending(world).await;
    the_same_cause_again_leaves_a_sent_message_as_it_is(world).await;
    of_two_who_move_a_message_one_wins(world).await;
    a_mail_and_its_messages_move_together(world).await;
    what_was_given_up_is_listed_until_it_is_revived(world).await;
    messages_are_listed_page_by_page(world).await;
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

async fn tell(world: &World, org: &OrgId, ids: &[&str]) {
    assert_eq!(world.store.apply(org, &telling(ids)).await, Ok(Written::Stored));
}

async fn stored(world: &World, org: &OrgId, id: &str) -> Versioned<Outgoing> {
    world.store.message(org, &id.into()).await.unwrap().unwrap()
}

async fn put(world: &World, org: &OrgId, messages: &[Versioned<Outgoing>]) -> Written {
    let change = OutboxChange { messages: messages.to_vec(), mailbox: None };
    world.store.put_outgoing(org, &change).await.unwrap()
}

async fn pending(world: &World, org: &OrgId, secs: i64) -> Vec<Pending> {
    world.store.pending(org, at(secs), 100).await.unwrap()
}

async fn a_message_is_stored_with_its_cause_and_is_pending(world: &World) {
    for org in odd_orgs() {
        let org = OrgId::new(format!("tells {org}"));
        assert_eq!(world.store.message(&org, &"m #1".into()).await, Ok(None));
        let change = CaseChange { action: Some(new(action("told", None, None))), ..telling(&["m #1"]) };
        assert_eq!(world.store.apply(&org, &change).await, Ok(Written::Stored));
        assert_eq!(stored(world, &org, "m #1").await, Versioned { version: 1, value: Outgoing::new(message("m #1")) });
        assert!(!pending(world, &org, 4).await.contains(&Pending::Message("m #1".into())), "not before its cause");
        assert!(pending(world, &org, 5).await.contains(&Pending::Message("m #1".into())));
    }
}

async fn the_same_cause_again_leaves_a_sent_message_as_it_is(world: &World) {
    let org = OrgId::new("told twice");
    tell(world, &org, &["m"]).await;
    let sent = Versioned { version: 1, value: outbox::sent(&Outgoing::new(message("m")), at(6)) };
    assert_eq!(put(world, &org, std::slice::from_ref(&sent)).await, Written::Stored);
    assert_eq!(pending(world, &org, 99).await, []);
    tell(world, &org, &["m", "n"]).await;
    assert_eq!(stored(world, &org, "m").await, Versioned { version: 2, value: sent.value });
    assert_eq!(pending(world, &org, 99).await, [Pending::Message("n".into())]);
}

async fn of_two_who_move_a_message_one_wins(world: &World) {
    let org = OrgId::new("two senders");
    tell(world, &org, &["m"]).await;
    let claimed = Versioned { version: 1, value: outbox::claimed(&Outgoing::new(message("m")), at(6)) };
    assert_eq!(put(world, &org, std::slice::from_ref(&claimed)).await, Written::Stored);
    assert_eq!(put(world, &org, std::slice::from_ref(&claimed)).await, Written::Contended);
    assert_eq!(pending(world, &org, 6).await, [], "it is under way");
    let (store, lost) = world.losing_store();
    lost.lose(1);
    let sent = Versioned { version: 2, value: outbox::sent(&claimed.value, at(7)) };
    let change = OutboxChange { messages: vec![sent], mailbox: None };
    assert_eq!(store.put_outgoing(&org, &change).await, Ok(Written::Stored), "its answer was lost on the way");
}

async fn a_mail_and_its_messages_move_together(world: &World) {
    let (org, recipient) = (OrgId::new("mail"), RecipientKey::new("r"));
    assert_eq!(world.store.mailbox(&org, &recipient).await, Ok(Versioned { version: 0, value: Mailbox::default() }));
    tell(world, &org, &["a", "b"]).await;
    let ids: Vec<MessageId> = ["a", "b"].map(MessageId::from).into();
    let open = Mailbox { last_sent_at: None, open: Some(OpenMail { id: "mail".into(), messages: ids }) };
    let claimed = |id: &str| Versioned { version: 1, value: outbox::claimed(&Outgoing::new(message(id)), at(6)) };
    let change = OutboxChange {
        messages: vec![claimed("a"), claimed("b")],
        mailbox: Some((recipient.clone(), Versioned { version: 0, value: open.clone() })),
    };
    assert_eq!(world.store.put_outgoing(&org, &change).await, Ok(Written::Stored));
    assert_eq!(world.store.mailbox(&org, &recipient).await, Ok(Versioned { version: 1, value: open }));
    let again = OutboxChange { messages: vec![Versioned { version: 2, ..claimed("a") }], ..change };
    assert_eq!(world.store.put_outgoing(&org, &again).await, Ok(Written::Contended), "the mailbox moved");
    assert_eq!(stored(world, &org, "a").await.version, 2);
}

async fn what_was_given_up_is_listed_until_it_is_revived(world: &World) {
    let org = OrgId::new("given up");
    tell(world, &org, &["m", "n"]).await;
    let dead = Versioned { version: 1, value: outbox::dead(&Outgoing::new(message("m")), "no".into()) };
    assert_eq!(put(world, &org, std::slice::from_ref(&dead)).await, Written::Stored);
    let line = Undelivered { id: "m".into(), kind: MessageKind::Notice, at: at(5), reason: "no".into() };
    assert_eq!(world.store.undelivered(&org, 10).await.unwrap().items, [line]);
    let revived = Versioned { version: 2, value: outbox::revived(&dead.value, "ann", at(9)).unwrap() };
    assert_eq!(world.store.revive(&org, &revived).await, Ok(Written::Stored));
    assert_eq!(world.store.revive(&org, &revived).await, Ok(Written::Contended));
    assert_eq!(world.store.undelivered(&org, 10).await.unwrap().items, []);
    assert!(pending(world, &org, 9).await.contains(&Pending::Message("m".into())));
}

async fn messages_are_listed_page_by_page(world: &World) {
    let org = OrgId::new("many messages");
    let ids: Vec<String> = (0..10).map(|n| format!("m{n}")).collect();
    tell(world, &org, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let page = world.store.messages(&org, cursor, 4).await.unwrap();
        found.extend(page.items.into_iter().map(|outgoing| outgoing.message.id.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, ids);
}
