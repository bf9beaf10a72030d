//! The simulator's own routes, but for those about tokens. They need no key.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::App;
use super::directory::{DIRECTORIES, directory_id};
use crate::events::site::SITES;
use crate::keys::FixedKey;
use crate::time::{self, DAY, SECOND};
use crate::world::change::Change;
use crate::world::faults::Fault;
use crate::world::org::Org;
use crate::world::rates::Limits;
use crate::world::tasks::Policy;

/// A refusal of the simulator itself: status and reason.
pub(crate) struct Problem(pub(crate) StatusCode, pub(crate) String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, axum::Json(json!({"error": self.1}))).into_response()
    }
}

pub(crate) type SimAnswer = Result<axum::Json<Value>, Problem>;

/// Reads a JSON body; the media type does not matter.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem(StatusCode::BAD_REQUEST, error.to_string()))
}

pub(crate) fn not_found(what: &str) -> Problem {
    Problem(StatusCode::NOT_FOUND, format!("no such {what}"))
}

fn failed(error: &crate::error::SimError) -> Problem {
    Problem(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

/// Makes a change and says so.
pub(crate) fn make(app: &App, org: usize, by: Option<u32>, change: Change) -> Result<(), Problem> {
    app.world().make(org, by, change).map_err(|error| failed(&error))
}

/// `GET /_sim/orgs`.
pub(crate) async fn orgs(State(app): State<App>) -> SimAnswer {
    let world = app.world();
    Ok(axum::Json(
        json!({"items": world.orgs.iter().map(describe).collect::<Vec<_>>(), "dialects": world.options.dialects.to_string()}),
    ))
}

fn describe(org: &Org) -> Value {
    let number = org.people.org;
    json!({
        "id": org.id,
        "name": org.name,
        "keys": FixedKey::ALL.map(|key| json!({"key": key.value(number), "id": key.id(number), "scopes": key.scopes()})),
        "directories": (0..DIRECTORIES.len()).map(|at| json!({"id": directory_id(org, at), "name": DIRECTORIES[at]})).collect::<Vec<_>>(),
        "policies": Policy::ALL.map(|policy| policy.id(number)),
        "sites": (0..SITES).map(|at| org.site(at)).map(|site| json!({"id": site.id, "name": site.name, "url": site.url})).collect::<Vec<_>>(),
        "shared_contractor": org.people.shared_user().map(|user| org.people.account_id(user)),
        "users": org.people.sizes.users,
        "events": org.events(),
    })
}

/// `GET /_sim/calls`: in the order of arrival, the newest 100,000; the simulator's own routes are not among them.
pub(crate) async fn calls(State(app): State<App>) -> SimAnswer {
    let world = app.world();
    let mut calls: Vec<_> = world.calls.iter().collect();
    calls.sort_by_key(|call| call.sequence);
    let row = |call: &&crate::world::calls::Call| json!({"method": call.method, "path": call.path, "status": call.status, "at": time::zulu_ms(call.at_ms)});
    Ok(axum::Json(json!({"items": calls.iter().map(row).collect::<Vec<_>>()})))
}

/// `DELETE /_sim/calls`.
pub(crate) async fn clear_calls(State(app): State<App>) -> Result<StatusCode, Problem> {
    app.world().clear_calls().map_err(|error| failed(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /_sim/faults`: those still in force.
pub(crate) async fn faults(State(app): State<App>) -> SimAnswer {
    Ok(axum::Json(json!({"items": app.world().faults.all()})))
}

/// `POST /_sim/faults`.
pub(crate) async fn add_fault(State(app): State<App>, body: Bytes) -> Result<(StatusCode, axum::Json<Value>), Problem> {
    let fault: Fault = read(&body)?;
    if fault.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err(Problem(StatusCode::BAD_REQUEST, "status must be from 200 to 599".into()));
    }
    let mut world = app.world();
    world.faults.add(fault);
    Ok((StatusCode::CREATED, axum::Json(json!({"items": world.faults.all()}))))
}

/// `DELETE /_sim/faults`.
pub(crate) async fn clear_faults(State(app): State<App>) -> StatusCode {
    app.world().faults.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_sim/rate`: the limits per minute.
pub(crate) async fn rate(State(app): State<App>) -> SimAnswer {
    Ok(axum::Json(json!(app.world().rates.limits)))
}

/// `POST /_sim/rate`: sets limits; those not named get their defaults.
pub(crate) async fn set_rate(State(app): State<App>, body: Bytes) -> SimAnswer {
    let limits: Limits = read(&body)?;
    app.world().rates.limits = limits;
    Ok(axum::Json(json!(limits)))
}

/// `GET /_sim/clock`.
pub(crate) async fn clock(State(app): State<App>) -> SimAnswer {
    let now_ms = app.world().clock.now_ms();
    Ok(axum::Json(json!({"now": time::zulu_ms(now_ms)})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

/// `POST /_sim/clock` with `{"advance_seconds": n}`, at most ten years at once.
pub(crate) async fn advance(State(app): State<App>, body: Bytes) -> SimAnswer {
    let Advance { advance_seconds } = read(&body)?;
    let millis = i64::from(advance_seconds) * SECOND;
    if millis > 3660 * DAY {
        return Err(Problem(StatusCode::BAD_REQUEST, "at most ten years at once".into()));
    }
    make(&app, 0, None, Change::Advance { millis })?;
    clock(State(app)).await
}

/// Any other route below `/_sim`.
pub(crate) async fn unknown() -> Problem {
    not_found("route of the simulator")
}
