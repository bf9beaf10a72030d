//! Each step of an owner-scoped action, each refusal, and each crash.

use super::*;
use crate::decide::case::LogLag;
use crate::decide::case::{Standing, next};
use crate::decide::judge::tests::row;
use crate::decide::plan::tests::{now, planned_action, policy};
use crate::model::{Agreement, Approval, Budget, Hit, Mode, Scope, Use, Versioned};

fn later(minutes: i64) -> Timestamp {
    now() + TimeDelta::minutes(minutes)
}

fn enforce() -> PolicyVersion {
    policy(Mode::Enforce, Approval::Required)
}

fn hit() -> Hit {
    let row = row();
    Hit {
        credential: row.credential.reference,
        label: "ci".into(),
        last_used_at: Some(now() - TimeDelta::days(90)),
        usage: Use::Known,
        exempt: None,
    }
}

fn agreed(kind: ActionKind, means: Means) -> Action {
    let mut action = planned_action();
    action.plan.action = kind;
    action.plan.scope = Scope::Owner;
    action.plan.target.owner = Some("acc".into());
    (action.plan.hits, action.plan.means) = (vec![hit()], Some(means));
    action.plan.due_at = now();
    action.state = ActionState::Waiting;
    action.agreed = vec![Agreement { by: "ann".into(), at: now(), reason: "yes".into() }];
    action
}

fn suspension() -> Action {
    agreed(ActionKind::Suspend, Means::Directories(vec!["d1".into(), "d2".into()]))
}

fn block() -> Action {
    let means = Means::Policy { to: "blocking".into(), earlier: Some("before".into()), email: "a@x.example".into() };
    agreed(ActionKind::Block, means)
}

fn claimed(action: Action, task: Option<&str>) -> Action {
    let claim = Some(Claim { at: now(), attempt: 1, task: task.map(Into::into) });
    Action { state: ActionState::Claimed, claim, ..action }
}

fn directories(first: Access, second: Access) -> Option<Seen<OwnerState>> {
    let of = |directory: &str, access| Membership { directory: directory.into(), access };
    Some(Seen::Is(OwnerState::Directories(vec![of("d1", first), of("d2", second)])))
}

fn in_policy(policy: Option<&str>) -> Option<Seen<OwnerState>> {
    Some(Seen::Is(OwnerState::Policy(policy.map(Into::into))))
}

fn hits(used: Option<Timestamp>) -> Option<Seen<Vec<HitNow>>> {
    let hit = hit();
    Some(Seen::Is(vec![HitNow { id: hit.credential.id, label: hit.label, last_used_at: used }]))
}

fn facts() -> Facts {
    Facts {
        standing: Some(Standing::Stands),
        admin_role: Some(Answer::No),
        log: Some(LogLag::Late(TimeDelta::minutes(1))),
        hits: hits(None),
        owner: directories(Access::Open, Access::Open),
        budget: Some((Versioned { version: 1, value: Budget::default() }, Some(150))),
        recovery_wait: TimeDelta::seconds(30),
        ..Facts::default()
    }
}

fn moving() -> Facts {
    Facts { owner: in_policy(Some("before")), ..facts() }
}

fn closes(next: &Next, state: ActionState, part: &str) {
    let Next::Close(closed, reason) = next else { panic!("{next:?}") };
    assert!(*closed == state && reason.contains(part), "{next:?}");
}

fn waits(next: &Next, part: &str) {
    let (Next::WaitUntil(_, reason) | Next::Ask(_, reason)) = next else { panic!("{next:?}") };
    assert!(reason.contains(part), "{next:?}");
}

fn is_claim(next: &Next) -> bool {
    matches!(next, Next::Do(Effect::Claim { .. }))
}

fn first(action: &Action, facts: &Facts) -> Next {
    next(action, facts, &enforce(), later(1))
}

#[test]
fn what_it_hits_is_read_before_anybody_can_agree() {
    let mut unread = suspension();
    (unread.plan.means, unread.agreed) = (None, vec![]);
    assert_eq!(first(&unread, &facts()), Next::Do(Effect::Replan));
}

#[test]
fn it_waits_for_an_approval_and_asks_for_every_fact() {
    let mut alone = suspension();
    alone.agreed = vec![];
    waits(&first(&alone, &facts()), "an approval");
    assert!(is_claim(&first(&suspension(), &facts())));
    let without: [(Facts, Need); 5] = [
        (Facts { admin_role: None, ..facts() }, Need::AdminRole),
        (Facts { log: None, ..facts() }, Need::Log),
        (Facts { hits: None, ..facts() }, Need::Hits),
        (Facts { owner: None, ..facts() }, Need::Owner),
        (Facts { budget: None, ..facts() }, Need::Budget),
    ];
    for (facts, need) in without {
        assert_eq!(first(&suspension(), &facts), Next::Need(need));
    }
}

