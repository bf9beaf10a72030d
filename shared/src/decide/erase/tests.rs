use super::*;
use crate::{
    decide::{
        judge::tests::{finding, row},
        plan::tests::{now, planned_action},
    },
    model::{
        Actor, Agreement, Audience, AuditEvent, Campaign, CampaignKind, CredentialRow, Decision, DecisionKind,
        EventSource, Exemption, ExemptionScope, Finding, Location, Means, Message, MessageKind, Outgoing, Owner,
        OwnerRow, RegisterEntry, Registered, RegisteredExpiry, Relation, Seat, Seats, Sponsor, Topic,
    },
};
use chrono::TimeDelta;
use serde_json::json;

const ID: &str = "712020:5b10-ac8d";
const NEW: &str = "erased-0123456789abcdef";
const NAME: &str = "Eva Novák";
const MAIL: &str = "eva.novak@example.com";

fn account() -> AccountId {
    AccountId::new(ID)
}

fn stranger() -> Person {
    Person::new(account(), AccountId::new(NEW))
}

fn person() -> Person {
    let mut person = stranger();
    person.names.insert(NAME.into());
    person.addresses.insert(MAIL.into());
    person
}

/// What becomes of it once all that it tells is known.
fn fate<T: Personal>(value: &T) -> Fate<T> {
    let mut person = person();
    value.learn(&mut person);
    value.fate(&person).unwrap()
}

/// What it becomes, which speaks of the person no more.
fn after<T: Personal + std::fmt::Debug>(value: &T) -> T {
    let Fate::Becomes(after) = fate(value) else { panic!("{value:?}") };
    assert!(!speaks_of(&*after, &person()).unwrap(), "{after:?}");
    assert!(matches!(fate(&*after), Fate::Stays), "a second time changes nothing");
    *after
}

fn cleaned_text(text: &str) -> String {
    Words::of(&person()).out_of(&json!(text)).unwrap()
}

