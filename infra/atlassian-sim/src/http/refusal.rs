//! Why a request is refused, and the five bodies in which Atlassian says so.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::time;

/// A reason to refuse; which body it gets depends on the API that was asked.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// No key, an unknown one, or one that has ended.
    Unauthorized,
    /// The key lacks this scope, or must be one without scopes.
    Forbidden(String),
    /// User management: the act is not allowed on this account, for this reason key.
    NotOnAccount(&'static str),
    /// Not an org of this key.
    OrgNotFound,
    /// No such user in the org or directory.
    UserNotFound,
    /// User management: no such account, or not a managed one.
    AccountNotFound,
    /// No such thing.
    NotFound,
    /// No such route.
    UnknownResource,
    BadCursor,
    BadTime(String),
    BadRequest(String),
    BadBody(String),
    /// User management: the account is not in a state for this.
    Lifecycle {
        account_id: String,
        code: &'static str,
        message: &'static str,
    },
    /// Too many requests; try again after so many seconds.
    RateLimited {
        retry_after_secs: i64,
    },
    /// Any other status, ordered as a fault.
    Ordered(u16, Option<u64>),
    /// The simulator could not keep what it did.
    Internal,
}

/// The API that a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Org,
    Directory,
    Access,
    Control,
    UserManagement,
    Jira,
}

impl Api {
    pub(crate) fn of(path: &str) -> Self {
        let prefixes = [
            ("/admin/v2/", Self::Directory),
            ("/admin/api-access/", Self::Access),
            ("/admin/control/", Self::Control),
            ("/users/", Self::UserManagement),
            ("/rest/api/3/", Self::Jira),
        ];
        prefixes.into_iter().find(|(prefix, _)| path.starts_with(prefix)).map_or(Self::Org, |found| found.1)
    }
}

impl IntoResponse for Refusal {
    /// The body is made later, where path and time are known.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::NotOnAccount(_) => StatusCode::FORBIDDEN,
            Self::OrgNotFound | Self::UserNotFound | Self::AccountNotFound | Self::NotFound | Self::UnknownResource => {
                StatusCode::NOT_FOUND
            }
            Self::BadCursor | Self::BadTime(_) | Self::BadRequest(_) | Self::BadBody(_) => StatusCode::BAD_REQUEST,
            Self::Lifecycle { .. } => StatusCode::CONFLICT,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Ordered(status, _) => StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer with the body that the API gives.
    pub(crate) fn render(&self, api: Api, path: &str, now_ms: i64, request_id: &str) -> Response {
        let status = self.status();
        let body = match api {
            Api::UserManagement => self.keyed(status),
            Api::Jira => json!({"errorMessages": [self.detail()], "errors": {}}),
            Api::Org | Api::Access | Api::Control if matches!(status.as_u16(), 401 | 429) => {
                proxy(status, &self.detail())
            }
            Api::Access | Api::Control if status == StatusCode::FORBIDDEN => {
                self.timestamped(status, path, now_ms, request_id)
            }
            Api::Org if status == StatusCode::FORBIDDEN && !path.ends_with("/last-active-dates") => {
                self.timestamped(status, path, now_ms, request_id)
            }
            Api::Org | Api::Directory | Api::Access | Api::Control => self.errors(status, request_id),
        };
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        response
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_secs } => u64::try_from(*retry_after_secs).ok(),
            Self::Ordered(_, retry_after) => *retry_after,
            _ => None,
        }
    }

    /// `{"errors":[…]}` of the organizations API and of the directory.
    fn errors(&self, status: StatusCode, request_id: &str) -> Value {
        let title = status.canonical_reason().unwrap_or("Error");
        json!({"errors": [{
            "id": request_id,
            "status": status.as_u16().to_string(),
            "code": self.code(status),
            "title": title,
            "detail": self.detail(),
        }]})
    }

    /// The 403 of the organizations API; its time has an offset without a colon (unconfirmed).
    fn timestamped(&self, status: StatusCode, path: &str, now_ms: i64, request_id: &str) -> Value {
        json!({
            "timestamp": time::offset(now_ms),
            "status": status.as_u16(),
            "error": status.canonical_reason().unwrap_or("Forbidden"),
            "message": self.detail(),
            "path": path,
            "requestId": request_id,
        })
    }

    /// `{"key":…}` of user management.
    fn keyed(&self, status: StatusCode) -> Value {
        match self {
            Self::Unauthorized => json!({"key": "unauthorized"}),
            Self::Forbidden(_) => json!({"key": "forbidden"}),
            Self::NotOnAccount(reason) => {
                json!({"key": "forbidden.action", "context": {"allowed": false, "reason": {"key": reason}}})
            }
            Self::AccountNotFound | Self::UserNotFound => json!({"key": "accountNotFound"}),
            Self::BadBody(_) => json!({"key": "bodyParseFailure"}),
            Self::Lifecycle { account_id, code, message } => json!({
                "key": "conflict.lifecycleErrors",
                "context": {
                    "message": message,
                    "accountId": account_id,
                    "errorCodes": [{"code": code, "message": message}],
                },
            }),
            _ => match status.as_u16() {
                401 => json!({"key": "unauthorized"}),
                403 => json!({"key": "forbidden"}),
                404 => json!({"key": "notFound"}),
                429 => json!({"key": "rateLimited"}),
                400 => json!({"key": "fieldConstraintsViolated"}),
                _ => json!({"key": "internalError"}),
            },
        }
    }

    /// The application-specific error code.
    fn code(&self, status: StatusCode) -> String {
        let code = match self {
            Self::OrgNotFound => "ADMIN-404-2",
            Self::UserNotFound | Self::AccountNotFound => "ADMIN-404-8",
            Self::BadCursor => "ADMIN-400-1",
            Self::BadTime(_) => "ADMIN-400-3",
            Self::BadRequest(_) => "ADMIN-400-21",
            Self::BadBody(_) => "ADMIN-400-24",
            Self::Forbidden(_) => "ADMIN-403-3",
            _ => return format!("ADMIN-{}-1", status.as_u16()),
        };
        code.to_owned()
    }

    fn detail(&self) -> String {
        match self {
            Self::Unauthorized => "Unauthorized".into(),
            Self::Forbidden(detail) | Self::BadTime(detail) | Self::BadRequest(detail) | Self::BadBody(detail) => {
                detail.clone()
            }
            Self::NotOnAccount(reason) => (*reason).into(),
            Self::OrgNotFound => "Organization not found".into(),
            Self::UserNotFound | Self::AccountNotFound => "User not found".into(),
            Self::NotFound | Self::UnknownResource => "Unknown resource".into(),
            Self::BadCursor => "Invalid page cursor".into(),
            Self::Lifecycle { message, .. } => (*message).into(),
            Self::RateLimited { .. } => "Rate limit exceeded".into(),
            Self::Ordered(status, _) => format!("Ordered to answer {status}"),
            Self::Internal => "Internal error".into(),
        }
    }
}

fn proxy(status: StatusCode, message: &str) -> Value {
    json!({"code": status.as_u16(), "message": message})
}
