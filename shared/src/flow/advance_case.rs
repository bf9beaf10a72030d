//! Advances one action: reads the facts that [`case::next`] asks for, stores each intent before its effect.

use super::cases::{Cases, cause_of, plan_of, retry_later};
use crate::{
    decide::{
        case::{self, Answer, Call, Delivery, Effect, Facts, LogLag, Look, Need, Next, Standing},
        exempt::{self, Covered},
        join::last_use_of,
        ledger::{answer_of, evidence_digest, own_words},
        plan, told,
    },
    error::{Error, Result},
    model::{
        Action, ActionId, ActionKind, ActionState, Budget, Claim, CredentialKind, Exemption, FindingStatus, LedgerKind,
        LedgerRecord, MessageState, Org, PolicyVersion, ReportStatus, Target, Timestamp, Told, Versioned,
    },
    ports::{CaseChange, CaseStore, Clock, Deadline, ReportReader, ReportStore, TokenRevoker, Written},
};
use chrono::TimeDelta;

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
            Next::Do(_) if deadline.reached() => return Ok(action.value.state),
            Next::Do(Effect::Claim { budget, attempt }) => {
                facts = claim(cases, org, &action, &facts, budget, attempt).await?;
            }
            Next::Do(Effect::Tell(kind)) => {
                tell(cases, org, &action, kind, &policy, now).await?;
                facts = cases.no_facts();
            }
            Next::Do(Effect::Replan) => {
                replan(cases, org, &action, &policy).await?;
                facts = cases.no_facts();
            }
            Next::WaitUntil(at, reason) => return wait(cases.store, org, &action, Some(at), reason, now).await,
            Next::Rest(reason) => return wait(cases.store, org, &action, None, reason, now).await,
            Next::Close(state, reason) => {
                return close(cases.store, org, &action, state, reason, facts.call.as_ref(), now).await;
            }
        }
    }
    Err(Error::Contended(format!("action {id}")))
}

async fn fetch<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Action,
    need: Need,
    facts: &mut Facts,
) -> Result<()>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    match need {
        Need::Standing => facts.standing = Some(standing(cases.store, org, action, cases.clock.now()).await?),
        Need::AdminRole => facts.admin_role = Some(admin_role(cases.revoker, org, action).await),
        Need::Log => facts.log = Some(log_lag(cases.store, org, cases.clock.now()).await?),
        Need::EventUse => facts.event_use = Some(event_use(cases.store, org, action).await?),
        Need::Reread => facts.look = Some(look(cases.revoker, org, action).await),
        Need::Delivery => facts.delivery = Some(delivery(cases.store, org, action).await?),
        Need::Budget => facts.budget = Some(budget(cases.store, org).await?),
    }
    Ok(())
}

async fn standing(store: &impl CaseStore, org: &Org, action: &Action, now: Timestamp) -> Result<Standing> {
    if let Some(exemption) = exemption(store, org, action, now).await? {
        let until = exemption.until.date_naive();
        return Ok(Standing::Fallen(format!("it is exempt until {until}: {}", exemption.reason)));
    }
    let Some(id) = &action.finding else { return Ok(Standing::Stands) };
    let Some(finding) = store.finding(&org.id, id).await? else {
        return Ok(Standing::Fallen("its finding is not stored any more".into()));
    };
    Ok(match finding.status {
        FindingStatus::Resolved => Standing::Fallen(format!("its finding was resolved: {}", finding.reason)),
        FindingStatus::Exempt => Standing::Fallen("its finding is exempt".into()),
        FindingStatus::Accepted => Standing::Fallen("the risk of its finding was accepted".into()),
        FindingStatus::Open if finding.generation != action.finding_generation => {
            Standing::Fallen("its finding was resolved and opened anew".into())
        }
        FindingStatus::Open => Standing::Stands,
    })
}

/// The exemption that covers an action's credential now, also one granted since the last report.
async fn exemption(store: &impl CaseStore, org: &Org, action: &Action, now: Timestamp) -> Result<Option<Exemption>> {
    let Target { credential, label, owner, .. } = &action.plan.target;
    let rule = action.plan.rule.as_deref();
    let covered = Covered { finding: action.finding.as_ref(), credential, owner: owner.as_ref(), label, rule };
    let exemptions = store.exemptions(&org.id).await?;
    Ok(exempt::covering(&exemptions, &covered, now).cloned())
}

async fn admin_role(revoker: &impl TokenRevoker, org: &Org, action: &Action) -> Answer {
    let Some(owner) = &action.plan.target.owner else { return Answer::Unknown };
    match revoker.is_org_admin(&org.id, owner).await {
        Ok(true) => Answer::Yes,
        Ok(false) => Answer::No,
        Err(error) => {
            tracing::warn!(org = %org.id, action = %action.id, error = %error, "the owner's role could not be read");
            Answer::Unknown
        }
    }
}

