//! `/_sim/tokens` and `/_sim/use`: the truth about every credential, and its use.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::page;
use super::params::Params;
use super::sim::{Problem, SimAnswer, make as change, not_found, read};
use crate::dialect::Dialects;
use crate::events::render;
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::population::users::{Relation, User};
use crate::time::{self, DAY};
use crate::world::World;
use crate::world::change::Change;
use crate::world::org::{Made, Org, State as TokenState};

/// How many credentials an answer holds where no limit is asked for.
const MOST: usize = 10_000;

/// `GET /_sim/tokens?limit&cursor&org&kind`: every credential of every org, those in no list and revoked ones included.
pub(crate) async fn list(State(app): State<App>, params: Params) -> SimAnswer {
    let refused =
        |_| Problem(StatusCode::BAD_REQUEST, "limit must be from 1 to 10,000, and cursor one given here".into());
    let limit = params.number("limit", MOST, MOST).map_err(refused)?;
    let start = params.get("cursor").map(|cursor| page::open("sim-tokens", cursor)).transpose().map_err(refused)?;
    let start = start.unwrap_or_else(|| vec![0, 0, 0]);
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let mut items = Vec::new();
    let mut next = None;
    for (org, kind, index) in places(&world, &start) {
        let token = || world.orgs[org].token(TokenRef { kind: Kind::ALL[kind], index });
        if !wanted(&world.orgs[org], Kind::ALL[kind], &params) {
            continue;
        }
        if items.len() == limit {
            let parts = [org as i64, kind as i64, i64::from(index)];
            next = Some(page::seal("sim-tokens", &parts));
            break;
        }
        items.push(row(&world.orgs[org], &token(), &world.options.dialects, now_ms));
    }
    Ok(axum::Json(json!({"items": items, "next": next})))
}

fn wanted(org: &Org, kind: Kind, params: &Params) -> bool {
    params.get("org").is_none_or(|id| id == org.id) && params.get("kind").is_none_or(|name| name == kind.name())
}

/// Every credential from a position on: by org, then kind, then index.
fn places(world: &World, start: &[i64]) -> impl Iterator<Item = (usize, usize, u32)> {
    let number = |at: usize| start.get(at).and_then(|part| usize::try_from(*part).ok()).unwrap_or(0);
    let (first_org, first_kind, first_index) = (number(0), number(1), number(2));
    let kinds = (first_org..world.orgs.len()).flat_map(|org| (0..Kind::ALL.len()).map(move |kind| (org, kind)));
    let kinds = kinds.filter(move |at| *at >= (first_org, first_kind));
    kinds.flat_map(move |(org, kind)| {
        let first = if (org, kind) == (first_org, first_kind) { first_index } else { 0 };
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        (first..world.orgs[org].last_index(Kind::ALL[kind])).map(move |index| (org, kind, index))
    })
}

fn row(org: &Org, token: &Token, dialects: &Dialects, now_ms: i64) -> Value {
    let owner = token.owner.map(|owner| person(&org.user(owner)));
    json!({
        "org_id": org.id,
        "kind": token.at.kind.name(),
        "id": token.id,
        "event_token_id": render::event_token_id(org, &token.id, dialects),
        "label": token.label,
        "owner": owner,
        "state": org.state(token, now_ms).name(),
        "listed": org.listed(token, dialects, now_ms),
        "scopes": token.scopes,
        "created_at": time::zulu_ms(token.created_ms),
        "expires_at": token.expires_ms.map(time::zulu_ms),
        "expiry_listed": token.shows_expiry && token.expires_ms.is_some(),
        "last_used_at": token.last_used_ms.map(time::zulu_ms),
        "revoked_at": org.revoked_ms(token.at).map(time::zulu_ms),
    })
}

fn person(user: &User) -> Value {
    json!({
        "account_id": user.account_id,
        "name": user.name,
        "email": user.email,
        "status": user.status.name(),
        "relation": user.relation.name(),
        "admin": user.admin,
    })
}

