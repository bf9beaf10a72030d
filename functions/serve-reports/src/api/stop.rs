//! The kill switch.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::Ask,
};
use serde::Deserialize;
use serde_json::json;
use shared::{
    error::{Error, Result},
    flow::{
        decide_action::{Switch, set_stop},
        restored::may_resume,
    },
    model::{Role, Stop},
    ports::{CaseReader, CaseStore, ReportReader},
};

/// `GET /v1/orgs/{org}/stop`.
pub(crate) async fn get<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    Ok(shown(store.budget(&org).await?.value.halt(ask.now).as_ref()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    stopped: bool,
    reason: String,
}

/// `PUT /v1/orgs/{org}/stop`: an approver stops, an admin releases.
pub(crate) async fn put<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let wanted: Wanted = ask.json(r#"{"stopped":true,"reason":"…"}"#)?;
    let switch = if wanted.stopped { Switch::Stop } else { Switch::Resume };
    permitted(ask, switch)?;
    if switch == Switch::Resume {
        may_resume(store, &org).await?;
    }
    let stopped = set_stop(store, &org, switch, decider(ask, &wanted.reason)?).await?;
    Ok(shown(stopped.as_ref()))
}

fn permitted(ask: &Ask<'_>, switch: Switch) -> Result<()> {
    let (role, text) = match switch {
        Switch::Stop => (Role::Approver, "putting the stop on needs the role approver"),
        Switch::Resume => (Role::Admin, "releasing the stop needs the role admin"),
    };
    if ask.principal.has(role) { Ok(()) } else { Err(Error::Forbidden(text.into())) }
}

fn shown(stop: Option<&Stop>) -> Answer {
    Answer::json(&json!({
        "stopped": stop.is_some(),
        "by": stop.map(|stop| &stop.by),
        "at": stop.map(|stop| stop.at),
        "reason": stop.map(|stop| &stop.reason),
    }))
}
