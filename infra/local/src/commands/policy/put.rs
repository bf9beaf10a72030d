//! `tokenwarden policy put FILE` and `tokenwarden policy confirm DIGEST`.

use super::file::read;
use crate::{
    console::{complain, say},
    failure::{Failure, Result},
    place::{Place, Why},
};
use clap::Args;
use serde::Deserialize;
use serde_json::json;
use shared::decide::policy;
use std::{path::PathBuf, process::ExitCode};

/// The options of `policy put`.
#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    #[command(flatten)]
    place: Place,
    /// The policy, YAML or JSON
    file: PathBuf,
}

/// The options of `policy confirm`.
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The digest of the proposed policy, as `policy put` printed it: exactly that text is agreed to
    #[arg(value_name = "DIGEST")]
    digest: String,
    #[command(flatten)]
    why: Why,
}

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
pub(super) async fn put(args: &PutArgs) -> Result<ExitCode> {
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
pub(super) async fn confirm(args: &ConfirmArgs) -> Result<ExitCode> {
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
