//! `tokenwarden key rotate`: a new key beside the old one, which is ended by hand once nothing uses it any more.

use super::init::drawn;
use crate::{
    console::{complain, say},
    deployment::{
        DeploymentArgs,
        check::Checks,
        given_key,
        keys::{Asked, READ_KEY, UNSCOPED_KEY, WHERE, ours},
        private,
        secrets::Secrets,
    },
    failure::{Failure, Result},
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use shared::{clock::SystemClock, ports::Clock, secrets::Purpose};
use std::{path::PathBuf, process::ExitCode};

/// So long the webhook's old credential is accepted beside the new one.
const OVERLAP_DAYS: i64 = 7;

/// What is to be done about keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Put a new key in the place of an old one, with both in force meanwhile
    Rotate(RotateArgs),
}

/// The options of `key rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    pub(crate) deployment: DeploymentArgs,
    /// Which key
    #[arg(long, value_enum)]
    pub(crate) which: Which,
    /// The new key's name in Atlassian's list of API keys (not for the webhook)
    #[arg(long, value_name = "NAME", required_if_eq_any([("which", "read"), ("which", "unscoped")]))]
    pub(crate) name: Option<String>,
    /// A file with the new key, that only you can read; ATLASSIAN_API_KEY or ATLASSIAN_UNSCOPED_KEY or the prompt otherwise
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Which key is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// The scoped one that reads
    Read,
    /// The one without scopes, which revokes
    Unscoped,
    /// What Atlassian's deliveries bear
    Webhook,
}

/// Runs one of them.
pub(crate) async fn run(command: &KeyCommand) -> Result<ExitCode> {
    let KeyCommand::Rotate(args) = command;
    let secrets = Secrets::of_stack(&args.deployment.stack, args.deployment.region.as_deref()).await?;
    match args.which {
        Which::Webhook => webhook(&secrets, args).await,
        Which::Read => key(&secrets, args, (Purpose::AtlassianRead, READ_KEY)).await,
        Which::Unscoped => key(&secrets, args, (Purpose::AtlassianUnscoped, UNSCOPED_KEY)).await,
    }
}

/// The new key is used from now on; the old one stays one of our own until it is gone from Atlassian's list, so that
/// nothing here ever revokes it.
async fn key(secrets: &Secrets, args: &RotateArgs, (purpose, variable): (Purpose, &'static str)) -> Result<ExitCode> {
    let (org, name) = (&args.deployment.org, args.name.as_deref().unwrap_or_default());
    args.file.as_deref().map_or(Ok(()), private)?;
    let new = given_key(variable, args.file.as_ref(), "the new key")?;
    let asked = Asked::by(&new, &args.deployment.atlassian_url, &args.deployment.org())?;
    let mut checks = Checks::default();
    if args.which == Which::Read {
        super::doctor::reading_key(&mut checks, &asked).await;
    }
    if !checks.pass() {
        complain("Nothing was written: the new key cannot read what the old one is for.");
        return Ok(ExitCode::FAILURE);
    }
    let listed = asked.listed().await?;
    let new_id = ours(&listed, "--name", name, SystemClock.now())?.reference.id.to_string();
    let is_listed = |id: &str| listed.iter().any(|key| key.reference.id.as_str() == id);
    for purpose in [Purpose::AtlassianRead, Purpose::AtlassianUnscoped] {
        let mut secret = secrets.read(purpose).await?;
        let Some(entry) = secret.get_mut(org).filter(|entry| entry.is_object()) else { continue };
        let known = entry["own_key_ids"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<Value> = known.into_iter().filter(|id| id.as_str().is_some_and(is_listed)).collect();
        if !ids.contains(&json!(new_id)) {
            ids.push(json!(new_id));
        }
        entry["own_key_ids"] = ids.into();
        secrets.write(purpose, &secret).await?;
    }
    let mut secret = secrets.read(purpose).await?;
    let Some(entry) = secret.get_mut(org).filter(|entry| entry.is_object()) else { return Err(never_set_up(org)) };
    entry["key"] = json!(new.expose());
    secrets.write(purpose, &secret).await?;
    say(&format!(
        "The new key is in force: the functions take it within 15 minutes. Then revoke the old one in Atlassian ({WHERE});\n\
         until it is gone from the list it stays one of our own, which nothing here revokes. `tokenwarden doctor` looks at both."
    ));
    Ok(ExitCode::SUCCESS)
}

/// The new credential first, the old one for a week more.
async fn webhook(secrets: &Secrets, args: &RotateArgs) -> Result<ExitCode> {
    let DeploymentArgs { org, api, .. } = &args.deployment;
    let mut secret = secrets.read(Purpose::Webhook).await?;
    let Some(accepted) = secret.get_mut(org).and_then(|entry| entry["accepted"].as_array_mut()) else {
        return Err(never_set_up(org));
    };
    let (now, value) = (SystemClock.now(), format!("Bearer {}", drawn()));
    let end = now + chrono::TimeDelta::days(OVERLAP_DAYS);
    accepted.retain(|old| old["not_after"].as_str().is_none_or(|end| end > now.to_rfc3339().as_str()));
    for old in accepted.iter_mut().filter(|old| old["not_after"].is_null()) {
        old["not_after"] = json!(end.to_rfc3339());
    }
    accepted.insert(0, json!({ "value": value }));
    secrets.write(Purpose::Webhook, &secret).await?;
    say(&format!(
        "Paste into Atlassian's webhook for {api}/webhooks/{org}/audit before {}, until when the old one is accepted too:\n  \
         Authorization  {value}",
        end.format("%Y-%m-%d %H:%M UTC"),
    ));
    Ok(ExitCode::SUCCESS)
}

fn never_set_up(org: &str) -> Failure {
    let reason = "has no entry in this secret yet; run `tokenwarden init` first".to_owned();
    Failure::Api { what: format!("the org {org}"), reason }
}
