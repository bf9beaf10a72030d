mod by_person;

use super::*;
use crate::{
    decide::{
        judge::tests::{report, row},
        plan::tests::{planned_action, policy},
    },
    model::{
        AccountId, Agreement, Approval, AuthPolicies, CampaignId, CredentialRef, Knowledge, Mode, Owner, RegisterEntry,
    },
};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn ago(days: i64) -> Timestamp {
    now() - TimeDelta::days(days)
}

fn campaign(kind: CampaignKind) -> Campaign {
    Campaign {
        id: CampaignId::new("c1"),
        kind,
        account: (kind == CampaignKind::Leave).then(|| AccountId::new("ann")),
        credential: None,
        expires_at: None,
        started_by: "bo".into(),
        started_at: ago(20),
        reason: "the audit asks for it".into(),
        clicked: None,
        ended: None,
    }
}

/// A token of an account, last used so many days ago.
fn token(id: &str, owner: &str, used_days_ago: i64) -> CredentialRow {
    let mut row = row();
    row.credential.reference = CredentialRef { kind: CredentialKind::UserApiToken, id: id.into() };
    row.credential.label = format!("label of {id}");
    row.credential.owner = Some(owner.into());
    row.credential.status = CredentialStatus::Allowed;
    row.credential.expires_at = None;
    row.owner = Some(Owner { status: OwnerStatus::Active, ..Owner::new(owner.into(), Relation::Managed) });
    (row.last_used_at, row.credential.last_used_at) = (Some(ago(used_days_ago)), Some(ago(used_days_ago)));
    (row.own, row.profile, row.register) = (false, None, None);
    row
}

fn asked(kind: ActionKind, id: &str, owner: &str, state: ActionState) -> Action {
    let mut action = planned_action();
    action.plan.action = kind;
    action.plan.target.credential = CredentialRef { kind: CredentialKind::UserApiToken, id: id.into() };
    action.plan.target.owner = Some(owner.into());
    (action.state, action.planned_at, action.requested_by) = (state, ago(10), Some("bo".into()));
    action
}

fn progress(campaign: &Campaign, rows: &[CredentialRow], actions: Vec<Action>) -> Progress {
    let mut newest = Newest::default();
    actions.into_iter().for_each(|action| newest.add(campaign, action));
    let context = ImpactContext { log_since: Some(ago(90)), uses_leave_events: Knowledge::Proven };
    let mut policy = policy(Mode::Enforce, Approval::Required).policy;
    policy.auth_policies = Some(AuthPolicies { blocking: "none".into(), allowing: "all".into() });
    let (seats, report) = (Seats::default(), Report { generated_at: ago(0), ..report() });
    let known =
        Known { newest: &newest, policy: &policy, seats: &seats, report: &report, covered: None, context, now: now() };
    let mut survey = Survey::new(campaign, known);
    rows.iter().for_each(|row| survey.add(row));
    survey.progress()
}

fn stands(progress: &Progress) -> Vec<(&str, Stand)> {
    progress.members.iter().map(|one| (one.account.as_ref().map_or("", AccountId::as_str), one.stand)).collect()
}

#[test]
fn what_a_rule_withheld_is_no_answer_to_what_a_person_asks_for() {
    let campaign = campaign(CampaignKind::Leave);
    let mut withheld = asked(ActionKind::Revoke, "t1", "ann", ActionState::Withheld);
    (withheld.plan.withheld, withheld.requested_by) = (Some("the mode is observe".into()), None);
    let stand_with =
        |action: &Action| stands(&progress(&campaign, &[token("t1", "ann", 1)], vec![action.clone()]))[0].1;
    assert_eq!(stand_with(&withheld), Stand::Todo);
    withheld.requested_by = Some("bo".into());
    assert_eq!(stand_with(&withheld), Stand::NotDone);
    withheld.planned_at = ago(30);
    assert_eq!(stand_with(&withheld), Stand::Todo, "that was asked for before it began");
    withheld.state = ActionState::Done;
    assert_eq!(stand_with(&withheld), Stand::Done, "what was done lasts");
}

