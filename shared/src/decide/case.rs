//! What an action needs next: one pure function over its state and the facts, so that every (state, step) can be listed.

mod after;
mod fresh;
mod owner;

use super::budget::{self, Take};
use super::ladder::{self, Current};
use crate::model::{
    Action, ActionKind, ActionState, Budget, CredentialKind, Order, PolicyVersion, Scope, TaskId, TaskState, Timestamp,
    Versioned,
};
use crate::ports::{Acted, Reread, Revoked};
use after::after_claim;
use chrono::TimeDelta;
use fresh::{Used, fresh};
pub(super) use owner::failed_for;
pub use owner::{HitNow, OwnerState, Seen};

/// The log may be this late before actions wait for it.
pub const LOG_LAG_MAX: TimeDelta = TimeDelta::minutes(15);
/// How many times the call is tried before the action is given up.
pub const ATTEMPTS_MAX: u32 = 5;

/// A fact that must be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Whether what asked for the action still stands.
    Standing,
    /// Whether the owner is an org admin.
    AdminRole,
    /// How late the audit log is.
    Log,
    /// The last use in the events that we hold.
    EventUse,
    /// Whether the key is one of our own.
    OwnKey,
    /// The credential, read again from the API that acts.
    Reread,
    /// Whether the messages that were handed over were sent.
    Delivery,
    /// Every credential of the account, read again, with the last use in the events that we hold.
    Hits,
    /// How the account stands where the action would change it.
    Owner,
    /// How far the task came that Atlassian began.
    Task,
    /// Budget, kill switch and the last complete report's count.
    Budget,
}

/// Whether what asked for the action still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Stands,
    /// It does not, for this reason.
    Fallen(String),
}

/// A yes or no of which it may be that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Could not be found out.
    Unknown,
}

/// Whether a key is one of those that Tokenwarden itself uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnKey {
    /// It is: it is never revoked from here.
    Ours,
    /// It is not.
    NotOurs,
    /// Nobody said which keys are ours.
    NotKnown,
}

/// How late the audit log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLag {
    /// So late.
    Late(TimeDelta),
    /// It was never read to its end.
    NeverRead,
}

/// How far the messages of an action came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// All were sent, the last at this moment.
    Sent(Timestamp),
    /// One is still on its way; it is tried next at this moment.
    Waiting(Option<Timestamp>),
    /// One was given up, for this reason.
    Dead(String),
}

/// What reading the credential again came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// An answer.
    Seen(Reread),
    /// No API reads one of its kind again.
    NotPossible,
    /// No answer: try again later.
    Failed(String),
}

/// What the call to Atlassian came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// An answer.
    Answered(Revoked),
    /// Refused for good: it had no effect.
    Refused(String),
    /// Asked to wait: it had no effect.
    RateLimited(TimeDelta),
    /// Nobody knows whether it had an effect.
    Unclear(String),
}

/// The facts fetched so far. `None` means "not asked yet".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Whether what asked for the action still stands.
    pub standing: Option<Standing>,
    /// Whether the owner is an org admin.
    pub admin_role: Option<Answer>,
    /// How late the audit log is.
    pub log: Option<LogLag>,
    /// The last use in the events that we hold, if there is one.
    pub event_use: Option<Option<Timestamp>>,
    /// Whether the key is one of our own.
    pub own_key: Option<OwnKey>,
    /// The credential, read again.
    pub look: Option<Look>,
    /// How far the messages came.
    pub delivery: Option<Delivery>,
    /// Budget and kill switch, and how many credentials the last complete report lists.
    pub budget: Option<(Versioned<Budget>, Option<u64>)>,
    /// The result of the call that this invocation made.
    pub call: Option<Call>,
    /// Every credential of the account, as it is now.
    pub hits: Option<Seen<Vec<HitNow>>>,
    /// How the account stands.
    pub owner: Option<Seen<OwnerState>>,
    /// How far Atlassian's task came.
    pub task: Option<Seen<TaskState>>,
    /// What the last order of this invocation came to.
    pub acted: Option<Acted>,
    /// The orders that this invocation gave.
    pub ordered: Vec<Order>,
    /// Set while this invocation holds the claim and has not called yet.
    pub claim_in_hand: Option<Timestamp>,
    /// How long the intent must be left alone after a crash, before anybody calls again.
    pub recovery_wait: TimeDelta,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Fetch a fact, then ask again.
    Need(Need),
    /// Do this, then ask again.
    Do(Effect),
    /// Nothing before this moment, for this reason.
    WaitUntil(Timestamp, String),
    /// Nothing before this moment unless a person agrees, who is asked; for this reason.
    Ask(Timestamp, String),
    /// Nothing before this moment, because the budget is spent; of which the security team is told.
    Spent(Timestamp, String),
    /// Nothing until a person or the policy changes something.
    Rest(String),
    /// Nothing ever again: this final state, for this reason.
    Close(ActionState, String),
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Plan anew by the policy in force.
    Replan,
    /// Hand a message over to be sent, and store that it was, in one transaction.
    Tell(ActionKind),
    /// Store the intent to call, together with the budget: what is not written does not notice the kill switch.
    Claim {
        /// The budget to write in the same transaction.
        budget: Box<Budget>,
        /// Which attempt this is.
        attempt: u32,
    },
    /// Call Atlassian. Only ever follows a claim of this invocation.
    Revoke,
    /// Change one thing of the account. Only ever follows a claim of this invocation.
    Act(Order),
    /// Store the task that Atlassian began, before anything else.
    StoreTask(TaskId),
}

