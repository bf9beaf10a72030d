//! What the flows over cases share: their ports, and from a finding or an action to its plan.

use crate::{
    decide::{
        case::Facts,
        plan::{self, Basis, Cause},
    },
    error::{Error, Result},
    model::{Action, CredentialRef, Org, Plan, PolicyVersion, Timestamp},
    ports::{CaseReader, ReportReader},
};
use chrono::TimeDelta;

/// What advancing cases needs.
pub struct Cases<'a, S, R, C> {
    /// Both tables.
    pub store: &'a S,
    /// What revokes.
    pub revoker: &'a R,
    /// The time.
    pub clock: &'a C,
    /// How long an intent is left alone after a crash: longer than any call to Atlassian can take.
    pub recovery_wait: TimeDelta,
}

impl<S, R, C> Cases<'_, S, R, C> {
    pub(super) fn no_facts(&self) -> Facts {
        Facts { recovery_wait: self.recovery_wait, ..Facts::default() }
    }
}

/// What asked for an action; `None` if its finding or its request is not there any more.
pub(super) async fn cause_of(store: &impl CaseReader, org: &Org, action: &Action) -> Result<Option<Cause>> {
    match (&action.finding, &action.requested_by) {
        (Some(finding), _) => Ok(store.finding(&org.id, finding).await?.as_ref().map(Cause::finding)),
        (None, Some(by)) => {
            let said = format!("{by} asked for it: ");
            let reason = action.plan.why.strip_prefix(&said).unwrap_or(&action.plan.why).to_owned();
            Ok(Some(Cause::Request { action: action.plan.action, by: by.clone(), reason }))
        }
        (None, None) => Ok(None),
    }
}

/// The plan by this policy and the latest report; `None` if the policy does not answer the cause, or the report does
/// not know the credential.
pub(super) async fn plan_of(
    store: &impl ReportReader,
    org: &Org,
    credential: &CredentialRef,
    cause: &Cause,
    policy: &PolicyVersion,
    now: Timestamp,
) -> Result<Option<Plan>> {
    if let Cause::Finding { rule, .. } = cause
        && plan::response_for(&policy.policy, rule).is_none()
    {
        return Ok(None);
    }
    let Some(report) = store.latest_report(&org.id).await? else { return Ok(None) };
    let row = store.row(&org.id, &report, credential).await?;
    let basis = Basis { report: &report, own_key_ids: org.own_key_ids.as_ref() };
    Ok(row.and_then(|row| plan::plan(&row, basis, cause, policy, now)))
}

pub(super) fn retry_later(what: &str) -> Error {
    Error::Contended(what.to_owned())
}
