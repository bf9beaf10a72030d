//! `tokenwarden ledger verify`: collects the ledger and what it is held against, and says what came of it.

use super::{
    judge::{Given, Subject},
    published, signers, transcript,
};
use crate::{
    api::{Api, ApiArgs, OrgRow},
    console::{complain, say},
    failure::{Failure, Result},
};
use clap::Args;
use shared::{
    decide::export::{self, Transcript},
    model::{OrgId, PublicKey, SignedHead},
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The options of `ledger verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    api: ApiArgs,
    /// Only this org
    #[arg(long, value_name = "ORG_ID")]
    org: Option<String>,
    /// A published head that the chain must contain (with several orgs, say --org too)
    #[arg(long, value_name = "SEQ:HASH", value_parser = super::head)]
    head: Option<shared::model::LedgerHead>,
    /// Published heads that were kept elsewhere, as `ledger heads` prints them, in place of the deployment's own
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// The public key that was kept elsewhere, as PEM, in place of the deployment's own; then every head must be signed
    #[arg(long, value_name = "FILE.pem")]
    key: Option<PathBuf>,
    /// A ledger as `ledger export` prints it, in place of a deployment's: nothing is asked of a server
    #[arg(long, value_name = "EXPORT.jsonl")]
    file: Option<PathBuf>,
}

/// What was kept elsewhere.
struct Kept {
    heads: Option<Vec<SignedHead>>,
    keys: Option<Vec<PublicKey>>,
}

/// Verifies one org's ledger or all, or an exported one; exits 1 if one is broken.
pub(super) async fn run(args: &VerifyArgs) -> Result<ExitCode> {
    let kept =
        Kept { heads: args.heads.as_deref().map(heads).transpose()?, keys: args.key.as_deref().map(keys).transpose()? };
    if let Some(file) = &args.file {
        return Ok(tell(&offline(args, kept, file)?, None));
    }
    let api = Api::new(&args.api)?;
    let orgs = api.orgs(args.org.as_deref()).await?;
    if args.head.is_some() && orgs.len() > 1 {
        let reason = format!("belongs to one org, and there are {}; name it with --org", orgs.len());
        return Err(Failure::Option { name: "--head", reason });
    }
    let mut code = ExitCode::SUCCESS;
    for org in &orgs {
        let told = tell(&online(&api, args, &kept, org).await?, Some(org));
        if told != ExitCode::SUCCESS {
            code = told;
        }
    }
    Ok(code)
}

fn tell(subject: &Subject, org: Option<&OrgRow>) -> ExitCode {
    let label = org.map_or_else(|| subject.org.to_string(), OrgRow::label);
    match subject.judge() {
        Ok(whole) => {
            let lines = subject.told(&whole);
            say(&format!("{label}: {}", lines.join("\n  ")));
            ExitCode::SUCCESS
        }
        Err(fault) => {
            complain(&format!("{label}: {fault}"));
            ExitCode::FAILURE
        }
    }
}

async fn online(api: &Api, args: &VerifyArgs, kept: &Kept, org: &OrgRow) -> Result<Subject> {
    let (heads, heads_given) = match &kept.heads {
        Some(heads) => (heads.clone(), Given::Kept),
        None => (published(api, org).await?, Given::ByServer),
    };
    let (keys, keys_given) = match &kept.keys {
        Some(keys) => (Some(keys.clone()), Given::Kept),
        // Where the server names no key, it signed nothing: a signed head of its own is refused.
        None => (Some(signers(api, org).await?.unwrap_or_default()), Given::ByServer),
    };
    let (transcript, org) = (transcript(api, org).await?, OrgId::from(org.id.as_str()));
    Ok(Subject { org, transcript, heads, heads_given, named: args.head.clone(), keys, keys_given })
}

fn offline(args: &VerifyArgs, kept: Kept, file: &Path) -> Result<Subject> {
    let text = std::fs::read(file).map_err(Failure::file(file))?;
    let heads = kept.heads.unwrap_or_default();
    Ok(Subject {
        org: org_of(args, &heads)?,
        transcript: Transcript::of_export(&text),
        heads,
        heads_given: Given::Kept,
        named: args.head.clone(),
        keys: kept.keys,
        keys_given: Given::Kept,
    })
}

/// An entry's hash is over the org too, and an export does not name it.
fn org_of(args: &VerifyArgs, heads: &[SignedHead]) -> Result<OrgId> {
    let named: BTreeSet<&OrgId> = heads.iter().map(|head| &head.org).collect();
    match (&args.org, named.first(), named.len()) {
        (Some(org), ..) => Ok(OrgId::from(org.as_str())),
        (None, Some(org), 1) => Ok((*org).clone()),
        (None, ..) => {
            let reason = "must say whose ledger the file holds: the hashes are over the org's id as well";
            Err(Failure::Option { name: "--org", reason: reason.into() })
        }
    }
}

fn heads(file: &Path) -> Result<Vec<SignedHead>> {
    let text = std::fs::read(file).map_err(Failure::file(file))?;
    let unfit = |reason| Failure::Option { name: "--heads", reason: format!("{}: {reason}", file.display()) };
    match export::read(&text) {
        (_, Some(bad)) => Err(unfit(format!("{bad}; it must be as `ledger heads` prints it"))),
        (heads, None) if heads.is_empty() => Err(unfit("it holds no head".into())),
        (heads, None) => Ok(heads),
    }
}

fn keys(file: &Path) -> Result<Vec<PublicKey>> {
    let text = std::fs::read_to_string(file).map_err(Failure::file(file))?;
    let unfit = |error| Failure::Option { name: "--key", reason: format!("{}: {error}", file.display()) };
    PublicKey::read_pem(&text).map_err(unfit)
}
