//! Advances one action: reads the facts that [`case::next`] asks for, stores each intent before its effect.

mod facts;
mod owner;

use super::cases::{Cases, cause_of, plan_of, retry_later};
use crate::{
    decide::{
        announce,
        case::{self, Call, Effect, Facts, Next},
        ledger::{answer_of, evidence_digest, own_words},
        plan, told,
    },
    error::{Error, Result},
    model::{
        Action, ActionId, ActionKind, ActionState, Budget, Claim, LedgerKind, LedgerRecord, Message, Org,
        PolicyVersion, Scope, Timestamp, Told, Versioned,
    },
    ports::{CaseChange, CaseStore, Clock, Deadline, Pending, ReportReader, ReportStore, TokenRevoker, Written},
};
use chrono::TimeDelta;
use facts::fetch;
use owner::Completed;

/// So many waiting actions are counted.
const WAITING_MAX: u32 = 1_000;
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
        let Some(action) = cases.store.action(&org.id, id).await? else {
            return Err(Error::NotFound(format!("action {id}")));
        };
        let Some(policy) = cases.store.policy(&org.id).await? else {
            return Err(Error::NotFound(format!("the policy of org {}", org.id)));
        };
        let now = cases.clock.now();
        match case::next(&action.value, &facts, &policy, now) {
            Next::Need(need) => fetch(cases, org, &action.value, need, &mut facts).await?,
            Next::Do(Effect::Revoke) => revoke(cases, org, &action.value, &mut facts).await,
            Next::Do(Effect::Act(order)) => owner::act(cases, org, order, &mut facts).await,
            Next::Do(Effect::StoreTask(task)) => {
                owner::store_task(cases, org, &action, task).await?;
                facts = cases.no_facts();
            }
            Next::Do(_) if deadline.reached() => return Ok(action.value.state),
            Next::Do(Effect::Claim { budget, attempt }) => {
                facts = claim(cases, org, &action, &facts, budget, attempt).await?;
            }
            Next::Do(Effect::Tell(kind)) => {
                tell(cases, org, &action, kind, &policy, now).await?;
                facts = cases.no_facts();
            }
            Next::Do(Effect::Replan) => {
                if let Some(unread) = replan(cases, org, &action, &policy).await? {
                    let again_at = Some(now + TimeDelta::minutes(5));
                    return wait(cases.store, org, &action, again_at, unread, None, now).await;
                }
                facts = cases.no_facts();
            }
            Next::WaitUntil(at, reason) => return wait(cases.store, org, &action, Some(at), reason, None, now).await,
            Next::Ask(at, reason) => {
                let asked = announce::approval_wanted(&org.id, &action.value, at, now);
                return wait(cases.store, org, &action, Some(at), reason, Some(asked), now).await;
            }
            Next::Spent(at, reason) => {
                let told = spent(cases.store, org, at, now).await?;
                return wait(cases.store, org, &action, Some(at), reason, Some(told), now).await;
            }
            Next::Rest(reason) => return wait(cases.store, org, &action, None, reason, None, now).await,
            Next::Close(state, reason) => {
                return close(cases.store, org, &action, state, reason, &facts, now).await;
            }
        }
    }
    Err(Error::Contended(format!("action {id}")))
}

/// Stores the intent, with the budget's place where one was taken. Afterwards only what cannot change is still known.
async fn claim<S: CaseStore, R, C: Clock>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Versioned<Action>,
    facts: &Facts,
    budget: Option<Budget>,
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
        budget: budget.map(|value| Versioned { version, value }),
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
        let reason = "the policy no longer asks for it".to_owned();
        return close(cases.store, org, action, ActionState::Cancelled, reason, &Facts::default(), now)
            .await
            .map(|_| None);
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

/// What the security team is told once the budget is spent: how much is due and waits.
async fn spent(store: &impl CaseStore, org: &Org, free_at: Timestamp, now: Timestamp) -> Result<Message> {
    let pending = store.pending(&org.id, now, WAITING_MAX).await?;
    let waiting = pending.iter().filter(|pending| matches!(pending, Pending::Action(_))).count();
    Ok(announce::budget_spent(&org.id, waiting.max(1) as u64, Some(free_at), now))
}

