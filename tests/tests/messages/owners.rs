//! What owners get: at most one mail a week, nothing in observe, nothing while the kill switch is on; and never an
//! external himself.

use crate::setup::{
    DAY, HOUR, MINUTE, POLICY, Person, external, managed, message, reason, standing, sweep_for, tell, to_owner, world,
};
use shared::{
    clock::NoDeadline,
    flow::decide_action::{self, Switch},
    model::{Audience, Message, MessageState, Sponsor},
    ports::{CaseChange, CaseStore, Clock, Written},
};
use tokenwarden_tests::{
    doom::{Doom, Doomed, Side},
    world::World,
};

async fn sponsor(world: &World, person: &Person, by: &str) {
    let (account, updated_at) = (person.account.clone(), world.clock.now());
    let sponsor = Sponsor { account, sponsor: by.into(), updated_by: "ann".into(), updated_at };
    let change = CaseChange { sponsor: Some(sponsor), ..CaseChange::default() };
    assert_eq!(world.store().apply(&world.org, &change).await, Ok(Written::Stored));
}

#[tokio::test]
async fn what_waits_for_an_owner_goes_in_one_mail_and_the_next_goes_a_week_later() {
    let (world, _receiver) = world().await;
    let [alice, bo] = managed(&world).await;
    tell(&world, &[to_owner(&world, "a1", &alice), to_owner(&world, "a2", &alice), to_owner(&world, "b", &bo)]).await;
    world.sweep().await;
    let mut written = world.ways.written_to();
    written.sort();
    let mut both = vec![alice.email.clone(), bo.email];
    both.sort();
    assert_eq!(written, both);
    let mails = world.ways.mails();
    let mail = mails.iter().find(|mail| mail.to.expose() == alice.email).expect("a mail to Alice");
    assert_eq!(
        (mail.from.expose(), mail.subject.as_str()),
        ("tokens@example.com", "2 messages about credentials for Atlassian")
    );
    assert!(mail.text.contains("Text of a1.") && mail.text.contains("Text of a2."), "{}", mail.text);
    let later = to_owner(&world, "a3", &alice);
    tell(&world, &[later.clone(), to_owner(&world, "a4", &alice)]).await;
    sweep_for(&world, DAY, 7).await;
    assert_eq!(world.ways.mails().len(), 2, "not within the week");
    assert!(reason(&world, &later.id).await.starts_with("one mail a week"), "{}", reason(&world, &later.id).await);
    world.sweep().await;
    let mails = world.ways.mails();
    assert_eq!((mails.len(), mails[2].to.expose()), (3, alice.email.as_str()));
    assert!(mails[2].text.contains("Text of a3.") && mails[2].text.contains("Written on 21 Nov"), "{}", mails[2].text);
    assert_eq!(standing(&world, &later.id).await.state, MessageState::Sent);
}

#[tokio::test]
async fn a_mail_of_one_message_bears_its_id() {
    let (world, _receiver) = world().await;
    let [alice, _] = managed(&world).await;
    let message = to_owner(&world, "only", &alice);
    tell(&world, std::slice::from_ref(&message)).await;
    sweep_for(&world, 5 * MINUTE, 3).await;
    let mails = world.ways.mails();
    assert_eq!((mails.len(), &mails[0].id, mails[0].subject.as_str()), (1, &message.id, "Subject only"));
}

#[tokio::test]
async fn a_message_about_an_external_s_token_never_goes_to_the_external() {
    let (world, _receiver) = world().await;
    let carol = external(&world).await;
    tell(&world, &[to_owner(&world, "nobody answers", &carol)]).await;
    world.sweep().await;
    assert_eq!(world.ways.written_to(), ["fallback@example.com"]);
    let herself = [carol.email.clone(), format!("Carol <{}>", carol.email.to_uppercase())];
    for (at, by) in herself.iter().enumerate() {
        sponsor(&world, &carol, by).await;
        world.clock.advance(8 * DAY);
        tell(&world, &[to_owner(&world, &format!("herself {at}"), &carol)]).await;
        world.sweep().await;
    }
    sponsor(&world, &carol, "Bo Boss <bo@example.com>, vendor desk").await;
    world.clock.advance(8 * DAY);
    tell(&world, &[to_owner(&world, "bo answers", &carol)]).await;
    world.sweep().await;
    let fallback = "fallback@example.com";
    assert_eq!(world.ways.written_to(), [fallback, fallback, fallback, "bo@example.com"]);
    let mails = world.ways.mails();
    assert!(mails[3].text.contains("for whom you answer"), "{}", mails[3].text);
    assert!(mails.iter().all(|mail| !mail.text.to_lowercase().contains(&carol.email.to_lowercase())));
}

