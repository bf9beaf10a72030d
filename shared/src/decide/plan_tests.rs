//! What a plan says, and what keeps it back.

use super::*;
use crate::decide::judge::tests::{report, row, rows_of};
use crate::model::{Agreement, Calendar, Credential, Limits, Step};
use crate::rules::tests::{at, token};
use std::collections::BTreeMap;

/// Nobody ever rests.
pub(crate) fn every_day() -> Calendar {
    Calendar { weekend: BTreeSet::new(), from_hour: 0, ..Calendar::default() }
}

pub(crate) fn planned_action() -> Action {
    let plan = plan_of(&row(), Mode::Enforce, Approval::Required);
    action(&"acme".into(), &cause(), plan, 1, now())
}

pub(crate) fn basis(report: &Report) -> Basis<'_> {
    Basis { report, own_key_ids: None }
}

/// The plan that answers [`cause`].
pub(crate) fn plan_of(row: &CredentialRow, mode: Mode, approval: Approval) -> Plan {
    replan_of(row, &policy(mode, approval), now())
}

/// The plan that answers [`cause`] by a policy.
pub(crate) fn replan_of(row: &CredentialRow, policy: &PolicyVersion, now: Timestamp) -> Plan {
    plan(row, basis(&report()), &cause(), policy, now).unwrap()
}

pub(crate) fn policy(mode: Mode, approval: Approval) -> PolicyVersion {
    let respond = Some(Response { steps: vec![Step { action: ActionKind::Revoke, after_days: 7 }], approval });
    let unused = crate::model::RuleSettings { respond, ..Default::default() };
    let policy = Policy {
        mode,
        protected: BTreeSet::from(["boss".into()]),
        limits: Limits { max_actions: 5, max_share_percent: 5.0, window_hours: 24 },
        approval_valid_days: 30,
        keep_days: 90,
        in_use_days: 30,
        auth_policies: None,
        recipients: crate::model::Recipients::default(),
        calendar: every_day(),
        rules: BTreeMap::from([("unused".to_owned(), unused)]),
    };
    PolicyVersion { version: 1, author: "a".into(), at: now(), digest: String::new(), policy }
}

pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn cause() -> Cause {
    Cause::Finding { id: "f1".into(), generation: 1, rule: "unused".into(), reason: "Long ago.".into() }
}

#[test]
fn in_observe_the_plan_is_withheld_and_in_enforce_it_is_due_after_the_grace() {
    let observed = plan_of(&row(), Mode::Observe, Approval::Required);
    assert!(observed.withheld.unwrap().contains("observe"));
    let enforced = plan_of(&row(), Mode::Enforce, Approval::Required);
    assert_eq!((enforced.withheld, enforced.due_at), (None, now() + TimeDelta::days(7)));
}

#[test]
fn the_stricter_mode_wins() {
    let mut policy = policy(Mode::Enforce, Approval::Waived).policy;
    policy.rules.get_mut("unused").unwrap().mode = Some(Mode::Observe);
    assert_eq!(mode_for(&policy, Some("unused")), Mode::Observe);
    assert_eq!(mode_for(&policy, Some("expires-soon")), Mode::Enforce);
    policy.mode = Mode::Observe;
    policy.rules.get_mut("unused").unwrap().mode = Some(Mode::Enforce);
    assert_eq!(mode_for(&policy, Some("unused")), Mode::Observe);
}

#[test]
fn protected_people_need_an_approval_even_where_it_is_waived() {
    let mut row = row();
    row.credential.owner = Some("boss".into());
    let plan = plan_of(&row, Mode::Enforce, Approval::Waived);
    assert_eq!(plan.approval, Approval::Required);
    assert!(plan.protected.is_some());
}

#[test]
fn what_may_be_in_use_needs_an_approval_even_where_it_is_waived() {
    let mut row = row();
    row.usage = Use::Unknown;
    let plan = plan_of(&row, Mode::Enforce, Approval::Waived);
    assert_eq!(plan.approval, Approval::Required);
    assert!(plan.effects.iter().any(|effect| effect.contains("a person has to agree")));
}

