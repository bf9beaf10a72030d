//! Whom an owner-scoped action meets and what keeps it back.

use super::*;
use crate::decide::judge::tests::row;
use crate::decide::plan::tests::{basis, now, policy};
use crate::decide::{judge::tests::report, plan};
use crate::model::{AuthPolicies, Exemption, ExemptionScope, Mode, Owner, PolicyVersion};

fn request(action: ActionKind) -> Cause {
    Cause::Request { action, by: "ann".into(), reason: "r".into() }
}

fn of(relation: Relation) -> CredentialRow {
    let mut row = row();
    let account = row.credential.owner.clone().unwrap();
    row.owner = Some(Owner { email: Some("a@x.example".into()), ..Owner::new(account, relation) });
    row
}

/// A row that nobody used lately.
fn quiet(relation: Relation) -> CredentialRow {
    CredentialRow { last_used_at: Some(now() - TimeDelta::days(31)), ..of(relation) }
}

fn enforce() -> PolicyVersion {
    let mut policy = policy(Mode::Enforce, Approval::Waived);
    policy.policy.auth_policies = Some(AuthPolicies { blocking: "b".into(), allowing: "a".into() });
    policy
}

fn why_not(kind: ActionKind, row: &CredentialRow, policy: &Policy) -> String {
    refused(kind, row, &request(kind), policy).unwrap_or_default()
}

fn whole(kind: ActionKind, rows: &[CredentialRow], exemptions: &[Exemption], means: &ReadMeans) -> Plan {
    let policy = enforce();
    let plan = plan::plan(&rows[0], basis(&report()), &request(kind), &policy, now()).unwrap();
    assert!(plan.is_unread() && plan.hits.is_empty(), "{plan:?}");
    let own = BTreeSet::new();
    let view = OwnerView { rows, own_key_ids: Some(&own), exemptions, means };
    complete(plan, view, &policy.policy, now())
}

fn directories() -> ReadMeans {
    ReadMeans::Found(Means::Directories(vec!["d".into()]))
}

fn moving(earlier: Option<&str>) -> ReadMeans {
    let email = "a@x.example".to_owned();
    ReadMeans::Found(Means::Policy { to: "b".into(), earlier: earlier.map(Into::into), email })
}

#[test]
fn protected_people_org_admins_and_the_makers_of_our_keys_are_refused_agreed_or_not() {
    let policy = enforce().policy;
    let boss = |mut row: CredentialRow| {
        row.credential.owner = Some("boss".into());
        row
    };
    let mut admin = of(Relation::Managed);
    admin.owner.as_mut().unwrap().org_admin = Some(true);
    for kind in [ActionKind::Suspend, ActionKind::Block, ActionKind::Allow] {
        assert!(why_not(kind, &boss(of(Relation::Managed)), &policy).contains("protected people"));
        assert!(why_not(kind, &admin, &policy).contains("org admin"));
        let mut ours = of(Relation::Managed);
        ours.own = true;
        assert!(why_not(kind, &ours, &policy).contains("one of our keys"));
        assert_eq!(why_not(kind, &of(Relation::Managed), &policy), "");
    }
    for kind in [ActionKind::Restore, ActionKind::Release] {
        assert_eq!(why_not(kind, &boss(of(Relation::Managed)), &policy), "", "an undoing is no move");
    }
}

#[test]
fn whoever_made_a_key_that_may_be_ours_is_not_touched() {
    let mut key = quiet(Relation::Managed);
    key.credential.reference.kind = CredentialKind::OrgApiKey;
    let rows = [quiet(Relation::Managed), key];
    let means = directories();
    let policy = enforce();
    let plan = plan::plan(&rows[0], basis(&report()), &request(ActionKind::Suspend), &policy, now()).unwrap();
    let view = OwnerView { rows: &rows, own_key_ids: None, exemptions: &[], means: &means };
    assert!(complete(plan, view, &policy.policy, now()).withheld.unwrap().contains("may be one of ours"));
}

#[test]
fn an_external_account_is_suspended_only_where_a_person_asks() {
    let (row, policy) = (of(Relation::External), enforce().policy);
    let found = Cause::Finding { id: "f".into(), generation: 1, rule: "unused".into(), reason: "r".into() };
    assert!(refused(ActionKind::Suspend, &row, &found, &policy).unwrap().contains("only where a person asks"));
    assert_eq!(why_not(ActionKind::Suspend, &row, &policy), "");
    assert!(why_not(ActionKind::Block, &row, &policy).contains("only managed accounts"));
}

#[test]
fn each_kind_meets_the_accounts_that_it_is_for() {
    let mut policy = enforce().policy;
    assert!(why_not(ActionKind::RevokeAll, &of(Relation::Managed), &policy).contains("service account"));
    assert_eq!(why_not(ActionKind::RevokeAll, &of(Relation::Service), &policy), "");
    assert!(why_not(ActionKind::Suspend, &of(Relation::Service), &policy).contains("managed and external"));
    policy.auth_policies = None;
    assert!(why_not(ActionKind::Block, &of(Relation::Managed), &policy).contains("`auth_policies`"));
    let mut nobody = of(Relation::Managed);
    nobody.credential.owner = None;
    assert!(why_not(ActionKind::Suspend, &nobody, &policy).contains("not known"));
}

