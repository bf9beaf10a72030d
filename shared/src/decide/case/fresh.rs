//! Whether a credential is still the one that was judged.

use super::{Facts, Look, Need, Next};
use crate::model::{Action, ActionState, Target, Timestamp};
use crate::ports::{Reread, TokenSnapshot};
use chrono::TimeDelta;

/// What a use since the judgement means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Used {
    /// It ends the case.
    EndsIt,
    /// Nothing is done to the credential, so it may be in use.
    MakesNoDifference,
}

/// Whether the credential is still the one that was judged; `None` if it is.
pub(super) fn fresh(action: &Action, facts: &Facts, used: Used, now: Timestamp) -> Option<Next> {
    let evidence = action.plan.evidence.last_used_at;
    match facts.event_use {
        None => return Some(Next::Need(Need::EventUse)),
        Some(Some(at)) if used == Used::EndsIt && is_later(Some(at), evidence) => {
            return Some(Next::Close(ActionState::Cancelled, used_since(at)));
        }
        Some(_) => {}
    }
    match &facts.look {
        None => Some(Next::Need(Need::Reread)),
        Some(Look::Failed(reason)) => {
            Some(Next::WaitUntil(now + TimeDelta::minutes(5), format!("waits: it could not be read again: {reason}")))
        }
        Some(Look::NotPossible) => (!action.plan.action.only_tells())
            .then(|| Next::Close(ActionState::Cancelled, "no API reads one of its kind again".into())),
        Some(Look::Seen(seen)) => {
            let changed = unchanged(seen, &action.plan.target, evidence, used).err();
            changed.map(|reason| Next::Close(ActionState::Cancelled, reason))
        }
    }
}

pub(super) fn unchanged(
    look: &Reread,
    target: &Target,
    last_used_at: Option<Timestamp>,
    used: Used,
) -> Result<(), String> {
    let token = match look {
        Reread::Present(token) => token,
        Reread::Gone => return Err("it is not there any more: its owner or an admin may have removed it".into()),
        Reread::AccountUnknown => return Err("its owner's account is not known, or not managed".into()),
    };
    let TokenSnapshot { id, label, created_at, last_access_at } = token;
    let seconds = |at: &Option<Timestamp>| at.map(|at| at.timestamp());
    if *id != target.credential.id || *label != target.label || seconds(created_at) != seconds(&target.created_at) {
        return Err("it is not the credential that was judged: its label or date of creation differs".into());
    }
    match (last_access_at, last_used_at) {
        _ if used == Used::MakesNoDifference => Ok(()),
        (Some(used), _) if is_later(Some(*used), last_used_at) => Err(used_since(*used)),
        (None, Some(_)) => Err("the API that revokes does not show its last use, so it cannot be compared".into()),
        (Some(_) | None, _) => Ok(()),
    }
}

/// Compares whole seconds: the two APIs may write the same moment with different precision (unconfirmed).
pub(super) fn is_later(used: Option<Timestamp>, known: Option<Timestamp>) -> bool {
    used.map(|at| at.timestamp()) > known.map(|at| at.timestamp())
}

fn used_since(used: Timestamp) -> String {
    format!("it {}", was_used(used))
}

pub(super) fn was_used(used: Timestamp) -> String {
    format!("was used on {}, after it was judged", used.format("%Y-%m-%d %H:%M UTC"))
}
