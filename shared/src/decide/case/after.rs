//! After the intent was stored: the call, what came of it, and what a crash left behind.

use super::{
    ATTEMPTS_MAX, Call, Effect, Facts, Look, Need, Next, claim,
    fresh::{Used, unchanged},
    owner,
};
use crate::model::{Action, ActionState, PolicyVersion, Scope, Timestamp};
use crate::ports::{Reread, Revoked};
use chrono::TimeDelta;

pub(super) fn after_claim(action: &Action, facts: &Facts, policy: &PolicyVersion, now: Timestamp) -> Next {
    let Some(claim) = &action.claim else {
        return Next::Close(ActionState::Failed, "it was claimed without a claim; nothing was called".into());
    };
    if action.plan.scope == Scope::Owner {
        return owner::after_claim(action, facts, policy, claim, now);
    }
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
