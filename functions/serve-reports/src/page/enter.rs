//! What people enter on the page of a credential.

use super::frame;
use crate::{
    answer::{Answer, Reply},
    api::{actions::decider, register::enter_given},
    ask::{Ask, TOKEN_FIELD},
    view::Given,
};
use serde_json::{Map, Value};
use shared::{
    error::Error,
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
