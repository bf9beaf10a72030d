//! What somebody answers who was told of a plan: that the credential is kept, or that it is not needed.

use super::{Decider, TRIES, about, decision};
use crate::{
    error::{Error, Result},
    flow::enter::grant,
    model::{
        Action, ActionId, ActionKind, Agreement, DecisionKind, Exemption, ExemptionScope, LedgerKind, OrgId, Timestamp,
        Versioned,
    },
    ports::{CaseChange, CaseStore, Written},
};
use chrono::TimeDelta;

/// The credential is kept until a day, by the word of whoever answers for it: an exemption, which ends the action.
///
/// # Errors
/// [`Error::Forbidden`] where the policy lets nobody keep by an answer, [`Error::Invalid`] for a day that is past or too
/// far, [`Error::Conflict`] where the action has ended.
pub async fn keep<S: CaseStore>(
    store: &S,
    org: &OrgId,
    id: &ActionId,
    until: Timestamp,
    who: Decider<'_>,
) -> Result<Exemption> {
    let action = open(store, org, id).await?.value;
    let days = store.policy(org).await?.map_or(0, |version| version.policy.keep_days);
    if days == 0 {
        return Err(Error::Forbidden("the policy lets nobody keep a credential by an answer; ask the admin".into()));
    }
    let latest = who.at + TimeDelta::days(days.into());
    if until > latest {
        let reason = format!("it can be kept for {days} days by an answer, so until {}", latest.date_naive());
        return Err(Error::invalid("until", reason));
    }
    let credential = Some(action.plan.target.credential);
    grant(store, org, ExemptionScope { credential, ..ExemptionScope::default() }, until, who).await
}

/// The credential is not needed, by the word of whoever answers for it: nobody is reminded any more, and what the ladder
/// ends with is due now. Approval, budget and what is read again before it stand as they are.
///
/// # Errors
/// [`Error::Conflict`] where the action has ended or is no revocation of one credential.
pub async fn not_needed<S: CaseStore>(store: &S, org: &OrgId, id: &ActionId, who: Decider<'_>) -> Result<Action> {
    for _ in 0..TRIES {
        let found = open(store, org, id).await?;
        if found.value.not_needed.is_some() {
            return Ok(found.value);
        }
        if found.value.plan.action != ActionKind::Revoke {
            return Err(Error::Conflict(
                "no revocation of one credential is planned that could be brought forward".into(),
            ));
        }
        let said = Agreement { by: who.by.to_owned(), at: who.at, reason: who.reason.to_owned() };
        let next = Action { not_needed: Some(said), wake_at: Some(who.at), ..found.value };
        let change = CaseChange {
            decision: Some(decision(DecisionKind::Answered, Some(id), id.as_str(), who)),
            record: Some(about(&next, LedgerKind::OwnerAnswered, "it is not needed", who)),
            action: Some(Versioned { version: found.version, value: next.clone() }),
            ..CaseChange::default()
        };
        if store.apply(org, &change).await? == Written::Stored {
            return Ok(next);
        }
    }
    Err(Error::Contended(format!("action {id}")))
}

async fn open<S: CaseStore>(store: &S, org: &OrgId, id: &ActionId) -> Result<Versioned<Action>> {
    let found = store.action(org, id).await?.ok_or_else(|| Error::NotFound(format!("action {id}")))?;
    if found.value.state.is_final() {
        let why = found.value.reason.unwrap_or_default();
        return Err(Error::Conflict(format!(
            "what was planned has ended already ({}): {why}",
            found.value.state.as_str()
        )));
    }
    Ok(found)
}