#[tokio::test]
async fn an_owner_whom_no_list_knows_is_written_to_by_the_fallback_contact() {
    let (world, _receiver) = world().await;
    let stranger = message(&world, "who", Audience::Owner("712020:nobody".into()));
    tell(&world, &[stranger]).await;
    world.sweep().await;
    assert_eq!(world.ways.written_to(), ["fallback@example.com"]);
}

#[tokio::test]
async fn observe_writes_to_no_owner_whether_the_org_or_the_rule_observes() {
    let (world, _receiver) = world().await;
    let [alice, bo] = managed(&world).await;
    let by_rule = Message { rule: Some("expires-soon".into()), ..to_owner(&world, "by the rule", &alice) };
    tell(&world, std::slice::from_ref(&by_rule)).await;
    world.sweep().await;
    assert_eq!(standing(&world, &by_rule.id).await.state, MessageState::Withheld);
    world.put_policy(&POLICY.replace("mode: enforce", "mode: observe")).await;
    let by_org = to_owner(&world, "by the org", &bo);
    tell(&world, std::slice::from_ref(&by_org)).await;
    sweep_for(&world, DAY, 10).await;
    assert_eq!(standing(&world, &by_org.id).await.state, MessageState::Withheld);
    assert!(reason(&world, &by_org.id).await.contains("observe"));
    assert_eq!(world.ways.mails(), []);
}

#[tokio::test]
async fn a_mode_that_changes_before_the_mail_goes_holds_it_back() {
    let (world, _receiver) = world().await;
    let [alice, _] = managed(&world).await;
    tell(&world, &[to_owner(&world, "first", &alice)]).await;
    world.sweep().await;
    let second = to_owner(&world, "second", &alice);
    tell(&world, std::slice::from_ref(&second)).await;
    world.sweep().await;
    world.put_policy(&POLICY.replace("mode: enforce", "mode: observe")).await;
    world.clock.advance(8 * DAY);
    world.sweep().await;
    assert_eq!((world.ways.mails().len(), standing(&world, &second.id).await.state), (1, MessageState::Withheld));
}

#[tokio::test]
async fn while_the_kill_switch_is_on_owners_are_not_written_to() {
    let (world, receiver) = world().await;
    let [alice, _] = managed(&world).await;
    let switch = async |to, by| {
        decide_action::set_stop(&world.store(), &world.org, to, world.decider(by)).await.expect("it is switched")
    };
    switch(Switch::Stop, "ann").await;
    let held = to_owner(&world, "held", &alice);
    tell(&world, &[held.clone(), message(&world, "told", Audience::Security)]).await;
    sweep_for(&world, 10 * MINUTE, 6).await;
    assert_eq!((world.ways.mails().len(), receiver.received("/slack").len()), (0, 1));
    assert!(reason(&world, &held.id).await.contains("kill switch"));
    switch(Switch::Resume, "bo").await;
    sweep_for(&world, 20 * MINUTE, 2).await;
    assert_eq!(world.ways.written_to(), [alice.email]);
}

