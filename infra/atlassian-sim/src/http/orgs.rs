//! `GET /v1/orgs`: the org of the key.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::caller::Caller;
use super::params::Params;
use super::{Answer, App, ok, page};
use crate::world::org::Org;

/// The URL under which the simulator was called: links must lead back to the same host.
pub(crate) fn base_url(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("http://{host}")
}

/// The orgs of the key: one, as each key belongs to one org.
pub(crate) async fn list(State(app): State<App>, caller: Caller, params: Params, headers: HeaderMap) -> Answer {
    caller.unscoped()?;
    page::start("orgs", params.get("cursor"))?;
    let base = base_url(&headers);
    let world = app.world();
    ok(json!({"data": [org(&world.orgs[caller.org], &base)], "links": {"self": format!("{base}/admin/v1/orgs")}}))
}

/// One org by its id.
pub(crate) async fn one(State(app): State<App>, caller: Caller, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    caller.scope("read:orgs:admin")?;
    let world = app.world();
    let found = caller.own(&world, &id)?;
    ok(json!({"data": org(found, &base_url(&headers))}))
}

fn org(org: &Org, base: &str) -> Value {
    let own = format!("{base}/admin/v1/orgs/{}", org.id);
    json!({
        "id": org.id,
        "type": "orgs",
        "attributes": {"name": org.name},
        "relationships": {
            "domains": {"links": {"related": format!("{own}/domains")}},
            "users": {"links": {"related": format!("{own}/users")}},
        },
        "links": {"self": own},
    })
}
