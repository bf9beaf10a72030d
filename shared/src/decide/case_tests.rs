//! Each state with each step, and each reason to stop.

use super::*;
use crate::decide::judge::tests::row;
use crate::decide::plan::{
    self,
    tests::{cause, now, plan_of, policy},
};
use crate::model::{Agreement, Approval, Claim, CredentialId, Mode, PlannedStep, Stop, Told};
use crate::ports::TokenSnapshot;

fn later(days: i64) -> Timestamp {
    now() + TimeDelta::days(days)
}

fn planned(mode: Mode, approval: Approval) -> Action {
    let plan = plan_of(&row(), mode, approval);
    plan::action(&"o1".into(), &cause(), plan, 1, now())
}

fn approved() -> Action {
    let agreed = vec![Agreement { by: "ann".into(), at: now(), reason: "yes".into() }];
    Action { agreed, state: ActionState::Waiting, ..planned(Mode::Enforce, Approval::Required) }
}

fn claimed(at: Timestamp, attempt: u32) -> Action {
    Action { state: ActionState::Claimed, claim: Some(Claim { at, attempt, task: None }), ..approved() }
}

fn snapshot() -> TokenSnapshot {
    let credential = row().credential;
    TokenSnapshot {
        id: credential.reference.id,
        label: credential.label,
        created_at: credential.created_at,
        last_access_at: credential.last_used_at,
    }
}

fn present(token: TokenSnapshot) -> Option<Look> {
    Some(Look::Seen(Reread::Present(token)))
}

fn stored(value: Budget, listed: Option<u64>) -> Option<(Versioned<Budget>, Option<u64>)> {
    Some((Versioned { version: 1, value }, listed))
}

fn facts() -> Facts {
    Facts {
        standing: Some(Standing::Stands),
        admin_role: Some(Answer::No),
        log: Some(LogLag::Late(TimeDelta::minutes(1))),
        event_use: Some(None),
        look: present(snapshot()),
        budget: stored(Budget::default(), Some(150)),
        recovery_wait: TimeDelta::seconds(30),
        ..Facts::default()
    }
}

fn enforce() -> PolicyVersion {
    policy(Mode::Enforce, Approval::Required)
}

fn is_claim(next: &Next) -> bool {
    matches!(next, Next::Do(Effect::Claim { .. }))
}

fn closes(next: &Next, state: ActionState, part: &str) {
    let Next::Close(closed, reason) = next else { panic!("{next:?}") };
    assert!(*closed == state && reason.contains(part), "{next:?}");
}

fn waits(next: &Next, part: &str) {
    let (Next::WaitUntil(_, reason) | Next::Ask(_, reason) | Next::Spent(_, reason)) = next else { panic!("{next:?}") };
    assert!(reason.contains(part), "{next:?}");
}

#[test]
fn what_is_withheld_rests_however_late_it_gets() {
    let action = planned(Mode::Observe, Approval::Waived);
    let next = next(&action, &facts(), &policy(Mode::Observe, Approval::Waived), later(1000));
    assert!(matches!(next, Next::Rest(_)), "{next:?}");
}

#[test]
fn any_change_of_policy_plans_anew_even_what_was_approved() {
    let newer = PolicyVersion { version: 2, ..enforce() };
    assert_eq!(next(&approved(), &facts(), &newer, later(30)), Next::Do(Effect::Replan));
    assert_eq!(next(&planned(Mode::Observe, Approval::Waived), &facts(), &newer, later(30)), Next::Do(Effect::Replan));
}

#[test]
fn nothing_happens_without_the_approval_or_before_the_grace_has_passed() {
    waits(&next(&planned(Mode::Enforce, Approval::Required), &facts(), &enforce(), later(8)), "approval");
    waits(&next(&approved(), &facts(), &enforce(), later(6)), "grace");
    assert!(is_claim(&next(&approved(), &facts(), &enforce(), later(7))));
}

#[test]
fn nobody_s_agreement_in_time_ends_it() {
    let next = next(&planned(Mode::Enforce, Approval::Required), &facts(), &enforce(), later(37));
    closes(&next, ActionState::Expired, "nobody agreed");
}

