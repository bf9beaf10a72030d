//! The HTTP API as API Gateway has it: `POST /webhooks/…` to ingest-audit, everything else to serve-reports; and the
//! runner's own routes under `/_local`.

use super::{
    answer::{Answer, problem},
    bundle::Bundle,
    guard::{Foreign, Guard},
    local_routes,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// A little over the largest delivery, so that it is the function that says when one is too large.
const MOST_BODY_BYTES: usize = 1024 * 1024 + 64 * 1024;
/// What is read of a body only to be able to answer.
const MOST_READ_BYTES: usize = 64 * 1024 * 1024;

/// What the routes need.
#[derive(Clone)]
pub(crate) struct Served {
    /// The functions.
    pub(crate) bundle: Arc<Bundle>,
    /// Who is let in at all.
    pub(crate) guard: Guard,
}

/// Every route.
pub(crate) fn router(served: Served) -> Router {
    Router::new().fallback(handle).with_state(served)
}

/// Each request is served in a task of its own: like an invocation, it ends even where the caller goes away, and a panic
/// is an answer.
async fn handle(State(served): State<Served>, request: Request) -> Response {
    let answer = tokio::spawn(async move {
        let (parts, body) = request.into_parts();
        let authority = parts.uri.authority().map(http::uri::Authority::as_str);
        match served.guard.refuses(&parts.method, authority, &parts.headers) {
            Some(foreign) => refusal(foreign).into_response(),
            None => route(&served.bundle, parts, read(body).await).await,
        }
    });
    answer.await.unwrap_or_else(|_| {
        problem(StatusCode::INTERNAL_SERVER_ERROR, "panic", "the function panicked; its log says where").into_response()
    })
}

fn refusal(foreign: Foreign) -> Answer {
    match foreign {
        Foreign::Host => problem(
            StatusCode::FORBIDDEN,
            "foreign-host",
            "the Host header does not name the address on which this server listens",
        ),
        Foreign::Origin => {
            problem(StatusCode::FORBIDDEN, "foreign-origin", "a page of another site may not change anything here")
        }
    }
}

async fn route(bundle: &Arc<Bundle>, parts: Parts, body: Bytes) -> Response {
    let path = parts.uri.path();
    if path == "/_local" || path.starts_with("/_local/") {
        return local_routes::answer(bundle, &parts, &body).await.into_response();
    }
    let delivery = parts.method == Method::POST && path.starts_with("/webhooks/");
    let request = lambda_http::Request::from_parts(parts, function_body(body));
    let response = if delivery { bundle.ingest(request).await } else { bundle.serve(request).await };
    response.map(|body| Body::from(body.to_vec()))
}

/// API Gateway hands over text as text and everything else as bytes.
fn function_body(body: Bytes) -> lambda_http::Body {
    match String::from_utf8(body.into()) {
        Ok(text) if text.is_empty() => lambda_http::Body::Empty,
        Ok(text) => lambda_http::Body::Text(text),
        Err(error) => lambda_http::Body::Binary(error.into_bytes()),
    }
}

/// The body, cut off a little past the limit; the rest is read away, so that the caller reads the answer.
async fn read(body: Body) -> Bytes {
    use futures::StreamExt;
    let (mut kept, mut read) = (Vec::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        let room = MOST_BODY_BYTES.saturating_sub(kept.len()).min(chunk.len());
        kept.extend_from_slice(&chunk[..room]);
        read += chunk.len();
        if read > MOST_READ_BYTES {
            break;
        }
    }
    kept.into()
}
