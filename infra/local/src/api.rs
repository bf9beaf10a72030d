//! The HTTP API of a deployment, as the commands use it.

use crate::failure::{Failure, Result};
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use shared::model::{OrgState, Secret, Timestamp};
use std::time::Duration;

const TOKEN: &str = "TOKENWARDEN_TOKEN";
/// The largest answer that is read: a page of a list has at most some megabytes.
const MOST_BYTES: usize = 64 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which deployment a command speaks to.
#[derive(Debug, Args)]
pub(crate) struct ApiArgs {
    /// Base URL of the deployment's API; the token is taken from TOKENWARDEN_TOKEN
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8787", value_parser = base_url)]
    api: String,
}

/// Whether a text is the base URL of an HTTP API.
pub(crate) fn base_url(text: &str) -> std::result::Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}; it must be like http://127.0.0.1:8788"))?;
    match (url.scheme(), url.query(), url.fragment()) {
        ("http" | "https", None, None) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("it must be like http://127.0.0.1:8788".into()),
    }
}

/// A deployment, with the token of whoever speaks to it.
pub(crate) struct Api {
    client: Client,
    base: String,
    token: Secret,
}

/// An org as the API lists it.
#[derive(Debug, Deserialize)]
pub(crate) struct OrgRow {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    #[serde(default)]
    pub(crate) name: String,
    /// Whether it is governed.
    #[serde(default)]
    pub(crate) state: OrgState,
    /// How it is.
    #[serde(default)]
    pub(crate) status: String,
    /// When its last report was taken.
    #[serde(default)]
    pub(crate) last_report_at: Option<Timestamp>,
    /// How far behind the reading of its audit log is.
    #[serde(default)]
    pub(crate) poll_lag_secs: Option<i64>,
    /// The mode of its policy.
    #[serde(default)]
    pub(crate) mode: String,
}

impl OrgRow {
    /// Id and name, for people.
    pub(crate) fn label(&self) -> String {
        if self.name.is_empty() { self.id.clone() } else { format!("{} ({})", self.name, self.id) }
    }
}

