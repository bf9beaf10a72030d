//! What an action needs next: one pure function over its state and the facts, so that every (state, step) can be listed.

mod fresh;

use self::fresh::{Used, fresh, unchanged};
use super::budget::{self, Take};
use super::ladder::{self, Current};
use crate::model::{Action, ActionKind, ActionState, Budget, PolicyVersion, Timestamp, Versioned};
use crate::ports::{Reread, Revoked};
use chrono::TimeDelta;

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
    /// The credential, read again from the API that acts.
    Reread,
    /// Whether the messages that were handed over were sent.
    Delivery,
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
    /// One is still on its way.
    Waiting,
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
    /// The credential, read again.
    pub look: Option<Look>,
    /// How far the messages came.
    pub delivery: Option<Delivery>,
    /// Budget and kill switch, and how many credentials the last complete report lists.
    pub budget: Option<(Versioned<Budget>, Option<u64>)>,
    /// The result of the call that this invocation made.
    pub call: Option<Call>,
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
    /// Store the intent to call, together with the budget if a place was taken now.
    Claim {
        /// The budget to write in the same transaction; `None` if the action held its place already.
        budget: Option<Budget>,
        /// Which attempt this is.
        attempt: u32,
    },
    /// Call Atlassian. Only ever follows a claim of this invocation.
    Revoke,
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
    let sent_at = match &facts.delivery {
        Some(Delivery::Sent(at)) => Some(*at),
        Some(Delivery::Waiting | Delivery::Dead(_)) | None => None,
    };
    match ladder::current(action, sent_at, &policy.policy.calendar) {
        Current::Tell { due_at, .. } if now < due_at => {
            Next::WaitUntil(due_at, "waits for the day of its next message".into())
        }
        Current::Tell { kind, .. } => tell(action, facts, kind, now),
        Current::Nothing => Next::Close(ActionState::Done, "whoever answers for it was told".into()),
        Current::Act { due_at } => act(action, facts, policy, due_at, now),
    }
}

/// Before anybody is told something, it is looked at again.
fn tell(action: &Action, facts: &Facts, kind: ActionKind, now: Timestamp) -> Next {
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
        return Next::WaitUntil(expires_at, format!("waits for {which}"));
    }
    if now < due_at {
        return Next::WaitUntil(due_at, "waits for the grace period to end".into());
    }
    if let Some(waits) = undelivered(action, facts, now) {
        return waits;
    }
    due(action, facts, policy, expires_at, now)
}

/// Nothing is done to a credential while whoever answers for it has not been sent what the ladder says first.
fn undelivered(action: &Action, facts: &Facts, now: Timestamp) -> Option<Next> {
    if action.told.is_empty() {
        return None;
    }
    match &facts.delivery {
        None => Some(Next::Need(Need::Delivery)),
        Some(Delivery::Sent(_)) => None,
        Some(Delivery::Waiting) => {
            Some(Next::WaitUntil(now + TimeDelta::hours(1), "waits until the message about it was sent".into()))
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
                false => Next::WaitUntil(expires_at, format!("waits for an approval: {who}")),
            };
        }
    }
    let soon = now + TimeDelta::minutes(5);
    match facts.log {
        None => return Next::Need(Need::Log),
        Some(LogLag::Late(lag)) if lag <= LOG_LAG_MAX => {}
        Some(LogLag::Late(lag)) => {
            return Next::WaitUntil(soon, format!("waits: the audit log is {} behind", length(lag)));
        }
        Some(LogLag::NeverRead) => return Next::WaitUntil(soon, "waits: the audit log was not read yet".into()),
    }
    fresh(action, facts, Used::EndsIt, now).unwrap_or_else(|| claim(action, facts, policy, 1, now))
}

/// A length of time in the largest unit of which it has at least two.
fn length(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours(), time.num_minutes()) {
        (days @ 2.., ..) => format!("{days} days"),
        (_, hours @ 2.., _) => format!("{hours} hours"),
        (_, _, minutes) => format!("{minutes} minutes"),
    }
}