#[test]
fn an_org_admin_s_token_needs_an_approval_and_so_does_one_of_whom_it_is_not_known() {
    let (action, waived) = (planned(Mode::Enforce, Approval::Waived), policy(Mode::Enforce, Approval::Waived));
    assert!(is_claim(&next(&action, &facts(), &waived, later(7))));
    for answer in [Answer::Yes, Answer::Unknown] {
        let facts = Facts { admin_role: Some(answer), ..facts() };
        waits(&next(&action, &facts, &waived, later(7)), "org admin");
    }
}

#[test]
fn it_waits_while_the_log_is_behind() {
    let late = LogLag::Late;
    let told = [
        (late(TimeDelta::minutes(16)), "the audit log is 16 minutes behind"),
        (late(TimeDelta::hours(47)), "the audit log is 47 hours behind"),
        (late(TimeDelta::days(8)), "the audit log is 8 days behind"),
        (LogLag::NeverRead, "the audit log was not read yet"),
    ];
    for (log, words) in told {
        let facts = Facts { log: Some(log), ..facts() };
        waits(&next(&approved(), &facts, &enforce(), later(7)), words);
    }
}

#[test]
fn a_use_after_the_judgement_cancels_whoever_saw_it() {
    let by_event = Facts { event_use: Some(Some(later(1))), ..facts() };
    closes(&next(&approved(), &by_event, &enforce(), later(7)), ActionState::Cancelled, "used on 2026-11-22");
    let by_list = Facts { look: present(TokenSnapshot { last_access_at: Some(later(1)), ..snapshot() }), ..facts() };
    closes(&next(&approved(), &by_list, &enforce(), later(7)), ActionState::Cancelled, "used on 2026-11-22");
    let hidden = Facts { look: present(TokenSnapshot { last_access_at: None, ..snapshot() }), ..facts() };
    closes(&next(&approved(), &hidden, &enforce(), later(7)), ActionState::Cancelled, "does not show its last use");
}

#[test]
fn a_credential_that_is_not_the_judged_one_is_left_alone() {
    for token in [
        TokenSnapshot { id: CredentialId::new("other"), ..snapshot() },
        TokenSnapshot { label: "other".into(), ..snapshot() },
        TokenSnapshot { created_at: Some(now()), ..snapshot() },
        TokenSnapshot { created_at: None, ..snapshot() },
    ] {
        let facts = Facts { look: present(token), ..facts() };
        closes(&next(&approved(), &facts, &enforce(), later(7)), ActionState::Cancelled, "not the credential");
    }
    for (look, reason) in [(Reread::Gone, "not there any more"), (Reread::AccountUnknown, "not known")] {
        let facts = Facts { look: Some(Look::Seen(look)), ..facts() };
        closes(&next(&approved(), &facts, &enforce(), later(7)), ActionState::Cancelled, reason);
    }
}

#[test]
fn what_no_longer_stands_is_cancelled() {
    let facts = Facts { standing: Some(Standing::Fallen("the finding was resolved".into())), ..facts() };
    closes(&next(&approved(), &facts, &enforce(), later(7)), ActionState::Cancelled, "resolved");
}

#[test]
fn the_budget_and_the_kill_switch_make_it_wait() {
    let spent = Facts { budget: stored(Budget::default(), None), ..facts() };
    waits(&next(&approved(), &spent, &enforce(), later(7)), "budget");
    let stop = Stop { by: "ann".into(), at: now(), reason: "r".into() };
    let stopped = Facts { budget: stored(Budget { stopped: Some(stop), ..Budget::default() }, Some(150)), ..facts() };
    waits(&next(&approved(), &stopped, &enforce(), later(7)), "kill switch");
}

#[test]
fn a_missing_fact_is_asked_for_and_never_assumed() {
    let waived = policy(Mode::Enforce, Approval::Waived);
    let action = planned(Mode::Enforce, Approval::Waived);
    let without: [(Facts, Need); 6] = [
        (Facts { standing: None, ..facts() }, Need::Standing),
        (Facts { admin_role: None, ..facts() }, Need::AdminRole),
        (Facts { log: None, ..facts() }, Need::Log),
        (Facts { event_use: None, ..facts() }, Need::EventUse),
        (Facts { look: None, ..facts() }, Need::Reread),
        (Facts { budget: None, ..facts() }, Need::Budget),
    ];
    for (facts, need) in without {
        assert_eq!(next(&action, &facts, &waived, later(7)), Next::Need(need));
    }
}

