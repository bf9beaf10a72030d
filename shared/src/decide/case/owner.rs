//! What an action on everything of one account needs: looked at again before the claim, led from the state that
//! Atlassian shows, so that neither a crash nor a repetition does anything twice.

use super::{
    ATTEMPTS_MAX, Answer, Call, Effect, Facts, Need, Next, claim,
    fresh::{is_later, was_used},
    log,
};
use crate::decide::owner_plan::{SO_ALREADY, touches_a_person};
use crate::model::{
    Access, AccountId, Action, ActionKind, ActionState, AuthPolicyId, Claim, CredentialId, Means, Membership, Order,
    Plan, PolicyVersion, TaskState, Timestamp,
};
use crate::ports::{Acted, TokenSnapshot};
use chrono::TimeDelta;

/// A task that runs longer than this has failed.
const TASK_MAX: TimeDelta = TimeDelta::days(1);

/// How the account stands where the action would change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerState {
    /// The tokens of a service account.
    Tokens(Vec<TokenSnapshot>),
    /// Its directories.
    Directories(Vec<Membership>),
    /// Its authentication policy; `None` where the answer does not say it.
    Policy(Option<AuthPolicyId>),
}

/// What reading something of the account again came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// An answer.
    Is(T),
    /// Atlassian does not know the account, or does not manage it.
    AccountUnknown,
    /// No answer: try again later.
    Failed(String),
}

/// A credential of the account as lists and events show it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitNow {
    /// Its id.
    pub id: CredentialId,
    /// Its label.
    pub label: String,
    /// The later of the list's last use and the last event of use.
    pub last_used_at: Option<Timestamp>,
}

/// What is left to be done.
enum Left {
    Nothing,
    Order(Order),
}