/// How far behind something is, for people.
pub(crate) fn lag(secs: Option<i64>) -> String {
    match secs {
        None => "not read".into(),
        Some(secs @ ..120) => format!("{secs} s"),
        Some(secs @ ..7_200) => format!("{} min", secs / 60),
        Some(secs @ ..172_800) => format!("{} h", secs / 3_600),
        Some(secs) => format!("{} days", secs / 86_400),
    }
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// The beginning of a list.
pub(crate) struct First<T> {
    /// Its rows.
    pub(crate) rows: Vec<T>,
    /// Whether there are more.
    pub(crate) goes_on: bool,
}

impl Api {
    /// The deployment that the options name; the token is the environment's.
    pub(crate) fn new(args: &ApiArgs) -> Result<Self> {
        let token = shared::config::environment(TOKEN).filter(|token| !token.is_empty()).ok_or_else(|| {
            let reason = "is not set; set it to a token of this deployment's API (on a simulated org: local-admin)";
            Failure::Option { name: TOKEN, reason: reason.into() }
        })?;
        let client = shared::http::atlassian_http_client(TIMEOUT);
        Ok(Self { client, base: args.api.clone(), token: Secret::new(token) })
    }

    /// A deployment, by a token that is at hand.
    pub(crate) fn with_token(base: &str, token: Secret) -> Self {
        Self::within(base, token, TIMEOUT)
    }

    /// The status of the answer to an empty list that is posted.
    pub(crate) async fn status_of_post(&self, url: &str) -> Result<u16> {
        let request = self.client.post(url).json(&Value::Array(Vec::new()));
        Ok(self.answer(request, &Method::POST, url).await?.0.as_u16())
    }

    /// A deployment that is asked with this token; each call must be over within a time.
    pub(crate) fn within(base: &str, token: Secret, timeout: Duration) -> Self {
        Self { client: shared::http::atlassian_http_client(timeout), base: base.to_owned(), token }
    }

    /// The path of the list of orgs.
    pub(crate) fn orgs_path(&self) -> String {
        format!("{}/v1/orgs", self.base)
    }

    /// The path of an org.
    pub(crate) fn one_path(&self, org: &str) -> String {
        format!("{}/{}", self.orgs_path(), utf8_percent_encode(org, NON_ALPHANUMERIC))
    }

    /// The path of something of an org.
    pub(crate) fn org_path(&self, org: &str, rest: &str) -> String {
        format!("{}/{rest}", self.one_path(org))
    }

    /// The orgs that the token may see, or the one that was named.
    pub(crate) async fn orgs(&self, named: Option<&str>) -> Result<Vec<OrgRow>> {
        let mut orgs: Vec<OrgRow> = self.all(&self.orgs_path()).await?;
        if let Some(named) = named {
            orgs.retain(|org| org.id == named);
        }
        if orgs.is_empty() {
            let reason = named.map_or("governs no org that this token may see".into(), |named| {
                format!("governs no org {named} that this token may see; `GET /v1/orgs` lists them")
            });
            return Err(Failure::Api { what: self.base.clone(), reason });
        }
        Ok(orgs)
    }

    /// One thing.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        self.send(self.client.get(url), &Method::GET, url).await
    }

    /// Every row of a list.
    pub(crate) async fn all<T: DeserializeOwned>(&self, url: &str) -> Result<Vec<T>> {
        Ok(self.first(url, usize::MAX).await?.rows)
    }

    /// Every row of a list that has no pages: it takes no limit and no cursor.
    pub(crate) async fn whole<T: DeserializeOwned>(&self, url: &str) -> Result<Vec<T>> {
        Ok(self.get::<Page<T>>(url).await?.items)
    }

    /// The first rows of a list, about as many as are wanted.
    pub(crate) async fn first<T: DeserializeOwned>(&self, url: &str, most: usize) -> Result<First<T>> {
        let (first, broken) = self.readable(url, most).await?;
        broken.map_or(Ok(first), |reason| Err(Failure::Broken(reason)))
    }

    /// As [`Api::first`], up to the first row that cannot be read as it is stored, and what is said of that one.
    pub(crate) async fn readable<T: DeserializeOwned>(
        &self,
        url: &str,
        most: usize,
    ) -> Result<(First<T>, Option<String>)> {
        let (mut rows, mut cursor, mut limit) = (Vec::new(), None::<String>, "200");
        loop {
            let cursor_of = cursor.as_ref().map(|cursor| ("cursor", cursor));
            let request = self.client.get(url).query(&[("limit", limit)]).query(&cursor_of.as_slice());
            match self.send::<Page<T>>(request, &Method::GET, url).await {
                Ok(page) => {
                    rows.extend(page.items);
                    cursor = page.next;
                }
                Err(Failure::Broken(reason)) if limit == "1" => {
                    return Ok((First { rows, goes_on: false }, Some(reason)));
                }
                // A page is refused as a whole: those before the broken row are read one by one.
                Err(Failure::Broken(_)) => {
                    limit = "1";
                    continue;
                }
                Err(failure) => return Err(failure),
            }
            if cursor.is_none() || rows.len() >= most {
                return Ok((First { rows, goes_on: cursor.is_some() }, None));
            }
        }
    }

    /// A text; `None` where there is none.
    pub(crate) async fn text(&self, url: &str) -> Result<Option<String>> {
        match self.answer(self.client.get(url), &Method::GET, url).await? {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (status, text) if status.is_success() => Ok(Some(text)),
            (status, text) => Err(Failure::Api { what: format!("GET {url}"), reason: refused(status, &text) }),
        }
    }

    /// Every row of a list as CSV, with one header. Where a page says that there is a next one, only its cursor is
    /// taken: the token goes to no address that an answer names.
    pub(crate) async fn csv(&self, url: &str, limit: u32) -> Result<String> {
        let (mut rows, mut cursor) = (String::new(), None::<String>);
        loop {
            let cursor_of = cursor.as_ref().map(|cursor| ("cursor", cursor));
            let request = self.client.get(url).query(&[("limit", limit)]).query(&cursor_of.as_slice());
            let (text, next) = self.csv_page(request, url).await?;
            let header = rows.split_inclusive('\n').next().unwrap_or_default();
            let page = text.strip_prefix(header).ok_or_else(|| Failure::Api {
                what: format!("GET {url}"),
                reason: "its pages have different columns".into(),
            })?;
            rows.push_str(page);
            cursor = next;
            if cursor.is_none() {
                return Ok(rows);
            }
        }
    }

    async fn csv_page(&self, request: RequestBuilder, url: &str) -> Result<(String, Option<String>)> {
        let failed = |reason: String| Failure::Api { what: format!("GET {url}"), reason };
        let answer = self.reached(request, &Method::GET, url).await?;
        let (status, link) = (answer.status(), answer.headers().get(header::LINK).cloned());
        let text = text_of(answer).await.map_err(failed)?;
        match status.is_success() {
            true => Ok((text, link.and_then(|link| next_cursor(link.to_str().ok()?)))),
            false => Err(failed(refused(status, &text))),
        }
    }

    /// Replaces something.
    pub(crate) async fn put<T: DeserializeOwned>(&self, url: &str, body: &Value) -> Result<T> {
        self.send(self.client.put(url).json(body), &Method::PUT, url).await
    }

    /// Replaces something if it is still as its tag says.
    pub(crate) async fn put_over<T: DeserializeOwned>(&self, url: &str, body: &Value, etag: &str) -> Result<T> {
        let request = self.client.put(url).header(header::IF_MATCH, etag).json(body);
        self.send(request, &Method::PUT, url).await
    }

    /// Makes something new.
    pub(crate) async fn post<T: DeserializeOwned>(&self, url: &str, body: &Value) -> Result<T> {
        self.send(self.client.post(url).json(body), &Method::POST, url).await
    }

    /// Changes a part of something.
    pub(crate) async fn patch<T: DeserializeOwned>(&self, url: &str, body: &Value) -> Result<T> {
        self.send(self.client.patch(url).json(body), &Method::PATCH, url).await
    }

    /// Removes something.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        self.send(self.client.delete(url), &Method::DELETE, url).await
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder, method: &Method, url: &str) -> Result<T> {
        let failed = |reason: String| Failure::Api { what: format!("{method} {url}"), reason };
        let (status, text) = self.answer(request, method, url).await?;
        if let Some(reason) = broken(&text).filter(|_| status.is_server_error()) {
            return Err(Failure::Broken(reason));
        }
        if !status.is_success() {
            return Err(failed(refused(status, &text)));
        }
        serde_json::from_str(&text)
            .map_err(|error| failed(format!("the answer is not what this release expects: {error}")))
    }

    async fn answer(&self, request: RequestBuilder, method: &Method, url: &str) -> Result<(StatusCode, String)> {
        let failed = |reason: String| Failure::Api { what: format!("{method} {url}"), reason };
        let answer = self.reached(request, method, url).await?;
        let status = answer.status();
        Ok((status, text_of(answer).await.map_err(failed)?))
    }

    async fn reached(&self, request: RequestBuilder, method: &Method, url: &str) -> Result<Response> {
        request.bearer_auth(self.token.expose()).send().await.map_err(|error| Failure::Api {
            what: format!("{method} {url}"),
            reason: format!("not reached: {}; is it running, and is its address right?", because(&error)),
        })
    }
}

