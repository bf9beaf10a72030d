//! Whatever the policy, the history and the facts: what must never be done.
//!
//! Each fact is as it must be in nine cases of ten, so that about every third case would be acted on but for one fact.

use super::*;
use crate::decide::judge::tests::row;
use crate::decide::plan::{
    self,
    tests::{cause, now, plan_of, policy, replan_of},
};
use crate::model::{Agreement, Approval, CredentialKind, Mode, PlannedStep, Stop, Told};
use crate::ports::TokenSnapshot;
use proptest::{option, prelude::*};

fn days(count: i64) -> Timestamp {
    now() + TimeDelta::days(count)
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![1 => Just(Mode::Observe), 9 => Just(Mode::Enforce)]
}

fn approvals() -> impl Strategy<Value = Approval> {
    prop_oneof![Just(Approval::Waived), Just(Approval::Required), Just(Approval::TwoPersons)]
}

/// An action that nobody has claimed, in any state, with any approvals, messages and number of its policy.
fn actions() -> impl Strategy<Value = Action> {
    let states = prop_oneof![Just(ActionState::Planned), Just(ActionState::Waiting), Just(ActionState::Withheld)];
    let versions = prop_oneof![9 => Just(1_u64), 1 => Just(2)];
    let told = prop_oneof![9 => Just(2_usize), 1 => 0..2_usize];
    (modes(), approvals(), states, prop_oneof![4 => Just(2_usize), 1 => 0..3_usize], 0..3_usize, told, versions)
        .prop_map(|(mode, approval, state, agreed, before, told, version)| {
            let mut plan = plan_of(&row(), mode, approval);
            plan.policy_version = version;
            let step = |at| PlannedStep { action: ActionKind::Notify, due_at: days(at) };
            plan.before = (0..before as i64).map(step).collect();
            let mut action = plan::action(&"o1".into(), &cause(), plan, 1, now());
            let person = |at| Agreement { by: format!("p{at}"), at: now(), reason: "yes".into() };
            action.agreed = (0..agreed).map(person).collect();
            let told_at = |at| Told { at: days(at), message: "m".into() };
            action.told = (0..told.min(before) as i64).map(told_at).collect();
            Action { state, ..action }
        })
}

fn looks() -> impl Strategy<Value = Look> {
    let token = |label: &'static str, used: Option<i64>| {
        let credential = row().credential;
        Look::Seen(Reread::Present(TokenSnapshot {
            id: credential.reference.id,
            label: if label.is_empty() { credential.label } else { label.to_owned() },
            created_at: credential.created_at,
            last_access_at: used.map_or(credential.last_used_at, |at| Some(days(at))),
        }))
    };
    prop_oneof![
        54 => Just(token("", None)),
        1 => Just(token("another", None)),
        1 => (-400..40_i64).prop_map(move |at| token("", Some(at))),
        1 => Just(Look::Seen(Reread::Gone)),
        1 => Just(Look::Seen(Reread::AccountUnknown)),
        1 => Just(Look::NotPossible),
        1 => Just(Look::Failed("no answer".into())),
    ]
}

fn budgets() -> impl Strategy<Value = (Versioned<Budget>, Option<u64>)> {
    (prop_oneof![8 => 0..3_usize, 1 => 3..6_usize], prop::bool::weighted(0.1), option::weighted(0.95, 90..400_u64))
        .prop_map(|(held, stopped, listed)| {
            let holds = (0..held).map(|at| (format!("a{at}"), days(30))).collect();
            let stopped = stopped.then(|| Stop { by: "ann".into(), at: now(), reason: "stop".into() });
            (Versioned { version: 1, value: Budget { holds, stopped, ..Budget::default() } }, listed)
        })
}

fn facts() -> impl Strategy<Value = Facts> {
    let standing = prop_oneof![9 => Just(Standing::Stands), 1 => Just(Standing::Fallen("it is exempt".into()))];
    let role = prop_oneof![1 => Just(Answer::Yes), 8 => Just(Answer::No), 1 => Just(Answer::Unknown)];
    let log =
        prop_oneof![Just(LogLag::NeverRead), (0..40_i64).prop_map(|minutes| LogLag::Late(TimeDelta::minutes(minutes)))];
    let used = option::weighted(0.1, (-400..40_i64).prop_map(days));
    let delivery = prop_oneof![
        8 => (0..5_i64).prop_map(|at| Delivery::Sent(days(at))),
        1 => Just(Delivery::Waiting(None)),
        1 => Just(Delivery::Dead("no address".into()))
    ];
    let of = (
        option::weighted(0.95, standing),
        option::weighted(0.95, role),
        option::weighted(0.95, log),
        option::weighted(0.95, used),
        option::weighted(0.95, looks()),
        option::weighted(0.95, delivery),
        option::weighted(0.95, budgets()),
    );
    of.prop_map(|(standing, admin_role, log, event_use, look, delivery, budget)| Facts {
        standing,
        admin_role,
        log,
        event_use,
        look,
        delivery,
        budget,
        recovery_wait: TimeDelta::seconds(30),
        ..Facts::default()
    })
}

