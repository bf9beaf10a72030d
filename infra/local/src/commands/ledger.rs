//! `tokenwarden ledger verify`: follows every org's hash chain.

use crate::{
    api::{Api, OrgRow},
    cli::VerifyArgs,
    console::{complain, say},
    failure::{Failure, Result},
};
use shared::{
    decide::ledger::{self, BadEntry},
    model::{LedgerEntry, LedgerHead, OrgId},
};
use std::process::ExitCode;

/// Verifies one org's chain or all; exits 1 if one is broken.
pub(crate) async fn verify(args: &VerifyArgs) -> Result<ExitCode> {
    let api = Api::new(&args.api)?;
    let orgs = api.orgs(args.org.as_deref()).await?;
    if args.head.is_some() && orgs.len() > 1 {
        let reason = format!("belongs to one org, and there are {}; name it with --org", orgs.len());
        return Err(Failure::Option { name: "--head", reason });
    }
    let mut code = ExitCode::SUCCESS;
    for org in &orgs {
        match chain(&api, org, args.head.as_ref()).await? {
            Ok(head) => say(&format!("{}: whole, {} entries; head {}:{}", org.label(), head.seq, head.seq, head.hash)),
            Err(broken) => {
                complain(&format!("{}: broken: {broken}", org.label()));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

async fn chain(
    api: &Api,
    org: &OrgRow,
    head: Option<&LedgerHead>,
) -> Result<std::result::Result<LedgerHead, BadEntry>> {
    let entries: Vec<LedgerEntry> = api.all(&api.org_path(&org.id, "ledger")).await?;
    let org = OrgId::from(org.id.as_str());
    Ok(match head {
        Some(head) => ledger::verify_against(&org, entries.iter(), &LedgerHead::default(), std::slice::from_ref(head)),
        None => ledger::verify(&org, entries.iter(), &LedgerHead::default()),
    })
}

/// A published head, as the log shows it.
pub(crate) fn head(text: &str) -> std::result::Result<LedgerHead, String> {
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
