//! `tokenwarden ledger …`: verify it, and print what is to be kept elsewhere.

mod judge;
mod verify;

use crate::{
    api::{Api, ApiArgs, OrgRow},
    console::{complain, say},
    failure::{Failure, Result},
};
use clap::{Args, Subcommand};
use shared::{
    decide::export::{Transcript, line},
    model::{LedgerHead, PublicKey, SignedHead},
};
use std::process::ExitCode;

/// What is to be done about ledgers.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Follow the hash chain of every org through its published heads and name the first entry that is not as it was
    /// written; exits 0 whole, 1 not
    Verify(verify::VerifyArgs),
    /// Print the published heads, newest first, as JSON Lines: what to keep elsewhere
    Heads(LedgerArgs),
    /// Print the public key that verifies them, as PEM: what to keep elsewhere, once
    Key(LedgerArgs),
    /// Print all entries of one org as JSON Lines
    Export(LedgerArgs),
}

/// Whose ledger.
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    #[command(flatten)]
    api: ApiArgs,
    /// Only this org
    #[arg(long, value_name = "ORG_ID")]
    org: Option<String>,
}

/// Runs one of them.
pub(crate) async fn run(command: &LedgerCommand) -> Result<ExitCode> {
    match command {
        LedgerCommand::Verify(args) => verify::run(args).await,
        LedgerCommand::Heads(args) => heads(args).await,
        LedgerCommand::Key(args) => key(args).await,
        LedgerCommand::Export(args) => export(args).await,
    }
}

/// Prints the published heads of one org or all.
async fn heads(args: &LedgerArgs) -> Result<ExitCode> {
    let api = Api::new(&args.api)?;
    for org in api.orgs(args.org.as_deref()).await? {
        published(&api, &org).await?.iter().for_each(|head| say(&line(head)));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the public keys of one org or all.
async fn key(args: &LedgerArgs) -> Result<ExitCode> {
    let api = Api::new(&args.api)?;
    let mut keys: Vec<PublicKey> = Vec::new();
    for org in api.orgs(args.org.as_deref()).await? {
        keys.extend(signers(&api, &org).await?.into_iter().flatten());
    }
    // Every org of a deployment is signed for by the same key.
    keys.sort_by_key(PublicKey::fingerprint);
    keys.dedup();
    if keys.is_empty() {
        complain("no head was signed yet: a head is published each day, and signed where the deployment has a key");
        return Ok(ExitCode::FAILURE);
    }
    keys.iter().for_each(|key| say(key.pem().trim_end()));
    Ok(ExitCode::SUCCESS)
}

/// Prints all entries of one org.
async fn export(args: &LedgerArgs) -> Result<ExitCode> {
    let api = Api::new(&args.api)?;
    let orgs = api.orgs(args.org.as_deref()).await?;
    let [org] = orgs.as_slice() else {
        let reason = format!("must say which: an export holds one org's ledger, and there are {}", orgs.len());
        return Err(Failure::Option { name: "--org", reason });
    };
    let Transcript { entries, broken_off } = transcript(&api, org).await?;
    entries.iter().for_each(|entry| say(&line(entry)));
    match broken_off {
        None => Ok(ExitCode::SUCCESS),
        Some(why) => {
            complain(&format!("{}: the export ends here: {why}", org.label()));
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn transcript(api: &Api, org: &OrgRow) -> Result<Transcript> {
    let (entries, broken_off) = api.readable(&api.org_path(&org.id, "ledger"), usize::MAX).await?;
    let entries = entries.rows;
    Ok(Transcript { entries, broken_off })
}

async fn published(api: &Api, org: &OrgRow) -> Result<Vec<SignedHead>> {
    api.all(&api.org_path(&org.id, "ledger/heads")).await
}

/// The keys that the deployment names; `None` where no head was signed.
async fn signers(api: &Api, org: &OrgRow) -> Result<Option<Vec<PublicKey>>> {
    let Some(text) = api.text(&api.org_path(&org.id, "ledger/key")).await? else { return Ok(None) };
    PublicKey::read_pem(&text).map(Some).map_err(Failure::function("reading the deployment's key"))
}

/// A published head, as the log shows it.
fn head(text: &str) -> std::result::Result<LedgerHead, String> {
    let (seq, hash) = text.split_once(':').ok_or("it must be SEQ:HASH, as in 12:9f86d0…")?;
    let seq = seq.parse().map_err(|_| format!("`{seq}` is no entry's number"))?;
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("the hash must have 64 hex digits".into());
    }
    Ok(LedgerHead { seq, hash: hash.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_number_and_a_hash() {
        let hash = "a".repeat(64);
        assert_eq!(head(&format!("7:{hash}")).unwrap(), LedgerHead { seq: 7, hash });
        for wrong in ["7", "x:00", "7:zz", ":"] {
            assert!(head(wrong).is_err(), "{wrong}");
        }
    }
}