#[test]
fn who_works_with_a_token_today_is_to_be_moved_and_who_is_moved_breaks_no_more() {
    let campaign = campaign(CampaignKind::ClosePolicy);
    let rows = [token("t1", "ann", 1), token("t2", "ann", 400), token("t3", "ben", 1), token("t4", "cay", 400)];
    let before = progress(&campaign, &rows, vec![]);
    assert_eq!(stands(&before), [("ann", Stand::Todo), ("ben", Stand::Todo), ("cay", Stand::Unclear)]);
    assert!(before.sentence.contains("probably stops today: 2"), "{}", before.sentence);
    let moved = asked(ActionKind::Allow, "t1", "ann", ActionState::Done);
    let after = progress(&campaign, &rows, vec![moved, asked(ActionKind::Allow, "t3", "ben", ActionState::Waiting)]);
    assert_eq!(stands(&after), [("cay", Stand::Unclear), ("ben", Stand::Asked), ("ann", Stand::Done)]);
    assert!(after.sentence.contains("probably stops today: 1 (“label of t3”"), "{}", after.sentence);
}

#[test]
fn the_credential_that_matters_most_speaks_for_its_account() {
    let rows = [token("t2", "ann", 400), token("t1", "ann", 1)];
    let found = progress(&campaign(CampaignKind::ClosePolicy), &rows, vec![]);
    let [ann] = &found.members[..] else { panic!("{:?}", found.members) };
    assert_eq!((ann.credential.id.as_str(), ann.credentials, ann.breaks, ann.unknown), ("t1", 2, 1, 1));
}

#[test]
fn whom_nobody_moves_from_here_is_left_to_a_person_with_the_reason() {
    let mut admin = token("t1", "ann", 1);
    admin.owner.as_mut().unwrap().org_admin = Some(true);
    let found = progress(&campaign(CampaignKind::ClosePolicy), &[admin, token("t2", "boss", 1)], vec![]);
    assert_eq!(stands(&found), [("ann", Stand::ByHand), ("boss", Stand::ByHand)]);
    assert!(found.members.iter().all(|member| member.reason.is_some()));
}

#[test]
fn what_came_to_nothing_is_told_and_what_was_so_already_counts_as_done() {
    let rows = [token("t1", "ann", 1), token("t3", "ben", 1)];
    let mut already = asked(ActionKind::Allow, "t1", "ann", ActionState::Withheld);
    already.plan.withheld = Some(owner_plan::IN_POLICY_ALREADY.into());
    let mut failed = asked(ActionKind::Allow, "t3", "ben", ActionState::Failed);
    failed.reason = Some("Atlassian did not move the account".into());
    let found = progress(&campaign(CampaignKind::ClosePolicy), &rows, vec![already, failed]);
    assert_eq!(stands(&found), [("ben", Stand::NotDone), ("ann", Stand::Done)]);
    assert_eq!(found.members[0].reason.as_deref(), Some("Atlassian did not move the account"));
}

#[test]
fn a_click_is_verified_by_a_later_report_that_lists_all_who_stay_as_blocked() {
    let clicked_at = |days| Some(Agreement { by: "bo".into(), at: ago(days), reason: "done".into() });
    let clicked = |days| Campaign { clicked: clicked_at(days), ..campaign(CampaignKind::ClosePolicy) };
    let blocked = |id, owner, used| {
        let mut row = token(id, owner, used);
        row.credential.status = CredentialStatus::Blocked;
        row
    };
    let settled = |campaign: &Campaign, rows: &[CredentialRow]| progress(campaign, rows, vec![]).settled.unwrap();
    let all = [blocked("t1", "ann", 9), blocked("t2", "ben", 400)];
    assert!(settled(&clicked(3), &all).verified);
    assert!(!settled(&clicked(0), &all).reported, "no report since");
    let one_left = settled(&clicked(3), &[all[0].clone(), token("t3", "cay", 9)]);
    assert_eq!((one_left.verified, one_left.blocked, one_left.allowed), (false, 1, 1));
    let used = settled(&clicked(3), &[all[0].clone(), blocked("t4", "dan", 1)]);
    assert_eq!((used.verified, used.used.as_deref()), (false, Some("label of t4")));
    assert!(!settled(&clicked(3), &[]).verified, "nothing proves nothing");
}

