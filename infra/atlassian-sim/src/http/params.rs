//! Query parameters, in order and with repetitions.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use super::refusal::Refusal;
use crate::time;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The value of a parameter, where it is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str()).filter(|value| !value.is_empty())
    }

    /// The values of a parameter, whether it is repeated or separated by commas.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |pair| pair.0 == name);
        values.flat_map(|pair| pair.1.split(',')).filter(|value| !value.is_empty())
    }

    /// A number within bounds, or the default where it is absent.
    pub(crate) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number = usize::from_str(text).ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| Refusal::BadRequest(format!("{name} must be a number from 1 to {most}")))
    }

    /// An instant as epoch milliseconds.
    pub(crate) fn millis(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Refusal::BadTime(format!("{name} must be epoch milliseconds")))
    }

    /// An instant in RFC 3339 or epoch milliseconds.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        time::parse(text).map(Some).ok_or_else(|| Refusal::BadTime(format!("{name} is not a date and time")))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        pairs.map(|Query(pairs)| Self(pairs)).map_err(|_| Refusal::BadRequest("the query cannot be read".into()))
    }
}