#[tokio::test]
async fn a_mail_that_is_refused_is_tried_again_under_the_same_id_and_given_up_at_last() {
    let (world, _receiver) = world().await;
    let [alice, _] = managed(&world).await;
    let (first, second) = (to_owner(&world, "m1", &alice), to_owner(&world, "m2", &alice));
    tell(&world, &[first.clone(), second.clone()]).await;
    world.ways.refuse_mails(Some("SES: MessageRejected"));
    sweep_for(&world, 6 * HOUR, 9).await;
    for id in [&first.id, &second.id] {
        let dead = standing(&world, id).await;
        assert_eq!((dead.state, dead.attempts), (MessageState::Dead, 8));
        assert_eq!(dead.reason.as_deref(), Some("given up after 8 tries: mail: SES: MessageRejected"));
    }
    world.ways.refuse_mails(None);
    tell(&world, &[to_owner(&world, "m3", &alice)]).await;
    world.sweep().await;
    assert_eq!(world.ways.written_to(), [alice.email], "a mail that was given up takes nobody's week");
}

/// Tells the owner of what is unused, and revokes it a week later.
fn ladder() -> String {
    let rules = "  unused: {respond: {approval: waived, steps: [{do: notify, after_days: 0}, {do: revoke, after_days: 7}]}}\n\
                 calendar: {weekend: [], from_hour: 0}\n";
    format!("{POLICY}{rules}")
}

#[tokio::test]
async fn a_ladder_s_notice_reaches_its_owner_before_anything_is_revoked() {
    let (world, _receiver) = world().await;
    world.poll().await;
    world.put_policy(&ladder()).await;
    world.sweep().await;
    let mails = world.ways.mails();
    assert!(!mails.is_empty());
    assert!(mails.iter().all(|mail| mail.text.contains("at the earliest")), "{}", mails[0].text);
    let told = world.ways.written_to();
    assert!((1..told.len()).all(|at| !told[..at].contains(&told[at])), "one mail to each");
    assert_eq!(world.deletions().await, []);
    world.advance(8 * DAY).await;
    world.poll().await;
    world.sweep().await;
    assert!(!world.deletions().await.is_empty(), "a week after they were told");
}

#[tokio::test]
async fn nothing_is_revoked_of_which_nobody_could_be_told() {
    let (world, _receiver) = world().await;
    world.ways.refuse_mails(Some("SES: AccountSuspended"));
    world.poll().await;
    world.put_policy(&ladder()).await;
    sweep_for(&world, 6 * HOUR, 9).await;
    for _ in 0..3 {
        world.advance(10 * DAY).await;
        world.poll().await;
        world.sweep().await;
    }
    assert_eq!(world.deletions().await, []);
    let waits = world.actions().await.into_iter().filter_map(|action| action.reason);
    assert!(waits.into_iter().any(|reason| reason.contains("could not be sent")));
}

#[tokio::test]
async fn a_crash_at_any_call_repeats_a_mail_only_under_its_id() {
    let (world, _receiver) = world().await;
    let [alice, _] = managed(&world).await;
    let (mut struck, mut repeated) = (0, 0);
    for side in [Side::Before, Side::After] {
        for at in 1.. {
            let causes = [format!("{side:?} {at} one"), format!("{side:?} {at} two")];
            let messages = causes.map(|cause| to_owner(&world, &cause, &alice));
            tell(&world, &messages).await;
            let (before, doom) = (world.ways.mails().len(), Doom::at(at, side));
            let store = world.store_by(world.dynamo.doomed_client(&doom));
            let app = world.remediation(store, Doomed { revoker: world.revoker(), doom: doom.clone() });
            let _ = app.run(remediate_tokens::Trigger::Sweep, &NoDeadline).await;
            sweep_for(&world, 5 * MINUTE, 3).await;
            let mails = world.ways.mails().split_off(before);
            assert!((1..=2).contains(&mails.len()), "{side:?} {at}: {} mails", mails.len());
            assert!(mails.iter().all(|mail| (&mail.id, &mail.text) == (&mails[0].id, &mails[0].text)), "{side:?} {at}");
            repeated += mails.len() - 1;
            for message in &messages {
                assert_eq!(standing(&world, &message.id).await.state, MessageState::Sent, "{side:?} {at}");
            }
            world.clock.advance(8 * DAY);
            if !doom.struck() {
                break;
            }
            struck += 1;
        }
    }
    assert!(struck >= 20, "only {struck} calls were found");
    assert_eq!(repeated, 1, "only where the crash falls between sending and recording");
}
