//! User management: the tokens and the lifecycle of one managed account.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::params::Params;
use super::refusal::Refusal;
use super::{Answer, App, empty, ok};
use crate::population::tokens::{Kind, Token};
use crate::population::users::{Status, User};
use crate::time;
use crate::world::World;
use crate::world::change::Change;

/// The managed account of the key's org; any other is not found.
fn account(world: &World, caller: &Caller, account_id: &str) -> Result<User, Refusal> {
    caller.unscoped()?;
    world.orgs[caller.org].managed(account_id).ok_or(Refusal::AccountNotFound)
}

const PRIVILEGES: [&str; 7] = [
    "profile.write",
    "profile.read",
    "email.set",
    "lifecycle.enablement",
    "lifecycle.delete",
    "apiToken.read",
    "apiToken.delete",
];

/// `GET manage?privileges=…`: what the key may do with the account.
pub(crate) async fn privileges(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let world = app.world();
    let user = account(&world, &caller, &id)?;
    let asked: Vec<&str> = params.all("privileges").collect();
    let mut rules = Map::new();
    for name in PRIVILEGES.into_iter().filter(|name| asked.is_empty() || asked.contains(name)) {
        let barred = name.starts_with("lifecycle.").then(|| barrier(&caller, &user)).flatten();
        let rule = match barred {
            Some(reason) => json!({"allowed": false, "reason": {"key": reason}}),
            None if name == "profile.write" => json!({"name": {"allowed": true}}),
            None => json!({"allowed": true}),
        };
        rules.insert(name.into(), rule);
    }
    ok(Value::Object(rules))
}

/// Why the lifecycle of an account cannot be changed: it is the caller's own, or a directory elsewhere governs it.
fn barrier(caller: &Caller, user: &User) -> Option<&'static str> {
    if user.index == caller.user {
        return Some("administrative.notMyself");
    }
    user.locked.then_some("externalDirectory.scim")
}

/// `GET manage/api-tokens`: a bare array.
pub(crate) async fn tokens(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let user = account(&world, &caller, &id)?;
    let org = &world.orgs[caller.org];
    let tokens = org.tokens_of(user.index).into_iter().map(|at| org.token(at));
    let listed = tokens.filter(|token| org.listed(token, &world.options.dialects, now_ms));
    ok(listed.map(|token| row(&token)).collect())
}

fn row(token: &Token) -> Value {
    let mut row = json!({"id": token.id, "label": token.label, "createdAt": time::zulu_ms(token.created_ms)});
    if let Some(map) = row.as_object_mut() {
        if let Some(used) = token.last_used_ms {
            map.insert("lastAccess".into(), time::zulu_ms(used).into());
        }
        if let Some(end) = token.expires_ms.filter(|_| token.shows_expiry) {
            map.insert("expiry".into(), time::zulu_ms(end).into());
        }
    }
    row
}

/// `DELETE manage/api-tokens/{tokenId}`: 404 `notFound` where the account has no such token (any more).
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path((id, token)): Path<(String, String)>,
) -> Answer {
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let user = account(&world, &caller, &id)?;
    let org = &world.orgs[caller.org];
    let found = [Kind::UserApiToken, Kind::ExternalToken].into_iter().find_map(|kind| org.find(kind, &token));
    let own = found.filter(|at| org.token_owner(*at) == Some(user.index));
    let listed = own.filter(|at| org.listed(&org.token(*at), &world.options.dialects, now_ms));
    let token = listed.ok_or(Refusal::NotFound)?;
    world.make(caller.org, Some(caller.user), Change::Revoke { token }).map_err(|_| Refusal::Internal)?;
    empty(StatusCode::NO_CONTENT)
}

/// `POST lifecycle/disable` with `{"message"?}`.
pub(crate) async fn disable(State(app): State<App>, caller: Caller, Path(id): Path<String>, body: Bytes) -> Answer {
    if !body.is_empty() && !serde_json::from_slice::<Value>(&body).is_ok_and(|body| body.is_object()) {
        return Err(Refusal::BadBody("the body must be an object".into()));
    }
    change(&app, &caller, &id, Status::Active, Status::Inactive)
}

/// `POST lifecycle/enable`.
pub(crate) async fn enable(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    change(&app, &caller, &id, Status::Inactive, Status::Active)
}

/// 409 where the account is not in the state to change from. The error codes are unconfirmed.
fn change(app: &App, caller: &Caller, id: &str, from: Status, to: Status) -> Answer {
    let mut world = app.world();
    let user = account(&world, caller, id)?;
    if let Some(reason) = barrier(caller, &user) {
        return Err(Refusal::NotOnAccount(reason));
    }
    if user.status != from {
        let (code, message) = match user.status {
            Status::Active => ("user.active", "The account is already active"),
            Status::Inactive => ("user.inactive", "The account is already deactivated"),
            Status::Closed => ("user.closed", "The account is closed"),
        };
        return Err(Refusal::Lifecycle { account_id: user.account_id, code, message });
    }
    let change = Change::Status { user: user.index, status: to };
    world.make(caller.org, Some(caller.user), change).map_err(|_| Refusal::Internal)?;
    empty(StatusCode::NO_CONTENT)
}
