//! The policy in force, its versions, and a new one.

use crate::{
    answer::{Answer, Reply},
    api::actions::decider,
    ask::Ask,
};
use lambda_http::http::header;
use serde_json::{Value, json};
use shared::{
    decide::policy::{default_policy, digest, parse},
    error::{Error, Result},
    flow::decide_action::put_policy,
    model::{OrgId, PolicyVersion},
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

/// `PUT /v1/orgs/{org}/policy`: YAML or JSON; `If-Match` names the version that it replaces.
pub(crate) async fn put<S: CaseStore>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let stored = store.policy(&org.id).await?;
    let current = stored.clone().map_or_else(|| unwritten(org.registered_at), Ok)?;
    matches(ask.header(&header::IF_MATCH), &current)?;
    let text = std::str::from_utf8(ask.body()?).map_err(|_| Error::invalid("the policy", "it must be UTF-8 text"))?;
    let policy = parse(text)?;
    let who = decider(ask, "put through the API")?;
    let version = put_policy(store, &org.id, stored.as_ref(), policy, who).await?;
    shown(store, &org.id, &version).await
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
    Ok(Answer::json(&body).with(header::ETAG, etag(current)))
}

fn line(version: &PolicyVersion) -> Value {
    let PolicyVersion { version, author, at, digest, .. } = version;
    json!({ "version": version, "digest": digest, "author": author, "at": at })
}