#[test]
fn our_own_keys_and_other_kinds_are_never_due() {
    let mut own = row();
    own.own = true;
    assert!(plan_of(&own, Mode::Enforce, Approval::Waived).withheld.unwrap().contains("own keys"));
    let mut client = row();
    client.credential.reference.kind = CredentialKind::OauthClient;
    assert!(plan_of(&client, Mode::Enforce, Approval::Waived).withheld.is_some());
}

#[test]
fn a_key_of_the_org_is_due_only_where_our_own_keys_are_known_and_it_is_none() {
    let mut key = row();
    key.credential.reference.kind = CredentialKind::OrgApiKey;
    let (id, other) = (BTreeSet::from([key.credential.reference.id.clone()]), BTreeSet::from(["k".into()]));
    assert!(cannot_be_revoked(&key, None).unwrap().contains("not known"));
    assert!(cannot_be_revoked(&key, Some(&id)).unwrap().contains("own keys"));
    assert_eq!(cannot_be_revoked(&key, Some(&other)), None);
    assert!(plan_of(&key, Mode::Enforce, Approval::Waived).withheld.unwrap().contains("not known"));
}

#[test]
fn what_is_held_back_is_withheld_from_its_first_moment_and_again_after_a_new_plan() {
    let plan = |mode| plan_of(&row(), mode, Approval::Waived);
    let observed = action(&"acme".into(), &cause(), plan(Mode::Observe), 1, now());
    assert_eq!((observed.state, &observed.reason), (ActionState::Withheld, &observed.plan.withheld));
    let enforced = replanned(&observed, plan(Mode::Enforce), now());
    assert_eq!((enforced.state, &enforced.reason), (ActionState::Planned, &None));
    assert_eq!(replanned(&enforced, plan(Mode::Observe), now()).state, ActionState::Withheld);
}

#[test]
fn an_answer_to_an_earlier_plan_brings_nothing_forward_in_a_new_one() {
    let plan = |mode| plan_of(&row(), mode, Approval::Waived);
    let said = Agreement { by: "owner a".into(), at: now() - TimeDelta::days(30), reason: "r".into() };
    let answered = action(&"acme".into(), &cause(), plan(Mode::Enforce), 1, now() - TimeDelta::days(40));
    let answered = Action { not_needed: Some(said), ..answered };
    let observed = replanned(&answered, plan(Mode::Observe), now() - TimeDelta::days(20));
    let enforced = replanned(&observed, plan(Mode::Enforce), now());
    let due_at = now() + TimeDelta::days(7);
    assert_eq!(ladder::current(&enforced, None, &every_day()), ladder::Current::Act { due_at }, "its grace starts now");
}

/// A user's token and a key of the org, both of one account.
fn token_and_key() -> Vec<Credential> {
    let token = Credential { last_used_at: Some(at("2026-02-10")), ..token() };
    let reference = CredentialRef { kind: CredentialKind::OrgApiKey, id: "k1".into() };
    vec![Credential { reference, ..token.clone() }, token]
}

#[test]
fn what_the_maker_of_one_of_our_keys_holds_needs_an_approval_even_where_it_is_waived() {
    let approval = |own: Option<&[&str]>| {
        let own: Option<BTreeSet<CredentialId>> = own.map(|ids| ids.iter().map(|id| (*id).into()).collect());
        let rows = rows_of(token_and_key(), own.as_ref(), &policy(Mode::Enforce, Approval::Waived).policy);
        let token = rows.iter().find(|row| row.credential.reference.kind == CredentialKind::UserApiToken).unwrap();
        let plan = plan_of(token, Mode::Enforce, Approval::Waived);
        (plan.approval, plan.protected.is_some())
    };
    assert_eq!(approval(Some(&["k1"])), (Approval::Required, true));
    assert_eq!(approval(None), (Approval::Required, true), "any key may be one of ours");
    assert_eq!(approval(Some(&["k2"])), (Approval::Waived, false));
}

#[test]
fn the_hash_changes_with_the_plan() {
    let policy = policy(Mode::Enforce, Approval::Required);
    let at = |now| plan(&row(), basis(&report()), &cause(), &policy, now).unwrap();
    let (plan, later) = (at(now()), at(now() + TimeDelta::seconds(1)));
    assert_ne!(hash(&plan), hash(&later));
    assert_eq!(hash(&plan), hash(&plan.clone()));
}
