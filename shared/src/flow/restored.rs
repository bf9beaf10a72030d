//! A table that was restored from a backup: nothing is done from it before somebody looked, because what was done after the
//! backup is not in it.

use super::decide_action::{Decider, decision, record};
use crate::{
    error::{Error, Result},
    model::{DecisionKind, Home, LedgerKind, OrgId, ReportStatus, Stop, Timestamp},
    ports::{CaseChange, CaseReader, CaseStore, ReportReader},
};

/// Writes down in which table an org's budget stands, once, and puts the kill switch on where it says another one. Until
/// then [`crate::model::Budget::halt`] holds everything back.
///
/// # Errors
/// [`Error::Store`]; another invocation that came first is none.
pub async fn notice_restored<S: CaseStore>(store: &S, org: &OrgId, now: Timestamp) -> Result<()> {
    let mut budget = store.budget(org).await?;
    let change = match budget.value.home.clone() {
        Home::Here => return Ok(()),
        Home::Unmarked => CaseChange { budget: Some(budget), ..CaseChange::default() },
        Home::Elsewhere(table) => {
            let stop = Stop::restored(&table, now);
            tracing::error!(%org, reason = stop.reason, "the kill switch was put on");
            budget.value.restored_at = Some(now);
            let who = Decider { by: &stop.by, at: now, reason: &stop.reason };
            CaseChange {
                decision: Some(decision(DecisionKind::Stopped, None, "stop", who)),
                record: Some(record(LedgerKind::Stopped, &stop.reason, who)),
                budget: Some({
                    budget.value.stopped.get_or_insert_with(|| stop.clone());
                    budget
                }),
                ..CaseChange::default()
            }
        }
    };
    store.apply(org, &change).await.map(drop)
}

/// Whether the kill switch may be released: in a restored table not before a report was taken that is whole, since what is
/// planned there rests on what was so at the time of the backup.
///
/// # Errors
/// [`Error::Conflict`] with the reason and what to do; [`Error::Store`].
pub async fn may_resume<S: CaseReader + ReportReader>(store: &S, org: &OrgId) -> Result<()> {
    let budget = store.budget(org).await?.value;
    if let Home::Elsewhere(table) = &budget.home {
        return Err(Error::Conflict(format!(
            "this table was restored from a backup of {table}, which the next sweep writes down; try again in 5 minutes"
        )));
    }
    let Some(restored_at) = budget.restored_at else { return Ok(()) };
    let report = store.latest_report(org).await?;
    let whole = report.filter(|report| report.status == ReportStatus::Complete && report.generated_at > restored_at);
    whole.map(drop).ok_or_else(|| {
        let since = restored_at.format("%Y-%m-%d %H:%M UTC");
        Error::Conflict(format!(
            "no complete report was taken since the table was restored ({since}); ask for one by POST /v1/orgs/{org}/reports, \
             look at the plan, then release the kill switch"
        ))
    })
}
