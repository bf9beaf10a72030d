//! The orgs governed: one call tells how all are.

use crate::{
    answer::Reply,
    ask::Ask,
    paging::{Part, Place, limit},
};
use serde::Serialize;
use serde_json::json;
use shared::{
    error::Result,
    model::{Mode, Org, OrgState, PollState, Report, ReportStatus, Timestamp},
    ports::{CaseReader, ReportReader},
};

/// A lag over this many seconds is told.
const LAG_SECS: i64 = 15 * 60;

/// How an org is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrgStatus {
    /// It was removed, and what is stored of it is being deleted.
    Purging,
    /// It was removed; what is stored of it can be read until it expires.
    Removed,
    /// It is not read, reported or acted on until it is continued.
    Paused,
    /// The kill switch is on.
    Stopped,
    /// No report was taken yet.
    NoReport,
    /// The latest report is partial.
    Partial,
    /// The audit log is read with a lag over 15 minutes, or was never read.
    Lagging,
    /// None of these.
    Ok,
}

/// What one org's line says.
pub(crate) struct Health {
    pub(crate) org: Org,
    pub(crate) status: OrgStatus,
    pub(crate) report: Option<Report>,
    pub(crate) poll_lag_secs: Option<i64>,
    pub(crate) mode: Mode,
}

/// `GET /v1/orgs`.
pub(crate) async fn list<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let (limit, place) = (limit(ask)? as usize, Place::of(ask, "orgs")?);
    let orgs = visible(store, ask).await?;
    let after = place.after.clone().unwrap_or_default();
    let mut rest = orgs.into_iter().filter(|org| org.id.as_str() > after.as_str());
    let mut items = Vec::new();
    for org in rest.by_ref().take(limit) {
        items.push(health(store, org, ask.now).await?);
    }
    let last = items.last().map(|health: &Health| health.org.id.as_str().to_owned());
    let next = rest.next().map(|_| Place { after: last, ..place });
    Ok(Part { items, next }.answer(ask, |health| {
        json!({
            "id": health.org.id,
            "name": health.org.name,
            "state": health.org.state,
            "status": health.status,
            "last_report_at": health.report.as_ref().map(|report| report.generated_at),
            "poll_lag_secs": health.poll_lag_secs,
            "mode": health.mode,
        })
    }))
}

/// The orgs that the principal may see, by id.
pub(crate) async fn visible<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Result<Vec<Org>> {
    let mut orgs = store.orgs().await?;
    orgs.retain(|org| ask.principal.sees(&org.id));
    orgs.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(orgs)
}

/// How one org is.
pub(crate) async fn health<S: CaseReader + ReportReader>(store: &S, org: Org, now: Timestamp) -> Result<Health> {
    let (report, poll) = (store.latest_report(&org.id).await?, store.poll_lag(&org.id).await?);
    let mode = store.policy(&org.id).await?.map_or(Mode::Observe, |version| version.policy.mode);
    let stopped = store.budget(&org.id).await?.value.halt(now).is_some();
    let poll_lag_secs = poll.as_ref().and_then(|poll| lag_secs(poll, now));
    let status = match (org.state, &report) {
        (OrgState::Purging, _) => OrgStatus::Purging,
        (OrgState::Removed, _) => OrgStatus::Removed,
        (OrgState::Paused, _) => OrgStatus::Paused,
        (OrgState::Active, _) if stopped => OrgStatus::Stopped,
        (OrgState::Active, None) => OrgStatus::NoReport,
        (OrgState::Active, Some(report)) if report.status == ReportStatus::Partial => OrgStatus::Partial,
        (OrgState::Active, Some(_)) if poll_lag_secs.is_none_or(|lag| lag > LAG_SECS) => OrgStatus::Lagging,
        (OrgState::Active, Some(_)) => OrgStatus::Ok,
    };
    Ok(Health { org, status, report, poll_lag_secs, mode })
}

/// Seconds since the live reader last came to the end of what there was; `None` if it never did.
pub(crate) fn lag_secs(poll: &PollState, now: Timestamp) -> Option<i64> {
    poll.live.caught_up_at.map(|at| (now - at).num_seconds().max(0))
}
