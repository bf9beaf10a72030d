//! Actions: the list, one, asking for one, and the votes on their plans.

use crate::{
    answer::{Answer, Refusal, Reply},
    api::credentials::in_latest,
    ask::{self, Ask},
    paging::{Keep, Place, encoded, limit, walk},
    view,
};
use lambda_http::http::header;
use serde::Deserialize;
use shared::{
    decide::plan::Basis,
    error::{Error, Result},
    flow::decide_action::{self, Asked, Decider, Request, Voted},
    model::{Action, ActionId, ActionKind, ActionState, CredentialRef, Org, OrgId},
    ports::{CaseReader, CaseStore, ReportReader},
};

/// `GET /v1/orgs/{org}/actions`.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("actions:{org}"))?;
    let keep = match ask.choice("state", &ActionState::ALL, ActionState::as_str)? {
        None => Keep::All,
        Some(state) => Keep::Those(move |action: &Action| action.state == state),
    };
    let part = walk(place, limit(ask)?, keep, |cursor, size| store.actions(org, cursor, size)).await?;
    Ok(part.answer(ask, view::action))
}

/// `GET /v1/orgs/{org}/actions/{id}`.
pub(crate) async fn one<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    Ok(Answer::json(&view::action(&find(store, &org, ask.param("id")).await?)))
}

/// An action by its id.
pub(crate) async fn find<S: CaseReader>(store: &S, org: &OrgId, id: &str) -> Result<Action> {
    let found = store.action(org, &ActionId::new(id)).await?;
    found.map(|action| action.value).ok_or_else(|| Error::NotFound(format!("action {id}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    credential: CredentialRef,
    action: ActionKind,
    reason: String,
}

/// `POST /v1/orgs/{org}/actions`: 201 with the new action, 200 with the one that is open already.
pub(crate) async fn request<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let Org { id: org, own_key_ids, .. } = ask.org(store).await?;
    let shape = r#"{"credential":{"kind":"user_api_token","id":"…"},"action":"revoke","reason":"…"}"#;
    let asking: Asking = ask.json(shape)?;
    let (report, row) = in_latest(store, &org, &asking.credential).await?;
    let policy = decide_action::policy_in_force(store, &org).await?;
    let basis = Basis { report: &report, own_key_ids: own_key_ids.as_ref() };
    let asked = Request { action: asking.action, row: &row, basis, policy: &policy };
    match decide_action::request(store, &org, asked, decider(ask, &asking.reason)?).await? {
        Asked::New(action) => Ok(located(&org, &action).status(201)),
        Asked::Open(action) => Ok(located(&org, &action)),
    }
}

fn located(org: &OrgId, action: &Action) -> Answer {
    let location = format!("/v1/orgs/{}/actions/{}", encoded(org.as_str()), encoded(action.id.as_str()));
    Answer::json(&view::action(action)).with(header::LOCATION, location)
}

/// Who decides, from the request.
pub(crate) fn decider<'a>(ask: &'a Ask<'_>, reason: &'a str) -> Result<Decider<'a>> {
    Ok(Decider { by: &ask.principal.subject, at: ask.now, reason: ask::reason(reason)? })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ballot {
    plan_hash: String,
    reason: String,
}

impl Ballot {
    fn of(ask: &Ask<'_>) -> Result<Self> {
        ask.json(r#"{"plan_hash":"…","reason":"…"}"#)
    }
}

/// `POST /v1/orgs/{org}/actions/{id}/approve`.
pub(crate) async fn approve<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let (org, ballot, id) = (ask.org(store).await?.id, Ballot::of(ask)?, ActionId::new(ask.param("id")));
    let who = decider(ask, &ballot.reason)?;
    voted(decide_action::approve(store, &org, &id, &ballot.plan_hash, who).await?)
}

/// `POST /v1/orgs/{org}/actions/{id}/reject`.
pub(crate) async fn reject<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let (org, ballot, id) = (ask.org(store).await?.id, Ballot::of(ask)?, ActionId::new(ask.param("id")));
    let who = decider(ask, &ballot.reason)?;
    voted(decide_action::reject(store, &org, &id, &ballot.plan_hash, who).await?)
}

fn voted(voted: Voted) -> Reply {
    match voted {
        Voted::Counted(action) => Ok(Answer::json(&view::action(&action))),
        Voted::PlanChanged(action) => {
            let text = "the plan is not the one that you saw; read `action.plan` and decide on its `plan_hash`";
            let more = Some(("action", view::action(&action)));
            Err(Refusal { error: Error::Conflict(text.into()), more })
        }
    }
}