#[test]
fn the_moved_are_no_part_of_what_a_click_must_block() {
    let clicked = Some(Agreement { by: "bo".into(), at: ago(3), reason: "done".into() });
    let campaign = Campaign { clicked, ..campaign(CampaignKind::ClosePolicy) };
    let mut stays = token("t2", "ben", 400);
    stays.credential.status = CredentialStatus::Blocked;
    let moved = asked(ActionKind::Allow, "t1", "ann", ActionState::Done);
    let found = progress(&campaign, &[token("t1", "ann", 0), stays], vec![moved]);
    assert!(found.settled.unwrap().verified);
}

#[test]
fn accounts_that_are_not_managed_or_turned_off_are_no_part_of_a_policy() {
    let mut external = token("t1", "ann", 1);
    external.owner.as_mut().unwrap().relation = Relation::External;
    let mut off = token("t2", "ben", 1);
    off.owner.as_mut().unwrap().status = OwnerStatus::Inactive;
    assert_eq!(progress(&campaign(CampaignKind::ClosePolicy), &[external, off], vec![]).members, []);
}

#[test]
fn whoever_was_asked_answers_by_the_register_or_is_silent_after_two_weeks() {
    let campaign = campaign(CampaignKind::Recertify);
    let told = |id: &str, days| {
        let mut action = asked(ActionKind::Notify, id, "ann", ActionState::Done);
        action.told = vec![crate::model::Told { at: ago(days), message: "m".into() }];
        action
    };
    let mut answered = token("t3", "ann", 1);
    let credential = answered.credential.reference.clone();
    answered.register = Some(RegisterEntry {
        credential,
        purpose: Some("payroll".into()),
        system: None,
        responsible: None,
        backup: None,
        review_by: None,
        registered: None,
        updated_by: "ann".into(),
        updated_at: ago(2),
    });
    let rows = [token("t1", "ann", 1), token("t2", "ann", 1), answered, token("t4", "ann", 1)];
    let found = progress(&campaign, &rows, vec![told("t1", 15), told("t2", 3), told("t3", 15)]);
    let stands: Vec<_> = found.members.iter().map(|one| (one.credential.id.as_str(), one.stand)).collect();
    assert_eq!(stands, [("t4", Stand::Todo), ("t2", Stand::Asked), ("t1", Stand::Silent), ("t3", Stand::Done)]);
}

#[test]
fn what_somebody_leaves_behind_is_all_that_the_account_holds_and_no_more() {
    let mut key = token("k1", "ann", 1);
    key.credential.reference.kind = CredentialKind::OrgApiKey;
    let mut own = key.clone();
    (own.credential.reference.id, own.own) = ("k2".into(), true);
    let mut seen = token("o1", "ann", 1);
    seen.credential.reference.kind = CredentialKind::ObservedToken;
    let rows = [token("t1", "ann", 1), token("t2", "ben", 1), key, own, seen];
    let done = asked(ActionKind::Revoke, "t1", "ann", ActionState::Done);
    let found = progress(&campaign(CampaignKind::Leave), &rows, vec![done]);
    let stands: Vec<_> = found.members.iter().map(|one| (one.credential.id.as_str(), one.stand)).collect();
    assert_eq!(stands, [("k1", Stand::Todo), ("k2", Stand::ByHand), ("o1", Stand::ByHand), ("t1", Stand::Done)]);
}
