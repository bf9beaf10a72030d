//! Advances one action: reads the facts that [`case::next`] asks for, stores each intent before its effect.

mod facts;
mod owner;
mod settle;

use super::cases::{Cases, cause_of, plan_of};
use crate::{
    decide::{
        announce,
        case::{self, Call, Effect, Facts, Next},
        plan, told,
    },
    error::{Error, Result},
    model::{
        Action, ActionId, ActionKind, ActionState, Budget, Claim, LedgerKind, Org, PolicyVersion, Timestamp, Told,
        Versioned,
    },
    ports::{CaseChange, CaseStore, Clock, Deadline, ReportReader, ReportStore, TokenRevoker, Written},
};
use chrono::TimeDelta;
use facts::fetch;
use owner::Completed;
use settle::{End, close, record, spent, wait};

/// A read answer, a plan or a claim at most so often in one go; more means that something circles.
const STEPS_MAX: usize = 64;

/// Advances an action until it waits, rests or ends.
///
/// # Errors
/// [`Error::Store`] and its like; what was stored stands, and the next sweep goes on from there.
pub async fn advance_case<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    id: &ActionId,
    deadline: &impl Deadline,
) -> Result<ActionState>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    let mut facts = cases.no_facts();
    for _ in 0..STEPS_MAX {
        // On the heap: its frame is the largest of all, and would be part of every frame below.
        if let Some(state) = Box::pin(step(cases, org, id, &mut facts, deadline)).await? {
            return Ok(state);
        }
    }
    Err(Error::Contended(format!("action {id}")))
}

/// Takes the next step; the state of the action where that was the last one for now.
async fn step<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    id: &ActionId,
    facts: &mut Facts,
    deadline: &impl Deadline,
) -> Result<Option<ActionState>>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    let Some(action) = cases.store.action(&org.id, id).await? else {
        return Err(Error::NotFound(format!("action {id}")));
    };
    let Some(policy) = cases.store.policy(&org.id).await? else {
        return Err(Error::NotFound(format!("the policy of org {}", org.id)));
    };
    let now = cases.clock.now();
    match case::next(&action.value, facts, &policy, now) {
        Next::Need(need) => fetch(cases, org, &action.value, need, facts).await.map(|()| None),
        Next::Do(effect) => effected(cases, org, (&action, &policy), effect, facts, deadline).await,
        Next::WaitUntil(at, reason) => wait(cases.store, org, &action, Some(at), reason, None, now).await.map(Some),
        Next::Ask(at, reason) => {
            let asked = announce::approval_wanted(&org.id, &action.value, at, now);
            wait(cases.store, org, &action, Some(at), reason, Some(asked), now).await.map(Some)
        }
        Next::Spent(at, reason) => {
            let told = spent(cases.store, org, at, now).await?;
            wait(cases.store, org, &action, Some(at), reason, Some(told), now).await.map(Some)
        }
        Next::Rest(reason) => wait(cases.store, org, &action, None, reason, None, now).await.map(Some),
        Next::Close(state, reason) => {
            let end = End { state, reason, facts, policy: &policy };
            close(cases.store, org, &action, end, now).await.map(Some)
        }
    }
}

/// Lets one effect happen; what is known after it stands in the facts.
async fn effected<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    (action, policy): (&Versioned<Action>, &PolicyVersion),
    effect: Effect,
    facts: &mut Facts,
    deadline: &impl Deadline,
) -> Result<Option<ActionState>>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    let now = cases.clock.now();
    match effect {
        Effect::Revoke => revoke(cases, org, &action.value, facts).await,
        Effect::Act(order) => owner::act(cases, org, order, facts).await,
        Effect::StoreTask(task) => {
            owner::store_task(cases, org, action, task).await?;
            *facts = cases.no_facts();
        }
        Effect::Claim { .. } | Effect::Tell(_) | Effect::Replan if deadline.reached() => {
            return Ok(Some(action.value.state));
        }
        Effect::Claim { budget, attempt } => *facts = claim(cases, org, action, facts, *budget, attempt).await?,
        Effect::Tell(kind) => {
            tell(cases, org, action, kind, policy, now).await?;
            *facts = cases.no_facts();
        }
        Effect::Replan => {
            if let Some(unread) = replan(cases, org, action, policy).await? {
                let again_at = Some(now + TimeDelta::minutes(5));
                return wait(cases.store, org, action, again_at, unread, None, now).await.map(Some);
            }
            *facts = cases.no_facts();
        }
    }
    Ok(None)
}

