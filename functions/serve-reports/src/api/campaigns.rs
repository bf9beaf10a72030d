//! Campaigns: close a policy, recertify, leave, block external users' tokens, end one credential by hand.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::Ask,
    paging::{encoded, limit},
};
use lambda_http::http::header;
use serde::Deserialize;
use serde_json::json;
use shared::{
    error::{Error, Result},
    flow::campaign::{self, Batch, Beginning},
    model::{AccountId, Campaign, CampaignId, CampaignKind, CredentialRef, OrgId, Stand},
    ports::{CaseReader, CaseStore, ReportReader},
};

const SHAPE: &str = r#"{"kind":"close_policy|recertify|leave|close_external|by_hand","account":"…, for leave alone","credential":{"kind":"…","id":"…, for by_hand alone"},"reason":"…"}"#;

/// `GET /v1/orgs/{org}/campaigns`: the newest first.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let mut items = store.campaigns(&org).await?;
    items.sort_by_key(|one| std::cmp::Reverse(one.started_at));
    Ok(Answer::json(&json!({ "items": items, "next": null })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    kind: CampaignKind,
    #[serde(default)]
    account: Option<AccountId>,
    #[serde(default)]
    credential: Option<CredentialRef>,
    reason: String,
}

/// `POST /v1/orgs/{org}/campaigns`.
pub(crate) async fn start<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let Starting { kind, account, credential, reason } = ask.json(SHAPE)?;
    let beginning = Beginning { kind, account, credential };
    let begun = campaign::start(store, &org, beginning, decider(ask, &reason)?).await?;
    let location = format!("/v1/orgs/{}/campaigns/{}", encoded(org.as_str()), encoded(begun.id.as_str()));
    Ok(Answer::json(&begun).with(header::LOCATION, location).status(201))
}

/// `GET /v1/orgs/{org}/campaigns/{id}`: those first for whom something is to be done; `stand` shows some of them only.
/// The cursor is the place in that order, so a page may repeat whom an action moved meanwhile.
pub(crate) async fn one<S: CaseReader + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let campaign = campaign::find(store, &org, &id(ask)).await?.value;
    let stand = ask.choice("stand", &Stand::ALL, Stand::as_str)?;
    let from = place(ask)?;
    let mut progress = campaign::progress(store, &org, &campaign, ask.now).await?;
    let wanted = progress.members.drain(..).filter(|member| stand.is_none_or(|stand| member.stand == stand));
    let limit = limit(ask)? as usize;
    let mut members: Vec<_> = wanted.skip(from).take(limit + 1).collect();
    let next = (members.len() > limit).then(|| (from + limit).to_string());
    members.truncate(limit);
    let body = json!({
        "campaign": campaign,
        "sentence": progress.sentence,
        "counts": progress.counts,
        "next_steps": progress.next,
        "settled": progress.settled,
        "items": members,
        "next": next,
    });
    Ok(Answer::json(&body))
}

fn place(ask: &Ask<'_>) -> Result<usize> {
    let Some(cursor) = ask.query("cursor") else { return Ok(0) };
    cursor.parse().map_err(|_| Error::invalid("cursor", "it must be the `next` of a page of this list"))
}

fn id(ask: &Ask<'_>) -> CampaignId {
    CampaignId::new(ask.param("id"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    limit: u32,
    #[serde(default)]
    include_unclear: bool,
    reason: String,
}

/// `POST /v1/orgs/{org}/campaigns/{id}/ask`: the next few, each with its action or why there is none.
pub(crate) async fn ask_for<S: CaseStore + ReportReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let Asking { limit, include_unclear, reason } = ask.json(r#"{"limit":10,"include_unclear":false,"reason":"…"}"#)?;
    if !(1..=campaign::BATCH_MAX).contains(&limit) {
        return Err(Error::invalid("limit", format!("it must be 1 to {}", campaign::BATCH_MAX)).into());
    }
    let batch = Batch { limit, include_unclear };
    let items = campaign::ask(store, &org, &id(ask), batch, decider(ask, &reason)?).await?;
    Ok(Answer::json(&json!({ "items": items, "next": null })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saying {
    reason: String,
}

impl Saying {
    fn of(ask: &Ask<'_>) -> Result<Self> {
        ask.json(r#"{"reason":"…"}"#)
    }
}

/// `POST /v1/orgs/{org}/campaigns/{id}/clicked`.
pub(crate) async fn clicked<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let (org, said): (OrgId, _) = (ask.org(store).await?.id, Saying::of(ask)?);
    shown(&campaign::clicked(store, &org, &id(ask), decider(ask, &said.reason)?).await?)
}

/// `POST /v1/orgs/{org}/campaigns/{id}/end`.
pub(crate) async fn end<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let (org, said): (OrgId, _) = (ask.org(store).await?.id, Saying::of(ask)?);
    shown(&campaign::end(store, &org, &id(ask), decider(ask, &said.reason)?).await?)
}

fn shown(campaign: &Campaign) -> Reply {
    Ok(Answer::json(campaign))
}
