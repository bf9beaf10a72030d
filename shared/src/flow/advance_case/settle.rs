//! What an action came to: it waits, or it ends; and what the ledger says of it.

use crate::{
    decide::{
        announce,
        case::Facts,
        ledger::{answer_of, evidence_digest, own_words},
    },
    error::Result,
    flow::cases::retry_later,
    model::{Action, ActionState, LedgerKind, LedgerRecord, Message, Org, PolicyVersion, Scope, Timestamp, Versioned},
    ports::{CaseChange, CaseStore, Pending, Written},
};

/// So many waiting actions are counted.
const WAITING_MAX: u32 = 1_000;

/// What the security team is told once the budget is spent: how much is due and waits.
pub(super) async fn spent(store: &impl CaseStore, org: &Org, free_at: Timestamp, now: Timestamp) -> Result<Message> {
    let pending = store.pending(&org.id, now, WAITING_MAX).await?;
    let waiting = pending.iter().filter(|pending| matches!(pending, Pending::Action(_))).count();
    Ok(announce::budget_spent(&org.id, waiting.max(1) as u64, Some(free_at), now))
}

/// Stores when to look again and why, if that is news.
pub(super) async fn wait(
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

/// How an action ends.
pub(super) struct End<'a> {
    /// The final state.
    pub(super) state: ActionState,
    /// Why.
    pub(super) reason: String,
    /// What is known, Atlassian's answer among it.
    pub(super) facts: &'a Facts,
    /// The policy in force, which names the admin who answers questions.
    pub(super) policy: &'a PolicyVersion,
}

/// Stores that an action ended, with what people are told of it.
pub(super) async fn close(
    store: &impl CaseStore,
    org: &Org,
    action: &Versioned<Action>,
    End { state, reason, facts, policy }: End<'_>,
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
        messages: announce::ended(&org.id, &ended, policy.policy.recipients.questions.as_deref(), now),
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

/// What the ledger says of an action.
pub(super) fn record(action: &Action, kind: LedgerKind, detail: String, now: Timestamp) -> LedgerRecord {
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
