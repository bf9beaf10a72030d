//! Reports: the list, one, and asking for one.

use crate::{
    answer::{Answer, Reply},
    ask::Ask,
    paging::{FILTERED_PAGE, Keep, PAGES, Place, encoded, limit, walk},
    view,
};
use chrono::NaiveDate;
use lambda_http::http::header;
use serde_json::json;
use shared::{
    error::{Error, Result},
    model::{OrgId, Report, ReportId, Timestamp, short_hash},
    ports::{CaseReader, ReportReader, ReportStore, Written},
};

/// `GET /v1/orgs/{org}/reports`.
pub(crate) async fn list<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("reports:{org}"))?;
    let all = Keep::<fn(&Report) -> bool>::All;
    let part = walk(place, limit(ask)?, all, |cursor, size| store.reports(org, cursor, size)).await?;
    Ok(part.answer(ask, view::report))
}

/// `GET /v1/orgs/{org}/reports/{id}`.
pub(crate) async fn one<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    Ok(Answer::json(&view::report(&find(store, &org, ask.param("id")).await?)))
}

/// `GET /v1/orgs/{org}/facts`: what is known about the org, by its latest report.
pub(crate) async fn facts<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let report = find(store, &org, "latest").await?;
    let items = json!(report.facts);
    Ok(Answer::json(&json!({ "report": report.id, "generated_at": report.generated_at, "items": items, "next": null })))
}

/// A report by its id, `latest`, or a day such as `2026-11-21`: the last one taken until its end (UTC).
pub(crate) async fn find<S: ReportReader>(store: &S, org: &OrgId, id: &str) -> Result<Report> {
    let found = match (id, id.parse::<NaiveDate>()) {
        ("latest", _) => store.latest_report(org).await?,
        (_, Ok(day)) => until(store, org, day).await?,
        (id, Err(_)) => store.report(org, &ReportId::new(id)).await?,
    };
    found.ok_or_else(|| Error::NotFound(format!("report {id}")))
}

async fn until<S: ReportReader>(store: &S, org: &OrgId, day: NaiveDate) -> Result<Option<Report>> {
    let mut cursor = None;
    for _ in 0..PAGES {
        let page = store.reports(org, cursor, FILTERED_PAGE).await?;
        if let Some(found) = page.items.into_iter().find(|report| report.generated_at.date_naive() <= day) {
            return Ok(Some(found));
        }
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    Ok(None)
}

/// `POST /v1/orgs/{org}/reports`: asks for a report; the one that is open or asked for already is the answer.
pub(crate) async fn take<S: CaseReader + ReportStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    if !org.is_active() {
        let mend = "PATCH /v1/orgs/{org} with {\"state\":\"active\"} continues it";
        return Err(Error::Conflict(format!("the org {} is paused, so no report is taken; {mend}", org.id)).into());
    }
    let org = &org.id;
    for _ in 0..5 {
        if let Some(run) = store.run(org).await? {
            return Ok(taken(org, &run.value.report, "running"));
        }
        let mut schedule = store.schedule(org).await?;
        if let Some(id) = &schedule.value.requested_id {
            return Ok(taken(org, id, "requested"));
        }
        let id = new_id(org, ask.now);
        schedule.value.requested_at = Some(ask.now);
        schedule.value.requested_id = Some(id.clone());
        if store.put_schedule(org, &schedule).await? == Written::Stored {
            return Ok(taken(org, &id, "requested"));
        }
    }
    Err(Error::Contended("the schedule of reports".into()).into())
}

fn taken(org: &OrgId, id: &ReportId, state: &str) -> Answer {
    let location = format!("/v1/orgs/{}/reports/{}", encoded(org.as_str()), encoded(id.as_str()));
    Answer::json(&json!({ "id": id, "state": state })).status(202).with(header::LOCATION, location)
}

/// Sorts by date.
fn new_id(org: &OrgId, now: Timestamp) -> ReportId {
    let unique = short_hash(&[org.as_str(), "requested", &now.to_rfc3339()]);
    ReportId::new(format!("{}-{}", now.format("%Y%m%dT%H%M%SZ"), &unique[..8]))
}
