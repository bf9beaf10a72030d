//! The answers of the runner's own routes.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use shared::{error::Error, problem};
use std::sync::atomic::{AtomicU64, Ordering};

/// A status with JSON.
pub(crate) struct Answer {
    status: StatusCode,
    media_type: &'static str,
    allow: Option<&'static str>,
    body: Value,
}

impl Answer {
    /// 200 with JSON.
    pub(crate) fn json(body: Value) -> Self {
        Self { status: StatusCode::OK, media_type: "application/json", allow: None, body }
    }

    /// 405 with the methods that there are.
    pub(crate) fn other_methods(allow: &'static str) -> Self {
        let refused = problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", &format!("use {allow}"));
        Self { allow: Some(allow), ..refused }
    }
}

/// A problem document.
pub(crate) fn problem(status: StatusCode, code: &str, detail: &str) -> Answer {
    let body = problem::document(code, status.as_u16(), detail);
    Answer { status, media_type: problem::MEDIA_TYPE, allow: None, body }
}

impl From<Error> for Answer {
    /// On the user's own machine nothing is hidden.
    fn from(error: Error) -> Self {
        let kind = error.kind();
        let status = StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        problem(status, kind.code, &error.to_string())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        static ANSWERED: AtomicU64 = AtomicU64::new(1);
        let mut response = (self.status, self.body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert("x-request-id", HeaderValue::from(ANSWERED.fetch_add(1, Ordering::Relaxed)));
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
