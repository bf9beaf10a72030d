//! What people learned about credentials: entered by hand or from CSV, and read back.

use crate::{
    answer::{Answer, Reply},
    api::{actions::decider, credentials::unseen},
    ask::Ask,
    paging::{Keep, Part, Place, limit, linked, walk},
    view,
};
use serde_json::json;
use shared::{
    error::{Error, Result},
    flow::{
        decide_action::Decider,
        enter::{enter, forget},
    },
    model::{CredentialKind, CredentialRef, OrgId, RegisterEntry},
    ports::{CaseReader, CaseStore, ReportReader},
};

const SHAPE: &str = r#"{"purpose":"…","system":"…","responsible":"…","backup":"…","review_by":"2027-01-31"}"#;

/// `GET /v1/orgs/{org}/register`.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    Ok(entries(store, ask).await?.answer(ask, |entry| view::register(entry, ask.now)))
}

/// `GET /v1/orgs/{org}/register.csv`.
pub(crate) async fn csv<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let part = entries(store, ask).await?;
    let next = part.next.as_ref().map(Place::seal);
    Ok(linked(Answer::csv(view::register_csv(&part.items, ask.now)?), ask, next.as_deref()))
}

async fn entries<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Result<Part<RegisterEntry>> {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("register:{org}"))?;
    let all: Keep<fn(&RegisterEntry) -> bool> = Keep::All;
    walk(place, limit(ask)?, all, |cursor, size| store.register(org, cursor, size)).await
}

/// `PUT /v1/orgs/{org}/credentials/{kind}/{id}/register`.
pub(crate) async fn put<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let credential = ask.credential()?;
    let given: view::Given = ask.json(SHAPE)?;
    let who = decider(ask, "entered through the API")?;
    let entry = enter_given(store, &org, credential, given, who).await?;
    Ok(Answer::json(&view::register(&entry, ask.now)))
}

/// Enters what a person gave about a credential that exists.
pub(crate) async fn enter_given<S: CaseStore + ReportReader>(
    store: &S,
    org: &OrgId,
    credential: CredentialRef,
    given: view::Given,
    who: Decider<'_>,
) -> Result<RegisterEntry> {
    exists(store, org, &credential).await?;
    let entry = given.entry(credential, who.by, who.at)?;
    enter(store, org, vec![entry.clone()], who).await?;
    Ok(entry)
}

/// Enters what whoever answers for a credential says of it; what he leaves empty stays as it is known.
pub(crate) async fn add_told<S: CaseStore>(
    store: &S,
    org: &OrgId,
    credential: CredentialRef,
    told: view::Given,
    who: Decider<'_>,
) -> Result<()> {
    let known = store.register_entry(org, &credential).await?;
    let mut entry = told.entry(credential, who.by, who.at)?;
    if let Some(known) = known {
        entry.system = entry.system.or(known.system);
        entry.responsible = entry.responsible.or(known.responsible);
        entry.backup = entry.backup.or(known.backup);
        entry.review_by = entry.review_by.or(known.review_by);
    }
    enter(store, org, vec![entry], who).await
}

/// `DELETE /v1/orgs/{org}/credentials/{kind}/{id}/register`.
pub(crate) async fn remove<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let credential = ask.credential()?;
    forget(store, &org, &credential, decider(ask, "removed through the API")?).await?;
    Ok(Answer::json(&json!({ "removed": credential })))
}

/// `PUT /v1/orgs/{org}/register.csv`: every row is checked before one is written, and rows that are not in the file stay.
pub(crate) async fn import<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let who = decider(ask, "imported through the API")?;
    let entries = view::read_register_csv(ask.body()?, who.by, who.at)?;
    for (line, entry) in &entries {
        exists(store, &org, &entry.credential)
            .await
            .map_err(|error| Error::invalid(format!("line {line}"), error.to_string()))?;
    }
    let count = entries.len();
    enter(store, &org, entries.into_iter().map(|(_, entry)| entry).collect(), who).await?;
    Ok(Answer::json(&json!({ "written": count })))
}

/// What is entered about a credential that nobody has seen would never be shown: its id may be misspelt.
async fn exists<S: CaseReader + ReportReader>(store: &S, org: &OrgId, credential: &CredentialRef) -> Result<()> {
    if credential.kind == CredentialKind::Registered || store.register_entry(org, credential).await?.is_some() {
        return Ok(());
    }
    let latest = store.latest_report(org).await?;
    let seen = match &latest {
        Some(report) => store.row(org, report, credential).await?.is_some(),
        None => false,
    };
    if seen { Ok(()) } else { Err(unseen(credential)) }
}
