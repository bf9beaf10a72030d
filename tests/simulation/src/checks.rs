//! What must hold of a world, whatever happened in it.

use crate::{
    options::Options,
    org::org_id,
    universe::{HOUR, Millis},
    world::World,
};
use shared::{
    decide::{case::ATTEMPTS_MAX, ledger},
    model::{Action, ActionState, CredentialId, LedgerEntry, LedgerHead, LedgerKind},
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that must hold at the end; else a sentence that says what does not.
pub(crate) fn all(world: &World) -> Result<(), String> {
    but_rest(world)?;
    nothing_is_lost(world, &world.store.entries(&org_id()))?;
    if world.rests() { Ok(()) } else { Err("it does not come to rest".into()) }
}

/// What must hold at any moment.
pub(crate) fn but_rest(world: &World) -> Result<(), String> {
    whatever_the_clocks(world)?;
    calls_are_sound(world)?;
    budget_holds(world)?;
    effects_are_recorded(world, &world.store.entries(&org_id()))
}

/// What must hold even of clocks that are wrong by more than they may be.
pub(crate) fn whatever_the_clocks(world: &World) -> Result<(), String> {
    let entries = world.store.entries(&org_id());
    ledger::verify(&org_id(), entries.iter(), &LedgerHead::default()).map_err(|bad| bad.to_string())?;
    stop_holds(&entries)?;
    attempts_are_counted(&entries)
}

fn calls_are_sound(world: &World) -> Result<(), String> {
    world.atlassian.state().faults.first().map_or(Ok(()), |fault| Err(format!("a call is wrong: {fault:?}")))
}

/// In no window, wherever it begins, more tokens than the limit are called for.
fn budget_holds(world: &World) -> Result<(), String> {
    let Options { window_hours, .. } = world.options;
    let (window, limit) = (HOUR * i64::from(window_hours), world.options.limit());
    let state = world.atlassian.state();
    let calls: Vec<(Millis, &CredentialId)> = state.calls.iter().map(|call| (call.begun_at, &call.token)).collect();
    for (at, _) in &calls {
        let within = calls.iter().filter(|(other, _)| (*at..*at + window).contains(other));
        let tokens: BTreeSet<&CredentialId> = within.map(|(_, token)| *token).collect();
        if tokens.len() > limit {
            return Err(format!(
                "{} tokens in one window of {window_hours} hours, and the limit is {limit}",
                tokens.len()
            ));
        }
    }
    Ok(())
}

/// From the kill switch to its release nothing is claimed.
fn stop_holds(entries: &[LedgerEntry]) -> Result<(), String> {
    let mut stopped = false;
    for entry in entries {
        match entry.record.kind {
            LedgerKind::Stopped => stopped = true,
            LedgerKind::Resumed => stopped = false,
            LedgerKind::ActionClaimed if stopped => return Err(format!("entry {} claims after the stop", entry.seq)),
            _other => {}
        }
    }
    Ok(())
}

/// The attempts of an action are recorded once each: 1, 2, 3, … and from 1 again after a new policy planned it anew.
fn attempts_are_counted(entries: &[LedgerEntry]) -> Result<(), String> {
    let (mut policies, mut last) = (0, BTreeMap::new());
    for entry in entries {
        policies += u32::from(entry.record.kind == LedgerKind::PolicySet);
        if entry.record.kind != LedgerKind::ActionClaimed {
            continue;
        }
        let attempt = entry.record.detail.rsplit(' ').next().and_then(|number| number.parse::<u32>().ok());
        let (before, under) = last.get(&entry.record.action).copied().unwrap_or((0, policies));
        if attempt != Some(before + 1) && !(attempt == Some(1) && policies > under) {
            return Err(format!("entry {} records {} after attempt {before}", entry.seq, entry.record.detail));
        }
        last.insert(&entry.record.action, (attempt.unwrap_or(0), policies));
    }
    Ok(())
}

fn claims(entries: &[LedgerEntry]) -> impl Iterator<Item = &LedgerEntry> {
    entries.iter().filter(|entry| entry.record.kind == LedgerKind::ActionClaimed)
}

/// One `action_done` for each token that was revoked, and none for another.
fn effects_are_recorded(world: &World, entries: &[LedgerEntry]) -> Result<(), String> {
    for (id, token) in &world.atlassian.state().tokens {
        let of_token = entries.iter().filter(|entry| entry.record.credential.as_ref().is_some_and(|one| one.id == *id));
        let done = of_token.filter(|entry| entry.record.kind == LedgerKind::ActionDone).count();
        let effects = usize::from(token.revoked_at.is_some());
        if done != effects {
            return Err(format!("token {id}: {effects} effects and {done} entries that it is done"));
        }
    }
    Ok(())
}

/// Every token that was to be revoked is, unless it was used or given up after the last attempt.
fn nothing_is_lost(world: &World, entries: &[LedgerEntry]) -> Result<(), String> {
    let actions = world.actions();
    for (id, token) in &world.atlassian.state().tokens {
        let given_up = |action: &&Action| action.plan.target.credential.id == *id && was_given_up(action, entries);
        let ends = token.revoked_at.is_some() || token.used_at.is_some() || actions.iter().any(|one| given_up(&one));
        if !ends {
            let of_token = actions.iter().filter(|action| action.plan.target.credential.id == *id);
            let states: Vec<_> = of_token.map(|action| (action.state, action.reason.clone())).collect();
            return Err(format!("token {id} was lost: {states:?}"));
        }
    }
    Ok(())
}

fn was_given_up(action: &Action, entries: &[LedgerEntry]) -> bool {
    let attempts = claims(entries).filter(|entry| entry.record.action.as_ref() == Some(&action.id)).count();
    action.state == ActionState::Failed && attempts >= ATTEMPTS_MAX as usize
}