/// What the action needs next.
pub fn next(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Next {
    match action.state {
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld => before_claim(action, facts, policy, now),
        ActionState::Claimed => after_claim(action, facts, policy, now),
        ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => Next::Rest("it has ended".into()),
    }
}

fn before_claim(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Next {
    match &facts.standing {
        None => return Next::Need(Need::Standing),
        Some(Standing::Fallen(reason)) => return Next::Close(ActionState::Cancelled, reason.clone()),
        Some(Standing::Stands) => {}
    }
    if action.plan.policy_version != policy.version {
        return Next::Do(Effect::Replan);
    }
    if let Some(reason) = &action.plan.withheld {
        return Next::Rest(reason.clone());
    }
    if action.plan.is_unread() {
        return Next::Do(Effect::Replan);
    }
    let sent_at = match &facts.delivery {
        Some(Delivery::Sent(at)) => Some(*at),
        Some(Delivery::Waiting(_) | Delivery::Dead(_)) | None => None,
    };
    match ladder::current(action, sent_at, &policy.policy.calendar) {
        Current::Tell { due_at, .. } if now < due_at => {
            Next::WaitUntil(due_at, "waits for the day of its next message".into())
        }
        Current::Tell { kind, .. } => tell(action, facts, kind, now),
        Current::Nothing => Next::Close(ActionState::Done, ladder::all_told(action).into()),
        Current::Act { due_at } => act(action, facts, policy, due_at, now),
    }
}

/// Before anybody is told something, it is looked at again.
fn tell(action: &Action, facts: &Facts, kind: ActionKind, now: Timestamp) -> Next {
    if action.plan.scope == Scope::Owner {
        return Next::Do(Effect::Tell(kind));
    }
    let used = if action.plan.action.only_tells() { Used::MakesNoDifference } else { Used::EndsIt };
    fresh(action, facts, used, now).unwrap_or(Next::Do(Effect::Tell(kind)))
}

fn act(action: &Action, facts: &Facts, policy: &PolicyVersion, due_at: Timestamp, now: Timestamp) -> Next {
    let expires_at = action.plan.expires_at.max(due_at + TimeDelta::days(policy.policy.approval_valid_days.into()));
    if !action.is_agreed() && now >= expires_at {
        return Next::Close(ActionState::Expired, "nobody agreed in time".into());
    }
    if !action.is_agreed() {
        let which = if action.agreed.is_empty() { "an approval" } else { "a second approval" };
        return Next::Ask(expires_at, format!("waits for {which}"));
    }
    if now < due_at {
        return Next::WaitUntil(due_at, "waits for the grace period to end".into());
    }
    undelivered(action, facts, now)
        .or_else(|| no_place(action, facts, policy, now))
        .unwrap_or_else(|| due(action, facts, policy, expires_at, now))
}

/// Nothing is done to a credential while whoever answers for it has not been sent what the ladder says first, unless he
/// answered already.
fn undelivered(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    if action.told.is_empty() || action.not_needed.is_some() {
        return None;
    }
    match &facts.delivery {
        None => Some(Next::Need(Need::Delivery)),
        Some(Delivery::Sent(_)) => None,
        Some(Delivery::Waiting(next_at)) => {
            let (soon, later) = (now + TimeDelta::hours(1), now + TimeDelta::days(1));
            let until = next_at.unwrap_or(soon).clamp(soon, later);
            Some(Next::WaitUntil(until, "waits until the message about it was sent".into()))
        }
        Some(Delivery::Dead(reason)) => Some(Next::WaitUntil(
            now + TimeDelta::hours(6),
            format!(
                "waits: the message about it could not be sent ({reason}); send it again, or ask for the action yourself"
            ),
        )),
    }
}

fn due(action: &Action, facts: &Facts, policy: &PolicyVersion, expires_at: Timestamp, now: Timestamp) -> Next {
    if action.plan.scope == Scope::Owner {
        return owner::due(action, facts, policy, now);
    }
    if action.agreed.is_empty() {
        let who = match facts.admin_role {
            None => return Next::Need(Need::AdminRole),
            Some(Answer::No) => None,
            Some(Answer::Yes) => Some("its owner is an org admin"),
            Some(Answer::Unknown) => Some("whether its owner is an org admin could not be read"),
        };
        if let Some(who) = who {
            return match now >= expires_at {
                true => Next::Close(ActionState::Expired, "nobody agreed in time".into()),
                false => Next::Ask(expires_at, format!("waits for an approval: {who}")),
            };
        }
    }
    log(facts, now)
        .or_else(|| fresh(action, facts, Used::EndsIt, now))
        .unwrap_or_else(|| claim(action, facts, policy, 1, now))
}

/// Once the budget is spent the run as a whole halts: nothing is read of Atlassian for what could not be done.
fn no_place(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Option<Next> {
    place(action, facts, policy, now).err()
}

/// What would show a use that came since must be known: the audit log is waited for while it is late.
fn log(facts: &Facts, now: Timestamp) -> Option<Next> {
    let reason = match facts.log {
        None => return Some(Next::Need(Need::Log)),
        Some(LogLag::Late(lag)) if lag <= LOG_LAG_MAX => return None,
        Some(LogLag::Late(lag)) => format!("waits: the audit log is {} behind", length(lag)),
        Some(LogLag::NeverRead) => "waits: the audit log was not read yet".into(),
    };
    Some(Next::WaitUntil(now + TimeDelta::minutes(5), reason))
}

/// A length of time in the largest unit of which it has at least two.
fn length(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours(), time.num_minutes()) {
        (days @ 2.., ..) => format!("{days} days"),
        (_, hours @ 2.., _) => format!("{hours} hours"),
        (_, _, minutes) => format!("{minutes} minutes"),
    }
}

/// Right before the intent is stored, our own keys are looked at once more: they are never revoked.
fn own_key(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    if action.plan.scope == Scope::Owner || action.plan.target.credential.kind != CredentialKind::OrgApiKey {
        return None;
    }
    match facts.own_key {
        None => Some(Next::Need(Need::OwnKey)),
        Some(OwnKey::NotOurs) => None,
        Some(OwnKey::Ours) => {
            let reason = "it is one of Tokenwarden's own keys, which are never revoked from here";
            Some(Next::Close(ActionState::Cancelled, reason.into()))
        }
        Some(OwnKey::NotKnown) => {
            let reason = "waits: the ids of Tokenwarden's own keys are not known, so any key might be one of them";
            Some(Next::WaitUntil(now + TimeDelta::hours(1), reason.into()))
        }
    }
}

fn claim(action: &Action, facts: &Facts, policy: &PolicyVersion, attempt: u32, now: Timestamp) -> Next {
    if let Some(kept) = own_key(action, facts, now) {
        return kept;
    }
    match place(action, facts, policy, now) {
        Ok(budget) => Next::Do(Effect::Claim { budget: Box::new(budget), attempt }),
        Err(next) => next,
    }
}

/// The budget with a place taken for an action, or what comes before there is one.
fn place(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Result<Budget, Next> {
    let Some((budget, listed)) = &facts.budget else {
        return Err(Next::Need(Need::Budget));
    };
    match budget::take(&budget.value, &action.id, &policy.policy.limits, *listed, now) {
        Take::Taken(budget) => Ok(budget),
        Take::Stopped(stop) => {
            Err(Next::WaitUntil(now + TimeDelta::hours(1), format!("waits: {} put the kill switch on", stop.by)))
        }
        Take::Exhausted { limit, free_at } => {
            let until = free_at.unwrap_or(now + TimeDelta::hours(1)).max(now + TimeDelta::minutes(1));
            let hours = policy.policy.limits.window_hours;
            Err(Next::Spent(until, format!("waits: the budget of {limit} actions in {hours} hours is spent")))
        }
    }
}

#[cfg(test)]
#[path = "case_properties.rs"]
mod properties;
#[cfg(test)]
#[path = "case_tests.rs"]
mod tests;
