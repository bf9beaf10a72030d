//! One call of Atlassian: the key, the answer in our words, and patience where that is safe.

use super::{endpoint::Endpoint, limit::wait_after, next::next_cursor};
use crate::{
    config::AtlassianSettings,
    error::{Error, Result},
    model::{OrgId, Secret, mask::mask},
    ports::{Clock, SecretSource},
    secrets::{KeyScope, SecretCache},
    wire::errors::{AtlassianError, parse_error},
};
use reqwest::{Method, StatusCode, Url, header::ACCEPT};
use serde::de::DeserializeOwned;
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

/// A reading call is made at most this often.
const READ_ATTEMPTS: u32 = 3;
/// The wait before a second try; it doubles, and up to as much again is added by chance.
const BACKOFF: Duration = Duration::from_millis(150);
/// A longer body is no list of Atlassian's: 1,000 tokens take about 1 MB, 500 events about 2 MB.
const BODY_BYTES: usize = 32 * 1024 * 1024;
/// The code of a cursor that is no longer known (Organizations API spec).
const BAD_CURSOR: &str = "ADMIN-400-1";

/// Calls Atlassian with one of the two keys. Holds no key itself: it is looked up by org.
pub struct AtlassianClient<S, C> {
    http: reqwest::Client,
    base: Url,
    secrets: Arc<SecretCache<S, C>>,
    scope: KeyScope,
}

/// What Atlassian answered, where the caller knows what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// 2xx.
    Done { status: u16, body: String },
    /// 400, and it is not the cursor.
    BadRequest(AtlassianError),
    /// 404.
    NotFound(AtlassianError),
}

