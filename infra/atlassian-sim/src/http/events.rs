//! The audit log: the stream to poll, the search, and the catalogue of actions.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::orgs::base_url;
use super::params::Params;
use super::refusal::Refusal;
use super::{Answer, App, ok, page};
use crate::dialect::{Dialect, Dialects};
use crate::events::actions::product_of;
use crate::events::render::{self, Answer as Form};
use crate::events::{Action, Event, place};
use crate::time::DAY;
use crate::world::org::Org;

/// How long the log keeps an event.
const RETENTION: i64 = 180 * DAY;

/// Where a reading of the log stands: the next position, its order and its bounds.
#[derive(Clone, Copy, Debug)]
struct Reading {
    position: i64,
    descending: bool,
    from_ms: i64,
    to_ms: i64,
}

impl Reading {
    /// A new reading. That `from` and `to` of the stream bound the processing time is unconfirmed.
    fn begin(org: &Org, params: &Params, now_ms: i64) -> Result<Self, Refusal> {
        let descending = match params.get("sortOrder") {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(Refusal::BadRequest("sortOrder must be asc or desc".into())),
        };
        let from_ms = params.millis("from")?.unwrap_or(i64::MIN / 2).max(now_ms - RETENTION);
        let to_ms = params.millis("to")?.unwrap_or(i64::MAX / 2);
        let position = if descending { org.position_at(to_ms.saturating_add(1)) } else { org.position_at(from_ms) };
        Ok(Self { position: i64::try_from(position).unwrap_or(0), descending, from_ms, to_ms })
    }

    fn resume(list: &str, cursor: &str) -> Result<Self, Refusal> {
        match page::open(list, cursor)?[..] {
            [position, descending, from_ms, to_ms] if position >= 0 => {
                Ok(Self { position, descending: descending == 1, from_ms, to_ms })
            }
            _ => Err(Refusal::BadCursor),
        }
    }

    fn seal(&self, list: &str) -> String {
        page::seal(list, &[self.position, i64::from(self.descending), self.from_ms, self.to_ms])
    }

    /// The next event inside the bounds, with its position.
    fn next<'a>(&mut self, org: &'a Org, now_ms: i64) -> Option<(usize, &'a Event)> {
        loop {
            let at = usize::try_from(if self.descending { self.position - 1 } else { self.position }).ok()?;
            let event = org.event(at)?;
            if event.processed_ms > self.to_ms && !self.descending
                || event.processed_ms < self.from_ms && self.descending
            {
                return None;
            }
            self.position += if self.descending { -1 } else { 1 };
            if event.processed_ms >= now_ms - RETENTION && (self.from_ms..=self.to_ms).contains(&event.processed_ms) {
                return Some((at, event));
            }
        }
    }
}

/// What both operations need to answer.
struct Log<'a> {
    org: &'a Org,
    dialects: &'a Dialects,
    now_ms: i64,
    url: String,
    base: String,
}

/// `events-stream`: all events by processing time.
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    caller.scope("read:events:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let log = log(&world.options.dialects, caller.own(&world, &id)?, now_ms, "events-stream", &headers);
    let limit = params.number("limit", 200, 500)?;
    let mut reading = match params.get("cursor") {
        Some(cursor) => Reading::resume("events-stream", cursor)?,
        None => Reading::begin(log.org, &params, now_ms)?,
    };
    let mut data = Vec::new();
    while data.len() < limit
        && let Some((at, event)) = reading.next(log.org, now_ms)
    {
        if render::shown(log.org, event, log.dialects) {
            data.push(render::event(log.org, at, event, log.dialects, Form::Stream, &log.base));
        }
    }
    // A page with events bears a cursor; only the empty page after them tells the end.
    let more = !data.is_empty() || log.dialects.has(Dialect::CursorEnd);
    ok(answer(&log, &data, limit, more.then(|| reading.seal("events-stream")).as_deref()))
}

impl Reading {
    /// Whether another event that is shown follows.
    fn more_shown(&self, log: &Log<'_>) -> bool {
        let mut ahead = *self;
        while let Some((_, event)) = ahead.next(log.org, log.now_ms) {
            if render::shown(log.org, event, log.dialects) {
                return true;
            }
        }
        false
    }
}

fn log<'a>(dialects: &'a Dialects, org: &'a Org, now_ms: i64, list: &str, headers: &HeaderMap) -> Log<'a> {
    let base = base_url(headers);
    Log { org, dialects, now_ms, url: format!("{base}/admin/v1/orgs/{}/{list}", org.id), base }
}

/// The page; at the end `meta.next` is null and `links` empty, unless a cursor is given all the same.
fn answer(log: &Log<'_>, data: &[Value], limit: usize, next: Option<&str>) -> Value {
    let mut links = Map::new();
    if let Some(cursor) = next {
        links.insert("self".into(), log.url.clone().into());
        links.insert("next".into(), format!("{}?cursor={cursor}", log.url).into());
    }
    json!({"data": data, "links": links, "meta": {"next": next, "page_size": limit}})
}