/// The reasons for which nothing may be done, each as a law or the policy says it.
fn forbidden(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Vec<&'static str> {
    let evidence = action.plan.evidence.last_used_at;
    let look_is_the_same = match &facts.look {
        Some(Look::Seen(Reread::Present(seen))) => {
            seen.label == action.plan.target.label && seen.last_access_at <= evidence
        }
        Some(Look::Seen(Reread::Gone | Reread::AccountUnknown) | Look::NotPossible | Look::Failed(_)) | None => false,
    };
    let place_is_free = facts.budget.as_ref().is_some_and(|(budget, listed)| {
        let share = listed.map_or(0.0, |listed| listed as f64 * policy.policy.limits.max_share_percent / 100.0);
        let most = f64::from(policy.policy.limits.max_actions).min(share.floor());
        let window = TimeDelta::hours(policy.policy.limits.window_hours.into());
        let held = budget.value.holds.values().filter(|at| **at > now - window).count();
        budget.value.stopped.is_none() && (held as f64) < most
    });
    let told = action.told.len() == action.plan.before.len();
    let sent = action.told.is_empty() || matches!(facts.delivery, Some(Delivery::Sent(_)));
    [
        ("it is exempt, or its finding fell", facts.standing == Some(Standing::Stands)),
        ("the policy has changed since the plan", action.plan.policy_version == policy.version),
        ("the plan is withheld", action.plan.withheld.is_none()),
        ("not everybody agreed whom the plan asks for", action.agreed.len() >= action.plan.approval.persons()),
        ("its owner may be an admin", !action.agreed.is_empty() || facts.admin_role == Some(Answer::No)),
        ("it is before its time", now >= action.plan.due_at),
        ("the log is late", matches!(facts.log, Some(LogLag::Late(lag)) if lag <= TimeDelta::minutes(15))),
        ("it was used as events say", matches!(facts.event_use, Some(used) if used <= evidence || used.is_none())),
        ("it is not the same, or was used", look_is_the_same),
        ("no place in the budget is free", place_is_free),
        ("not everybody was told", told && sent),
    ]
    .into_iter()
    .filter_map(|(reason, holds)| (!holds).then_some(reason))
    .collect()
}

#[test]
fn the_cases_are_such_that_some_are_acted_on() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut claims = || {
        let mut draw = || (actions().new_tree(&mut runner), facts().new_tree(&mut runner));
        let (Ok(action), Ok(facts)) = draw() else { return false };
        let policy = policy(Mode::Enforce, Approval::Waived);
        matches!(next(&action.current(), &facts.current(), &policy, days(30)), Next::Do(Effect::Claim { .. }))
    };
    let claimed = (0..300).filter(|_| claims()).count();
    assert!((8..200).contains(&claimed), "{claimed} of 300");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn nothing_is_claimed_that_a_law_or_the_policy_forbids(
        action in actions(), facts in facts(), (mode, approval) in (modes(), approvals()), after in prop_oneof![3 => Just(30), 1 => 0..60_i64],
    ) {
        let (policy, now) = (policy(mode, approval), days(after));
        if let Next::Do(Effect::Claim { .. }) = next(&action, &facts, &policy, now) {
            prop_assert_eq!(forbidden(&action, &facts, &policy, now), Vec::<&str>::new());
        }
    }

    #[test]
    fn atlassian_is_called_only_by_the_one_who_stored_the_intent(action in actions(), facts in facts(), after in 0..60_i64) {
        let claim = Some(crate::model::Claim { at: days(0), attempt: 1, task: None });
        let claimed = Action { state: ActionState::Claimed, claim, ..action.clone() };
        for (action, in_hand) in [(&action, None), (&claimed, None), (&claimed, Some(days(1)))] {
            let facts = Facts { claim_in_hand: in_hand, ..facts.clone() };
            let policy = policy(Mode::Enforce, Approval::Waived);
            prop_assert_ne!(next(action, &facts, &policy, days(after)), Next::Do(Effect::Revoke));
        }
    }

    #[test]
    fn nobody_is_told_of_what_is_withheld_or_exempt(action in actions(), facts in facts(), after in 0..60_i64) {
        let policy = policy(Mode::Enforce, Approval::Waived);
        if let Next::Do(Effect::Tell(_)) = next(&action, &facts, &policy, days(after)) {
            prop_assert!(action.plan.withheld.is_none() && facts.standing == Some(Standing::Stands));
            prop_assert_eq!(action.plan.policy_version, policy.version);
        }
    }

    #[test]
    fn switching_to_enforce_makes_nothing_overdue(mut action in actions(), facts in facts(), after in 0..600_i64) {
        (action.plan.withheld, action.plan.policy_version) = (Some("the mode is observe".into()), 1);
        let (enforced, now) = (PolicyVersion { version: 2, ..policy(Mode::Enforce, Approval::Waived) }, days(after));
        let facts = Facts { standing: Some(Standing::Stands), ..facts };
        prop_assert_eq!(next(&action, &facts, &enforced, now), Next::Do(Effect::Replan));
        let plan = replan_of(&row(), &enforced, now);
        let due_at = plan.due_at;
        let anew = plan::replanned(&action, plan, now);
        prop_assert!(due_at >= now + TimeDelta::days(7) && anew.agreed.is_empty() && anew.told.is_empty());
    }

    #[test]
    fn a_plan_never_waives_the_approval_for_protected_people_and_never_acts_on_our_own_keys(
        kind in prop::sample::select(CredentialKind::ALL.to_vec()), own in any::<bool>(), boss in any::<bool>(),
        (mode, approval) in (modes(), approvals()),
    ) {
        let mut row = row();
        (row.credential.reference.kind, row.own) = (kind, own);
        row.credential.owner = Some(if boss { "boss".into() } else { "a1".into() });
        let plan = plan_of(&row, mode, approval);
        prop_assert!(!boss || plan.approval != Approval::Waived);
        prop_assert!(!(own || mode == Mode::Observe) || plan.withheld.is_some());
    }
}
