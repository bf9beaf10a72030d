//! API access: service accounts, their tokens, and OAuth clients (all experimental in Atlassian's documents).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::page;
use super::params::Params;
use super::refusal::Refusal;
use super::tokens::{Filter, Listing, links, listing};
use super::{Answer, App, empty, ok};
use crate::draw::Domain;
use crate::ids;
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::population::users::{Group, Relation, User};
use crate::world::change::Change;
use crate::world::org::Org;

const TOKENS: &str = "read:service-accounts-tokens:admin";

/// `GET service-accounts`: the rows are under `items`; that `links.next` is a cursor is unconfirmed.
pub(crate) async fn list(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope("read:service-accounts:admin")?;
    let world = app.world();
    let org = caller.own(&world, &id)?;
    let size = params.number("pageSize", 50, 1000)?;
    let start = page::start("service-accounts", params.get("cursor"))?;
    let total = org.people.size(Group::Service);
    let users = (start..total).map(|nth| (nth, org.user(org.people.member(Group::Service, nth))));
    let page = page::take(users, size);
    let items: Vec<Value> = page.rows.iter().map(|user| account(org, user)).collect();
    ok(json!({"items": items, "total": total, "links": links(&params, "service-accounts", page.next)}))
}

fn account(org: &Org, user: &User) -> Value {
    json!({
        "atlassianId": user.account_id,
        "id": ids::uuid(org.people.seed, Domain::Client, u32::MAX - user.index),
        "email": user.email,
        "displayName": user.name,
        "picture": super::users::picture(user),
        "container": format!("ari:cloud:platform::org/{}", org.id),
        "updatedAt": user.added_ms,
        "status": if user.status == crate::population::users::Status::Active { "ACTIVE" } else { "INACTIVE" },
        "createdById": org.people.account_id(org.people.member(Group::Admin, 0)),
        "description": format!("{} automation", user.nickname),
    })
}

/// A service account by its Atlassian id.
fn service(org: &Org, account: &str) -> Result<User, Refusal> {
    org.user_by_account(account).filter(|user| user.relation == Relation::Service).ok_or(Refusal::NotFound)
}

/// `GET service-accounts/api-tokens`: of all of them. The fields of a row are unconfirmed, so they are those of a user's token.
pub(crate) async fn all_tokens(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    caller.scope(TOKENS)?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::ServiceAccountToken, now_ms, Filter::default())?;
    let page = listing.page(&params, "service-tokens")?;
    let data: Vec<Value> = page.rows.iter().map(|token| listing.row(token)).collect();
    ok(json!({"data": data, "links": links(&params, "service-tokens", page.next)}))
}

/// `GET service-accounts/{id}/api-tokens?tokenLabel`.
pub(crate) async fn tokens(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
    params: Params,
) -> Answer {
    caller.scope(TOKENS)?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::ServiceAccountToken, now_ms, Filter::default())?;
    let user = service(listing.org, &account)?;
    let label = params.get("tokenLabel");
    let own = listing.org.service_tokens(user.index).into_iter().map(|at| listing.org.token(at));
    let shown = own.filter(|token| listing.shows(token) && label.is_none_or(|label| token.label == label));
    let data: Vec<Value> = shown.map(|token| listing.row(&token)).collect();
    ok(json!({"data": data, "links": {}}))
}

/// `DELETE service-accounts/{id}/api-tokens`: all tokens of that account. The status is unconfirmed.
pub(crate) async fn revoke_tokens(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
) -> Answer {
    caller.scope("delete:service-accounts-tokens:admin")?;
    let mut world = app.world();
    let user = service(caller.own(&world, &id)?, &account)?.index;
    world.make(caller.org, Some(caller.user), Change::RevokeServiceTokens { user }).map_err(|_| Refusal::Internal)?;
    empty(StatusCode::NO_CONTENT)
}

/// `GET oauth-clients`.
pub(crate) async fn clients(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope(TOKENS)?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OauthClient, now_ms, Filter::default())?;
    let page = listing.page(&params, "oauth-clients")?;
    let data: Vec<Value> = page.rows.iter().map(client_row).collect();
    ok(json!({"data": data, "links": links(&params, "oauth-clients", page.next)}))
}

fn client_row(client: &Token) -> Value {
    json!({
        "clientId": client.id,
        "name": client.label,
        "createdAt": client.created_ms,
        "updatedAt": client.created_ms,
        "status": "ACTIVE",
    })
}

/// `GET service-accounts/{id}/oauth-clients`.
pub(crate) async fn clients_of(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
) -> Answer {
    caller.scope(TOKENS)?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OauthClient, now_ms, Filter::default())?;
    let user = service(listing.org, &account)?;
    let own = listing.rows(0).filter(|(_, client)| client.owner == Some(user.index));
    ok(json!({"data": own.map(|(_, client)| client_row(&client)).collect::<Vec<_>>(), "links": {}}))
}

/// `POST oauth-clients/count`; that the answer is `{"count":n}` is unconfirmed.
pub(crate) async fn count_clients(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.scope(TOKENS)?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OauthClient, now_ms, Filter::default())?;
    ok(json!({"count": listing.rows(0).count()}))
}

/// `GET oauth-clients/{clientId}`.
pub(crate) async fn client(
    State(app): State<App>,
    caller: Caller,
    Path((id, client)): Path<(String, String)>,
) -> Answer {
    caller.scope(TOKENS)?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::OauthClient, now_ms, Filter::default())?;
    let mut row = Map::new();
    row.insert("data".into(), client_row(&listing.org.token(known(&listing, &client)?)));
    ok(Value::Object(row))
}

/// `DELETE oauth-clients/{clientId}`. Scope and status are unconfirmed.
pub(crate) async fn delete_client(
    State(app): State<App>,
    caller: Caller,
    Path((id, client)): Path<(String, String)>,
) -> Answer {
    caller.scope("delete:service-accounts-tokens:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let token = known(&listing(&world, &caller, &id, Kind::OauthClient, now_ms, Filter::default())?, &client)?;
    world.make(caller.org, Some(caller.user), Change::Revoke { token }).map_err(|_| Refusal::Internal)?;
    empty(StatusCode::NO_CONTENT)
}

fn known(listing: &Listing<'_>, client: &str) -> Result<TokenRef, Refusal> {
    let found = listing.org.find(Kind::OauthClient, client);
    found.filter(|at| listing.shows(&listing.org.token(*at))).ok_or(Refusal::NotFound)
}
