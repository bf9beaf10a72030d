//! What would stop if credentials were revoked, or blocked for a group of people.

use crate::{
    answer::{Answer, Reply},
    api::credentials,
    ask::Ask,
    paging::{Place, linked},
};
use serde_json::{Value, json};
use shared::{
    decide::impact::{Impact, group_impact, impact},
    flow::campaign::impact_context,
    model::CredentialRow,
    ports::{CaseReader, ReportReader},
};

/// `GET /v1/orgs/{org}/impact`: for the credentials of the latest report that pass the filters, each by itself and
/// together by owner. A page speaks of its own credentials only.
pub(crate) async fn list<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let (report, part) = credentials::page(store, &org, "latest", ask).await?;
    let context = impact_context(store, &org, &report).await?;
    let impacts: Vec<(&CredentialRow, Impact)> =
        part.items.iter().map(|row| (row, impact(row, &context, ask.now))).collect();
    let group = group_impact(&impacts);
    let items: Vec<Value> = impacts.iter().map(|(row, impact)| line(row, impact)).collect();
    let next = part.next.as_ref().map(Place::seal);
    let body = json!({ "sentence": group.sentence, "owners": group.owners, "items": items, "next": next });
    Ok(linked(Answer::json(&body), ask, next.as_deref()))
}

fn line(row: &CredentialRow, impact: &Impact) -> Value {
    let credential = &row.credential;
    json!({
        "kind": credential.reference.kind,
        "id": credential.reference.id,
        "label": credential.label,
        "owner": credential.owner,
        "impact": impact,
    })
}