#[test]
fn it_lists_every_credential_and_needs_an_approval_whatever_the_policy_says() {
    let mut other = quiet(Relation::Managed);
    other.credential.reference.id = "t2".into();
    other.usage = Use::Unknown;
    let plan = whole(ActionKind::Suspend, &[quiet(Relation::Managed), other], &[], &directories());
    assert_eq!(plan.hits.iter().map(|hit| hit.credential.id.as_str()).collect::<Vec<_>>(), ["t1", "t2"]);
    assert_eq!((plan.approval, plan.reversible, &plan.withheld), (Approval::Required, true, &None));
    assert!(plan.effects.iter().any(|effect| effect.contains("Of 1 of them it is not known")), "{plan:?}");
    assert_eq!(approval(ActionKind::Block, Approval::TwoPersons, None), Approval::TwoPersons);
    assert_eq!(approval(ActionKind::Release, Approval::Required, None), Approval::Waived);
}

#[test]
fn giving_access_back_to_whoever_became_protected_needs_a_person() {
    let undo = |kind, rows: &[CredentialRow]| {
        let plan = whole(kind, rows, &[], &directories());
        assert_eq!(plan.withheld, None, "{kind:?}");
        (plan.approval, plan.protected.is_some())
    };
    let mut boss = quiet(Relation::Managed);
    boss.credential.owner = Some("boss".into());
    let mut admin = quiet(Relation::Managed);
    admin.owner.as_mut().unwrap().org_admin = Some(true);
    let mut ours = quiet(Relation::Managed);
    (ours.credential.reference.kind, ours.own) = (CredentialKind::OrgApiKey, true);
    let maker = [quiet(Relation::Managed), ours];
    for kind in [ActionKind::Restore, ActionKind::Release] {
        assert_eq!(undo(kind, &[boss.clone()]), (Approval::Required, true), "{kind:?}");
        assert_eq!(undo(kind, &[admin.clone()]), (Approval::Required, true), "{kind:?}");
        assert_eq!(undo(kind, &maker), (Approval::Required, true), "{kind:?}");
    }
    assert_eq!(undo(ActionKind::Release, &[quiet(Relation::Managed)]), (Approval::Waived, false));
}

#[test]
fn a_credential_in_use_or_exempt_keeps_everything_of_its_owner_and_is_named() {
    let used = CredentialRow { last_used_at: Some(now() - TimeDelta::days(29)), ..of(Relation::Managed) };
    let held = |kind| whole(kind, std::slice::from_ref(&used), &[], &moving(Some("p"))).withheld.unwrap_or_default();
    assert!(held(ActionKind::Block).contains("user_api_token/t1) is in use"), "{}", held(ActionKind::Block));
    assert_eq!(held(ActionKind::Allow), "", "who is in use is the one to be let on");
    let exemption = Exemption {
        id: "x".into(),
        scope: ExemptionScope { label: Some("*".into()), ..ExemptionScope::default() },
        reason: "payroll".into(),
        author: "ann".into(),
        created_at: now(),
        until: now() + TimeDelta::days(9),
    };
    let plan = whole(ActionKind::Block, &[quiet(Relation::Managed)], &[exemption], &moving(Some("p")));
    assert!(plan.withheld.unwrap().contains("payroll"));
    assert!(plan.hits[0].exempt.is_some());
}

#[test]
fn a_move_is_reversible_only_if_the_earlier_policy_was_read() {
    let plan = |earlier| whole(ActionKind::Block, &[quiet(Relation::Managed)], &[], &moving(earlier));
    assert!(plan(Some("p")).reversible);
    assert!(!plan(None).reversible);
    assert!(plan(None).effects.iter().any(|effect| effect.contains("cannot be undone from here")));
}

#[test]
fn without_means_it_is_withheld_with_the_reason() {
    let plan = whole(
        ActionKind::Restore,
        &[quiet(Relation::Managed)],
        &[],
        &ReadMeans::Missing("nothing of the account was suspended from here".into()),
    );
    assert!(plan.withheld.unwrap().contains("nothing of the account"));
}

#[test]
fn an_owner_scoped_action_is_one_for_all_credentials_of_the_account() {
    let (a, b) = (
        row().credential.reference,
        crate::model::CredentialRef { kind: CredentialKind::UserApiToken, id: "z".into() },
    );
    let id = |credential, kind| plan::action_id(&"o".into(), credential, Some(&"acc".into()), kind, 1);
    assert_eq!(id(&a, ActionKind::Block), id(&b, ActionKind::Block));
    assert_ne!(id(&a, ActionKind::Block), id(&a, ActionKind::Allow));
    assert_ne!(id(&a, ActionKind::Revoke), id(&b, ActionKind::Revoke));
}
