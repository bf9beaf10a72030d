//! How the work for the orgs stands, for the alarms: read after an invocation, whatever became of it.

use crate::{
    decide::due::overdue_secs,
    error::Result,
    model::{Measure, Metric, Org, OrgId, PollState, ReportStatus, Timestamp},
    ports::{PollStore, ReportReader, ReportStore},
};

/// The rule whose findings say that a key of ours ends soon.
const OWN_KEY_EXPIRING: &str = "own-key-expiring";

/// How far the reading of the audit log is behind, where it is worst. An org that was never polled does not count.
///
/// # Errors
/// [`crate::error::Error::Store`] if a checkpoint cannot be read.
pub async fn poll_health<S: PollStore>(store: &S, orgs: &[OrgId], now: Timestamp) -> Result<Vec<Measure>> {
    let mut worst = None;
    for org in orgs {
        let state = store.poll_state(org).await?;
        worst = worst.max(state.map(|state| behind_secs(&state.value, now)));
    }
    Ok(worst.map(|secs| (Metric::PollLagSeconds, secs)).into_iter().collect())
}

/// Seconds since the live reader last came to its end; since it began, where it never did.
fn behind_secs(poll: &PollState, now: Timestamp) -> u64 {
    let since = poll.live.caught_up_at.unwrap_or(poll.live.from);
    u64::try_from((now - since).num_seconds()).unwrap_or(0)
}

/// How the orgs' reports stand.
///
/// # Errors
/// [`crate::error::Error::Store`] if a schedule or a report cannot be read.
pub async fn report_health<S: ReportStore + ReportReader>(
    store: &S,
    orgs: &[Org],
    every_hours: u32,
    now: Timestamp,
) -> Result<Vec<Measure>> {
    let (mut overdue, mut partial, mut expiring) = (0, 0, 0);
    for Org { id, registered_at, .. } in orgs.iter().filter(|org| org.is_active()) {
        let (schedule, open) = (store.schedule(id).await?, store.run(id).await?);
        let open = open.as_ref().map(|run| &run.value);
        overdue = overdue.max(overdue_secs(&schedule.value, open, every_hours, *registered_at, now));
        let Some(latest) = store.latest_report(id).await? else { continue };
        partial += u64::from(latest.status == ReportStatus::Partial);
        expiring += latest.totals.by_rule.get(OWN_KEY_EXPIRING).copied().unwrap_or(0);
    }
    Ok(vec![
        (Metric::ReportOverdueSeconds, overdue),
        (Metric::PartialReports, partial),
        (Metric::OwnKeysExpiring, expiring),
    ])
}
