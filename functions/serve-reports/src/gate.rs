//! Who is asking.

use crate::ask;
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{
    Request,
    http::{HeaderName, HeaderValue, Method, header},
};
use shared::{
    error::{Error, Result},
    model::{OrgId, Principal, Secret, Timestamp},
    ports::{Clock, SecretSource},
    secrets::SecretCache,
};
use std::{borrow::Cow, collections::BTreeSet, future::Future, sync::Arc};

/// Knows the credentials of this API.
pub trait Gate: Send + Sync {
    /// Whose credential this is; `None` if nobody's.
    fn authenticate(&self, bearer: &str, now: Timestamp) -> impl Future<Output = Result<Option<Principal>>> + Send;
    /// The subjects who may approve in an org.
    fn approvers(&self, org: &OrgId, now: Timestamp) -> impl Future<Output = Result<BTreeSet<String>>> + Send;
    /// The keys that links in mails are signed with.
    fn link_keys(&self) -> impl Future<Output = Result<Vec<Secret>>> + Send;
}

impl<S: SecretSource, C: Clock> Gate for SecretCache<S, C> {
    async fn authenticate(&self, bearer: &str, now: Timestamp) -> Result<Option<Principal>> {
        self.authenticate_api(bearer, now).await
    }

    async fn approvers(&self, org: &OrgId, now: Timestamp) -> Result<BTreeSet<String>> {
        self.api_approvers(org, now).await
    }

    async fn link_keys(&self) -> Result<Vec<Secret>> {
        SecretCache::link_keys(self).await
    }
}

impl<G: Gate> Gate for Arc<G> {
    async fn authenticate(&self, bearer: &str, now: Timestamp) -> Result<Option<Principal>> {
        G::authenticate(self, bearer, now).await
    }

    async fn approvers(&self, org: &OrgId, now: Timestamp) -> Result<BTreeSet<String>> {
        G::approvers(self, org, now).await
    }

    async fn link_keys(&self) -> Result<Vec<Secret>> {
        G::link_keys(self).await
    }
}

/// The principal behind an `Authorization` header.
pub(crate) async fn principal<G: Gate>(gate: &G, header: Option<&str>, now: Timestamp) -> Result<Principal> {
    let Some(token) = header.and_then(token) else { return Err(Error::Unauthorized) };
    gate.authenticate(&token, now).await?.ok_or(Error::Unauthorized)
}

/// The API token: what follows `Bearer`, or the password behind `Basic`, with any user name (RFC 7617).
fn token(header: &str) -> Option<Cow<'_, str>> {
    let (scheme, rest) = header.split_once(' ')?;
    let token = match scheme {
        bearer if bearer.eq_ignore_ascii_case("bearer") => Cow::Borrowed(rest.trim()),
        basic if is_basic(basic) => Cow::Owned(password(rest.trim())?),
        _other => return None,
    };
    Some(token).filter(|token| !token.is_empty())
}

fn is_basic(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("basic")
}

fn password(encoded: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// A browser sends Basic by itself, also where a page of another site makes it send something: then the request must
/// prove that it comes from a page of ours.
///
/// # Errors
/// [`Error::Forbidden`] where it does not.
pub(crate) fn check_source(request: &Request) -> Result<()> {
    let text = |name| request.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let scheme = text(header::AUTHORIZATION).and_then(|header| header.split(' ').next());
    if reads || !scheme.is_some_and(is_basic) {
        return Ok(());
    }
    let ours = match (text(SEC_FETCH_SITE), text(header::ORIGIN), text(header::HOST)) {
        (Some(site), _, _) => ["same-origin", "none"].contains(&site),
        (None, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        }
        (None, _, _) => false,
    };
    ours.then_some(()).ok_or_else(|| {
        let why = "a request that changes something and signs in by Basic must come from a page of this address \
                   (`Sec-Fetch-Site: same-origin`, or an `Origin` with the same host); programs send \
                   `Authorization: Bearer` instead";
        Error::Forbidden(why.to_owned())
    })
}

/// Where a browser says from where a request comes (Fetch Metadata Request Headers, W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// By which schemes whoever sent this request may sign in, as challenges of a 401. A browser asks its user for Basic only;
/// it stands first, because API Gateway is given the first of several headers of one name.
pub(crate) fn challenges(request: &Request) -> &'static [&'static str] {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    match reads && ask::accepts(request, "text/html") {
        true => &[r#"Basic realm="Tokenwarden", charset="UTF-8""#, "Bearer"],
        false => &["Bearer"],
    }
}
