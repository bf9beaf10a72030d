//! What the sender is told.

use lambda_http::{
    Body, Response,
    http::{
        HeaderValue,
        header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use shared::{
    error::{Error, Retry},
    flow::take_in::Taken,
    problem,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// After how many seconds a sender that asks may try again.
const RETRY_SECS: u32 = 30;

/// Why a delivery was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The path is right, the method is not.
    Method,
    /// Anything else.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// 202 with the counts.
pub(crate) fn accepted(taken: &Taken, request_id: &str) -> Response<Body> {
    let counts = serde_json::json!(taken);
    response(202, "application/json", counts.to_string(), request_id)
}

impl Refusal {
    /// Logs it once: our own failures as errors.
    pub(crate) fn log(&self, request_id: &str) {
        let (kind, status) = match self {
            Self::Method => ("method-not-allowed", 405),
            Self::Error(error) => (error.kind().code, error.kind().status),
        };
        match self {
            Self::Error(error) if status >= 500 => {
                tracing::error!(request_id, kind, status, %error, "a delivery was not taken in");
            }
            Self::Method | Self::Error(_) => tracing::warn!(request_id, kind, status, "a delivery was refused"),
        }
    }

    /// A problem document.
    pub(crate) fn into_response(self, request_id: &str) -> Response<Body> {
        let (status, document) = match &self {
            Self::Method => {
                (405, problem::document("method-not-allowed", 405, "this route takes deliveries by POST only"))
            }
            Self::Error(error) => problem::problem(error),
        };
        let mut response = response(status, problem::MEDIA_TYPE, document.to_string(), request_id);
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Method => Some((ALLOW, HeaderValue::from_static("POST"))),
            Self::Error(Error::Unauthorized) => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::Error(error) => {
                (error.kind().retry == Retry::Later).then(|| (RETRY_AFTER, HeaderValue::from(RETRY_SECS)))
            }
        }
    }
}

fn response(status: u16, content_type: &'static str, body: String, request_id: &str) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_problem_with_the_id_of_its_request() {
        let response = Refusal::from(Error::Contended("a profile".into())).into_response("r-1");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["x-request-id"], "r-1");
        assert_eq!(response.headers()["retry-after"], "30");
    }

    #[test]
    fn another_method_is_told_which_is_right() {
        let response = Refusal::Method.into_response("r-1");
        assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
    }
}