async fn log_lag(store: &impl ReportReader, org: &Org, now: Timestamp) -> Result<LogLag> {
    let state = store.poll_lag(&org.id).await?;
    let caught_up = state.and_then(|state| state.live.caught_up_at);
    Ok(caught_up.map_or(LogLag::NeverRead, |at| LogLag::Late(now - at)))
}

async fn event_use<S: ReportReader + ReportStore>(store: &S, org: &Org, action: &Action) -> Result<Option<Timestamp>> {
    let target = &action.plan.target;
    let Some(owner) = &target.owner else { return Ok(None) };
    let profiles = store.profiles_of(&org.id, owner).await?;
    let join = store.schedule(&org.id).await?.value.join;
    let judged_at = action.plan.evidence.judged_at;
    Ok(last_use_of(&target.credential.id, &target.label, &profiles, join, judged_at))
}

async fn look(revoker: &impl TokenRevoker, org: &Org, action: &Action) -> Look {
    let target = &action.plan.target;
    if target.credential.kind != CredentialKind::UserApiToken {
        return Look::NotPossible;
    }
    let Some(owner) = &target.owner else { return Look::Failed("its owner is not known".into()) };
    match revoker.reread(&org.id, owner, &target.credential.id).await {
        Ok(seen) => Look::Seen(seen),
        Err(error) => Look::Failed(error.to_string()),
    }
}

/// The budget, and how many credentials the last complete report lists.
async fn budget<S: CaseStore + ReportReader>(store: &S, org: &Org) -> Result<(Versioned<Budget>, Option<u64>)> {
    let reports = store.reports(&org.id, None, 50).await?.items;
    let complete = reports.iter().find(|report| report.status == ReportStatus::Complete);
    Ok((store.budget(&org.id).await?, complete.map(|report| report.totals.credentials)))
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
        claim: Some(Claim { at: now, attempt }),
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
    let target = &action.plan.target;
    let Some(owner) = &target.owner else {
        facts.call = Some(Call::Refused("its owner is not known".into()));
        return;
    };
    facts.call = Some(match cases.revoker.revoke(&org.id, owner, &target.credential.id).await {
        Ok(revoked) => Call::Answered(revoked),
        Err(Error::NotPermitted { what, reason }) => Call::Refused(format!("not permitted: {what}: {reason}")),
        Err(error @ Error::Invalid { .. }) => Call::Refused(error.to_string()),
        Err(Error::RateLimited { after, .. }) => {
            Call::RateLimited(TimeDelta::from_std(after).unwrap_or(TimeDelta::minutes(1)))
        }
        Err(error) => Call::Unclear(error.to_string()),
    });
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

/// How far the messages of an action came. One that is not stored (any more) was not sent as far as anybody knows.
async fn delivery(store: &impl CaseStore, org: &Org, action: &Action) -> Result<Delivery> {
    let mut last = action.planned_at;
    for told in &action.told {
        let Some(Versioned { value: outgoing, .. }) = store.message(&org.id, &told.message).await? else {
            return Ok(Delivery::Dead("it is not stored any more".to_owned()));
        };
        match (outgoing.state, outgoing.sent_at) {
            (MessageState::Sent, Some(at)) => last = last.max(at),
            (MessageState::Sent, None) => last = last.max(told.at),
            (MessageState::Waiting, _) => return Ok(Delivery::Waiting),
            (MessageState::Dead | MessageState::Withheld, _) => {
                return Ok(Delivery::Dead(outgoing.reason.unwrap_or_default()));
            }
        }
    }
    Ok(Delivery::Sent(last))
}

/// Plans anew by the policy in force; what it no longer asks for is cancelled.
async fn replan<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Versioned<Action>,
    policy: &PolicyVersion,
) -> Result<()>
where
    S: CaseStore + ReportReader,
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
        return close(cases.store, org, action, ActionState::Cancelled, reason, None, now).await.map(drop);
    };
    let change = CaseChange {
        action: Some(Versioned { version: action.version, value: plan::replanned(&action.value, plan, now) }),
        ..CaseChange::default()
    };
    cases.store.apply(&org.id, &change).await.map(drop)
}

/// Stores when to look again and why, if that is news.
async fn wait(
    store: &impl CaseStore,
    org: &Org,
    action: &Versioned<Action>,
    wake_at: Option<Timestamp>,
    reason: String,
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
        CaseChange { action: Some(Versioned { version: action.version, value: waiting }), ..CaseChange::default() },
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
    call: Option<&Call>,
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
    let answer = answer_of(action.value.state, call);
    let change = CaseChange {
        record: Some(LedgerRecord { answer, ..record(&ended, kind, own_words(&reason), now) }),
        action: Some(Versioned { version: action.version, value: ended }),
        ..CaseChange::default()
    };
    store_or_retry(store, org, change).await?;
    Ok(state)
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
