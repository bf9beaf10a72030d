//! Lists by `limit` and `cursor`: at most five DynamoDB pages a request.

use crate::{answer::Answer, ask::Ask};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lambda_http::http::header;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    error::{Error, Result},
    model::Page,
};
use std::future::Future;

/// How many DynamoDB pages one request reads.
pub(crate) const PAGES: usize = 5;
/// How many rows one DynamoDB page may hold where most of them may be filtered away.
pub(crate) const FILTERED_PAGE: u32 = 1000;

/// Where a list goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Which list; a cursor fits no other.
    #[serde(rename = "l")]
    pub(crate) list: String,
    /// The store's own cursor.
    #[serde(rename = "a")]
    pub(crate) after: Option<String>,
    /// How many rows after it were given already.
    #[serde(rename = "s")]
    pub(crate) skip: usize,
}

impl Place {
    /// The beginning of a list.
    pub(crate) fn start(list: impl Into<String>) -> Self {
        Self { list: list.into(), ..Self::default() }
    }

    /// As a cursor.
    pub(crate) fn seal(&self) -> String {
        seal(self)
    }

    /// From a cursor.
    pub(crate) fn open(cursor: &str) -> Result<Self> {
        open(cursor)
    }

    /// Where a request wants this list from.
    pub(crate) fn of(ask: &Ask<'_>, list: impl Into<String>) -> Result<Self> {
        let start = Self::start(list);
        let Some(cursor) = ask.query("cursor") else { return Ok(start) };
        let place = Self::open(cursor)?;
        if place.list == start.list { Ok(place) } else { Err(unknown()) }
    }
}

/// A place as opaque text.
pub(crate) fn seal(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// A place from opaque text.
pub(crate) fn open<T: for<'de> Deserialize<'de>>(cursor: &str) -> Result<T> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unknown())?;
    serde_json::from_slice(&bytes).map_err(|_| unknown())
}

/// The refusal of a cursor.
pub(crate) fn unknown() -> Error {
    Error::invalid("cursor", "it is damaged or belongs to another list; begin without one")
}

/// The `limit` of a request.
pub(crate) fn limit(ask: &Ask<'_>) -> Result<u32> {
    let Some(text) = ask.query("limit") else { return Ok(100) };
    let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| Error::invalid("limit", "it must be a whole number from 1 to 1000"))
}

/// A part of a list, and where it goes on.
#[derive(Debug)]
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<Place>,
}

impl<T> Part<T> {
    /// As the API answers a list, with `Link: rel=next` where it goes on.
    pub(crate) fn answer(&self, ask: &Ask<'_>, view: impl Fn(&T) -> Value) -> Answer {
        let items: Vec<Value> = self.items.iter().map(view).collect();
        let next = self.next.as_ref().map(Place::seal);
        linked(Answer::json(&json!({ "items": items, "next": next })), ask, next.as_deref())
    }
}

/// Adds `Link: rel=next`: the same request with the next cursor.
pub(crate) fn linked(answer: Answer, ask: &Ask<'_>, next: Option<&str>) -> Answer {
    let Some(next) = next else { return answer };
    let kept = ask.query.iter().filter(|(name, _)| name != "cursor");
    let query: String = kept.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    answer.with(header::LINK, format!("<{}?{query}cursor={next}>; rel=\"next\"", ask.request.uri().path()))
}

/// What RFC 3986 does not call unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a value for a path or a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Which rows of a list are wanted.
pub(crate) enum Keep<F> {
    /// All.
    All,
    /// Those that pass.
    Those(F),
}

/// Reads a list from a place until `limit` rows are kept, it ends, or five pages are read.
pub(crate) async fn walk<T, F>(
    mut place: Place,
    limit: u32,
    keep: Keep<impl Fn(&T) -> bool>,
    fetch: impl Fn(Option<String>, u32) -> F,
) -> Result<Part<T>>
where
    F: Future<Output = Result<Page<T>>>,
{
    let mut items = Vec::new();
    for _ in 0..PAGES {
        let wanted = limit.saturating_sub(items.len() as u32);
        if wanted == 0 {
            break;
        }
        let size = match keep {
            Keep::All => wanted,
            Keep::Those(_) => FILTERED_PAGE,
        };
        let page = fetch(place.after.clone(), size).await?;
        let read = page.items.len();
        for (at, item) in page.items.into_iter().enumerate().skip(place.skip) {
            if items.len() as u32 == limit {
                return Ok(Part { items, next: Some(Place { skip: at, ..place }) });
            }
            match &keep {
                Keep::Those(passes) if !passes(&item) => {}
                Keep::Those(_) | Keep::All => items.push(item),
            }
        }
        let Some(after) = page.next else { return Ok(Part { items, next: None }) };
        place = Place { after: Some(after), skip: place.skip.saturating_sub(read), ..place };
    }
    Ok(Part { items, next: Some(place) })
}