/// `events`: the search, newest first (unconfirmed), by the event's own time.
pub(crate) async fn search(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    caller.scope("read:events:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let log = log(&world.options.dialects, caller.own(&world, &id)?, now_ms, "events", &headers);
    let limit = params.number("limit", 30, 500)?;
    let filter = Filter::of(&params)?;
    let mut reading = match params.get("cursor") {
        Some(cursor) => Reading::resume("events", cursor)?,
        None => Reading {
            position: i64::try_from(log.org.events()).unwrap_or(0),
            descending: true,
            from_ms: i64::MIN / 2,
            to_ms: i64::MAX / 2,
        },
    };
    let mut data = Vec::new();
    while data.len() < limit
        && let Some((at, event)) = reading.next(log.org, now_ms)
    {
        if render::shown(log.org, event, log.dialects) && filter.fits(&log, at, event) {
            data.push(render::event(log.org, at, event, log.dialects, Form::Search, &log.base));
        }
    }
    let more = data.len() == limit && reading.more_shown(&log);
    ok(answer(&log, &data, limit, more.then(|| reading.seal("events")).as_deref()))
}

/// A city and a country, where they are asked for.
type Spot = (Option<String>, Option<String>);

/// The conditions of a search; all must hold.
struct Filter<'a> {
    q: Option<String>,
    from_ms: i64,
    to_ms: i64,
    action: Option<&'a str>,
    actors: Vec<&'a str>,
    ips: Vec<&'a str>,
    products: Vec<&'a str>,
    locations: Vec<Spot>,
}

impl<'a> Filter<'a> {
    fn of(params: &'a Params) -> Result<Self, Refusal> {
        let products: Vec<&str> = params.all("product").collect();
        if let Some(other) =
            products.iter().find(|name| !["bitbucket", "confluence", "guard_detect", "jira", "loom"].contains(name))
        {
            return Err(Refusal::BadRequest(format!("unknown product {other}")));
        }
        Ok(Self {
            q: params.get("q").map(str::to_lowercase),
            from_ms: params.millis("from")?.unwrap_or(i64::MIN),
            to_ms: params.millis("to")?.unwrap_or(i64::MAX),
            action: params.get("action"),
            actors: params.all("actor").collect(),
            ips: params.all("ip").collect(),
            products,
            locations: locations(params.get("location"))?,
        })
    }

    fn fits(&self, log: &Log<'_>, at: usize, event: &Event) -> bool {
        let actor = || event.actor.map(|user| log.org.people.account_id(user)).unwrap_or_default();
        (self.from_ms..=self.to_ms).contains(&event.time_ms)
            && self.action.is_none_or(|action| render::action_id(log.org, event, log.dialects) == action)
            && (self.actors.is_empty() || self.actors.contains(&actor().as_str()))
            && (self.products.is_empty() || product(event).is_some_and(|product| self.products.contains(&product)))
            && self.fits_place(log.org, at, event)
            && self.q.as_ref().is_none_or(|q| self.mentions(log, at, event, q))
    }

    fn fits_place(&self, org: &Org, at: usize, event: &Event) -> bool {
        if self.ips.is_empty() && self.locations.is_empty() {
            return true;
        }
        let (ip, country, city) = whereabouts(org, at, event);
        let here = |(wanted_city, wanted_country): &Spot| {
            wanted_city.as_ref().is_none_or(|wanted| *wanted == city)
                && wanted_country.as_ref().is_none_or(|wanted| *wanted == country)
        };
        (self.ips.is_empty() || self.ips.contains(&ip.as_str()))
            && (self.locations.is_empty() || self.locations.iter().any(here))
    }

    fn mentions(&self, log: &Log<'_>, at: usize, event: &Event, q: &str) -> bool {
        let row = render::event(log.org, at, event, log.dialects, Form::Search, "");
        row["attributes"].to_string().to_lowercase().contains(q)
    }
}

fn product(event: &Event) -> Option<&'static str> {
    product_of(event.deed.id()).map(|product| product.0)
}

fn whereabouts(org: &Org, at: usize, event: &Event) -> (String, String, String) {
    if let Some(from) = &event.from {
        return (from.0.clone(), from.1.clone(), String::new());
    }
    let Some(place) = place::of_event(&org.people, at, event) else { return Default::default() };
    (place.ip, place.country, place.city.to_owned())
}

/// `location` is a JSON array of `{city, countryName}` as text.
fn locations(text: Option<&str>) -> Result<Vec<Spot>, Refusal> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let places: Vec<Map<String, Value>> = serde_json::from_str(text)
        .map_err(|_| Refusal::BadRequest("location must be a JSON array of places".into()))?;
    let word = |place: &Map<String, Value>, name: &str| place.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(places.iter().map(|place| (word(place, "city"), word(place, "countryName"))).collect())
}

/// `event-actions`: every action with its names; the only key to the ids of the `drawn-actions` dialect.
pub(crate) async fn actions(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.scope("read:events:admin")?;
    let world = app.world();
    let org = caller.own(&world, &id)?;
    let row = |action: Action| {
        json!({
            "id": render::shown_id(org, action.id(), &world.options.dialects),
            "type": "event-actions",
            "attributes": {"displayName": action.display_name(), "groupDisplayName": action.group()},
        })
    };
    ok(json!({"data": Action::all().map(row).collect::<Vec<_>>()}))
}
