//! The plan of an action: everything that a person needs before agreeing, as data.

use super::ladder;
use crate::model::{
    Action, ActionId, ActionKind, ActionState, Approval, CredentialKind, CredentialRef, CredentialRow, Evidence,
    Finding, FindingId, LastUsedSource, Mode, OrgId, Plan, PlannedStep, Policy, PolicyVersion, Report, Response, Scope,
    Target, Timestamp, Use, short_hash, stable_hash,
};
use chrono::TimeDelta;

/// What asks for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A finding that the policy answers.
    Finding {
        /// Which.
        id: FindingId,
        /// Which opening of it.
        generation: u32,
        /// Its rule.
        rule: String,
        /// Its sentence.
        reason: String,
    },
    /// A person.
    Request {
        /// What for.
        action: ActionKind,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

impl Cause {
    /// A finding as the cause.
    pub fn finding(finding: &Finding) -> Self {
        let Finding { id, generation, rule, reason, .. } = finding.clone();
        Self::Finding { id, generation, rule, reason }
    }

    fn rule(&self) -> Option<&str> {
        match self {
            Self::Finding { rule, .. } => Some(rule),
            Self::Request { .. } => None,
        }
    }
}

/// The mode that holds for a rule's findings, or (without a rule) for what people ask for: the stricter of both.
pub fn mode_for(policy: &Policy, rule: Option<&str>) -> Mode {
    let own = rule.and_then(|rule| policy.rules.get(rule)).and_then(|settings| settings.mode);
    own.map_or(policy.mode, |own| own.min(policy.mode))
}

/// How the policy answers a rule's findings; `None` if it does not.
pub fn response_for<'a>(policy: &'a Policy, rule: &str) -> Option<&'a Response> {
    policy.rules.get(rule).filter(|settings| settings.enabled)?.respond.as_ref()
}

/// The plan for one credential; `None` if the policy does not answer the cause.
pub fn plan(
    row: &CredentialRow,
    report: &Report,
    cause: &Cause,
    policy: &PolicyVersion,
    now: Timestamp,
) -> Option<Plan> {
    let Terms { before, last, approval } = terms(cause, &policy.policy, now)?;
    let protected = protection(row, &policy.policy);
    Some(Plan {
        action: last.action,
        before,
        scope: Scope::Credential,
        target: target(row),
        rule: cause.rule().map(str::to_owned),
        why: why(cause),
        evidence: evidence(row, report),
        effects: effects(row, last.action),
        reversible: last.action.only_tells(),
        policy_version: policy.version,
        approval: if last.action.only_tells() { Approval::Waived } else { stricter(approval, row, protected.as_ref()) },
        protected,
        due_at: last.due_at,
        expires_at: last.due_at + TimeDelta::days(policy.policy.approval_valid_days.into()),
        withheld: withheld(row, last.action, mode_for(&policy.policy, cause.rule())),
    })
}

/// What the policy asks for: the steps and who must agree.
struct Terms {
    before: Vec<PlannedStep>,
    last: PlannedStep,
    approval: Approval,
}

fn terms(cause: &Cause, policy: &Policy, now: Timestamp) -> Option<Terms> {
    match cause {
        Cause::Finding { rule, .. } => {
            let answer = response_for(policy, rule)?;
            let (before, last) = ladder::planned(&answer.steps, &policy.calendar, now);
            Some(Terms { before, last: last?, approval: answer.approval })
        }
        Cause::Request { action, .. } => {
            let last = PlannedStep { action: *action, due_at: now };
            Some(Terms { before: Vec::new(), last, approval: Approval::Required })
        }
    }
}

/// What nobody knows to be unused is nothing for a machine to decide, and protected people are asked for.
fn stricter(wanted: Approval, row: &CredentialRow, protected: Option<&String>) -> Approval {
    match wanted {
        Approval::Waived if protected.is_some() || row.usage == Use::Unknown => Approval::Required,
        Approval::Waived | Approval::Required | Approval::TwoPersons => wanted,
    }
}

fn why(cause: &Cause) -> String {
    match cause {
        Cause::Finding { rule, reason, .. } => format!("{rule}: {reason}"),
        Cause::Request { by, reason, .. } => format!("{by} asked for it: {reason}"),
    }
}

fn target(row: &CredentialRow) -> Target {
    let credential = &row.credential;
    Target {
        credential: credential.reference.clone(),
        label: credential.label.clone(),
        owner: credential.owner.clone(),
        owner_name: row.owner.as_ref().and_then(|owner| owner.name.clone()).or(credential.owner_name.clone()),
        created_at: credential.created_at,
        expires_at: credential.expires_at,
    }
}

fn evidence(row: &CredentialRow, report: &Report) -> Evidence {
    Evidence {
        report: report.id.clone(),
        judged_at: report.generated_at,
        last_used_at: row.last_used_at,
        last_used_source: row.last_used_source,
        uses_seen: row.profile.as_ref().map_or(0, |profile| profile.uses),
    }
}

fn effects(row: &CredentialRow, action: ActionKind) -> Vec<String> {
    if action.only_tells() {
        return vec!["Whoever answers for it is told; nothing is changed in Atlassian.".to_owned(), last_use(row)];
    }
    let mut effects = vec![
        "Revoking cannot be undone. A new token must be made and pasted into the job.".to_owned(),
        last_use(row),
        "Other tokens of this owner are not touched.".to_owned(),
    ];
    if row.usage == Use::Unknown {
        effects.push("Whether and when it was used is not known for certain, so a person has to agree.".to_owned());
    }
    effects
}

