//! The credentials of a report, as JSON and CSV, and one of them with all that is known.

use crate::{
    answer::{Answer, Reply},
    api::reports,
    ask::Ask,
    paging::{Keep, Part, Place, limit, linked, unknown, walk},
    view::{self, RowFilter},
};
use serde_json::json;
use shared::{
    decide::{exempt, impact::impact as impact_of},
    error::{Error, Result},
    flow::{campaign::impact_context, decide_action::actions_of},
    model::{AuditEvent, CredentialRef, CredentialRow, Finding, FindingId, OrgId, Report, Timestamp},
    ports::{CaseReader, EventReader, ReportReader},
    rules::RULES,
};

/// `GET /v1/orgs/{org}/reports/{id}/credentials`.
pub(crate) async fn list<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    if ask.accepts("text/csv") {
        return csv(store, ask).await;
    }
    Ok(rows(store, ask).await?.answer(ask, |row| json!(view::Row::of(row, ask.now))))
}

/// `GET /v1/orgs/{org}/reports/{id}/credentials.csv`.
pub(crate) async fn csv<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let part = rows(store, ask).await?;
    let next = part.next.as_ref().map(Place::seal);
    Ok(linked(Answer::csv(view::csv(&part.items, ask.now)?), ask, next.as_deref()))
}

async fn rows<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Result<Part<CredentialRow>> {
    let org = &ask.org(store).await?.id;
    Ok(page(store, org, ask.param("id"), ask).await?.1)
}

/// A page of the rows that a request wants, of a report by its id or `latest`.
pub(crate) async fn page<S: CaseReader + ReportReader>(
    store: &S,
    org: &OrgId,
    of: &str,
    ask: &Ask<'_>,
) -> Result<(Report, Part<CredentialRow>)> {
    let (limit, filter) = (limit(ask)?, RowFilter::of(ask)?);
    let (report, place) = report_and_place(store, org, of, ask).await?;
    let report = reports::find(store, org, &report).await?;
    let place = Place { list: format!("rows:{}", report.id), ..place };
    let keep = match filter.is_empty() {
        true => Keep::All,
        false => Keep::Those(|row: &CredentialRow| filter.passes(row)),
    };
    let mut part = walk(place, limit, keep, |cursor, size| store.rows(org, &report, cursor, size)).await?;
    if of == "latest" {
        entered(store, org, &mut part.items).await?;
    }
    Ok((report, part))
}

/// What people entered since the report was taken is shown at once.
pub(crate) async fn entered<S: CaseReader>(store: &S, org: &OrgId, rows: &mut [CredentialRow]) -> Result<()> {
    let credentials: Vec<CredentialRef> = rows.iter().map(|row| row.credential.reference.clone()).collect();
    let mut entries = store.register_of(org, &credentials).await?;
    for row in rows {
        row.register = entries.remove(&row.credential.reference);
    }
    Ok(())
}

/// Which report, and where in it. A cursor stays in the report in which it began, also when `latest` moves.
async fn report_and_place<S: ReportReader>(
    store: &S,
    org: &OrgId,
    asked: &str,
    ask: &Ask<'_>,
) -> Result<(String, Place)> {
    let asked = asked.to_owned();
    let Some(cursor) = ask.query("cursor") else { return Ok((asked, Place::default())) };
    let place = Place::open(cursor)?;
    let Some(begun) = place.list.strip_prefix("rows:").map(str::to_owned) else { return Err(unknown()) };
    let fits = asked == "latest" || asked == begun;
    if !fits || store.report(org, &begun.as_str().into()).await?.is_none() {
        return Err(unknown());
    }
    Ok((begun, place))
}

/// `GET /v1/orgs/{org}/credentials/{kind}/{id}`: as the latest report shows it.
pub(crate) async fn one<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let reference = ask.credential()?;
    let (report, row) = in_latest(store, &org, &reference).await?;
    let row = CredentialRow { register: store.register_entry(&org, &reference).await?, ..row };
    let findings = findings_on(store, &org, &row, ask.now).await?;
    let actions = actions_of(store, &org, &row.credential).await?;
    let mut body = json!(view::Row::of(&row, ask.now));
    body["report"] = json!({ "id": report.id, "generated_at": report.generated_at });
    let context = impact_context(store, &org, &report).await?;
    body["if_revoked"] = json!(impact_of(&row, &context, ask.now));
    body["usage"] = row.profile.as_ref().map(view::usage).into();
    body["history"] = json!(findings);
    body["actions"] = actions.iter().map(view::action).collect();
    Ok(Answer::json(&body))
}

/// `GET /v1/orgs/{org}/credentials/{kind}/{id}/events`: what the usage profile rests on, newest first.
pub(crate) async fn events<S: CaseReader + ReportReader + EventReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let reference = ask.credential()?;
    let (_, row) = in_latest(store, org, &reference).await?;
    let place = Place::of(ask, format!("events:{org}:{reference}"))?;
    let Some(profile) = row.profile else {
        return Ok(Part { items: Vec::new(), next: None }.answer(ask, view::event));
    };
    let all = Keep::<fn(&AuditEvent) -> bool>::All;
    let part = walk(place, limit(ask)?, all, |cursor, size| store.events_of(org, &profile.key, cursor, size)).await?;
    Ok(part.answer(ask, view::event))
}

/// The latest report, and a credential as it shows it.
pub(crate) async fn in_latest<S: ReportReader>(
    store: &S,
    org: &OrgId,
    credential: &CredentialRef,
) -> Result<(Report, CredentialRow)> {
    let report = reports::find(store, org, "latest").await?;
    let row = store.row(org, &report, credential).await?.ok_or_else(|| unseen(credential))?;
    Ok((report, row))
}

/// That the latest report does not show a credential.
pub(crate) fn unseen(credential: &CredentialRef) -> Error {
    Error::NotFound(format!("credential {credential} in the latest report"))
}

/// What each rule has ever held against a credential, resolved findings included.
pub(crate) async fn findings_on<S: CaseReader>(
    store: &S,
    org: &OrgId,
    row: &CredentialRow,
    now: Timestamp,
) -> Result<Vec<Finding>> {
    let exemptions = store.exemptions(org).await?;
    let by_rule = RULES.iter().map(|rule| Finding::id_of(org, rule.id, &row.credential.reference));
    let ids: Vec<FindingId> = by_rule.collect();
    let mut findings = store.findings_of(org, &ids).await?;
    let held = ids.iter().filter_map(|id| findings.remove(id));
    Ok(held.map(|finding| exempt::as_of(finding, &exemptions, now)).collect())
}