#[test]
fn an_org_admin_is_spared_although_a_person_agreed() {
    let admin = |answer| Facts { admin_role: Some(answer), ..facts() };
    closes(&first(&suspension(), &admin(Answer::Yes)), ActionState::Cancelled, "org admin");
    waits(&first(&suspension(), &admin(Answer::Unknown)), "could not be read");
}

#[test]
fn a_use_since_or_a_credential_that_the_plan_does_not_list_ends_it_by_name() {
    let used = Facts { hits: hits(Some(later(0))), ..facts() };
    closes(&first(&suspension(), &used), ActionState::Cancelled, "its credential t1 was used on");
    let new = HitNow { id: "t9".into(), label: "new".into(), last_used_at: None };
    let more = Facts { hits: Some(Seen::Is(vec![new])), ..facts() };
    closes(&first(&suspension(), &more), ActionState::Cancelled, "t9 too, which the plan does not list: 'new'");
    let unread = Facts { hits: Some(Seen::Failed("503".into())), ..facts() };
    waits(&first(&suspension(), &unread), "503");
    let unknown = Facts { hits: Some(Seen::AccountUnknown), ..facts() };
    closes(&first(&suspension(), &unknown), ActionState::Cancelled, "not known");
}

#[test]
fn giving_access_back_asks_nothing_of_use() {
    let restore = agreed(ActionKind::Restore, Means::Directories(vec!["d1".into()]));
    let bare = Facts { admin_role: None, log: None, hits: None, ..facts() };
    let suspended = Facts { owner: directories(Access::Suspended, Access::Open), ..bare };
    assert!(is_claim(&first(&restore, &suspended)));
    let mut release = block();
    release.plan.action = ActionKind::Release;
    (release.plan.approval, release.agreed) = (Approval::Waived, vec![]);
    let bare = Facts { log: None, hits: None, ..moving() };
    assert!(is_claim(&first(&release, &bare)), "no second approval");
}

#[test]
fn whoever_became_an_admin_since_gets_access_back_only_once_a_person_agreed() {
    let mut release = block();
    release.plan.action = ActionKind::Release;
    let by_agreement = release.clone();
    (release.plan.approval, release.agreed) = (Approval::Waived, vec![]);
    let with = |admin_role| Facts { admin_role, ..moving() };
    assert_eq!(first(&release, &with(None)), Next::Need(Need::AdminRole));
    waits(&first(&release, &with(Some(Answer::Yes))), "an approval: the account is an org admin's by now");
    waits(&first(&release, &with(Some(Answer::Unknown))), "could not be read");
    assert!(is_claim(&first(&by_agreement, &with(Some(Answer::Yes)))));
    let late = next(&release, &with(Some(Answer::Yes)), &enforce(), release.plan.expires_at);
    closes(&late, ActionState::Expired, "nobody agreed");
    let again = claimed(release, None);
    closes(&first(&again, &with(Some(Answer::Yes))), ActionState::Cancelled, "ask for it again");
}

#[test]
fn what_is_so_already_or_was_moved_by_somebody_else_is_left_alone() {
    let suspended = Facts { owner: directories(Access::Suspended, Access::Suspended), ..facts() };
    closes(&first(&suspension(), &suspended), ActionState::Cancelled, "so already");
    let elsewhere = Facts { owner: in_policy(Some("third")), ..facts() };
    closes(&first(&block(), &elsewhere), ActionState::Cancelled, "somebody moved");
    closes(
        &first(&block(), &Facts { owner: in_policy(Some("blocking")), ..facts() }),
        ActionState::Cancelled,
        "already",
    );
}

#[test]
fn each_directory_gets_one_order_and_it_is_done_when_all_show_it() {
    let (action, mine) = (claimed(suspension(), None), Facts { claim_in_hand: Some(now()), ..facts() });
    let suspend = |directory: &str| Order::Suspend(directory.into(), "acc".into());
    assert_eq!(first(&action, &mine), Next::Do(Effect::Act(suspend("d1"))));
    let half = Facts {
        owner: directories(Access::Suspended, Access::Open),
        acted: Some(Acted::Now),
        ordered: vec![suspend("d1")],
        ..mine.clone()
    };
    assert_eq!(first(&action, &half), Next::Do(Effect::Act(suspend("d2"))));
    let whole = Facts { owner: directories(Access::Suspended, Access::Suspended), ..half.clone() };
    closes(&first(&action, &whole), ActionState::Done, "seen to be so");
    let deaf = Facts { owner: directories(Access::Open, Access::Suspended), ..half };
    waits(&first(&action, &deaf), "does not show it yet");
}

