//! API access: the org's API keys, the calling one among them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::tokens::{Filter, Listing, links, listing};
use super::{Answer, App, empty, ok};
use crate::draw::Domain;
use crate::ids;
use crate::population::tokens::{Kind, Token};
use crate::world::change::Change;

/// `GET api-keys`.
pub(crate) async fn list(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope("read:keys:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OrgApiKey, now_ms, Filter::of(&params)?)?;
    let page = listing.page(&params, "api-keys")?;
    let data: Vec<Value> = page.rows.iter().map(|key| row(&listing, key)).collect();
    ok(json!({"data": data, "links": links(&params, "api-keys", page.next)}))
}

fn row(listing: &Listing<'_>, key: &Token) -> Value {
    let org = listing.org;
    let mut row = Map::new();
    row.insert("id".into(), key.id.clone().into());
    row.insert("label".into(), key.label.clone().into());
    listing.times(key, &mut row);
    let system = ids::hex24(org.people.seed, Domain::OrgKey, key.at.index);
    row.insert("systemAccountId".into(), system.into());
    let resource = format!("ari:cloud:platform::org/{}", org.id);
    row.insert("resource".into(), resource.clone().into());
    row.insert("orgId".into(), org.id.clone().into());
    if let Some(creator) = key.owner {
        row.insert("createdBy".into(), listing.person(creator, ""));
    }
    row.insert("targetResources".into(), json!([resource]));
    Value::Object(row)
}

/// `GET api-keys/count`; that the answer is `{"count":n}` is unconfirmed.
pub(crate) async fn count(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope("read:keys:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OrgApiKey, now_ms, Filter::of(&params)?)?;
    ok(json!({"count": listing.rows(0).count()}))
}

/// `PATCH api-keys/revoke/{id}`; it may be the calling key. The status and that a revoked key leaves the list are unconfirmed.
pub(crate) async fn revoke(State(app): State<App>, caller: Caller, Path((id, key)): Path<(String, String)>) -> Answer {
    caller.scope("delete:keys:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OrgApiKey, now_ms, Filter::default())?;
    let found = listing.org.find(Kind::OrgApiKey, &key).filter(|at| listing.shows(&listing.org.token(*at)));
    let token = found.ok_or(Refusal::NotFound)?;
    world.make(caller.org, Some(caller.user), Change::Revoke { token }).map_err(|_| Refusal::Internal)?;
    empty(StatusCode::NO_CONTENT)
}
