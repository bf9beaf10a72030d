//! What every request passes: the host, the faults ordered, the key, the rate limits, and the list of calls.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::line::Line;
use super::refusal::{Api, Refusal};
use super::{App, jira};
use crate::time;
use crate::world::calls::Call;
use crate::world::faults::{Drop, Fault};
use crate::world::rates::{Group, Standing};

/// The `Host` values that are answered: others may be a foreign page whose name was bound to this address.
#[derive(Debug)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn of(address: SocketAddr, further: &[String]) -> Self {
        let port = address.port();
        let mut hosts = vec![address.to_string(), format!("localhost:{port}"), format!("127.0.0.1:{port}")];
        hosts.extend_from_slice(further);
        Self(hosts)
    }

    fn accept(&self, request: &Request) -> bool {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.0.iter().any(|known| known.eq_ignore_ascii_case(host)))
    }
}

/// Lets a request in. It is served in a task of its own, so that it has its effect even where the client goes away.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if !app.hosts.accept(&request) {
        return (StatusCode::FORBIDDEN, "the Host header names another host than this simulator\n").into_response();
    }
    if request.uri().path().starts_with("/_sim") {
        return next.run(request).await;
    }
    let served = tokio::spawn(serve(app, request, next)).await;
    served.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn serve(app: App, request: Request, next: Next) -> Response {
    let line = request.extensions().get::<ConnectInfo<Line>>().map(|info| info.0.clone());
    let caller = Caller::of(&app, request.headers());
    let mut call = call(&app, &request, caller.as_ref());
    let fault = app.world().faults.meet(request.method().as_str(), request.uri().path());
    pause(fault.as_ref().map_or(0, |fault| fault.delay_ms)).await;
    let dropped = fault.as_ref().and_then(|fault| fault.drop);
    let response = match &fault {
        _ if dropped == Some(Drop::Before) => StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault { status: Some(status), retry_after, .. }) => {
            finish(&app, request.uri().path(), Refusal::Ordered(*status, *retry_after).into_response(), None)
        }
        _ => answer(&app, caller, request, next).await,
    };
    pause(fault.as_ref().map_or(0, |fault| fault.delay_after_ms)).await;
    call.status = if dropped.is_some() { 0 } else { response.status().as_u16() };
    if app.world().note(call).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let (Some(_), Some(line)) = (dropped, line) {
        line.cut();
    }
    response
}

fn call(app: &App, request: &Request, caller: Option<&Caller>) -> Call {
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    Call {
        sequence: app.sequence(),
        method: request.method().to_string(),
        path,
        status: 0,
        at_ms: app.world().clock.now_ms(),
        key: caller.map(|caller| (caller.org, caller.key as u32)),
    }
}

async fn pause(millis: u64) {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// Checks key and limits, then asks the operation.
async fn answer(app: &App, caller: Option<Caller>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if Api::of(&path) == Api::Jira {
        return finish(app, &path, jira::admit(request, next).await, None);
    }
    let Some(caller) = caller else {
        return finish(app, &path, Refusal::Unauthorized.into_response(), None);
    };
    let standing = {
        let mut world = app.world();
        let now_ms = world.clock.now_ms();
        world.rates.count(group(&path), caller.org, caller.user, now_ms)
    };
    if let Some(retry_after_secs) = standing.retry_after_secs {
        return finish(app, &path, Refusal::RateLimited { retry_after_secs }.into_response(), Some(standing));
    }
    request.extensions_mut().insert(caller);
    let response = next.run(request).await;
    finish(app, &path, response, Some(standing))
}

fn group(path: &str) -> Group {
    match Api::of(path) {
        Api::Org if path.ends_with("/events-stream") => Group::EventsStream,
        Api::Org if path.ends_with("/events") => Group::Events,
        // Jira's limits are its own; its calls are not counted here.
        Api::Org | Api::Jira => Group::Org,
        Api::Directory => Group::Directory,
        Api::Access => Group::ApiAccess,
        Api::Control => Group::Control,
        Api::UserManagement => Group::UserManagement,
    }
}

/// Gives a refusal its body, and the answers of API access and control their limit headers.
fn finish(app: &App, path: &str, mut response: Response, standing: Option<Standing>) -> Response {
    let api = Api::of(path);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = Refusal::Ordered(405, None).into_response();
    }
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let now_ms = app.world().clock.now_ms();
        response = refusal.render(api, path, now_ms, &format!("{:032x}", app.sequence()));
    }
    if let (Api::Access | Api::Control, Some(standing)) = (api, standing) {
        let headers = response.headers_mut();
        headers.insert("X-RateLimit-Limit", HeaderValue::from(standing.limit));
        headers.insert("X-RateLimit-Remaining", HeaderValue::from(standing.remaining));
        if let Ok(reset) = HeaderValue::from_str(&time::minute(standing.reset_ms)) {
            headers.insert("X-RateLimit-Reset", reset);
        }
    }
    response
}