#[test]
fn after_a_crash_the_state_is_read_and_only_what_is_left_is_done_after_a_new_claim() {
    let action = claimed(suspension(), None);
    waits(&next(&action, &facts(), &enforce(), now()), "no call of it can be under way");
    let half = Facts { owner: directories(Access::Suspended, Access::Open), ..facts() };
    assert!(is_claim(&first(&action, &half)));
    let whole = Facts { owner: directories(Access::Suspended, Access::Suspended), ..facts() };
    closes(&first(&action, &whole), ActionState::Done, "seen to be so");
    let used = Facts { hits: hits(Some(later(0))), ..half };
    closes(&first(&action, &used), ActionState::Cancelled, "used on");
}

#[test]
fn all_tokens_of_a_service_account_are_gone_when_its_list_is_empty() {
    let action = claimed(agreed(ActionKind::RevokeAll, Means::Tokens), None);
    let token = TokenSnapshot { id: "t1".into(), label: "ci".into(), created_at: None, last_access_at: None };
    let listed = |tokens| Some(Seen::Is(OwnerState::Tokens(tokens)));
    let mine = Facts { claim_in_hand: Some(now()), owner: listed(vec![token]), ..facts() };
    assert_eq!(first(&action, &mine), Next::Do(Effect::Act(Order::RevokeAll("acc".into()))));
    closes(&first(&action, &Facts { owner: listed(vec![]), ..mine }), ActionState::Done, "seen to be so");
}

#[test]
fn a_task_is_stored_before_anything_else_and_followed_to_its_end() {
    let started = Facts { acted: Some(Acted::Started("t".into())), claim_in_hand: Some(now()), ..moving() };
    assert_eq!(first(&claimed(block(), None), &started), Next::Do(Effect::StoreTask("t".into())));
    let with = |task, policy: Option<&str>| Facts { task: Some(Seen::Is(task)), owner: in_policy(policy), ..facts() };
    let action = claimed(block(), Some("t"));
    assert_eq!(first(&action, &facts()), Next::Need(Need::Task));
    waits(&first(&action, &with(TaskState::Running(3), None)), "3 still to be moved");
    closes(&first(&action, &with(TaskState::Ended(vec![]), Some("blocking"))), ActionState::Done, "seen to be so");
    closes(&first(&action, &with(TaskState::Ended(vec![]), None)), ActionState::Done, "could not be read back");
    waits(&first(&action, &with(TaskState::Ended(vec![]), Some("before"))), "does not show its policy yet");
    let hour = next(&action, &with(TaskState::Ended(vec![]), Some("before")), &enforce(), later(61));
    closes(&hour, ActionState::Failed, "not in that policy");
    let day = next(&action, &with(TaskState::Running(3), None), &enforce(), later(1441));
    closes(&day, ActionState::Failed, "within a day");
}

#[test]
fn a_task_that_failed_for_the_account_says_so_by_its_id_and_without_its_address() {
    let failed = |who: &str| TaskState::Ended(vec![(who.into(), "User not found: a@x.example".into())]);
    let with = |who: &str| Facts { task: Some(Seen::Is(failed(who))), owner: in_policy(Some("blocking")), ..facts() };
    let action = claimed(block(), Some("t"));
    let next = first(&action, &with("A@x.example"));
    closes(&next, ActionState::Failed, "did not move the account acc: User not found");
    assert!(!format!("{next:?}").contains("a@x.example"), "{next:?}");
    closes(&first(&action, &with("")), ActionState::Failed, "acc");
    closes(&first(&action, &with("b@x.example")), ActionState::Done, "seen to be so");
}

#[test]
fn where_the_answer_with_the_task_was_lost_the_policy_tells_whether_the_account_was_moved() {
    let action = claimed(block(), None);
    closes(&first(&action, &Facts { owner: in_policy(Some("blocking")), ..facts() }), ActionState::Done, "seen");
    assert!(is_claim(&first(&action, &moving())));
    let unknown = Facts { task: Some(Seen::Is(TaskState::Unknown)), ..moving() };
    assert!(is_claim(&first(&claimed(block(), Some("t")), &unknown)));
}

#[test]
fn a_refusal_fails_and_an_unclear_call_is_left_alone() {
    let action = claimed(suspension(), None);
    let with = |call| Facts { call: Some(call), claim_in_hand: Some(now()), ..facts() };
    closes(&first(&action, &with(Call::Refused("403".into()))), ActionState::Failed, "403");
    waits(&first(&action, &with(Call::Unclear("timed out".into()))), "not known whether");
    waits(&first(&action, &with(Call::RateLimited(TimeDelta::minutes(2)))), "asked to wait");
    let unknown = Facts { acted: Some(Acted::AccountUnknown), ..facts() };
    closes(&first(&action, &unknown), ActionState::Failed, "does not know the account");
}