/// The parameters of a query.
pub(super) type Query<'a> = &'a [(&'a str, String)];

struct Answer {
    status: StatusCode,
    wait: Duration,
    body: String,
}

impl<S: SecretSource, C: Clock> AtlassianClient<S, C> {
    /// A client for the base URL of the settings.
    ///
    /// # Errors
    /// [`Error::Setting`] if that is no `http` or `https` URL.
    pub fn new(
        http: reqwest::Client,
        settings: &AtlassianSettings,
        secrets: Arc<SecretCache<S, C>>,
        scope: KeyScope,
    ) -> Result<Self> {
        let base = Url::parse(&settings.base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or_else(|| Error::Setting {
            name: "ATLASSIAN_BASE_URL".into(),
            reason: "must be a URL that begins with http:// or https://".into(),
        })?;
        Ok(Self { http, base, secrets, scope })
    }

    pub(super) fn secrets(&self) -> &SecretCache<S, C> {
        &self.secrets
    }

    /// Makes a call with the org's key.
    pub(super) async fn call(&self, org: &OrgId, endpoint: Endpoint<'_>, query: Query<'_>) -> Result<Reply> {
        let url = self.url(endpoint, query)?;
        let key = self.secrets.atlassian_key(self.scope, org).await?;
        let mut answer = self.patiently(endpoint, &url, &key).await?;
        if answer.status == StatusCode::UNAUTHORIZED
            && let Some(newer) = self.secrets.rotated_key(self.scope, org, &key).await?
            && !endpoint.changes()
        {
            answer = self.patiently(endpoint, &url, &newer).await?;
        }
        let has_cursor = query.iter().any(|(name, _)| *name == "cursor");
        understand(endpoint, answer, if has_cursor { Cursor::Sent } else { Cursor::None })
    }

    /// Makes a call of which only a 2xx with a JSON body is of use.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        org: &OrgId,
        endpoint: Endpoint<'_>,
        query: Query<'_>,
    ) -> Result<T> {
        self.call(org, endpoint, query).await?.json(endpoint)
    }

    /// The cursor of a list's next page.
    pub(super) fn next(&self, next: Option<&str>, endpoint: Endpoint<'_>) -> Result<Option<String>> {
        next_cursor(&self.base, next, endpoint.what())
    }

    fn url(&self, endpoint: Endpoint<'_>, query: Query<'_>) -> Result<Url> {
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), endpoint.path()?);
        let mut url = self.base.clone();
        url.set_path(&path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Repeats a reading call after a 5xx or a broken connection, twice at most. Nothing else is ever repeated; a call
    /// that ran out of time is not either, because the next one would take as long.
    async fn patiently(&self, endpoint: Endpoint<'_>, url: &Url, key: &Secret) -> Result<Answer> {
        let attempts = if endpoint.method() == Method::GET { READ_ATTEMPTS } else { 1 };
        for attempt in 1..attempts {
            match self.once(endpoint, url, key).await {
                Ok(answer) if !answer.status.is_server_error() => return Ok(answer),
                Err(Failure::InTime(error)) => return Err(error),
                Ok(_) | Err(Failure::Transport(_)) => self.secrets.clock().sleep(backoff(attempt)).await,
            }
        }
        self.once(endpoint, url, key).await.map_err(Failure::into_error)
    }

    async fn once(&self, endpoint: Endpoint<'_>, url: &Url, key: &Secret) -> Result<Answer, Failure> {
        let mut request = self.http.request(endpoint.method(), url.clone()).header(ACCEPT, "application/json");
        if let Some(body) = endpoint.body() {
            request = request.json(&body);
        }
        let failed = |error| Failure::of(endpoint, error);
        let mut response = request.bearer_auth(key.expose()).send().await.map_err(failed)?;
        let (status, wait) = (response.status(), wait_after(response.headers(), self.secrets.clock().now()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_BYTES {
                return Err(Failure::InTime(upstream(endpoint, "the answer is too long")));
            }
        }
        Ok(Answer { status, wait, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Why there is no answer.
enum Failure {
    /// The way to Atlassian broke: a reading call may be made again.
    Transport(Error),
    /// Another try would not help.
    InTime(Error),
}

impl Failure {
    fn of(endpoint: Endpoint<'_>, error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::InTime(upstream(endpoint, "no answer in time"));
        }
        // Without the URL, and with the last cause, which says what happened.
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Transport(upstream(endpoint, &format!("no answer: {}", mask(&cause.to_string()))))
    }

    fn into_error(self) -> Error {
        match self {
            Self::Transport(error) | Self::InTime(error) => error,
        }
    }
}

enum Cursor {
    Sent,
    None,
}

fn understand(endpoint: Endpoint<'_>, answer: Answer, cursor: Cursor) -> Result<Reply> {
    let what = endpoint.what();
    if answer.status.is_success() {
        return Ok(Reply::Done { status: answer.status.as_u16(), body: answer.body });
    }
    let said = parse_error(&answer.body);
    match (answer.status, cursor) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
            Err(Error::NotPermitted { what: what.into(), reason: status_and(answer.status, &said) })
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => Err(Error::RateLimited { what: what.into(), after: answer.wait }),
        (StatusCode::BAD_REQUEST, Cursor::Sent) if said.is(BAD_CURSOR) => Err(Error::BadCursor),
        (StatusCode::BAD_REQUEST, _) => Ok(Reply::BadRequest(said)),
        (StatusCode::NOT_FOUND, _) => Ok(Reply::NotFound(said)),
        (status, _) => Err(upstream(endpoint, &status_and(status, &said))),
    }
}

impl Reply {
    /// The JSON of a 2xx; everything else is a failure of Atlassian's.
    pub(super) fn json<T: DeserializeOwned>(&self, endpoint: Endpoint<'_>) -> Result<T> {
        match self {
            Self::Done { body, .. } => serde_json::from_str(body).map_err(|error| {
                upstream(endpoint, &format!("the answer is not what was expected: {}", mask(&error.to_string())))
            }),
            Self::BadRequest(_) | Self::NotFound(_) => Err(self.unexpected(endpoint)),
        }
    }

    /// The error for an answer that the caller has no meaning for.
    pub(super) fn unexpected(&self, endpoint: Endpoint<'_>) -> Error {
        match self {
            Self::Done { status, .. } => upstream(endpoint, &format!("unexpected status {status}")),
            Self::BadRequest(said) => upstream(endpoint, &status_and(StatusCode::BAD_REQUEST, said)),
            Self::NotFound(said) => upstream(endpoint, &status_and(StatusCode::NOT_FOUND, said)),
        }
    }
}

fn status_and(status: StatusCode, said: &AtlassianError) -> String {
    match said.text.as_str() {
        "" => format!("status {}", status.as_u16()),
        text => format!("status {}: {text}", status.as_u16()),
    }
}

/// An [`Error::Upstream`] about a request.
pub(super) fn upstream(endpoint: Endpoint<'_>, reason: &str) -> Error {
    Error::Upstream { what: endpoint.what().to_owned(), reason: reason.to_owned() }
}

/// The standard library's random hasher is chance enough for jitter, and no dependency.
fn backoff(attempt: u32) -> Duration {
    let base = BACKOFF * 2_u32.pow(attempt - 1);
    let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
    base + base.mul_f64(chance)
}