fn last_use(row: &CredentialRow) -> String {
    let uses = row.profile.as_ref().map_or(0, |profile| profile.uses);
    let seen = format!("{uses} uses of it are in the events that we hold");
    match (row.last_used_at, row.last_used_source) {
        (None, _) | (_, LastUsedSource::None) => format!("When it was last used is not known; {seen}."),
        (Some(at), _) => format!("It was last used on {}; {seen}.", at.format("%Y-%m-%d")),
    }
}

fn protection(row: &CredentialRow, policy: &Policy) -> Option<String> {
    let owner = row.credential.owner.as_ref()?;
    policy.protected.contains(owner).then(|| "its owner is on the policy's list of protected people".to_owned())
}

fn withheld(row: &CredentialRow, action: ActionKind, mode: Mode) -> Option<String> {
    let cannot = if action.only_tells() { None } else { cannot_be_revoked(row) };
    match (cannot, mode) {
        (Some(reason), _) => Some(reason.to_owned()),
        (None, Mode::Observe) => Some("the mode is observe: nothing is done, only recorded".to_owned()),
        (None, Mode::Enforce) => None,
    }
}

fn cannot_be_revoked(row: &CredentialRow) -> Option<&'static str> {
    if row.own {
        return Some("it is one of Tokenwarden's own keys, which are never revoked from here");
    }
    match row.credential.reference.kind {
        CredentialKind::UserApiToken if row.credential.owner.is_none() => {
            Some("its owner is not known, and Atlassian revokes a token through its owner's account")
        }
        CredentialKind::UserApiToken => None,
        CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => Some("this kind of credential cannot be revoked from here yet"),
    }
}

/// Hex SHA-256 of the plan's canonical JSON: field order as declared, no white space.
pub fn hash(plan: &Plan) -> String {
    let text = serde_json::to_string(plan).unwrap_or_default();
    stable_hash(&[&text])
}

/// The id of the action of one kind on one credential, in one generation of its case.
pub fn action_id(org: &OrgId, credential: &CredentialRef, kind: ActionKind, generation: u32) -> ActionId {
    let generation = generation.to_string();
    let parts = [org.as_str(), credential.kind.as_str(), credential.id.as_str(), kind.as_str(), &generation];
    ActionId::new(short_hash(&parts))
}

/// A new action: `withheld` from the start if its plan is, else `planned`.
pub fn action(org: &OrgId, cause: &Cause, plan: Plan, generation: u32, now: Timestamp) -> Action {
    let (finding, finding_generation, requested_by) = match cause {
        Cause::Finding { id, generation, .. } => (Some(id.clone()), *generation, None),
        Cause::Request { by, .. } => (None, 0, Some(by.clone())),
    };
    Action {
        id: action_id(org, &plan.target.credential, plan.action, generation),
        finding,
        finding_generation,
        generation,
        requested_by,
        state: first_state(&plan),
        plan_hash: hash(&plan),
        planned_at: now,
        agreed: Vec::new(),
        told: Vec::new(),
        claim: None,
        reason: plan.withheld.clone(),
        plan,
        changed_at: now,
        wake_at: Some(now),
    }
}

/// The same action with a new plan: approvals of the old one do not hold, and the grace starts now.
pub fn replanned(action: &Action, plan: Plan, now: Timestamp) -> Action {
    Action {
        state: first_state(&plan),
        plan_hash: hash(&plan),
        planned_at: now,
        agreed: Vec::new(),
        told: Vec::new(),
        claim: None,
        reason: plan.withheld.clone(),
        plan,
        changed_at: now,
        wake_at: Some(now),
        ..action.clone()
    }
}

/// What is held back never stands as planned, not even for a moment: somebody may be reading.
fn first_state(plan: &Plan) -> ActionState {
    if plan.withheld.is_some() { ActionState::Withheld } else { ActionState::Planned }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::decide::judge::tests::{report, row};
    use crate::model::{Calendar, Limits, Step};
    use std::collections::{BTreeMap, BTreeSet};

    /// Nobody ever rests.
    pub(crate) fn every_day() -> Calendar {
        Calendar { weekend: BTreeSet::new(), from_hour: 0, ..Calendar::default() }
    }

    pub(crate) fn planned_action() -> Action {
        let plan = plan_of(&row(), Mode::Enforce, Approval::Required);
        action(&"acme".into(), &cause(), plan, 1, now())
    }

    /// The plan that answers [`cause`].
    pub(crate) fn plan_of(row: &CredentialRow, mode: Mode, approval: Approval) -> Plan {
        plan(row, &report(), &cause(), &policy(mode, approval), now()).unwrap()
    }

    /// The plan that answers [`cause`] by a policy.
    pub(crate) fn replan_of(row: &CredentialRow, policy: &PolicyVersion, now: Timestamp) -> Plan {
        plan(row, &report(), &cause(), policy, now).unwrap()
    }

    pub(crate) fn policy(mode: Mode, approval: Approval) -> PolicyVersion {
        let respond = Some(Response { steps: vec![Step { action: ActionKind::Revoke, after_days: 7 }], approval });
        let unused = crate::model::RuleSettings { respond, ..Default::default() };
        let policy = Policy {
            mode,
            protected: BTreeSet::from(["boss".into()]),
            limits: Limits { max_actions: 5, max_share_percent: 5.0, window_hours: 24 },
            approval_valid_days: 30,
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
        let mut key = row();
        key.credential.reference.kind = CredentialKind::OrgApiKey;
        assert!(plan_of(&key, Mode::Enforce, Approval::Waived).withheld.is_some());
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
    fn the_hash_changes_with_the_plan() {
        let policy = policy(Mode::Enforce, Approval::Required);
        let at = |now| plan(&row(), &report(), &cause(), &policy, now).unwrap();
        let (plan, later) = (at(now()), at(now() + TimeDelta::seconds(1)));
        assert_ne!(hash(&plan), hash(&later));
        assert_eq!(hash(&plan), hash(&plan.clone()));
    }
}
