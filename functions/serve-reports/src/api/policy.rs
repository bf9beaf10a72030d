//! The policy in force, its versions, and a new one.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::Ask,
    gate::Gate,
};
use lambda_http::http::header;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    decide::{
        loosening::loosenings,
        policy::{default_policy, digest, parse_json},
    },
    error::{Error, Result},
    flow::decide_action::{Put, confirm_policy, looser, submit_policy},
    model::{Approval, OrgId, Policy, PolicyVersion},
    ports::{CaseReader, CaseStore},
};

/// How many versions the answer lists.
const VERSIONS: u64 = 20;

/// `GET /v1/orgs/{org}/policy`.
pub(crate) async fn get<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let current = match store.policy(&org.id).await? {
        Some(version) => version,
        None => unwritten(org.registered_at)?,
    };
    shown(store, &org.id, &current).await
}

/// What holds before a policy was written: version 0.
fn unwritten(at: shared::model::Timestamp) -> Result<PolicyVersion> {
    let policy = default_policy();
    Ok(PolicyVersion { version: 0, author: "default".into(), at, digest: digest(&policy)?, policy })
}

/// `PUT /v1/orgs/{org}/policy`: `If-Match` names the version that it replaces. 200 where it is in force,
/// 202 where it is looser than that one and waits for a second person.
pub(crate) async fn put<S: CaseStore, G: Gate>(store: &S, gate: &G, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let stored = store.policy(&org.id).await?;
    let current = stored.clone().map_or_else(|| unwritten(org.registered_at), Ok)?;
    matches(ask.header(&header::IF_MATCH), &current)?;
    let text = std::str::from_utf8(ask.body()?).map_err(|_| Error::invalid("the policy", "it must be UTF-8 text"))?;
    if !text.trim_start().starts_with('{') {
        let mend = "send the policy as JSON; `tokenwarden policy put FILE` sends a YAML file";
        return Err(Error::invalid("the policy", mend).into());
    }
    let policy = parse_json(text)?;
    second_persons_exist(gate, ask, &org.id, &policy, &looser(stored.as_ref(), &policy)).await?;
    let who = decider(ask, "put through the API")?;
    match submit_policy(store, &org.id, stored.as_ref(), policy, who).await? {
        Put::InForce(version) => shown(store, &org.id, &version).await,
        Put::Waits { .. } => Ok(shown(store, &org.id, &current).await?.status(202)),
    }
}

/// What needs further persons is refused where they do not exist: it would wait for ever.
async fn second_persons_exist<G: Gate>(
    gate: &G,
    ask: &Ask<'_>,
    org: &OrgId,
    policy: &Policy,
    loosenings: &[String],
) -> Result<()> {
    let mut answers = policy.rules.values().filter_map(|rule| rule.respond.as_ref());
    let two_persons = answers.any(|answer| answer.approval == Approval::TwoPersons);
    if !two_persons && loosenings.is_empty() {
        return Ok(());
    }
    let approvers = gate.approvers(org, ask.now).await?;
    let others = approvers.iter().filter(|subject| **subject != ask.principal.subject).count();
    let wanted = match (two_persons, loosenings) {
        (true, _) if approvers.len() < 2 => "the policy asks for the approval of two persons".to_owned(),
        (_, [_, ..]) if others == 0 => {
            format!("a second person must confirm what this policy loosens ({})", loosenings.join("; "))
        }
        (true | false, _) => return Ok(()),
    };
    let mend = "and too few others have the role approver in this org; add a token of another approver to the secret \
                api-tokens";
    Err(Error::Conflict(format!("{wanted}, {mend}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirming {
    digest: String,
    reason: String,
}

/// `POST /v1/orgs/{org}/policy/confirm`: somebody else than its author brings a proposed policy into force.
pub(crate) async fn confirm<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?.id;
    let Confirming { digest, reason } = ask.json(r#"{"digest":"…","reason":"…"}"#)?;
    let version = confirm_policy(store, &org, &digest, decider(ask, &reason)?).await?;
    shown(store, &org, &version).await
}

fn etag(version: &PolicyVersion) -> String {
    format!("\"{}-{}\"", version.version, version.digest)
}

fn matches(given: Option<&str>, current: &PolicyVersion) -> Result<()> {
    let Some(given) = given else {
        let text = "send `If-Match` with the `ETag` of the policy that you read, so that nobody's change is lost";
        return Err(Error::PreconditionRequired(text.into()));
    };
    let current = etag(current);
    if given.split(',').map(str::trim).any(|one| one == "*" || one == current) {
        return Ok(());
    }
    Err(Error::PreconditionFailed(format!("the policy in force is {current}; read it and decide again")))
}

async fn shown<S: CaseReader>(store: &S, org: &OrgId, current: &PolicyVersion) -> Reply {
    let mut versions = Vec::new();
    for number in (1..=current.version).rev().take(VERSIONS as usize) {
        versions.extend(store.policy_version(org, number).await?.as_ref().map(line));
    }
    let mut body = line(current);
    body["policy"] = json!(current.policy);
    body["versions"] = versions.into();
    body["proposal"] = proposal(store, org, current).await?;
    Ok(Answer::json(&body).with(header::ETAG, etag(current)))
}

/// What waits for a second person; null where nothing does.
async fn proposal<S: CaseReader>(store: &S, org: &OrgId, current: &PolicyVersion) -> Result<Value> {
    let waits = store.proposed_policy(org).await?.filter(|one| one.version == current.version + 1);
    Ok(waits.map_or(Value::Null, |one| {
        let mut body = line(&one);
        body["loosens"] = json!(loosenings(&current.policy, &one.policy));
        body["policy"] = json!(one.policy);
        body
    }))
}

fn line(version: &PolicyVersion) -> Value {
    let PolicyVersion { version, author, at, digest, .. } = version;
    json!({ "version": version, "digest": digest, "author": author, "at": at })
}
