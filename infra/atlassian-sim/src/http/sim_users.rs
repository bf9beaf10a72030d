//! `POST /_sim/users/{account_id}`: an account changes; `POST /_sim/policies/{id}`: a policy does.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::sim::{Problem, SimAnswer, make, not_found, read};
use crate::population::users::{Group, Relation, Status};
use crate::world::World;
use crate::world::change::Change;
use crate::world::org::Org;
use crate::world::tasks::{Policy, Tokens};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeUser {
    status: Option<Status>,
    admin: Option<bool>,
    relation: Option<Relation>,
    org: Option<String>,
}

/// `POST /_sim/users/{account_id}`, in the first org that has the account unless another is named; only its state
/// changes in all of them, as it is one account. The events name an org admin as the actor.
pub(crate) async fn change(State(app): State<App>, Path(account): Path<String>, body: Bytes) -> SimAnswer {
    let asked: ChangeUser = read(&body)?;
    let found = places(&app.world(), &account, asked.org.as_deref());
    let &(org, user, by) = found.first().ok_or_else(|| not_found("account"))?;
    let service = app.world().orgs[org].user(user).relation == Relation::Service;
    if asked.relation.is_some_and(|relation| service != (relation == Relation::Service)) {
        return Err(Problem(StatusCode::CONFLICT, "a service account is none that is claimed".into()));
    }
    if let Some(status) = asked.status {
        for (org, user, by) in &found {
            make(&app, *org, Some(*by), Change::Status { user: *user, status })?;
        }
    }
    if let Some(admin) = asked.admin {
        make(&app, org, Some(by), Change::Admin { user, admin })?;
    }
    if let Some(relation) = asked.relation {
        make(&app, org, Some(by), Change::Relate { user, relation })?;
    }
    let user = app.world().orgs[org].user(user);
    Ok(axum::Json(json!({
        "account_id": user.account_id,
        "status": user.status.name(),
        "admin": user.admin,
        "relation": user.relation.name(),
    })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClickPolicy {
    tokens: Tokens,
}

/// `POST /_sim/policies/{policy}`: an org admin changes in the console what a policy does with user API tokens, which no
/// operation of Atlassian's does. It holds at once.
pub(crate) async fn click(State(app): State<App>, Path(id): Path<String>, body: Bytes) -> SimAnswer {
    let asked: ClickPolicy = read(&body)?;
    let of = |(at, org): (usize, &Org)| {
        let policy = Policy::ALL.into_iter().find(|policy| policy.id(org.people.org) == id)?;
        Some((at, policy, org.people.member(Group::Admin, 0)))
    };
    let found = app.world().orgs.iter().enumerate().find_map(of);
    let (org, policy, by) = found.ok_or_else(|| not_found("policy"))?;
    make(&app, org, Some(by), Change::Click { policy, tokens: asked.tokens })?;
    Ok(axum::Json(json!({ "policy": id, "tokens": asked.tokens })))
}

/// The orgs that have an account, with its index there and an admin other than himself.
fn places(world: &World, account: &str, org_id: Option<&str>) -> Vec<(usize, u32, u32)> {
    let orgs = world.orgs.iter().enumerate().filter(|(_, org)| org_id.is_none_or(|id| org.id == id));
    orgs.filter_map(|(at, org)| org.people.user_by_account(account).map(|user| (at, user, admin(org, user)))).collect()
}

fn admin(org: &Org, other_than: u32) -> u32 {
    let first = org.people.member(Group::Admin, 0);
    if first == other_than { org.people.member(Group::Admin, 1) } else { first }
}
