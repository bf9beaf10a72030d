//! `GET /_sim/tokens`: the truth about every credential.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::App;
use super::page;
use super::params::Params;
use super::sim::{Problem, SimAnswer, not_found};
use crate::dialect::Dialects;
use crate::events::render;
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::population::users::User;
use crate::time;
use crate::world::World;
use crate::world::org::Org;

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
    for (place, kind, index) in places(&world, &start) {
        let org = &world.orgs[place];
        let at = TokenRef { kind: Kind::ALL[kind], index };
        let Some(token) = wanted(org, at, &params).filter(|token| token.created_ms <= now_ms) else { continue };
        if items.len() == limit {
            let parts = [place as i64, kind as i64, i64::from(index)];
            next = Some(page::seal("sim-tokens", &parts));
            break;
        }
        items.push(row(org, &token, &world.options.dialects, now_ms));
    }
    Ok(axum::Json(json!({"items": items, "next": next})))
}

/// A credential, where it is of the org and kind asked for; a user's token may have become another kind.
fn wanted(org: &Org, at: TokenRef, params: &Params) -> Option<Token> {
    let alike = |kind: Kind| matches!(kind, Kind::UserApiToken | Kind::ExternalToken);
    let asked = params.get("kind");
    let known = Kind::ALL.into_iter().find(|kind| asked == Some(kind.name()));
    let near = asked.is_none() || known.is_some_and(|kind| kind == at.kind || alike(kind) && alike(at.kind));
    let token = (near && params.get("org").is_none_or(|id| id == org.id)).then(|| org.token(at))?;
    asked.is_none_or(|name| name == org.kind(&token).name()).then_some(token)
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

/// The truth about a credential.
pub(crate) fn row(org: &Org, token: &Token, dialects: &Dialects, now_ms: i64) -> Value {
    let owner = token.owner.map(|owner| person(&org.user(owner)));
    json!({
        "org_id": org.id,
        "kind": org.kind(token).name(),
        "id": token.id,
        "event_token_id": render::event_token_id(&token.id, dialects),
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

/// The places of a credential by its id, or by the id that events give it: more than one where several orgs have it.
pub(crate) fn find(world: &World, id: &str, org_id: Option<&str>) -> Result<Vec<(usize, TokenRef)>, Problem> {
    let by_id = |org: &Org| Kind::ALL.into_iter().find_map(|kind| org.find(kind, id));
    let by_event = |org: &Org| {
        let kinds = Kind::ALL.into_iter().filter(|_| id.starts_with("ct-"));
        let mut places = kinds.flat_map(|kind| (0..org.last_index(kind)).map(move |index| TokenRef { kind, index }));
        places.find(|at| render::event_token_id(&org.people.token_id(*at), &world.options.dialects) == id)
    };
    let orgs = world.orgs.iter().enumerate().filter(|(_, org)| org_id.is_none_or(|id| org.id == id));
    let found: Vec<_> = orgs.filter_map(|(at, org)| Some((at, by_id(org).or_else(|| by_event(org))?))).collect();
    if found.is_empty() { Err(not_found("credential")) } else { Ok(found) }
}