#[test]
fn one_of_our_own_keys_is_never_claimed_even_if_that_is_learned_at_the_last_moment() {
    let key = |action: Action| {
        let mut action = action;
        action.plan.target.credential.kind = crate::model::CredentialKind::OrgApiKey;
        action
    };
    let with = |own_key| Facts { own_key, ..facts() };
    let first = |own_key| next(&key(approved()), &with(own_key), &enforce(), later(7));
    assert_eq!(first(None), Next::Need(Need::OwnKey));
    closes(&first(Some(OwnKey::Ours)), ActionState::Cancelled, "own keys");
    waits(&first(Some(OwnKey::NotKnown)), "not known");
    assert!(is_claim(&first(Some(OwnKey::NotOurs))));
    let again = |own_key| next(&key(claimed(later(7), 1)), &with(own_key), &enforce(), later(8));
    assert_eq!(again(None), Next::Need(Need::OwnKey));
    closes(&again(Some(OwnKey::Ours)), ActionState::Cancelled, "own keys");
}

#[test]
fn only_the_invocation_that_claimed_calls_at_once() {
    let action = claimed(later(7), 1);
    let mine = Facts { claim_in_hand: Some(later(7)), ..facts() };
    assert_eq!(next(&action, &mine, &enforce(), later(7)), Next::Do(Effect::Revoke));
    waits(&next(&action, &facts(), &enforce(), later(7)), "no call of it can be under way");
}

#[test]
fn after_a_crash_absent_is_done_and_present_is_tried_again() {
    let (action, then) = (claimed(later(7), 1), later(7) + TimeDelta::seconds(30));
    let gone = Facts { look: Some(Look::Seen(Reread::Gone)), ..facts() };
    closes(&next(&action, &gone, &enforce(), then), ActionState::Done, "absent");
    let held = Budget { holds: [(action.id.to_string(), later(7))].into(), ..Budget::default() };
    let again = Facts { budget: stored(held, Some(150)), ..facts() };
    let moved = Budget { holds: [(action.id.to_string(), then)].into(), ..Budget::default() };
    assert_eq!(
        next(&action, &again, &enforce(), then),
        Next::Do(Effect::Claim { budget: Box::new(moved), attempt: 2 })
    );
    closes(&next(&claimed(later(7), 5), &again, &enforce(), then), ActionState::Failed, "tried 5 times");
}

#[test]
fn after_a_crash_a_use_or_a_new_policy_stops_the_second_try() {
    let (action, then) = (claimed(later(7), 1), later(8));
    let used = Facts { look: present(TokenSnapshot { last_access_at: Some(later(7)), ..snapshot() }), ..facts() };
    closes(&next(&action, &used, &enforce(), then), ActionState::Cancelled, "used on");
    let newer = PolicyVersion { version: 2, ..enforce() };
    assert_eq!(next(&action, &facts(), &newer, then), Next::Do(Effect::Replan));
}

#[test]
fn it_is_done_only_when_it_is_seen_to_be_gone() {
    let action = claimed(later(7), 1);
    for answer in [Revoked::Now, Revoked::Already] {
        let call = Some(Call::Answered(answer));
        let unseen = Facts { call: call.clone(), look: None, ..facts() };
        assert_eq!(next(&action, &unseen, &enforce(), later(7)), Next::Need(Need::Reread));
        let gone = Facts { call: call.clone(), look: Some(Look::Seen(Reread::Gone)), ..facts() };
        closes(&next(&action, &gone, &enforce(), later(7)), ActionState::Done, "seen to be gone");
        waits(&next(&action, &Facts { call, ..facts() }, &enforce(), later(7)), "still lists it");
    }
}

#[test]
fn an_unclear_call_is_left_alone_and_a_refused_one_fails() {
    let action = claimed(later(7), 1);
    let unclear = Facts { call: Some(Call::Unclear("timed out".into())), ..facts() };
    waits(&next(&action, &unclear, &enforce(), later(7)), "not known whether");
    let refused = Facts { call: Some(Call::Refused("403".into())), ..facts() };
    closes(&next(&action, &refused, &enforce(), later(7)), ActionState::Failed, "403");
    let unknown = Facts { call: Some(Call::Answered(Revoked::AccountUnknown)), ..facts() };
    closes(&next(&action, &unknown, &enforce(), later(7)), ActionState::Failed, "does not know the owner");
}

