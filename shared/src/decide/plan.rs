//! The plan of an action: everything that a person needs before agreeing, as data.

use super::{ladder, owner_plan};
use crate::model::{
    AccountId, Action, ActionId, ActionKind, ActionState, Approval, CredentialId, CredentialKind, CredentialRef,
    CredentialRow, Evidence, Finding, FindingId, LastUsedSource, Mode, OrgId, Plan, PlannedStep, Policy, PolicyVersion,
    Report, Response, Scope, Target, Timestamp, Use, short_hash, stable_hash,
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// Why an action ends when a new policy does not ask for it. One that asks again begins a new action.
pub const NOT_ASKED_FOR: &str = "the policy no longer asks for it";

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

/// What a plan rests on besides the credential and what asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The latest report.
    pub report: &'a Report,
    /// The ids of our own keys, if somebody said them.
    pub own_key_ids: Option<&'a BTreeSet<CredentialId>>,
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
    basis: Basis<'_>,
    cause: &Cause,
    policy: &PolicyVersion,
    now: Timestamp,
) -> Option<Plan> {
    let Terms { before, last, approval } = terms(cause, &policy.policy, now)?;
    let protected = protection(row, &policy.policy)
        .or_else(|| owner_plan::guarded(last.action, row))
        .or_else(|| made_our_key(last.action, row));
    let withheld = withheld(row, basis, cause, last.action, &policy.policy);
    let approval = match last.action.scope() {
        Scope::Owner => owner_plan::approval(last.action, approval, protected.as_ref()),
        Scope::Credential if last.action.only_tells() => Approval::Waived,
        Scope::Credential => stricter(approval, row, protected.as_ref()),
    };
    Some(Plan {
        action: last.action,
        before,
        scope: last.action.scope(),
        target: target(row),
        rule: cause.rule().map(str::to_owned),
        why: why(cause),
        evidence: evidence(row, basis.report),
        effects: effects(row, last.action),
        reversible: last.action.only_tells(),
        policy_version: policy.version,
        approval,
        protected,
        due_at: last.due_at,
        expires_at: last.due_at + TimeDelta::days(policy.policy.approval_valid_days.into()),
        withheld,
        hits: Vec::new(),
        means: None,
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
    if action.scope() == Scope::Owner {
        return vec![
            "It hits every credential of the account; which ones is read before anybody can agree.".to_owned(),
        ];
    }
    if action == ActionKind::Ticket {
        return vec!["An issue is opened for it in Jira; no credential is changed.".to_owned(), last_use(row)];
    }
    if action.only_tells() {
        return vec!["Whoever answers for it is told; nothing is changed in Atlassian.".to_owned(), last_use(row)];
    }
    let (undo, others) = match row.credential.reference.kind {
        CredentialKind::OrgApiKey => (
            "Revoking cannot be undone. A new key must be made and given to whatever works with it.",
            "Other keys of the org are not touched.",
        ),
        CredentialKind::UserApiToken
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => (
            "Revoking cannot be undone. A new token must be made and pasted into the job.",
            "Other tokens of this owner are not touched.",
        ),
    };
    let mut effects = vec![undo.to_owned(), last_use(row), others.to_owned()];
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

/// Whoever made one of our keys may be no admin any more, and the key still be what we work with.
fn made_our_key(action: ActionKind, row: &CredentialRow) -> Option<String> {
    let acts = action.scope() == Scope::Credential && !action.only_tells();
    (acts && row.owner_made_our_key).then(|| "its owner made a key that is or may be one of ours".to_owned())
}

fn withheld(
    row: &CredentialRow,
    basis: Basis<'_>,
    cause: &Cause,
    action: ActionKind,
    policy: &Policy,
) -> Option<String> {
    let cannot = match action.scope() {
        Scope::Owner => owner_plan::refused(action, row, cause, policy),
        Scope::Credential if action.only_tells() => None,
        Scope::Credential => cannot_be_revoked(row, basis.own_key_ids).map(str::to_owned),
    };
    match (cannot, mode_for(policy, cause.rule())) {
        (Some(reason), _) => Some(reason),
        (None, Mode::Observe) => Some("the mode is observe: nothing is done, only recorded".to_owned()),
        (None, Mode::Enforce) => None,
    }
}

/// Why this credential cannot be revoked from here, if it cannot.
pub fn cannot_be_revoked(row: &CredentialRow, own: Option<&BTreeSet<CredentialId>>) -> Option<&'static str> {
    let reference = &row.credential.reference;
    if row.own || own.is_some_and(|own| reference.kind == CredentialKind::OrgApiKey && own.contains(&reference.id)) {
        return Some("it is one of Tokenwarden's own keys, which are never revoked from here");
    }
    match reference.kind {
        CredentialKind::UserApiToken if row.credential.owner.is_none() => {
            Some("its owner is not known, and Atlassian revokes a token through its owner's account")
        }
        CredentialKind::UserApiToken => None,
        CredentialKind::OrgApiKey if own.is_none() => {
            Some("which keys are Tokenwarden's own is not known, so any key might be one of them")
        }
        CredentialKind::OrgApiKey => None,
        CredentialKind::ServiceAccountToken
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

/// The id of the action of one kind in one generation of its case: on one credential, or on everything of an account.
pub fn action_id(
    org: &OrgId,
    credential: &CredentialRef,
    owner: Option<&AccountId>,
    kind: ActionKind,
    generation: u32,
) -> ActionId {
    let generation = generation.to_string();
    let (what, id) = match (kind.scope(), owner) {
        (Scope::Owner, Some(account)) => ("owner", account.as_str()),
        (Scope::Owner, None) | (Scope::Credential, _) => (credential.kind.as_str(), credential.id.as_str()),
    };
    ActionId::new(short_hash(&[org.as_str(), what, id, kind.as_str(), &generation]))
}

/// A new action: `withheld` from the start if its plan is, else `planned`.
pub fn action(org: &OrgId, cause: &Cause, plan: Plan, generation: u32, now: Timestamp) -> Action {
    let (finding, finding_generation, requested_by) = match cause {
        Cause::Finding { id, generation, .. } => (Some(id.clone()), *generation, None),
        Cause::Request { by, .. } => (None, 0, Some(by.clone())),
    };
    Action {
        id: action_id(org, &plan.target.credential, plan.target.owner.as_ref(), plan.action, generation),
        finding,
        finding_generation,
        generation,
        requested_by,
        state: first_state(&plan),
        plan_hash: hash(&plan),
        planned_at: now,
        agreed: Vec::new(),
        told: Vec::new(),
        not_needed: None,
        claim: None,
        reason: plan.withheld.clone(),
        plan,
        changed_at: now,
        wake_at: Some(now),
    }
}

/// The same action with a new plan: what was agreed to or answered by the old one does not hold, and the grace starts now.
pub fn replanned(action: &Action, plan: Plan, now: Timestamp) -> Action {
    Action {
        state: first_state(&plan),
        plan_hash: hash(&plan),
        planned_at: now,
        agreed: Vec::new(),
        told: Vec::new(),
        not_needed: None,
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
#[path = "plan_tests.rs"]
pub(crate) mod tests;
