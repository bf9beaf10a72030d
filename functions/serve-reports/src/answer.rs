//! Answers: what leaves, and how a refusal is told.

use lambda_http::{
    Body, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use serde::Serialize;
use serde_json::Value;
use shared::{
    error::{Error, Retry},
    problem,
};

/// What a handler gives.
pub(crate) type Reply = Result<Answer, Refusal>;

/// An answer, before the headers that every answer bears.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    content_type: &'static str,
    headers: Vec<(HeaderName, String)>,
    body: String,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, content_type, headers: Vec::new(), body }
    }

    /// 200 with JSON.
    pub(crate) fn json(body: &impl Serialize) -> Self {
        Self::new(200, "application/json", serde_json::to_string(body).unwrap_or_default())
    }

    /// 200 with a page.
    pub(crate) fn html(body: String) -> Self {
        Self::new(200, "text/html; charset=utf-8", body)
    }

    /// 200 with CSV.
    pub(crate) fn csv(body: String) -> Self {
        Self::new(200, "text/csv; charset=utf-8; header=present", body)
    }

    /// 200 with JSON Lines.
    pub(crate) fn lines(body: String) -> Self {
        Self::new(200, "application/jsonl", body)
    }

    /// 200 with plain text.
    pub(crate) fn text(body: String) -> Self {
        Self::new(200, "text/plain; charset=utf-8", body)
    }

    /// 303: what was sent is done, and is shown there.
    pub(crate) fn see(location: String) -> Self {
        Self::new(303, "text/plain; charset=utf-8", String::new()).with(header::LOCATION, location)
    }

    /// 405 with the methods that exist.
    pub(crate) fn other_methods(allow: String) -> Self {
        let document = problem::document("method-not-allowed", 405, &format!("use one of: {allow}"));
        Self::new(405, problem::MEDIA_TYPE, document.to_string()).with(header::ALLOW, allow)
    }

    /// With another status.
    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With a header.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The response, with what every answer bears.
    pub(crate) fn into_response(self, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::Text(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let fixed = [
            (header::CONTENT_TYPE, self.content_type),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
            (HeaderName::from_static("x-request-id"), request_id),
        ];
        let fixed = fixed.into_iter().map(|(name, value)| (name, value.to_owned()));
        for (name, value) in fixed.chain(self.headers) {
            match HeaderValue::from_str(&value) {
                // Each scheme is a header of its own.
                Ok(value) if name == header::WWW_AUTHENTICATE => drop(response.headers_mut().append(name, value)),
                Ok(value) => drop(response.headers_mut().insert(name, value)),
                Err(_) => {}
            }
        }
        response
    }
}

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The error.
    pub(crate) error: Error,
    /// A further member of the problem document, such as the plan as it is now.
    pub(crate) more: Option<(&'static str, Value)>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, more: None }
    }
}

impl Refusal {
    /// The answer that tells it; where a credential is wanted, by one of these schemes.
    pub(crate) fn into_answer(self, challenges: &[&str]) -> Answer {
        let (status, mut document) = problem::problem(&self.error);
        if let Some((name, value)) = self.more {
            document[name] = value;
        }
        let answer = Answer::new(status, problem::MEDIA_TYPE, document.to_string());
        match (&self.error, self.error.kind().retry) {
            (Error::Unauthorized, _) => {
                challenges.iter().fold(answer, |answer, scheme| answer.with(header::WWW_AUTHENTICATE, *scheme))
            }
            (_, Retry::Later) => answer.with(header::RETRY_AFTER, "5"),
            (_, Retry::No) => answer,
        }
    }
}
