//! Which orgs are governed: adding, changing and removing one.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::Ask,
    paging::encoded,
};
use lambda_http::http::header;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    decide::govern::{Governing, OrgChange, Removal},
    error::{Error, Result},
    flow::govern::{add_org, change_org, remove_org},
    model::{Org, OrgId, SectionName},
    ports::CaseStore,
};
use std::collections::BTreeSet;

const ADDING: &str = r#"{"id":"ORG_ID","name":"…"}, the name left out or not"#;
const CHANGING: &str = r#"{"name":"…","state":"active"|"paused","out_of_scope":["users",…]}, at least one of them"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adding {
    id: OrgId,
    #[serde(default)]
    name: Option<String>,
}

/// `POST /v1/orgs`: registers it; what is needed to read it stands in the secrets, which this function cannot see.
pub(crate) async fn add<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let Adding { id, name } = ask.json(ADDING)?;
    if !ask.principal.sees(&id) {
        let reason = format!("this credential is for other orgs, so it cannot add the org {id}; use one for all orgs");
        return Err(Error::Forbidden(reason).into());
    }
    let org = add_org(store, &id, name.as_deref(), decider(ask, "added through the API")?).await?;
    let mut answer = view(&org);
    answer["secrets"] = secrets(&id);
    let location = format!("/v1/orgs/{}", encoded(id.as_str()));
    Ok(Answer::json(&answer).status(201).with(header::LOCATION, location))
}

/// What each secret must hold before anything comes of the org: the shapes of `shared::secrets`.
fn secrets(id: &OrgId) -> Value {
    let key = json!({ id.as_str(): { "key": "…", "own_key_ids": ["…"] } });
    json!([
        {
            "secret": "atlassian-read",
            "entry": key,
            "needed_for": "its reports and its audit log: a scoped API key that only reads, and the ids of our own keys",
        },
        {
            "secret": "webhook",
            "entry": { id.as_str(): { "accepted": [{ "value": "…" }] } },
            "needed_for": format!("what Atlassian pushes to /webhooks/{}/audit and /guard-detect", encoded(id.as_str())),
        },
        {
            "secret": "atlassian-unscoped",
            "entry": key,
            "needed_for": "acting: an API key without scopes; nothing is read with it",
        },
    ])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changing {
    name: Option<String>,
    state: Option<Wanted>,
    out_of_scope: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Active,
    Paused,
}

/// `PATCH /v1/orgs/{org}`.
pub(crate) async fn change<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let change = wanted(ask.json(CHANGING)?)?;
    let org = change_org(store, &org, &change, decider(ask, "changed through the API")?).await?;
    Ok(Answer::json(&view(&org)))
}

fn wanted(Changing { name, state, out_of_scope }: Changing) -> Result<OrgChange> {
    if name.is_none() && state.is_none() && out_of_scope.is_none() {
        return Err(Error::invalid("the body", format!("it changes nothing; it must be JSON like {CHANGING}")));
    }
    let governing = state.map(|state| match state {
        Wanted::Active => Governing::On,
        Wanted::Paused => Governing::Paused,
    });
    Ok(OrgChange { name, governing, out_of_scope: out_of_scope.as_ref().map(sections).transpose()? })
}

fn sections(names: &BTreeSet<String>) -> Result<BTreeSet<SectionName>> {
    let section = |name: &String| SectionName::ALL.into_iter().find(|section| section.as_str() == name);
    let found: BTreeSet<SectionName> = names.iter().filter_map(section).collect();
    match found.len() == names.len() {
        true => Ok(found),
        false => {
            let known = SectionName::ALL.map(SectionName::as_str).join(", ");
            Err(Error::invalid("out_of_scope", format!("each must be one of: {known}")))
        }
    }
}

/// `DELETE /v1/orgs/{org}?purge=true|false`.
pub(crate) async fn remove<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.visible(store, &OrgId::new(ask.param("org"))).await?.id;
    let choices = [Removal::Keep, Removal::Purge];
    let removal = ask.choice("purge", &choices, |removal| match removal {
        Removal::Keep => "false",
        Removal::Purge => "true",
    });
    let removal = removal?.unwrap_or(Removal::Keep);
    let org = remove_org(store, &org, removal, decider(ask, "removed through the API")?).await?;
    let mut answer = view(&org);
    answer["notes"] = notes(&org.id, removal);
    Ok(Answer::json(&answer).status(202))
}

fn notes(id: &OrgId, removal: Removal) -> Value {
    let rest = "From now on it is not read, reported or acted on, and deliveries for it are answered 404.";
    let secrets = "Take its entries out of the secrets webhook, atlassian-read and atlassian-unscoped.";
    match removal {
        Removal::Keep => json!([
            rest,
            format!(
                "What is stored of it can be read until it expires; POST /v1/orgs {{\"id\":\"{id}\"}} brings it back."
            ),
            secrets,
        ]),
        Removal::Purge => json!([
            rest,
            "Everything that is stored of it, its ledger too, is deleted by the schedule of report-tokens, beginning in \
             5 minutes; GET /v1/orgs lists it until nothing is left.",
            format!("If the setting ORGS names {id}, take it out before then: the next report would register it anew."),
            secrets,
        ]),
    }
}

fn view(org: &Org) -> Value {
    json!({
        "id": org.id,
        "name": org.name,
        "state": org.state,
        "registered_at": org.registered_at,
        "out_of_scope": org.out_of_scope,
    })
}
