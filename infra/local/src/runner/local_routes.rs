//! The runner's own routes: `POST /_local/run/{function}` and `/_local/clock`.

use super::{
    answer::{Answer, problem},
    bundle::{Bundle, Function, LocalAccess},
};
use axum::http::{Method, StatusCode, header, request::Parts};
use chrono::{SecondsFormat, TimeDelta};
use serde::Deserialize;
use serde_json::json;
use shared::{
    error::{Error, Result},
    model::{Role, Timestamp},
    ports::Clock,
};

/// Ten years: more is a mistake in the unit.
const MOST_SECONDS: u32 = 3_660 * 86_400;

/// Answers a request under `/_local`.
pub(crate) async fn answer(bundle: &Bundle, parts: &Parts, body: &[u8]) -> Answer {
    if let Err(error) = admit(bundle, parts).await {
        return error.into();
    }
    let path = parts.uri.path();
    match path.strip_prefix("/_local/").unwrap_or_default() {
        "clock" => clock(bundle, &parts.method, body).await,
        rest => match (rest.strip_prefix("run/").map(Function::named), &parts.method) {
            (Some(Some(function)), &Method::POST) => run(bundle, function).await,
            (Some(Some(_)), _) => Answer::other_methods("POST"),
            (Some(None), _) => {
                let known = Function::ALL.map(Function::name).join(", ");
                problem(
                    StatusCode::NOT_FOUND,
                    "not-found",
                    &format!("no function of this name has a schedule: {known}"),
                )
            }
            (None, _) => problem(StatusCode::NOT_FOUND, "not-found", "this path was not found"),
        },
    }
}

/// Against a simulated org everybody on this machine may; against a real one an admin.
async fn admit(bundle: &Bundle, parts: &Parts) -> Result<()> {
    match bundle.access {
        LocalAccess::Open => return Ok(()),
        LocalAccess::Admin => {}
    }
    let text = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = text.and_then(|text| text.strip_prefix("Bearer ")) else { return Err(Error::Unauthorized) };
    let principal = bundle.secrets.authenticate_api(token, bundle.clock.now()).await?.ok_or(Error::Unauthorized)?;
    if principal.has(Role::Admin) {
        return Ok(());
    }
    Err(Error::Forbidden("this needs the role admin".into()))
}

async fn run(bundle: &Bundle, function: Function) -> Answer {
    let outcome = match bundle.invoke(function).await {
        Ok(outcome) => outcome,
        Err(error) => return error.into(),
    };
    match bundle.stream.drain(bundle).await {
        Ok(stream) => Answer::json(json!({ "function": function.name(), "outcome": outcome, "stream": stream })),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, "stream", &error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

async fn clock(bundle: &Bundle, method: &Method, body: &[u8]) -> Answer {
    match *method {
        Method::GET | Method::HEAD => shown(bundle.clock.now()),
        Method::POST => match serde_json::from_slice(body) {
            Ok(Advance { advance_seconds }) if advance_seconds <= MOST_SECONDS => {
                advance(bundle, advance_seconds).await
            }
            Ok(_) | Err(_) => {
                let reason =
                    format!("it must be {{\"advance_seconds\": n}}, n a whole number from 0 to {MOST_SECONDS}");
                Error::invalid("the body", reason).into()
            }
        },
        _ => Answer::other_methods("GET, POST"),
    }
}

async fn advance(bundle: &Bundle, seconds: u32) -> Answer {
    match bundle.advance(TimeDelta::seconds(seconds.into())).await {
        Ok(now) => shown(now),
        Err(error) => problem(StatusCode::BAD_GATEWAY, "clock", &format!("{error}; ask again with 0 seconds")),
    }
}

fn shown(now: Timestamp) -> Answer {
    Answer::json(json!({ "now": now.to_rfc3339_opts(SecondsFormat::Millis, true) }))
}