/// An answer's text, unless it is larger than any that a deployment gives.
async fn text_of(mut answer: Response) -> std::result::Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| because(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return Err(format!("the answer has more than {} MiB", MOST_BYTES >> 20));
        }
    }
    String::from_utf8(bytes).map_err(|_| "the answer is no UTF-8 text".into())
}

/// The cursor in a header such as `</v1/…?limit=500&cursor=abc>; rel="next"`.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(',').find(|link| link.contains("rel=\"next\""))?;
    let (_, query) = next.split_once('<')?.1.split_once('>')?.0.split_once('?')?;
    let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
    Some(percent_decode_str(cursor).decode_utf8_lossy().into_owned())
}

/// What is said of something that is not stored as it was written.
fn broken(text: &str) -> Option<String> {
    let problem = serde_json::from_str::<Value>(text).ok()?;
    let damaged = problem["type"].as_str()?.ends_with(":damaged");
    problem["detail"].as_str().filter(|_| damaged).map(str::to_owned)
}

fn refused(status: StatusCode, text: &str) -> String {
    let problem = serde_json::from_str::<Value>(text).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("it gave no reason");
    let mend = match status {
        StatusCode::UNAUTHORIZED => "; check TOKENWARDEN_TOKEN",
        StatusCode::FORBIDDEN => "; use a token with that role in TOKENWARDEN_TOKEN",
        _ => "",
    };
    format!("{status}: {detail}{mend}")
}

/// The innermost reason of an HTTP failure: the outer ones only repeat the address.
pub(crate) fn because(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_next_page_only_the_cursor_is_taken() {
        let next = |link: &str| next_cursor(link);
        assert_eq!(next(r#"</v1/x.csv?limit=5&cursor=a%3Db>; rel="next""#).as_deref(), Some("a=b"));
        assert_eq!(next(r#"<https://evil.example/?cursor=c>; rel="next""#).as_deref(), Some("c"));
        assert_eq!(next(r#"</v1/x.csv?cursor=a>; rel="prev", </v1/x.csv?cursor=b>; rel="next""#).as_deref(), Some("b"));
        assert_eq!((next(r#"</v1/x.csv?limit=5>; rel="next""#), next("")), (None, None));
    }
}