/// Stores the intent with its place in the budget. Afterwards only what cannot change is still known.
async fn claim<S: CaseStore, R, C: Clock>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Versioned<Action>,
    facts: &Facts,
    budget: Budget,
    attempt: u32,
) -> Result<Facts> {
    let now = cases.clock.now();
    let claimed = Action {
        state: ActionState::Claimed,
        claim: Some(Claim { at: now, attempt, task: None }),
        reason: Some("the intent is stored; Atlassian is being called".into()),
        changed_at: now,
        wake_at: Some(now + cases.recovery_wait),
        ..action.value.clone()
    };
    let version = facts.budget.as_ref().map_or(0, |(budget, _)| budget.version);
    let change = CaseChange {
        record: Some(record(&claimed, LedgerKind::ActionClaimed, format!("attempt {attempt}"), now)),
        action: Some(Versioned { version: action.version, value: claimed }),
        budget: Some(Versioned { version, value: budget }),
        ..CaseChange::default()
    };
    match cases.store.apply(&org.id, &change).await? {
        Written::Stored => Ok(Facts { claim_in_hand: Some(now), ..cases.no_facts() }),
        Written::Contended => Ok(cases.no_facts()),
    }
}

/// Calls Atlassian. Only [`case::next`] leads here, and only for a claim that this invocation has just stored.
async fn revoke<S, R: TokenRevoker, C: Clock>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Action,
    facts: &mut Facts,
) {
    facts.claim_in_hand = None;
    facts.look = None;
    facts.call = Some(match cases.revoker.revoke(&org.id, &action.plan.target).await {
        Ok(revoked) => Call::Answered(revoked),
        Err(error) => failed_call(error),
    });
}

/// What is known of a call that failed.
fn failed_call(error: Error) -> Call {
    match error {
        Error::NotPermitted { what, reason } => Call::Refused(format!("not permitted: {what}: {reason}")),
        error @ Error::Invalid { .. } => Call::Refused(error.to_string()),
        Error::RateLimited { after, .. } => {
            Call::RateLimited(TimeDelta::from_std(after).unwrap_or(TimeDelta::minutes(1)))
        }
        error => Call::Unclear(error.to_string()),
    }
}

/// Hands a message over to be sent, in the transaction that stores that it was.
async fn tell<S: CaseStore, R, C: Clock>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Versioned<Action>,
    kind: ActionKind,
    policy: &PolicyVersion,
    now: Timestamp,
) -> Result<()> {
    let questions = policy.policy.recipients.questions.as_deref();
    let message = told::message(&org.id, &action.value, kind, questions, now);
    let mut next = Action { changed_at: now, ..action.value.clone() };
    next.told.push(Told { at: now, message: message.id.clone() });
    let change = CaseChange {
        record: Some(record(&next, LedgerKind::OwnerTold, kind.as_str().to_owned(), now)),
        action: Some(Versioned { version: action.version, value: next }),
        messages: vec![message],
        ..CaseChange::default()
    };
    cases.store.apply(&org.id, &change).await.map(drop)
}

/// Plans anew by the policy in force; what it no longer asks for is cancelled. Gives the reason where Atlassian could not
/// be asked what the plan hits, and leaves the action as it is then.
async fn replan<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Versioned<Action>,
    policy: &PolicyVersion,
) -> Result<Option<String>>
where
    S: CaseStore + ReportReader,
    R: TokenRevoker,
    C: Clock,
{
    let now = cases.clock.now();
    let cause = cause_of(cases.store, org, &action.value).await?;
    let planned = match &cause {
        Some(cause) => plan_of(cases.store, org, &action.value.plan.target.credential, cause, policy, now).await?,
        None => None,
    };
    let Some(plan) = planned else {
        let reason = plan::NOT_ASKED_FOR.to_owned();
        let end = End { state: ActionState::Cancelled, reason, facts: &Facts::default(), policy };
        return close(cases.store, org, action, end, now).await.map(|_| None);
    };
    let plan = match plan.is_unread() {
        false => plan,
        true => match owner::complete(cases, org, plan, policy).await? {
            Completed::Plan(plan) => *plan,
            Completed::Unread(error) => return Ok(Some(format!("waits: what it hits could not be read: {error}"))),
        },
    };
    let change = CaseChange {
        action: Some(Versioned { version: action.version, value: plan::replanned(&action.value, plan, now) }),
        ..CaseChange::default()
    };
    cases.store.apply(&org.id, &change).await.map(|_| None)
}
