//! API access: the user API tokens of the managed accounts.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::page::{self, Page};
use super::params::Params;
use super::refusal::Refusal;
use super::{Answer, App, empty, ok};
use crate::dialect::{Dialect, Dialects};
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::time;
use crate::world::World;
use crate::world::change::Change;
use crate::world::credentials::State as TokenState;
use crate::world::org::Org;

/// The largest page: two public scripts ask for 1,000. The default is unconfirmed.
const MOST: usize = 1000;
const DEFAULT: usize = 100;

/// Where the positions of tokens begin that external users made: past those of all other tokens.
const ADOPTED: u32 = 1 << 31;

/// A listing of one kind of credential.
pub(crate) struct Listing<'a> {
    pub(crate) org: &'a Org,
    pub(crate) dialects: &'a Dialects,
    pub(crate) now_ms: i64,
    pub(crate) kind: Kind,
    pub(crate) filter: Filter,
}

/// The conditions that a listing can be given. The names of the time conditions are unconfirmed.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    q: Option<String>,
    status: Option<String>,
    created: (Option<i64>, Option<i64>),
    last_active: (Option<i64>, Option<i64>),
}

impl Filter {
    pub(crate) fn of(params: &Params) -> Result<Self, Refusal> {
        Ok(Self {
            q: params.get("q").map(str::to_lowercase),
            status: params.get("status").map(str::to_owned),
            created: (params.instant("createdAtFrom")?, params.instant("createdAtTo")?),
            last_active: (params.instant("lastActiveAtFrom")?, params.instant("lastActiveAtTo")?),
        })
    }

    fn fits(&self, org: &Org, token: &Token, status: impl Fn() -> &'static str) -> bool {
        within(self.created, Some(token.created_ms))
            && within(self.last_active, token.last_used_ms)
            && self.status.as_ref().is_none_or(|wanted| wanted == status())
            && self.q.as_ref().is_none_or(|q| mentions(org, token, q))
    }
}

fn within((from, to): (Option<i64>, Option<i64>), at: Option<i64>) -> bool {
    (from.is_none() && to.is_none())
        || at.is_some_and(|at| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to))
}

fn mentions(org: &Org, token: &Token, q: &str) -> bool {
    let owner = token.owner.map(|owner| org.user(owner));
    let owner = owner.map(|user| format!("{}\n{}", user.name, user.email)).unwrap_or_default();
    format!("{}\n{owner}", token.label).to_lowercase().contains(q)
}

impl Listing<'_> {
    /// The rows from a position on; each is made when it is reached, so a page costs what it holds.
    pub(crate) fn rows(&self, start: u32) -> impl Iterator<Item = (u32, Token)> {
        let revoked = self.org.all_revoked.filter(|_| self.kind == Kind::UserApiToken).map_or(0, |all| all.1);
        let indices = start.max(revoked)..self.org.last_index(self.kind);
        let own = indices.map(|index| (index, TokenRef { kind: self.kind, index }));
        let tokens = own.chain(self.adopted(start)).map(|(position, at)| (position, self.org.token(at)));
        tokens.filter(|(_, token)| self.shows(token))
    }

    /// After the tokens that managed users made, those of accounts that have become managed since.
    fn adopted(&self, start: u32) -> impl Iterator<Item = (u32, TokenRef)> {
        let adopted = if self.kind == Kind::UserApiToken { self.org.adopted() } else { Vec::new() };
        let of = |index: u32| (ADOPTED + index, TokenRef { kind: Kind::ExternalToken, index });
        adopted.into_iter().map(of).filter(move |(position, _)| *position >= start)
    }

    pub(crate) fn shows(&self, token: &Token) -> bool {
        self.org.listed(token, self.dialects, self.now_ms) && self.filter.fits(self.org, token, || self.status(token))
    }

    /// `ALLOWED`, or `BLOCKED` where the owner's policy blocks tokens (seen in a third party's script).
    pub(crate) fn status(&self, token: &Token) -> &'static str {
        if self.org.state(token, self.now_ms) == TokenState::Blocked { "BLOCKED" } else { "ALLOWED" }
    }

    /// A page; a sorted one reads the whole list.
    pub(crate) fn page(&self, params: &Params, list: &str) -> Result<Page<Token>, Refusal> {
        let size = params.number("pageSize", DEFAULT, MOST)?;
        let start = page::start(list, params.get("cursor"))?;
        let Some(sort) = params.get("sort") else { return Ok(page::take(self.rows(start), size)) };
        let mut rows: Vec<Token> = self.rows(0).map(|row| row.1).collect();
        sort_by(&mut rows, sort)?;
        Ok(page::take((0..).zip(rows).skip(start as usize), size))
    }

    /// An instant as API access writes it.
    pub(crate) fn at(&self, at_ms: i64) -> Value {
        if self.dialects.has(Dialect::OffsetTimes) { time::offset(at_ms).into() } else { time::zulu_ms(at_ms).into() }
    }

    /// The times that all credentials of API access bear; a credential that was never used has no last-used date.
    pub(crate) fn times(&self, token: &Token, row: &mut Map<String, Value>) {
        row.insert("createdAt".into(), self.at(token.created_ms));
        if let Some(end) = token.expires_ms.filter(|_| token.shows_expiry) {
            row.insert("expiresAt".into(), self.at(end));
        }
        if let Some(used) = token.last_used_ms {
            row.insert("lastActiveAt".into(), self.at(used));
        }
        if let Some(scopes) = &token.scopes {
            row.insert("scopes".into(), json!(scopes));
        }
    }

    /// A user API token, or a service account's (whose fields are unconfirmed).
    pub(crate) fn row(&self, token: &Token) -> Value {
        let mut row = Map::new();
        row.insert("id".into(), token.id.clone().into());
        row.insert("label".into(), token.label.clone().into());
        row.insert("status".into(), self.status(token).into());
        self.times(token, &mut row);
        if let Some(owner) = token.owner {
            row.insert("user".into(), self.person(owner, "orgId"));
        }
        Value::Object(row)
    }

    pub(crate) fn person(&self, user: u32, org_field: &str) -> Value {
        let user = self.org.user(user);
        let mut person = Map::new();
        person.insert("id".into(), user.account_id.into());
        if !org_field.is_empty() {
            person.insert(org_field.into(), self.org.id.clone().into());
        }
        person.insert("name".into(), user.name.into());
        if user.shows_email {
            person.insert("email".into(), user.email.into());
        }
        Value::Object(person)
    }
}

