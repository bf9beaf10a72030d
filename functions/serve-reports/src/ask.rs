//! A request, taken apart: what the handlers ask of it.

use crate::route::{Access, Route};
use lambda_http::{
    Body, Request,
    http::{HeaderName, Method, header},
};
use serde::de::DeserializeOwned;
use shared::{
    decide::govern::check_kept,
    error::{Error, Result},
    model::{CredentialKind, CredentialRef, Org, OrgId, Principal, Timestamp},
    ports::CaseReader,
};

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A request on a route, by somebody, at a time.
pub(crate) struct Ask<'a> {
    pub(crate) request: &'a Request,
    pub(crate) route: Route,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) principal: Principal,
    pub(crate) now: Timestamp,
}

impl Ask<'_> {
    /// A parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A parameter of the query string that is not empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    }

    /// A parameter of the query string that must be one of a known set.
    pub(crate) fn choice<T: Copy>(&self, name: &str, all: &[T], text: impl Fn(T) -> &'static str) -> Result<Option<T>> {
        let Some(given) = self.query(name) else { return Ok(None) };
        let known = || all.iter().map(|value| text(*value)).collect::<Vec<_>>().join(", ");
        let found = all.iter().copied().find(|value| text(*value) == given);
        found.map(Some).ok_or_else(|| Error::invalid(name, format!("it must be one of: {}", known())))
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the caller accepts this media type by name.
    pub(crate) fn accepts(&self, media_type: &str) -> bool {
        accepts(self.request, media_type)
    }

    /// The org that the path names, if it is registered and the principal may see it. One that was removed can only be
    /// read: nothing follows from what is written there any more.
    pub(crate) async fn org<S: CaseReader>(&self, store: &S) -> Result<Org> {
        let org = self.visible(store, &OrgId::new(self.param("org"))).await?;
        match self.reads() {
            true => Ok(org),
            false => check_kept(&org).map(|()| org),
        }
    }

    fn reads(&self) -> bool {
        [Method::GET, Method::HEAD].contains(&self.route.method())
    }

    /// An org, if it is registered and the principal may see it; the refusal does not tell these apart.
    pub(crate) async fn visible<S: CaseReader>(&self, store: &S, id: &OrgId) -> Result<Org> {
        let found = if self.principal.sees(id) { store.org(id).await? } else { None };
        found.ok_or_else(|| Error::NotFound("the org".into()))
    }

    /// The credential that the path names.
    pub(crate) fn credential(&self) -> Result<CredentialRef> {
        let kind: CredentialKind = self.param("kind").parse().map_err(|reason| Error::invalid("kind", reason))?;
        Ok(CredentialRef { kind, id: self.param("id").into() })
    }

    /// The fields of a form.
    pub(crate) fn form(&self) -> Result<Vec<(String, String)>> {
        let text =
            std::str::from_utf8(self.body()?).map_err(|_| Error::invalid("the form", "it must be UTF-8 text"))?;
        Ok(pairs(text).collect())
    }

    /// The body's bytes.
    pub(crate) fn body(&self) -> Result<&[u8]> {
        let bytes = bytes(self.request);
        if bytes.len() > MAX_BODY_BYTES {
            return Err(Error::TooLarge { limit_bytes: MAX_BODY_BYTES });
        }
        Ok(bytes)
    }

    /// The body as JSON. A refusal names the place and repeats nothing of the body.
    pub(crate) fn json<T: DeserializeOwned>(&self, shape: &str) -> Result<T> {
        serde_json::from_slice(self.body()?).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::invalid("the body", format!("line {line}, column {column}: it must be JSON like {shape}"))
        })
    }
}

/// Whether a request accepts this media type by name.
pub(crate) fn accepts(request: &Request, media_type: &str) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type))
}

fn bytes(request: &Request) -> &[u8] {
    match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes.as_slice(),
        _ => &[],
    }
}

/// The token of a form, as the header that a browser cannot send.
pub(crate) fn form_token(route: Route, request: &Request) -> Option<String> {
    match route.access() {
        Access::Everyone | Access::Link | Access::PageReader | Access::Holder(_) => None,
        Access::Form(_) => {
            let text = std::str::from_utf8(bytes(request)).ok()?;
            let token = pairs(text).find(|(name, _)| name == TOKEN_FIELD)?.1;
            Some(format!("Bearer {}", token.trim()))
        }
    }
}

/// The field of a form that holds the API token.
pub(crate) const TOKEN_FIELD: &str = "token";

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split('&').filter(|pair| !pair.is_empty()).map(pair)
}

/// The query string, decoded; a name that the route does not know is refused, because a filter that is
/// misspelt and ignored would show too much.
pub(crate) fn query(route: Route, text: &str) -> Result<Vec<(String, String)>> {
    let pairs: Vec<_> = pairs(text).collect();
    match pairs.iter().find(|(name, _)| !route.query().contains(&name.as_str())) {
        Some(_) if route.query().is_empty() => Err(Error::invalid("the query", "this route takes none")),
        Some(_) => Err(Error::invalid("the query", format!("known parameters: {}", route.query().join(", ")))),
        None => Ok(pairs),
    }
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (decoded(name), decoded(value))
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// A reason that a person must give with a decision.
pub(crate) fn reason(text: &str) -> Result<&str> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Error::invalid("reason", "say why, in at least one word")),
        1..=1000 => Ok(text),
        _ => Err(Error::invalid("reason", "use at most 1000 characters")),
    }
}