fn claim(action: &Action, facts: &Facts, policy: &PolicyVersion, attempt: u32, now: Timestamp) -> Next {
    let Some((budget, listed)) = &facts.budget else {
        return Next::Need(Need::Budget);
    };
    match budget::take(&budget.value, &action.id, &policy.policy.limits, *listed, now) {
        Take::Taken(budget) => Next::Do(Effect::Claim { budget: Some(budget), attempt }),
        Take::Held => Next::Do(Effect::Claim { budget: None, attempt }),
        Take::Stopped(stop) => {
            Next::WaitUntil(now + TimeDelta::hours(1), format!("waits: {} put the kill switch on", stop.by))
        }
        Take::Exhausted { limit, free_at } => {
            let until = free_at.unwrap_or(now + TimeDelta::hours(1)).max(now + TimeDelta::minutes(1));
            let hours = policy.policy.limits.window_hours;
            Next::WaitUntil(until, format!("waits: the budget of {limit} actions in {hours} hours is spent"))
        }
    }
}

fn after_claim(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Next {
    let Some(claim) = &action.claim else {
        return Next::Close(ActionState::Failed, "it was claimed without a claim; nothing was called".into());
    };
    let recover_at = claim.at + facts.recovery_wait;
    match &facts.call {
        Some(Call::Answered(Revoked::Now | Revoked::Already)) => verified(facts, recover_at.max(now)),
        Some(Call::Answered(Revoked::AccountUnknown)) => Next::Close(
            ActionState::Failed,
            "Atlassian does not know the owner's account, or does not manage it".into(),
        ),
        Some(Call::Refused(reason)) => Next::Close(ActionState::Failed, reason.clone()),
        Some(Call::RateLimited(after)) => {
            Next::WaitUntil(recover_at.max(now + *after), "Atlassian asked to wait".into())
        }
        Some(Call::Unclear(reason)) => {
            Next::WaitUntil(recover_at, format!("it is not known whether the call had an effect: {reason}"))
        }
        None if facts.claim_in_hand == Some(claim.at) => Next::Do(Effect::Revoke),
        None if now < recover_at => Next::WaitUntil(recover_at, "waits until no call of it can be under way".into()),
        None => recovered(action, facts, policy, claim.attempt, now),
    }
}

fn verified(facts: &Facts, again_at: Timestamp) -> Next {
    match &facts.look {
        None => Next::Need(Need::Reread),
        Some(Look::Seen(Reread::Gone)) => Next::Close(ActionState::Done, "revoked, and seen to be gone".into()),
        Some(Look::Seen(Reread::Present(_))) => {
            Next::WaitUntil(again_at, "Atlassian said that it was revoked, and still lists it".into())
        }
        Some(Look::Seen(Reread::AccountUnknown)) => Next::Close(
            ActionState::Failed,
            "revoked as Atlassian says, but its owner's account is not known any more".into(),
        ),
        Some(Look::NotPossible) => Next::Close(ActionState::Done, "revoked as Atlassian says".into()),
        Some(Look::Failed(reason)) => {
            Next::WaitUntil(again_at, format!("revoked as Atlassian says; it could not be read again: {reason}"))
        }
    }
}

fn recovered(action: &Action, facts: &Facts, policy: &PolicyVersion, attempt: u32, now: Timestamp) -> Next {
    let look = match &facts.look {
        None => return Next::Need(Need::Reread),
        Some(Look::NotPossible) => {
            return Next::Close(ActionState::Failed, "no API reads one of its kind again after the attempt".into());
        }
        Some(Look::Failed(reason)) => {
            return Next::WaitUntil(
                now + TimeDelta::minutes(5),
                format!("waits: it could not be read again: {reason}"),
            );
        }
        Some(Look::Seen(look)) => look,
    };
    match look {
        Reread::Gone => return Next::Close(ActionState::Done, "absent after our attempt".into()),
        Reread::AccountUnknown => {
            return Next::Close(ActionState::Failed, "its owner's account is not known any more".into());
        }
        Reread::Present(_) => {}
    }
    if let Err(reason) = unchanged(look, &action.plan.target, action.plan.evidence.last_used_at, Used::EndsIt) {
        return Next::Close(ActionState::Cancelled, reason);
    }
    if attempt >= ATTEMPTS_MAX {
        return Next::Close(ActionState::Failed, format!("tried {attempt} times, and it is still there"));
    }
    if action.plan.policy_version != policy.version {
        return Next::Do(Effect::Replan);
    }
    claim(action, facts, policy, attempt + 1, now)
}

#[cfg(test)]
#[path = "case_properties.rs"]
mod properties;
#[cfg(test)]
#[path = "case_tests.rs"]
mod tests;