/// Stores when to look again and why, if that is news.
async fn wait(
    store: &impl CaseStore,
    org: &Org,
    action: &Versioned<Action>,
    wake_at: Option<Timestamp>,
    reason: String,
    told: Option<Message>,
    now: Timestamp,
) -> Result<ActionState> {
    let state = match action.value.state {
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld if action.value.plan.withheld.is_some() => {
            ActionState::Withheld
        }
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld => ActionState::Waiting,
        ended_or_claimed @ (ActionState::Claimed
        | ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed) => ended_or_claimed,
    };
    let same = action.value.state == state && action.value.wake_at == wake_at;
    if action.value.state.is_final() || (same && action.value.reason.as_ref() == Some(&reason)) {
        return Ok(state);
    }
    let changed_at = if action.value.state == state { action.value.changed_at } else { now };
    let waiting = Action { state, wake_at, reason: Some(reason), changed_at, ..action.value.clone() };
    store_or_retry(
        store,
        org,
        CaseChange {
            action: Some(Versioned { version: action.version, value: waiting }),
            messages: told.into_iter().collect(),
            ..CaseChange::default()
        },
    )
    .await?;
    Ok(state)
}

async fn close(
    store: &impl CaseStore,
    org: &Org,
    action: &Versioned<Action>,
    state: ActionState,
    reason: String,
    facts: &Facts,
    now: Timestamp,
) -> Result<ActionState> {
    let ended = Action { state, reason: Some(reason.clone()), changed_at: now, wake_at: None, ..action.value.clone() };
    let kind = match state {
        ActionState::Done => LedgerKind::ActionDone,
        ActionState::Cancelled | ActionState::Rejected => LedgerKind::ActionCancelled,
        ActionState::Expired => LedgerKind::ActionExpired,
        ActionState::Failed
        | ActionState::Planned
        | ActionState::Waiting
        | ActionState::Withheld
        | ActionState::Claimed => LedgerKind::ActionFailed,
    };
    let answer = answer_of(&action.value, facts);
    let change = CaseChange {
        record: Some(LedgerRecord { answer, ..record(&ended, kind, own_words(&reason), now) }),
        messages: announce::ended(&org.id, &ended, questions(store, org).await?.as_deref(), now),
        action: Some(Versioned { version: action.version, value: ended }),
        ..CaseChange::default()
    };
    store_or_retry(store, org, change).await?;
    Ok(state)
}

/// The admin who answers questions, as the policy in force names him.
async fn questions(store: &impl CaseStore, org: &Org) -> Result<Option<String>> {
    Ok(store.policy(&org.id).await?.and_then(|version| version.policy.recipients.questions))
}

async fn store_or_retry(store: &impl CaseStore, org: &Org, change: CaseChange) -> Result<()> {
    match store.apply(&org.id, &change).await? {
        Written::Stored => Ok(()),
        Written::Contended => Err(retry_later("an action")),
    }
}

fn record(action: &Action, kind: LedgerKind, detail: String, now: Timestamp) -> LedgerRecord {
    let agreed: Vec<&str> = action.agreed.iter().map(|agreed| agreed.by.as_str()).collect();
    let agreed = (!agreed.is_empty()).then(|| agreed.join(", "));
    let principal = agreed.or(action.requested_by.clone());
    let detail = match (action.plan.scope, &action.plan.target.owner) {
        (Scope::Owner, Some(account)) => format!("account {account}: {detail}"),
        (Scope::Owner, None) | (Scope::Credential, _) => detail,
    };
    LedgerRecord {
        at: now,
        kind,
        principal: principal.unwrap_or_else(|| "policy".into()),
        action: Some(action.id.clone()),
        credential: Some(action.plan.target.credential.clone()),
        plan_hash: Some(action.plan_hash.clone()),
        policy_version: Some(action.plan.policy_version),
        detail,
        evidence_digest: Some(evidence_digest(&action.plan.evidence)),
        answer: None,
    }
}
