//! The accounts that somebody should know of: external users, and owners of whose credentials something is held.

use crate::{
    answer::{Answer, Reply},
    api::{actions::decider, reports},
    ask::{Ask, reason},
    paging::{Keep, Part, Place, limit, linked, walk},
    view,
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    flow::enter,
    model::{AccountId, OwnerRow, OwnerStatus, Relation, Sponsor},
    ports::{CaseReader, CaseStore, ReportReader},
};

/// The words that `relation` may be.
pub(crate) const RELATIONS: [Relation; 5] =
    [Relation::Managed, Relation::External, Relation::Service, Relation::System, Relation::Unknown];
const STATUSES: [OwnerStatus; 4] =
    [OwnerStatus::Active, OwnerStatus::Inactive, OwnerStatus::Closed, OwnerStatus::Unknown];
const SHAPE: &str = r#"{"sponsor":"…"}"#;

/// `GET /v1/orgs/{org}/reports/{id}/owners`.
pub(crate) async fn list<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let report = &reports::find(store, org, ask.param("id")).await?;
    let place = Place::of(ask, format!("owners:{}", report.id))?;
    let relation = ask.choice("relation", &RELATIONS, Relation::as_str)?;
    let status = ask.choice("status", &STATUSES, OwnerStatus::as_str)?;
    let q = ask.query("q").map(str::to_lowercase);
    let passes = |row: &OwnerRow| {
        let owner = row.owner.as_ref();
        relation.is_none_or(|wanted| owner.map_or(Relation::Unknown, |owner| owner.relation) == wanted)
            && status.is_none_or(|wanted| owner.map_or(OwnerStatus::Unknown, |owner| owner.status) == wanted)
            && q.as_ref().is_none_or(|part| mentions(row, part))
    };
    let keep = Keep::Those(passes);
    let part = walk(place, limit(ask)?, keep, |cursor, size| store.owner_rows(org, report, cursor, size)).await?;
    let accounts: Vec<AccountId> = part.items.iter().map(|row| row.account.clone()).collect();
    let sponsors = store.sponsors(org, &accounts).await?;
    let view = |row: &OwnerRow| view::owner(row, sponsors.get(&row.account), &report.facts, ask.now);
    Ok(answer(&part, ask, view))
}

fn answer(part: &Part<OwnerRow>, ask: &Ask<'_>, view: impl Fn(&OwnerRow) -> Value) -> Answer {
    let items: Vec<Value> = part.items.iter().map(view).collect();
    let next = part.next.as_ref().map(Place::seal);
    linked(Answer::json(&json!({ "items": items, "next": next })), ask, next.as_deref())
}

fn mentions(row: &OwnerRow, part: &str) -> bool {
    let owner = row.owner.as_ref();
    let texts = [owner.and_then(|owner| owner.name.as_deref()), owner.and_then(|owner| owner.email.as_deref())];
    let own = std::iter::once(row.account.as_str());
    own.chain(texts.into_iter().flatten()).any(|text| text.to_lowercase().contains(part))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    sponsor: String,
}

/// `PUT /v1/orgs/{org}/owners/{id}/sponsor`.
pub(crate) async fn sponsor<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let said: Said = ask.json(SHAPE)?;
    let who = decider(ask, "entered through the API")?;
    let sponsor = Sponsor {
        account: AccountId::new(ask.param("id")),
        sponsor: reason(&said.sponsor)?.to_owned(),
        updated_by: who.by.to_owned(),
        updated_at: who.at,
    };
    enter::sponsor(store, &org, sponsor.clone(), who).await?;
    Ok(Answer::json(&json!(sponsor)))
}