#[test]
fn a_word_is_taken_out_where_it_stands_by_itself() {
    for (text, clean) in [
        (format!("token of {ID}: it expires"), format!("token of {NEW}: it expires")),
        (format!("account {ID}."), format!("account {NEW}.")),
        (format!("/users/712020%3A5b10-ac8d/x%2F{ID}"), format!("/users/{NEW}/x%2F{NEW}")),
        ("write to EVA.NOVAK@example.com now".into(), "write to (erased) now".into()),
        (format!("{NAME} <{MAIL}>"), "(erased) <(erased)>".into()),
        (format!("{NAME}'s laptop"), "(erased)'s laptop".into()),
        (format!(r#"{{"a":"Eva Nov\u00e1k","{ID}":[1.50]}}"#), format!(r#"{{"a":"(erased)","{NEW}":[1.5]}}"#)),
    ] {
        assert_eq!(cleaned_text(&text), clean);
    }
    let others = [format!("{ID}0"), format!("1{ID}"), format!("{ID}:1"), format!("x.{MAIL}"), "Eva Nováková".into()];
    others.iter().for_each(|text| assert_eq!(&cleaned_text(text), text));
}

#[test]
fn somebody_who_is_called_like_a_word_of_ours_breaks_nothing() {
    let mut person = person();
    person.names = ["open".into(), "subject".into()].into();
    let his = Finding { owner: Some(account()), ..finding() };
    let Fate::Becomes(after) = his.fate(&person).unwrap() else { panic!() };
    assert_eq!(*after, Finding { owner: Some(NEW.into()), ..finding() });
}

fn event(actor: &str, raw: &serde_json::Value) -> AuditEvent {
    AuditEvent {
        id: "e1".into(),
        action: "user_deactivated".into(),
        time: now(),
        processed_at: None,
        actor: Actor { id: Some(actor.into()), name: None, email: None },
        token: None,
        location: Location::default(),
        source: EventSource::AuditLog,
        topic: Topic::Owner,
        raw: raw.to_string(),
    }
}

#[test]
fn what_he_did_goes_and_what_was_done_to_him_stays_as_it_was_done() {
    assert_eq!(fate(&event(ID, &json!({}))), Fate::Goes);
    let mut by_mail = event("-", &json!({}));
    by_mail.actor = Actor { id: None, name: None, email: Some(MAIL.to_uppercase()) };
    assert_eq!(fate(&by_mail), Fate::Goes);
    let of_another = event("712020:admin-1", &json!({"context": [{"id": "712020:other-1", "name": NAME}]}));
    assert_eq!(fate(&of_another), Fate::Stays, "others may be called so");

    let context = json!({"context": [{"id": ID, "displayName": "E. Novák", "email": "eva@old.example"}]});
    let done_to_him = event("712020:admin-1", &context);
    let mut learned = stranger();
    done_to_him.learn(&mut learned);
    assert_eq!((learned.names.len(), learned.addresses.len()), (1, 1), "{:?}", learned.names);
    let after = after(&done_to_him);
    assert_eq!(after.key(), done_to_him.key(), "it is the same event, and is not stored again");
    assert!(after.raw.contains(NEW) && !after.raw.contains("eva@old.example"), "{}", after.raw);
}

fn owner() -> Owner {
    let groups = Some(vec!["site-admins".to_owned()]);
    Owner { name: Some(NAME.into()), email: Some(MAIL.into()), groups, ..Owner::new(account(), Relation::Managed) }
}

fn his_row() -> CredentialRow {
    let mut row = row();
    row.credential.owner = Some(account());
    row.credential.owner_name = Some("Eva N.".into());
    row.credential.label = "Eva N. laptop".into();
    row.owner = Some(owner());
    row.findings[0].reason = format!("The address {MAIL} is not allowed.");
    row
}

#[test]
fn a_row_keeps_the_credential_and_loses_who_its_owner_is() {
    let row = his_row();
    let after = after(&row);
    assert_eq!(after.credential.owner_name, None);
    assert_eq!((after.credential.owner, after.credential.label), (Some(NEW.into()), "(erased) laptop".to_owned()));
    assert_eq!(after.owner, Some(Owner::new(NEW.into(), Relation::Managed)));
    assert_eq!(after.credential.reference, row.credential.reference);
    assert_eq!(after.findings.len(), row.findings.len(), "what was counted stays true");
    assert_eq!(fate(&super::super::judge::tests::row()), Fate::Stays);

    let owner_row = OwnerRow::of(account(), Some(&owner()), &[row]).unwrap();
    let Fate::Becomes(after) = fate(&owner_row) else { panic!() };
    assert_eq!((after.account, after.held.len()), (NEW.into(), 1));
}

#[test]
fn what_was_staged_of_him_goes() {
    assert_eq!(fate(&owner()), Fate::Goes);
    assert_eq!(fate(&account()), Fate::Goes);
    assert_eq!(fate(&his_row().credential), Fate::Goes);
    assert_eq!(fate(&row().credential), Fate::Stays);
}

fn his_action(state: ActionState) -> Action {
    let mut action = planned_action();
    action.state = state;
    action.plan.target.owner = Some(account());
    action.plan.target.owner_name = Some(NAME.into());
    let email = MAIL.to_owned();
    action.plan.means = Some(Means::Policy { to: "p1".into(), earlier: None, email });
    action.agreed = vec![Agreement { by: "ann".into(), at: now(), reason: "Evas last day".into() }];
    action.reason = Some("rejected by ann: Eva has left".into());
    action
}

#[test]
fn an_action_that_has_ended_keeps_what_was_done_and_loses_to_whom() {
    let after = after(&his_action(ActionState::Rejected));
    assert_eq!((after.plan.target.owner.clone(), after.plan.target.owner_name.clone()), (Some(NEW.into()), None));
    assert_eq!((after.reason.as_deref(), after.agreed[0].reason.as_str()), (Some("rejected by ann"), "(erased)"));
    assert_eq!(after.agreed[0].by, "ann");
    assert_eq!(after.plan_hash, planned_action().plan_hash, "the ledger names it");
}

#[test]
fn an_action_that_is_planned_ends_first_and_one_that_may_have_been_called_is_waited_for() {
    for (state, wanted) in [
        (ActionState::Planned, Some(ActionState::Cancelled)),
        (ActionState::Waiting, Some(ActionState::Cancelled)),
        (ActionState::Withheld, Some(ActionState::Cancelled)),
        (ActionState::Claimed, None),
    ] {
        let action = his_action(state);
        assert_eq!(fate(&action), Fate::Stays, "{state:?}");
        match (first(&action, &account(), now()), wanted) {
            (First::End(ended), Some(wanted)) => assert_eq!((ended.state, ended.wake_at), (wanted, None)),
            (found, None) => assert_eq!(found, First::Wait),
            (found, Some(_)) => panic!("{state:?}: {found:?}"),
        }
        assert_eq!(first(&action, &"712020:other-1".into(), now()), First::Nothing);
    }
    assert_eq!(first(&his_action(ActionState::Done), &account(), now()), First::Nothing);
}

fn message(audience: Audience, text: &str) -> Outgoing {
    let (subject, kind) = ("A token".to_owned(), MessageKind::Done);
    let (action, credential, rule, text, at) = (None, None, None, text.to_owned(), now());
    Outgoing::new(Message { id: "m1".into(), audience, kind, action, credential, rule, subject, text, at })
}

#[test]
fn what_was_written_to_him_or_about_him_goes() {
    assert_eq!(fate(&message(Audience::Owner(account()), "")), Fate::Goes);
    let mut about = message(Audience::Security, "The token of somebody.");
    about.message.action = Some("a1".into());
    let mut person = person();
    assert_eq!(about.fate(&person).unwrap(), Fate::Stays);
    person.actions.insert("a1".into());
    assert_eq!(about.fate(&person).unwrap(), Fate::Goes);
    let beside = after(&message(Audience::Security, &format!("Ask {NAME} ({MAIL}).")));
    assert_eq!(beside.message.text, "Ask (erased) ((erased)).");
}

#[test]
fn who_answers_for_him_and_for_whom_he_answers_is_forgotten() {
    let sponsor = |account: &str, sponsor: &str| Sponsor {
        account: account.into(),
        sponsor: sponsor.into(),
        updated_by: "ann".into(),
        updated_at: now(),
    };
    assert_eq!(fate(&sponsor(ID, "the vendor desk")), Fate::Goes);
    assert_eq!(fate(&sponsor("ext-12345", "Eva <Eva.Novak@Example.com>")), Fate::Goes);
    assert_eq!(fate(&sponsor("ext-12345", NAME)), Fate::Stays, "others may be called so");
    assert!(speaks_of(&sponsor("ext-12345", NAME), &person()).unwrap(), "but it is told");
}

#[test]
fn what_people_wrote_about_him_goes_and_what_they_decided_stays() {
    let said = Agreement { by: "ann".into(), at: now(), reason: "She left".into() };
    let campaign = Campaign {
        id: "c1".into(),
        kind: CampaignKind::Leave,
        account: Some(account()),
        credential: None,
        expires_at: None,
        started_by: "ann".into(),
        started_at: now(),
        reason: "Evi leaves".into(),
        clicked: None,
        ended: Some(said),
    };
    let campaign = after(&campaign);
    assert_eq!((campaign.account, campaign.reason.as_str()), (Some(NEW.into()), "(erased)"));
    assert_eq!(campaign.ended.unwrap().reason, "(erased)");

    let scope = ExemptionScope { owner: Some(account()), ..ExemptionScope::default() };
    let (author, reason) = ("ann".to_owned(), "Evi needs it".to_owned());
    let until = now() + TimeDelta::days(9);
    let granted = Exemption { id: "x1".into(), scope, reason, author, created_at: now(), until };
    let exemption = after(&granted);
    assert_eq!((exemption.scope.owner, exemption.reason.as_str()), (Some(NEW.into()), "(erased)"));

    let mut person = person();
    person.actions.insert("a1".into());
    granted.learn(&mut person);
    let why_once_more = Decision::id_of(DecisionKind::Exempted, "x1", "ann", now());
    assert_eq!(person.decisions, [why_once_more].into());
    let decision = Decision {
        id: "d1".into(),
        kind: DecisionKind::Approved,
        action: Some("a1".into()),
        by: "ann".into(),
        at: now(),
        reason: "Evi agreed".into(),
    };
    decision.learn(&mut person);
    let Fate::Becomes(after) = decision.fate(&person).unwrap() else { panic!() };
    assert_eq!(*after, Decision { reason: "(erased)".into(), ..decision });
}

#[test]
fn a_seat_stays_taken_and_forgets_by_whom() {
    let seat = Seat {
        name: Some("Evi".into()),
        reason: "Evi's job".into(),
        until: now(),
        by: "ann".into(),
        at: now(),
        told_at: None,
    };
    let seats = Seats { seats: [(account(), seat.clone()), ("ext-12345".into(), seat.clone())].into() };
    let after = after(&seats);
    let (name, reason) = (None, "(erased)".to_owned());
    assert_eq!(after.seats[&AccountId::new(NEW)], Seat { name, reason, ..seat.clone() });
    assert_eq!(after.seats[&AccountId::new("ext-12345")], seat, "another's seat is left alone");
}

#[test]
fn of_the_register_only_the_account_that_a_credential_acts_as_is_taken() {
    let mut entry = RegisterEntry { responsible: Some(NAME.into()), ..crate::rules::tests::entry(None) };
    assert_eq!(fate(&entry), Fate::Stays);
    assert!(speaks_of(&entry, &person()).unwrap(), "a person has to look at it");
    let owner = Some(account());
    entry.registered = Some(Registered { label: "scim".into(), owner, expires: RegisteredExpiry::Never });
    let Fate::Becomes(after) = fate(&entry) else { panic!() };
    assert_eq!((after.registered.unwrap().owner, after.responsible), (Some(NEW.into()), entry.responsible));
}

#[test]
fn bytes_that_nobody_understands_are_searched_for_the_id_and_the_address() {
    for (bytes, is_his) in [
        (format!("{{\"x\":\"{ID}\",").into_bytes(), true),
        (format!("\u{0}<{MAIL}>").into_bytes(), true),
        (b"\xff\xfe 712020:5b10-ac8d,".to_vec(), true),
        (NAME.as_bytes().to_vec(), false),
        (format!("{ID}0").into_bytes(), false),
    ] {
        assert_eq!(is_in_bytes(&bytes, &person()), is_his, "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn an_erasure_is_asked_for_once_begins_when_what_was_under_way_has_ended_and_forgets_whose_it_was() {
    let org = OrgId::new("o-1");
    let ask = |known| asked(known, (&org, &account()), ("ann", "she wrote to us"), now());
    let erasure = ask(None).unwrap();
    assert_eq!(ask(Some(&erasure)), None);
    assert_eq!(erasure_due(&erasure, now()), ErasureDue::From(now() + SETTLING));
    assert_eq!(erasure_due(&erasure, now() + SETTLING), ErasureDue::Now);
    let place = ErasurePlace::first(now());
    let under_way = erasure.waiting("for something").under_way(ErasureWork { person: person(), place: place.clone() });
    let counted = |deleted| [("event".to_owned(), ErasureCount { deleted, changed: 1 })].into();
    let gone_over = under_way.gone_over(&place, &counted(2), &BTreeMap::new());
    let gone_over = gone_over.gone_over(&ErasurePlace::Profiles, &counted(3), &BTreeMap::new());
    let done = gone_over.done(now());
    assert_eq!(done.sum(), ErasureCount { deleted: 5, changed: 2 });
    assert_eq!(erasure_due(&done, now() + SETTLING), ErasureDue::Nothing);
    let text = serde_json::to_string(&done).unwrap();
    assert!(![ID, NAME, MAIL, NEW, "she wrote"].iter().any(|word| text.contains(word)), "{text}");
    assert_eq!(ask(Some(&done)).map(|again| (again.id, again.state)), Some((done.id, ErasureState::Asked)));
}

#[test]
fn what_is_no_account_s_id_is_refused() {
    for id in ["", "-", "confluence", "abc-123", "712020:a b c d", &"1".repeat(129)] {
        assert!(check_account(&id.into()).is_err(), "{id}");
    }
    for id in [ID, "557058:f5b0|x_y", "5b10ac8d82e05b22cc7d4ef5"] {
        assert!(check_account(&id.into()).is_ok(), "{id}");
    }
}