/// A ladder that tells at once and after seven days, and revokes after 21.
fn ladder(told: u32) -> Action {
    let mut action = approved();
    let step = |action, days| PlannedStep { action, due_at: later(days) };
    action.plan.before = vec![step(ActionKind::Notify, 0), step(ActionKind::Remind, 7)];
    action.plan.due_at = later(21);
    action.told = (0..told).map(|at| Told { at: later(i64::from(at) * 7), message: "m".into() }).collect();
    action
}

fn tells(next: &Next) -> Option<ActionKind> {
    match next {
        Next::Do(Effect::Tell(kind)) => Some(*kind),
        Next::Do(_)
        | Next::Need(_)
        | Next::WaitUntil(..)
        | Next::Ask(..)
        | Next::Spent(..)
        | Next::Rest(_)
        | Next::Close(..) => None,
    }
}

fn sent(days: i64) -> Facts {
    Facts { delivery: Some(Delivery::Sent(later(days))), ..facts() }
}

#[test]
fn whoever_answers_for_it_is_told_before_anything_is_done_and_each_message_has_its_day() {
    assert_eq!(tells(&next(&ladder(0), &facts(), &enforce(), later(0))), Some(ActionKind::Notify));
    waits(&next(&ladder(1), &facts(), &enforce(), later(6)), "next message");
    assert_eq!(tells(&next(&ladder(1), &facts(), &enforce(), later(7))), Some(ActionKind::Remind));
    waits(&next(&ladder(2), &sent(7), &enforce(), later(20)), "grace");
    assert!(is_claim(&next(&ladder(2), &sent(7), &enforce(), later(21))));
}

#[test]
fn nobody_is_told_without_looking_again() {
    let without = |facts: Facts| next(&ladder(0), &facts, &enforce(), later(0));
    assert_eq!(without(Facts { look: None, ..facts() }), Next::Need(Need::Reread));
    assert_eq!(without(Facts { event_use: None, ..facts() }), Next::Need(Need::EventUse));
    closes(&without(Facts { look: Some(Look::Seen(Reread::Gone)), ..facts() }), ActionState::Cancelled, "not there");
    closes(&without(Facts { event_use: Some(Some(later(0))), ..facts() }), ActionState::Cancelled, "it was used");
}

#[test]
fn nothing_is_done_before_the_messages_were_sent_and_their_delay_counts_from_then() {
    let at = |facts: Facts| next(&ladder(2), &facts, &enforce(), later(21));
    assert_eq!(at(facts()), Next::Need(Need::Delivery));
    waits(&at(Facts { delivery: Some(Delivery::Waiting(None)), ..facts() }), "was sent");
    waits(&at(Facts { delivery: Some(Delivery::Dead("no address".into())), ..facts() }), "no address");
    waits(&at(sent(12)), "grace");
    assert!(is_claim(&next(&ladder(2), &sent(12), &enforce(), later(26))));
}

#[test]
fn a_ladder_that_only_tells_ends_with_its_last_message_and_a_use_does_not_end_it() {
    let mut action = ladder(2);
    (action.plan.action, action.plan.due_at) = (ActionKind::Remind, later(21));
    let used = Facts { event_use: Some(Some(later(20))), ..facts() };
    assert_eq!(tells(&next(&action, &used, &enforce(), later(21))), Some(ActionKind::Remind));
    action.told.push(Told { at: later(21), message: "m".into() });
    closes(&next(&action, &used, &enforce(), later(21)), ActionState::Done, "told");
}

#[test]
fn where_the_policy_asks_for_two_persons_one_is_not_enough() {
    let mut action = approved();
    action.plan.approval = Approval::TwoPersons;
    waits(&next(&action, &facts(), &enforce(), later(7)), "a second approval");
    action.agreed.push(Agreement { by: "bob".into(), at: now(), reason: "yes".into() });
    assert!(is_claim(&next(&action, &facts(), &enforce(), later(7))));
}