fn sort_by(rows: &mut [Token], sort: &str) -> Result<(), Refusal> {
    let field = sort.trim_start_matches(['+', '-', ' ']);
    match field {
        "createdAt" => rows.sort_by_key(|token| token.created_ms),
        "lastActiveAt" => rows.sort_by_key(|token| token.last_used_ms),
        "expiresAt" => rows.sort_by_key(|token| token.expires_ms),
        "label" => rows.sort_by(|one, other| one.label.cmp(&other.label)),
        _ => return Err(Refusal::BadRequest(format!("cannot sort by {field}"))),
    }
    if sort.starts_with('-') {
        rows.reverse();
    }
    Ok(())
}

/// The links of a page by cursor: the next one is a cursor, and the other parameters are to be repeated.
pub(crate) fn links(params: &Params, list: &str, next: Option<u32>) -> Value {
    let mut links = Map::new();
    links.insert("self".into(), params.get("cursor").map_or_else(|| page::seal(list, &[0]), str::to_owned).into());
    if let Some(next) = next {
        links.insert("next".into(), page::seal(list, &[i64::from(next)]).into());
    }
    Value::Object(links)
}

/// What a listing of one kind needs from the world, after the key's org is checked.
pub(crate) fn listing<'a>(
    world: &'a World,
    caller: &Caller,
    org_id: &str,
    kind: Kind,
    now_ms: i64,
    filter: Filter,
) -> Result<Listing<'a>, Refusal> {
    Ok(Listing { org: caller.own(world, org_id)?, dialects: &world.options.dialects, now_ms, kind, filter })
}

/// `GET api-tokens`.
pub(crate) async fn list(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope("read:tokens:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::UserApiToken, now_ms, Filter::of(&params)?)?;
    let page = listing.page(&params, "api-tokens")?;
    let data: Vec<Value> = page.rows.iter().map(|token| listing.row(token)).collect();
    ok(json!({"data": data, "links": links(&params, "api-tokens", page.next)}))
}

/// `GET api-tokens/count`; that the answer is `{"count":n}` is unconfirmed.
pub(crate) async fn count(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope("read:tokens:admin")?;
    let mut world = app.world();
    let now_ms = world.clock.now_ms();
    let listing = listing(&world, &caller, &id, Kind::UserApiToken, now_ms, Filter::of(&params)?)?;
    ok(json!({"count": listing.rows(0).count()}))
}

/// `DELETE api-tokens`: every managed user's token ends, without filter or question. The status is unconfirmed.
pub(crate) async fn revoke_all(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.scope("delete:tokens:admin")?;
    let mut world = app.world();
    caller.own(&world, &id)?;
    world.make(caller.org, Some(caller.user), Change::RevokeAllUserTokens).map_err(|_| Refusal::Internal)?;
    empty(StatusCode::NO_CONTENT)
}
