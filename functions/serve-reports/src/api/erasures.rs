//! Erasures of accounts: asked for here, done by the schedule of report-tokens.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::Ask,
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    flow::erase::{Listed, ask_erasure, listed},
    model::{AccountId, Erasure},
    ports::{CaseReader, CaseStore, ReportReader, ReportStore},
};

const SHAPE: &str = r#"{"account_id":"…","reason":"…"}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    account_id: AccountId,
    reason: String,
}

/// `GET /v1/orgs/{org}/erasures`: the newest first.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let mut erasures = store.erasures(&org).await?;
    erasures.sort_by_key(|erasure| std::cmp::Reverse(erasure.value.asked_at));
    let items: Vec<Value> = erasures.iter().map(|erasure| view(&erasure.value)).collect();
    Ok(Answer::json(&json!({ "items": items, "next": null })))
}

/// `POST /v1/orgs/{org}/erasures`: what comes of it is said before anything is done.
pub(crate) async fn begin<S: CaseStore + ReportReader + ReportStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let Asked { account_id, reason } = ask.json(SHAPE)?;
    let erasure = ask_erasure(store, &org, &account_id, decider(ask, &reason)?).await?;
    let listed = listed(store, &org, &account_id).await?;
    let mut answer = view(&erasure);
    answer["still_listed"] = match listed {
        Listed::Yes => json!(true),
        Listed::No => json!(false),
        Listed::Unknown => Value::Null,
    };
    answer["notes"] = notes(listed);
    Ok(Answer::json(&answer).status(202))
}

fn notes(listed: Listed) -> Value {
    let again = "its data come back with the next report, poll or delivery";
    let listed = match listed {
        Listed::Yes => format!(
            "Atlassian listed this account when the latest report was taken: as long as it does, {again}. Erase the \
             account in Atlassian first."
        ),
        Listed::No => format!(
            "Atlassian did not list this account when the latest report was taken. Should its lists or its audit log \
             name it again, {again}."
        ),
        Listed::Unknown => format!(
            "Whether Atlassian still lists this account is not known. If it does, {again}: erase the account in \
             Atlassian first."
        ),
    };
    json!([
        "The schedule of report-tokens erases it, beginning in 5 minutes; GET /v1/orgs/{org}/erasures tells how far it is.",
        "It waits while a report is being made, and while an action of the account is under way; what is only planned \
         for the account is cancelled.",
        listed,
        "The ledger keeps the bare account id. What people wrote in the register, in the policy and as reasons is \
         counted as `left` and stays: look at it yourself.",
    ])
}

fn view(erasure: &Erasure) -> Value {
    let Erasure {
        id,
        account,
        asked_by,
        asked_at,
        reason,
        state,
        waits_for,
        done_at,
        counts,
        left,
        work: _holds_names,
    } = erasure;
    json!({
        "id": id,
        "account_id": account,
        "asked_by": asked_by,
        "asked_at": asked_at,
        "reason": reason,
        "state": state,
        "waits_for": waits_for,
        "done_at": done_at,
        "counts": counts,
        "left": left,
    })
}
