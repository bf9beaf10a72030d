//! `tokenwarden policy put FILE` and `tokenwarden policy confirm DIGEST`.

use super::read;
use crate::{
    cli::{ConfirmArgs, PutArgs},
    console::{complain, say},
    failure::{Failure, Result},
};
use serde::Deserialize;
use serde_json::json;
use shared::decide::policy;
use std::process::ExitCode;

/// The policy in force, as the API shows it.
#[derive(Deserialize)]
struct InForce {
    version: u64,
    digest: String,
    proposal: Option<Proposal>,
}

/// A policy that waits for a second person.
#[derive(Deserialize)]
struct Proposal {
    digest: String,
    loosens: Vec<String>,
}

/// Puts a file's policy in place of the one that is in force now; exits 1 if the file is no valid policy.
pub(crate) async fn put(args: &PutArgs) -> Result<ExitCode> {
    let policy = match policy::parse(&read(&args.file)?) {
        Ok(policy) => policy,
        Err(error) => {
            complain(&format!("{}: {error}", args.file.display()));
            return Ok(ExitCode::FAILURE);
        }
    };
    let body = serde_json::to_value(&policy)
        .map_err(|error| Failure::Option { name: "FILE", reason: format!("cannot be sent: {error}") })?;
    let (api, org) = args.place.open().await?;
    let url = api.org_path(&org, "policy");
    let before: InForce = api.get(&url).await?;
    let etag = format!("\"{}-{}\"", before.version, before.digest);
    say(&told(&org, &before, &api.put_over(&url, &body, &etag).await?));
    Ok(ExitCode::SUCCESS)
}

/// Agrees to a proposed policy, by its digest.
pub(crate) async fn confirm(args: &ConfirmArgs) -> Result<ExitCode> {
    let (api, org) = args.why.place.open().await?;
    let body = json!({ "digest": args.digest, "reason": args.why.reason });
    let now: InForce = api.post(&api.org_path(&org, "policy/confirm"), &body).await?;
    say(&format!("{org}: version {} is in force", now.version));
    Ok(ExitCode::SUCCESS)
}

fn told(org: &str, before: &InForce, now: &InForce) -> String {
    match &now.proposal {
        Some(Proposal { digest, loosens }) => format!(
            "{org}: version {} stays in force. The new policy loosens it, so a second person must agree:\n  {}\n\
             tokenwarden policy confirm {digest} --org {org} --reason \"…\"",
            now.version,
            loosens.join("\n  "),
        ),
        None if now.version == before.version => format!("{org}: version {} says the same already", now.version),
        None => format!("{org}: version {} is in force; every open case is planned anew by it", now.version),
    }
}
