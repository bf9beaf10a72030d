//! What people enter on the pages of a credential and of an action.

use super::{frame, line::action_page};
use crate::{
    answer::{Answer, Reply},
    api::{actions::decider, register::enter_given},
    ask::{Ask, TOKEN_FIELD, reason},
    view::Given,
};
use serde_json::{Map, Value};
use shared::{
    error::Error,
    flow::decide_action::{self, Voted},
    model::ActionId,
    ports::{CaseStore, ReportReader},
};

/// `POST /orgs/{org}/credentials/{kind}/{id}/register`: the form of the page, with the token of an approver in it.
pub(crate) async fn enter_register<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let credential = ask.credential()?;
    let fields = ask.form()?.into_iter().filter(|(name, _)| name != TOKEN_FIELD);
    let fields: Map<String, Value> = fields.map(|(name, value)| (name, value.into())).collect();
    let given: Given =
        serde_json::from_value(Value::Object(fields)).map_err(|error| Error::invalid("the form", error.to_string()))?;
    let who = decider(ask, "entered on the page")?;
    let entry = enter_given(store, &org, credential, given, who).await?;
    Ok(Answer::see(frame::credential(&org, &entry.credential)))
}

/// `POST /orgs/{org}/actions/{id}/decision`: the form of the page, with the token of an approver in it. A plan that changed
/// since the page was shown is shown anew.
pub(crate) async fn decide<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let (org, id) = (ask.org(store).await?.id, ActionId::new(ask.param("id")));
    let fields = ask.form()?;
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let who = decider(ask, reason(field("reason"))?)?;
    let voted = match field("decision") {
        "approve" => decide_action::approve(store, &org, &id, field("plan_hash"), who).await?,
        "reject" => decide_action::reject(store, &org, &id, field("plan_hash"), who).await?,
        _other => return Err(Error::invalid("decision", "it must be approve or reject").into()),
    };
    match voted {
        Voted::Counted(_) => Ok(Answer::see(action_page(&org, &id))),
        Voted::PlanChanged(_) => {
            Err(Error::Conflict("the plan has changed; look at it anew and decide again".into()).into())
        }
    }
}
