//! Control: people are moved into an authentication policy by a task that goes on while it is looked at.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::orgs::base_url;
use super::refusal::Refusal;
use super::{Answer, App, ok};
use crate::draw::Domain;
use crate::ids;
use crate::population::users::Relation;
use crate::world::change::Change;
use crate::world::org::Org;
use crate::world::tasks::{Policy, Task};

#[derive(Debug, Deserialize)]
struct AddUsers {
    users: Vec<String>,
}

fn policy(org: &Org, id: &str) -> Result<Policy, Refusal> {
    Policy::ALL.into_iter().find(|policy| policy.id(org.people.org) == id).ok_or(Refusal::NotFound)
}

/// `POST auth-policy/{policyId}/add-users` with emails: 202 and a task.
pub(crate) async fn add_users(
    State(app): State<App>,
    caller: Caller,
    Path((id, policy_id)): Path<(String, String)>,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Answer {
    caller.scope("write:policies:admin")?;
    let body: AddUsers = serde_json::from_slice(&body).map_err(|error| Refusal::BadBody(error.to_string()))?;
    let mut world = app.world();
    let org = caller.own(&world, &id)?;
    let policy = policy(org, &policy_id)?;
    let number = u32::try_from(org.tasks.len()).unwrap_or(u32::MAX);
    let task = ids::uuid(org.people.seed, Domain::Task, number);
    let change = Change::StartTask { id: task.clone(), policy, emails: body.users };
    world.make(caller.org, Some(caller.user), change).map_err(|_| Refusal::Internal)?;
    let link = format!("{}/admin/control/v1/orgs/{id}/auth-policy/task/{task}", base_url(&headers));
    Ok((StatusCode::ACCEPTED, axum::Json(json!({"taskId": task, "taskLink": link}))).into_response())
}

/// `GET auth-policy/task/{taskId}`: shows where the task stands; each look lets it go on by a few emails.
/// It needs the writing scope although it reads.
pub(crate) async fn task(
    State(app): State<App>,
    caller: Caller,
    Path((id, task_id)): Path<(String, String)>,
) -> Answer {
    caller.scope("write:policies:admin")?;
    let mut world = app.world();
    let org = caller.own(&world, &id)?;
    let shown = org.tasks.get(&task_id).map(state).ok_or(Refusal::NotFound)?;
    if shown["inProgressCount"] != 0 {
        let change = Change::AdvanceTask { id: task_id };
        world.make(caller.org, Some(caller.user), change).map_err(|_| Refusal::Internal)?;
    }
    ok(shown)
}

fn state(task: &Task) -> Value {
    let reason = json!({
        "emails": task.failed,
        "details": {
            "status": "404",
            "title": "User not found",
            "detail": "Only open managed accounts of the organization can be added to an authentication policy",
        },
    });
    json!({
        "inProgressCount": task.waiting.len(),
        "successCount": task.succeeded,
        "failureCount": task.failed.len(),
        "failureReasons": if task.failed.is_empty() { json!([]) } else { json!([reason]) },
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BulkFetch {
    account_ids: Vec<String>,
}

/// `POST users/auth-policies/bulk-fetch`: names of fields and scope are unconfirmed; unknown accounts are left out.
pub(crate) async fn bulk_fetch(State(app): State<App>, caller: Caller, Path(id): Path<String>, body: Bytes) -> Answer {
    caller.scope("read:policies:admin")?;
    let body: BulkFetch = serde_json::from_slice(&body).map_err(|error| Refusal::BadBody(error.to_string()))?;
    let world = app.world();
    let org = caller.own(&world, &id)?;
    let users = body.account_ids.iter().filter_map(|account| org.user_by_account(account));
    let managed = users.filter(|user| user.relation == Relation::Managed);
    let row = |policy: Policy| json!({"id": policy.id(org.people.org), "type": "authentication-policy"});
    let data = managed.map(|user| json!({"accountId": user.account_id, "policies": [row(org.policy(user.index))]}));
    ok(json!({"data": data.collect::<Vec<_>>()}))
}
