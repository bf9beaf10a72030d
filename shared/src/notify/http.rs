//! POSTs to endpoints whose address is a secret.

use crate::{
    model::{Secret, mask::mask},
    ports::{Delivery, Refusal},
};
use reqwest::{
    RequestBuilder, Response, Url,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use serde_json::Value;
use std::time::Duration;

/// Posts JSON; any 2xx counts as taken. The answer's body is not read: it may repeat what was sent.
pub(super) async fn post(
    client: &reqwest::Client,
    url: &Secret,
    body: Value,
    headers: &[(&'static str, String)],
) -> Delivery {
    let request = headers
        .iter()
        .fold(request(client, checked(url)?, &body), |request, (name, value)| request.header(*name, value));
    let answer = sent(request).await?;
    if answer.status().is_success() { Ok(()) } else { Err(refused(&answer)) }
}

/// A POST of JSON, not sent yet.
pub(super) fn request(client: &reqwest::Client, url: Url, body: &Value) -> RequestBuilder {
    client.post(url).header(CONTENT_TYPE, "application/json").body(body.to_string())
}

/// Sends it; whatever the status, there is an answer.
pub(super) async fn sent(request: RequestBuilder) -> Result<Response, Refusal> {
    request.send().await.map_err(|error| Refusal::new(why(error)))
}

/// What an answer says that is none of those that were hoped for: its status, and how long to wait.
pub(super) fn refused(answer: &Response) -> Refusal {
    Refusal { reason: format!("status {}", answer.status().as_u16()), wait: wait(answer.headers()) }
}

/// The beginning of an answer's body, `limit_bytes` long at most; what follows is not read.
pub(super) async fn body(mut answer: Response, limit_bytes: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| Refusal::new(why(error)))? {
        body.extend_from_slice(&part[..part.len().min(limit_bytes - body.len())]);
        if body.len() == limit_bytes {
            break;
        }
    }
    Ok(body)
}

/// Only `https`, and `http` on the loopback.
pub(super) fn checked(url: &Secret) -> Result<Url, Refusal> {
    let refused = || Refusal::new("its address in the secret messages must begin with https://");
    let url = Url::parse(url.expose()).map_err(|_| refused())?;
    let loopback = url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
    if url.scheme() == "https" || loopback { Ok(url) } else { Err(refused()) }
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3); a date there is left out of account.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let secs = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(secs))
}

/// The last cause, which says what happened, without the address.
fn why(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("no answer: {}", mask(&cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_the_loopback() {
        let taken = |url: &str| checked(&Secret::new(url)).is_ok();
        assert!(taken("https://hooks.example.com/services/T0") && taken("http://127.0.0.1:9/x"));
        for url in ["http://hooks.example.com/x", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/", "hooks"] {
            assert!(!taken(url), "{url}");
            assert!(!checked(&Secret::new(url)).unwrap_err().reason.contains(url));
        }
    }
}
