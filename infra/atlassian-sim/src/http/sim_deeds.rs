//! What is done with credentials from outside: `POST /_sim/tokens`, `POST /_sim/use` and `DELETE /_sim/tokens/{id}`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::App;
use super::sim::{Problem, SimAnswer, make as change, not_found, read};
use super::sim_tokens::{find, row};
use crate::population::tokens::{Kind, TokenRef};
use crate::population::users::{Group, Relation, Status, User};
use crate::time::{self, DAY};
use crate::world::World;
use crate::world::change::Change;
use crate::world::credentials::{Made, State as TokenState};
use crate::world::org::Org;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    token_id: String,
    org: Option<String>,
    ip: Option<String>,
    country: Option<String>,
    #[serde(default = "viewed")]
    action: String,
    at: Option<String>,
}

fn viewed() -> String {
    "jira_issue_viewed".to_owned()
}

/// `POST /_sim/use`: only a token that would be let in can be used, and not in the future; in the first org that has it,
/// unless another is named.
pub(crate) async fn use_token(State(app): State<App>, body: Bytes) -> SimAnswer {
    let asked: Use = read(&body)?;
    let (org, token, time_ms) = {
        let mut world = app.world();
        let now_ms = world.clock.now_ms();
        let (org, token) = find(&world, &asked.token_id, asked.org.as_deref())?[0];
        let state = world.orgs[org].state(&world.orgs[org].token(token), now_ms);
        if state != TokenState::Active {
            return Err(conflict(&format!("the credential cannot be used: {}", state.name())));
        }
        (org, token, instant(asked.at.as_deref(), now_ms)?)
    };
    let from = (asked.ip.is_some() || asked.country.is_some())
        .then(|| (asked.ip.unwrap_or_else(|| "192.0.2.1".into()), asked.country.unwrap_or_default()));
    change(&app, org, None, Change::Use { token, time: time_ms, action: asked.action, from })?;
    shown(&app, org, token)
}

fn conflict(reason: &str) -> Problem {
    Problem(StatusCode::CONFLICT, reason.to_owned())
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

/// `DELETE /_sim/tokens/{id}`: the owner removes a credential himself, in every org that has it. The event names the
/// owner, and not which of his tokens it was; a credential without an owner is removed by the first org admin.
pub(crate) async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let places = {
        let mut world = app.world();
        let now_ms = world.clock.now_ms();
        let places = find(&world, &id, None)?;
        let ended = |place: &(usize, TokenRef)| {
            let org = &world.orgs[place.0];
            matches!(org.state(&org.token(place.1), now_ms), TokenState::Revoked | TokenState::NotMade)
        };
        if places.iter().all(ended) {
            return Err(conflict("the credential is revoked already, or not made yet"));
        }
        places
    };
    for (org, token) in places {
        let by = {
            let world = app.world();
            actor(&world.orgs[org], token.kind, world.orgs[org].token_owner(token))
        };
        change(&app, org, Some(by), Change::Revoke { token })?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Who makes or removes a credential: its owner, or an org admin where that is a service account or nobody known.
fn actor(org: &Org, kind: Kind, owner: Option<u32>) -> u32 {
    let person = matches!(kind, Kind::UserApiToken | Kind::OrgApiKey | Kind::ExternalToken);
    owner.filter(|_| person).unwrap_or_else(|| org.people.member(Group::Admin, 0))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    kind: Option<Kind>,
    owner: Option<String>,
    org: Option<String>,
    label: String,
    created_at: Option<String>,
    expires_in_days: Option<u16>,
    last_used_at: Option<String>,
    #[serde(default)]
    silent: bool,
}

/// `POST /_sim/tokens`: somebody makes a credential of the kind that he can have, and the log says so unless it is to be
/// silent; it lives 365 days unless told otherwise.
pub(crate) async fn make(State(app): State<App>, body: Bytes) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let asked: Make = read(&body)?;
    let now_ms = app.world().clock.now_ms();
    let (org, owner) = owner(&app.world(), &asked)?;
    let kind = kind(asked.kind, &owner)?;
    let created_ms = instant(asked.created_at.as_deref(), now_ms)?;
    let made = Made {
        kind,
        owner: owner.index,
        label: asked.label,
        created_ms,
        expires_ms: Some(created_ms + i64::from(asked.expires_in_days.unwrap_or(365)) * DAY),
        last_used_ms: asked.last_used_at.map(|text| instant(Some(&text), now_ms)).transpose()?,
    };
    let token = TokenRef { kind, index: app.world().orgs[org].last_index(kind) };
    let by = actor(&app.world().orgs[org], kind, Some(owner.index));
    change(&app, org, Some(by), Change::Make { token: made, silent: asked.silent })?;
    Ok((StatusCode::CREATED, shown(&app, org, token)?))
}

/// The owner asked for, or the first who can have the kind asked for.
fn owner(world: &World, asked: &Make) -> Result<(usize, User), Problem> {
    let mut orgs = world.orgs.iter().enumerate().filter(|(_, org)| asked.org.as_ref().is_none_or(|id| *id == org.id));
    if let Some(account) = &asked.owner {
        let found = orgs.find_map(|(at, org)| Some((at, org.user_by_account(account)?)));
        return found.ok_or_else(|| not_found("account"));
    }
    let (at, org) = orgs.next().ok_or_else(|| not_found("org"))?;
    let group = match asked.kind {
        None | Some(Kind::UserApiToken) => Group::Active,
        Some(Kind::OrgApiKey) => Group::Admin,
        Some(Kind::ServiceAccountToken | Kind::OauthClient) => Group::Service,
        Some(Kind::ExternalToken) => Group::External,
    };
    let mut users = (0..org.people.size(group)).map(|nth| org.user(org.people.member(group, nth)));
    let able = |user: &User| user.status == Status::Active && kind(asked.kind, user).is_ok();
    Ok((at, users.find(able).ok_or_else(|| not_found("account that can have it"))?))
}

/// The kind to be made, which must be one that the owner can have.
fn kind(asked: Option<Kind>, owner: &User) -> Result<Kind, Problem> {
    let own = match owner.relation {
        Relation::Managed => Kind::UserApiToken,
        Relation::External => Kind::ExternalToken,
        Relation::Service => Kind::ServiceAccountToken,
    };
    let kind = asked.unwrap_or(own);
    if kind == own || kind == Kind::OrgApiKey && owner.admin {
        return Ok(kind);
    }
    Err(conflict(&format!("this account can make no {}: it is {}", kind.name(), owner.relation.name())))
}
