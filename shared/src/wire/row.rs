//! What the rows of Atlassian's lists have in common.

use crate::error::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

/// The `links` of a page; `next` is a cursor or a URL, by API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    /// Where the list goes on; `null`, empty or missing at its end.
    pub next: Option<String>,
}

/// A page of a list whose rows are under `data`.
#[derive(Debug, Deserialize)]
pub struct Listing<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the list goes on.
    #[serde(default)]
    pub links: Option<Link>,
}

/// A text or a number as text; `None` where it is missing, empty or something else.
pub(super) fn clean(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A field without which a row means nothing: a row that cannot be told is not dropped, it fails its page.
pub(super) fn require(value: Option<&Value>, what: &str, field: &str) -> Result<String> {
    clean(value).ok_or_else(|| Error::Upstream { what: what.to_owned(), reason: format!("a row has no {field}") })
}

/// A word of an open list, in lower case.
pub(super) fn status_word(value: Option<&Value>) -> Option<String> {
    clean(value).map(|word| word.to_ascii_lowercase())
}
