//! The HTTP side: one file per group of Atlassian's operations, and the simulator's own routes under `/_sim`.

pub(crate) mod caller;
pub(crate) mod control;
pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod guard;
pub(crate) mod jira;
pub(crate) mod keys;
pub(crate) mod line;
pub(crate) mod manage;
pub(crate) mod orgs;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod refusal;
pub(crate) mod service;
pub(crate) mod sim;
pub(crate) mod sim_deeds;
pub(crate) mod sim_external;
pub(crate) mod sim_tokens;
pub(crate) mod sim_users;
pub(crate) mod tokens;
pub(crate) mod users;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, patch, post};
use serde_json::Value;

use crate::world::World;
use guard::Hosts;
use refusal::Refusal;

/// What an operation answers.
pub(crate) type Answer = Result<Response, Refusal>;

/// What all requests share.
#[derive(Clone, Debug)]
pub(crate) struct App {
    world: Arc<Mutex<World>>,
    pub(crate) hosts: Arc<Hosts>,
    sequence: Arc<AtomicU64>,
}

impl App {
    pub(crate) fn new(world: World, hosts: Hosts) -> Self {
        let sequence = Arc::new(AtomicU64::new(world.calls.next_sequence()));
        Self { world: Arc::new(Mutex::new(world)), hosts: Arc::new(hosts), sequence }
    }

    /// The state, for as long as the guard is held; never across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a request, in the order of arrival.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }
}

/// A JSON answer with status 200.
pub(crate) fn ok(value: Value) -> Answer {
    Ok(axum::Json(value).into_response())
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    Ok(status.into_response())
}

/// Every route.
pub(crate) fn router(app: App) -> Router {
    let routes =
        Router::new().merge(organizations()).merge(api_access()).merge(accounts()).merge(jira()).merge(simulator());
    routes.fallback(unknown).layer(from_fn_with_state(app.clone(), guard::guard)).with_state(app)
}

async fn unknown(_request: Request) -> Answer {
    Err(Refusal::UnknownResource)
}

fn organizations() -> Router<App> {
    Router::new()
        .route("/admin/v1/orgs", get(orgs::list))
        .route("/admin/v1/orgs/{org}", get(orgs::one))
        .route("/admin/v1/orgs/{org}/users", get(users::list))
        .route("/admin/v1/orgs/{org}/directory/users/{account}/last-active-dates", get(users::last_active_dates))
        .route("/admin/v1/orgs/{org}/events", get(events::search))
        .route("/admin/v1/orgs/{org}/events-stream", get(events::stream))
        .route("/admin/v1/orgs/{org}/event-actions", get(events::actions))
        .route("/admin/v2/orgs/{org}/directories", get(directory::list))
        .route("/admin/v2/orgs/{org}/directories/{directory}/users", get(directory::users))
        .route("/admin/v2/orgs/{org}/directories/{directory}/users/search", post(directory::search))
        .route("/admin/v2/orgs/{org}/directories/{directory}/users/{account}/suspend", post(directory::suspend))
        .route("/admin/v2/orgs/{org}/directories/{directory}/users/{account}/restore", post(directory::restore))
}

fn api_access() -> Router<App> {
    Router::new()
        .route("/admin/api-access/v1/orgs/{org}/api-tokens", get(tokens::list).delete(tokens::revoke_all))
        .route("/admin/api-access/v1/orgs/{org}/api-tokens/count", get(tokens::count))
        .route("/admin/api-access/v1/orgs/{org}/api-keys", get(keys::list))
        .route("/admin/api-access/v1/orgs/{org}/api-keys/count", get(keys::count))
        .route("/admin/api-access/v1/orgs/{org}/api-keys/revoke/{key}", patch(keys::revoke))
        .route("/admin/api-access/v1/orgs/{org}/service-accounts", get(service::list))
        .route("/admin/api-access/v1/orgs/{org}/service-accounts/api-tokens", get(service::all_tokens))
        .route("/admin/api-access/v1/orgs/{org}/service-accounts/oauth-clients", get(service::clients))
        .route(
            "/admin/api-access/v1/orgs/{org}/service-accounts/{account}/api-tokens",
            get(service::tokens).delete(service::revoke_tokens),
        )
        .route("/admin/api-access/v1/orgs/{org}/service-accounts/{account}/oauth-clients", get(service::clients_of))
        .route("/admin/api-access/v1/orgs/{org}/oauth-clients", get(service::clients))
        .route("/admin/api-access/v1/orgs/{org}/oauth-clients/count", post(service::count_clients))
        .route(
            "/admin/api-access/v1/orgs/{org}/oauth-clients/{client}",
            get(service::client).delete(service::delete_client),
        )
}

fn accounts() -> Router<App> {
    Router::new()
        .route("/users/{account}/manage", get(manage::privileges))
        .route("/users/{account}/manage/api-tokens", get(manage::tokens))
        .route("/users/{account}/manage/api-tokens/{token}", delete(manage::revoke))
        .route("/users/{account}/manage/lifecycle/disable", post(manage::disable))
        .route("/users/{account}/manage/lifecycle/enable", post(manage::enable))
        .route("/admin/control/v1/orgs/{org}/auth-policy/{policy}/add-users", post(control::add_users))
        .route("/admin/control/v1/orgs/{org}/auth-policy/task/{task}", get(control::task))
        .route("/admin/control/v1/orgs/{org}/users/auth-policies/bulk-fetch", post(control::bulk_fetch))
}

fn jira() -> Router<App> {
    Router::new().route("/rest/api/3/issue", post(jira::create)).route("/rest/api/3/search/jql", post(jira::search))
}

fn simulator() -> Router<App> {
    Router::new()
        .route("/_sim/orgs", get(sim::orgs))
        .route("/_sim/calls", get(sim::calls).delete(sim::clear_calls))
        .route("/_sim/tokens", get(sim_tokens::list).post(sim_deeds::make))
        .route("/_sim/tokens/{token}", delete(sim_deeds::remove))
        .route("/_sim/use", post(sim_deeds::use_token))
        .route("/_sim/users/{account}", post(sim_users::change))
        .route("/_sim/policies/{policy}", post(sim_users::click))
        .route("/_sim/issues", get(jira::opened))
        .route("/_sim/external-policy", post(sim_external::click))
        .route("/_sim/external-policy/seats", post(sim_external::seat))
        .route("/_sim/faults", get(sim::faults).post(sim::add_fault).delete(sim::clear_faults))
        .route("/_sim/rate", get(sim::rate).post(sim::set_rate))
        .route("/_sim/clock", get(sim::clock).post(sim::advance))
        .route("/_sim/{*rest}", any(sim::unknown))
}