/// A credential by its id, or by the id that events give it.
fn find(world: &World, id: &str) -> Option<(usize, TokenRef)> {
    let by_id = |org: &Org| Kind::ALL.into_iter().find_map(|kind| org.find(kind, id));
    let by_event = |org: &Org| {
        let kinds = Kind::ALL.into_iter().filter(|_| id.starts_with("ct-"));
        let mut places = kinds.flat_map(|kind| (0..org.last_index(kind)).map(move |index| TokenRef { kind, index }));
        places.find(|at| render::event_token_id(org, &org.people.token_id(*at), &world.options.dialects) == id)
    };
    world.orgs.iter().enumerate().find_map(|(at, org)| Some((at, by_id(org).or_else(|| by_event(org))?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    token_id: String,
    ip: Option<String>,
    country: Option<String>,
    #[serde(default = "viewed")]
    action: String,
    at: Option<String>,
}

fn viewed() -> String {
    "jira_issue_viewed".to_owned()
}

/// `POST /_sim/use`: only a token that would be let in can be used, and not in the future.
pub(crate) async fn use_token(State(app): State<App>, body: Bytes) -> SimAnswer {
    let asked: Use = read(&body)?;
    let (org, token, time_ms) = {
        let mut world = app.world();
        let now_ms = world.clock.now_ms();
        let (org, token) = find(&world, &asked.token_id).ok_or_else(|| not_found("credential"))?;
        let state = world.orgs[org].state(&world.orgs[org].token(token), now_ms);
        if state != TokenState::Active {
            return Err(Problem(StatusCode::CONFLICT, format!("the credential cannot be used: {}", state.name())));
        }
        (org, token, instant(asked.at.as_deref(), now_ms)?)
    };
    let from = (asked.ip.is_some() || asked.country.is_some())
        .then(|| (asked.ip.unwrap_or_else(|| "192.0.2.1".into()), asked.country.unwrap_or_default()));
    change(&app, org, Change::Use { token, time: time_ms, action: asked.action, from })?;
    shown(&app, org, token)
}

fn instant(text: Option<&str>, now_ms: i64) -> Result<i64, Problem> {
    let Some(text) = text else { return Ok(now_ms) };
    let at = time::parse(text).filter(|at| *at <= now_ms);
    at.ok_or_else(|| Problem(StatusCode::BAD_REQUEST, "an instant must be RFC 3339 and not in the future".into()))
}

fn shown(app: &App, org: usize, token: TokenRef) -> SimAnswer {
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let org = &world.orgs[org];
    Ok(axum::Json(row(org, &org.token(token), &world.options.dialects, now_ms)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    owner: String,
    label: String,
    created_at: Option<String>,
    expires_in_days: Option<u16>,
    last_used_at: Option<String>,
}

/// `POST /_sim/tokens`: a managed or external user makes an API token; it lives 365 days unless told otherwise.
pub(crate) async fn make(State(app): State<App>, body: Bytes) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let asked: Make = read(&body)?;
    let now_ms = app.world().clock.now_ms();
    let (org, owner) = owner(&app, &asked.owner).ok_or_else(|| not_found("managed or external account"))?;
    let created_ms = instant(asked.created_at.as_deref(), now_ms)?;
    let made = Made {
        owner: owner.index,
        label: asked.label,
        created_ms,
        expires_ms: Some(created_ms + i64::from(asked.expires_in_days.unwrap_or(365)) * DAY),
        last_used_ms: asked.last_used_at.map(|text| instant(Some(&text), now_ms)).transpose()?,
        external: owner.relation == Relation::External,
    };
    let kind = if made.external { Kind::ExternalToken } else { Kind::UserApiToken };
    let index = app.world().orgs[org].last_index(kind);
    change(&app, org, Change::Make { token: made })?;
    Ok((StatusCode::CREATED, shown(&app, org, TokenRef { kind, index })?))
}

fn owner(app: &App, account: &str) -> Option<(usize, User)> {
    let world = app.world();
    let found = world.orgs.iter().enumerate().find_map(|(at, org)| Some((at, org.user_by_account(account)?)));
    found.filter(|(_, user)| user.relation != Relation::Service)
}