/// A due action, up to its claim.
pub(super) fn due(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Next {
    ready(action, facts, now).unwrap_or_else(|| claim(action, facts, policy, 1, now))
}

/// Why it is not done now; `None` if nothing stands in its way.
fn ready(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    spared(action, facts, now)
        .or_else(|| if action.plan.action.ends_use() { log(facts, now) } else { None })
        .or_else(|| hits(action, facts, now))
        .or_else(|| state(action, facts, now))
}

/// Org admins are never moved or suspended, agreed or not. What gives them their access back needs a person.
fn spared(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    let (kind, agreed) = (action.plan.action, !action.agreed.is_empty());
    if !touches_a_person(kind) && (agreed || !kind.undoes()) {
        return None;
    }
    match facts.admin_role {
        None => Some(Next::Need(Need::AdminRole)),
        Some(Answer::No) => None,
        Some(Answer::Yes) if kind.undoes() => Some(person_wanted(action, now)),
        Some(Answer::Yes) => Some(cancelled("the account is an org admin's; they are never moved or suspended")),
        Some(Answer::Unknown) => {
            let reason = "waits: whether the account is an org admin's could not be read";
            Some(Next::WaitUntil(now + TimeDelta::minutes(5), reason.into()))
        }
    }
}

/// Nobody had to agree when it was planned, and somebody has to now. To what is claimed nobody can agree any more.
fn person_wanted(action: &Action, now: Timestamp) -> Next {
    let why = "the account is an org admin's by now";
    if action.state == ActionState::Claimed {
        return cancelled(format!("{why}, and nobody agreed; ask for it again"));
    }
    match now >= action.plan.expires_at {
        true => Next::Close(ActionState::Expired, "nobody agreed in time".into()),
        false => Next::WaitUntil(action.plan.expires_at, format!("waits for an approval: {why}")),
    }
}

/// No credential of the account may have been used since, nor may there be one that the plan does not list.
fn hits(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    if !action.plan.action.ends_use() {
        return None;
    }
    match &facts.hits {
        None => Some(Next::Need(Need::Hits)),
        Some(Seen::AccountUnknown) => Some(cancelled("its account is not known, or not managed")),
        Some(Seen::Failed(reason)) => Some(unread(reason, now)),
        Some(Seen::Is(hits)) => hits.iter().find_map(|hit| changed(&action.plan, hit)).map(cancelled),
    }
}

/// Labels are people's words, so they stand after the colon, where the ledger does not go.
fn changed(plan: &Plan, now: &HitNow) -> Option<String> {
    let Some(planned) = plan.hits.iter().find(|hit| hit.credential.id == now.id) else {
        return Some(format!("the account has {} too, which the plan does not list: '{}'", now.id, now.label));
    };
    let used = now.last_used_at.filter(|used| is_later(Some(*used), planned.last_used_at))?;
    Some(format!("its credential {} {}: '{}'", now.id, was_used(used), now.label))
}

fn state(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    let state = match &facts.owner {
        None => return Some(Next::Need(Need::Owner)),
        Some(Seen::AccountUnknown) => return Some(cancelled("its account is not known, or not managed")),
        Some(Seen::Failed(reason)) => return Some(unread(reason, now)),
        Some(Seen::Is(state)) => state,
    };
    if let (OwnerState::Policy(Some(is)), Some(Means::Policy { to, earlier: Some(earlier), .. })) =
        (state, &action.plan.means)
        && is != to
        && is != earlier
    {
        return Some(cancelled("somebody moved the account to another policy since the plan was made"));
    }
    match left(&action.plan, state) {
        Some(Left::Order(_)) => None,
        Some(Left::Nothing) => Some(cancelled(SO_ALREADY)),
        None => Some(cancelled("the plan does not say what to work with")),
    }
}

/// What is left to be done; `None` where the plan and the state do not speak of the same.
fn left(plan: &Plan, state: &OwnerState) -> Option<Left> {
    let account = plan.target.owner.as_ref()?;
    let order = match (state, plan.means.as_ref()?) {
        (OwnerState::Tokens(tokens), Means::Tokens) => (!tokens.is_empty()).then(|| Order::RevokeAll(account.clone())),
        (OwnerState::Directories(now), Means::Directories(wanted)) => {
            let next = now.iter().find(|one| wanted.contains(&one.directory) && one.access != access(plan.action));
            next.map(|one| in_directory(plan.action, one, account))
        }
        (OwnerState::Policy(now), Means::Policy { to, email, .. }) => {
            (now.as_ref() != Some(to)).then(|| Order::Move(to.clone(), email.clone()))
        }
        (OwnerState::Tokens(_) | OwnerState::Directories(_) | OwnerState::Policy(_), _) => return None,
    };
    Some(order.map_or(Left::Nothing, Left::Order))
}

/// How the account is to stand in its directories.
fn access(kind: ActionKind) -> Access {
    if kind == ActionKind::Restore { Access::Open } else { Access::Suspended }
}

fn in_directory(kind: ActionKind, one: &Membership, account: &AccountId) -> Order {
    match access(kind) {
        Access::Open => Order::Restore(one.directory.clone(), account.clone()),
        Access::Suspended => Order::Suspend(one.directory.clone(), account.clone()),
    }
}

/// After the intent was stored.
pub(super) fn after_claim(
    action: &Action,
    facts: &Facts,
    policy: &PolicyVersion,
    claimed: &Claim,
    now: Timestamp,
) -> Next {
    let recover_at = claimed.at + facts.recovery_wait;
    if let Some(answer) = answered(facts, claimed, recover_at, now) {
        return answer;
    }
    let in_hand = facts.claim_in_hand == Some(claimed.at);
    if claimed.task.is_some() {
        return task(action, facts, policy, claimed, now);
    }
    if !in_hand && now < recover_at {
        return Next::WaitUntil(recover_at, "waits until no call of it can be under way".into());
    }
    match (look(action, facts, recover_at.max(now + TimeDelta::minutes(1))), in_hand) {
        (Err(next), _) => next,
        (Ok(Left::Nothing), _) => done(),
        (Ok(Left::Order(order)), true) if !facts.ordered.contains(&order) => Next::Do(Effect::Act(order)),
        (Ok(Left::Order(_)), true) => {
            Next::WaitUntil(recover_at.max(now), "Atlassian said that it was done, and does not show it yet".into())
        }
        (Ok(Left::Order(_)), false) => again(action, facts, policy, claimed, now),
    }
}

/// What the last call leads to by itself.
fn answered(facts: &Facts, claimed: &Claim, recover_at: Timestamp, now: Timestamp) -> Option<Next> {
    match (&facts.acted, &facts.call) {
        (Some(Acted::Started(task)), _) if claimed.task.is_none() => Some(Next::Do(Effect::StoreTask(task.clone()))),
        (Some(Acted::AccountUnknown), _) => {
            let reason = "Atlassian does not know the account, or does not manage it";
            Some(Next::Close(ActionState::Failed, reason.into()))
        }
        (_, Some(Call::Refused(reason))) => Some(Next::Close(ActionState::Failed, reason.clone())),
        (_, Some(Call::RateLimited(after))) => {
            Some(Next::WaitUntil(recover_at.max(now + *after), "Atlassian asked to wait".into()))
        }
        (_, Some(Call::Unclear(reason))) => {
            let reason = format!("it is not known whether the call had an effect: {reason}");
            Some(Next::WaitUntil(recover_at, reason))
        }
        (Some(Acted::Started(_) | Acted::Now) | None, Some(Call::Answered(_)) | None) => None,
    }
}

fn look(action: &Action, facts: &Facts, later: Timestamp) -> Result<Left, Next> {
    match &facts.owner {
        None => Err(Next::Need(Need::Owner)),
        Some(Seen::Failed(reason)) => {
            Err(Next::WaitUntil(later, format!("waits: it could not be read again: {reason}")))
        }
        Some(Seen::AccountUnknown) => Err(Next::Close(ActionState::Failed, "its account is not known any more".into())),
        Some(Seen::Is(state)) => left(&action.plan, state)
            .ok_or_else(|| Next::Close(ActionState::Failed, "the plan does not say what to work with".into())),
    }
}

/// A second try, after everything that the first one had to pass.
fn again(action: &Action, facts: &Facts, policy: &PolicyVersion, claimed: &Claim, now: Timestamp) -> Next {
    let attempt = claimed.attempt;
    if attempt >= ATTEMPTS_MAX {
        return Next::Close(ActionState::Failed, format!("tried {attempt} times without the effect being seen"));
    }
    if action.plan.policy_version != policy.version {
        return Next::Do(Effect::Replan);
    }
    ready(action, facts, now).unwrap_or_else(|| claim(action, facts, policy, attempt + 1, now))
}

fn task(action: &Action, facts: &Facts, policy: &PolicyVersion, claimed: &Claim, now: Timestamp) -> Next {
    let soon = now + TimeDelta::minutes(1);
    let state = match &facts.task {
        None => return Next::Need(Need::Task),
        Some(Seen::Failed(reason)) => {
            return Next::WaitUntil(soon, format!("waits: the task could not be read: {reason}"));
        }
        Some(Seen::AccountUnknown) => &TaskState::Unknown,
        Some(Seen::Is(state)) => state,
    };
    match state {
        TaskState::Running(_) if now >= claimed.at + TASK_MAX => {
            Next::Close(ActionState::Failed, "Atlassian's task did not end within a day".into())
        }
        TaskState::Running(left) => Next::WaitUntil(soon, format!("Atlassian's task runs: {left} still to be moved")),
        TaskState::Ended(failed) => match failed_for(&action.plan, failed) {
            Some(reason) => Next::Close(ActionState::Failed, reason),
            None => moved(action, facts, claimed, now),
        },
        TaskState::Unknown => match look(action, facts, soon) {
            Err(next) => next,
            Ok(Left::Nothing) => done(),
            Ok(Left::Order(_)) => again(action, facts, policy, claimed, now),
        },
    }
}

/// The task's failure, if it concerns the account: named by its id, for a ledger holds no addresses.
pub(in crate::decide) fn failed_for(plan: &Plan, failed: &[(String, String)]) -> Option<String> {
    let Some(Means::Policy { email, .. }) = &plan.means else { return None };
    let ours = failed.iter().find(|(who, _)| who.is_empty() || who.eq_ignore_ascii_case(email))?;
    let account = plan.target.owner.as_ref().map_or("of an unknown id", AccountId::as_str);
    Some(format!("Atlassian did not move the account {account}: {}", ours.1.replace(email.as_str(), "(its address)")))
}

/// The task ended well; the policy of the account is read where that is possible.
fn moved(action: &Action, facts: &Facts, claimed: &Claim, now: Timestamp) -> Next {
    if let Some(Seen::Is(OwnerState::Policy(None))) = &facts.owner {
        return Next::Close(ActionState::Done, "moved as Atlassian says; its policy could not be read back".into());
    }
    let soon = now + TimeDelta::minutes(1);
    match look(action, facts, soon) {
        Err(next) => next,
        Ok(Left::Nothing) => done(),
        Ok(Left::Order(_)) if now < claimed.at + TimeDelta::hours(1) => {
            Next::WaitUntil(soon, "Atlassian's task ended well, and the account does not show its policy yet".into())
        }
        Ok(Left::Order(_)) => Next::Close(
            ActionState::Failed,
            "Atlassian's task ended well, and the account is not in that policy".into(),
        ),
    }
}

fn done() -> Next {
    Next::Close(ActionState::Done, "done, and seen to be so".into())
}

fn cancelled(reason: impl Into<String>) -> Next {
    Next::Close(ActionState::Cancelled, reason.into())
}

fn unread(reason: &str, now: Timestamp) -> Next {
    Next::WaitUntil(now + TimeDelta::minutes(5), format!("waits: it could not be read again: {reason}"))
}

#[cfg(test)]
#[path = "owner_tests.rs"]
mod tests;
