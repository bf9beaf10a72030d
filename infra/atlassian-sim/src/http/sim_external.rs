//! `POST /_sim/external-policy` and `…/seats`: what an org admin does in the console about external users' tokens, which
//! no operation of Atlassian's does. It holds at once, unlike Atlassian's, which takes about ten minutes.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::sim::{Problem, SimAnswer, make, not_found, read};
use crate::population::users::{Group, Relation};
use crate::world::World;
use crate::world::change::Change;
use crate::world::tasks::Tokens;

/// The Test policy takes so many (Atlassian's support page "Add test policy").
const SEATS: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Click {
    tokens: Tokens,
    org: Option<String>,
}

/// `POST /_sim/external-policy`, in the first org unless another is named.
pub(crate) async fn click(State(app): State<App>, body: Bytes) -> SimAnswer {
    let asked: Click = read(&body)?;
    let (org, by) = {
        let world = app.world();
        let (at, org) = orgs(&world, asked.org.as_deref()).next().ok_or_else(|| not_found("org"))?;
        (at, org.people.member(Group::Admin, 0))
    };
    make(&app, org, Some(by), Change::ClickExternal { tokens: asked.tokens })?;
    Ok(axum::Json(json!({ "tokens": asked.tokens })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Take {
    account: String,
    org: Option<String>,
}

/// `POST /_sim/external-policy/seats`, in the first org that has the account unless another is named.
pub(crate) async fn seat(State(app): State<App>, body: Bytes) -> SimAnswer {
    let asked: Take = read(&body)?;
    let (org, user, by) = {
        let world = app.world();
        let mut places = orgs(&world, asked.org.as_deref());
        let found = places.find_map(|(at, org)| Some((at, org, org.user_by_account(&asked.account)?)));
        let (at, org, user) = found.ok_or_else(|| not_found("account"))?;
        if user.relation != Relation::External {
            return Err(conflict("only external users can be in the Test policy"));
        }
        if org.external_seats.len() >= SEATS && !org.external_seats.contains(&user.index) {
            return Err(conflict("the Test policy takes at most five external users"));
        }
        (at, user.index, org.people.member(Group::Admin, 0))
    };
    make(&app, org, Some(by), Change::SeatExternal { user })?;
    Ok(axum::Json(json!({ "account": asked.account })))
}

fn orgs<'a>(world: &'a World, id: Option<&'a str>) -> impl Iterator<Item = (usize, &'a crate::world::org::Org)> {
    world.orgs.iter().enumerate().filter(move |(_, org)| id.is_none_or(|id| org.id == id))
}

fn conflict(reason: &str) -> Problem {
    Problem(StatusCode::CONFLICT, reason.to_owned())
}
