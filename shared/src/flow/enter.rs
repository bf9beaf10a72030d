//! What people enter: what is known of credentials, exemptions, and which orgs are governed.
//!
//! Each is one transaction with its ledger entry, which holds ids only.

use super::decide_action::{Decider, decision, record};
use crate::{
    decide::exempt,
    error::{Error, Result},
    model::{
        CredentialRef, DecisionKind, Exemption, ExemptionScope, LedgerKind, LedgerRecord, OrgId, RegisterEntry,
        Sponsor, Timestamp, short_hash,
    },
    ports::{CaseChange, CaseStore, Written},
};
use chrono::TimeDelta;

/// How many entries one transaction holds.
const ENTRIES_A_TRANSACTION: usize = 50;
/// An exemption ends after at most so long; then somebody has to look again.
const EXEMPT_AT_MOST: TimeDelta = TimeDelta::days(366);

/// Enters what is known of credentials. The same entry again changes nothing but its date.
///
/// # Errors
/// [`Error::Contended`] if the ledger keeps moving; those of the store.
pub async fn enter<S: CaseStore>(store: &S, org: &OrgId, entries: Vec<RegisterEntry>, who: Decider<'_>) -> Result<()> {
    for entries in entries.chunks(ENTRIES_A_TRANSACTION) {
        let credential = if let [one] = entries { Some(one.credential.clone()) } else { None };
        let detail = format!("{} entries of the register were written", entries.len());
        let entered = record(LedgerKind::RegisterChanged, &detail, who);
        let record = Some(LedgerRecord { credential, ..entered });
        apply(store, org, CaseChange { register: entries.to_vec(), record, ..CaseChange::default() }).await?;
    }
    Ok(())
}

/// Forgets what was entered about a credential; a registered one is gone with it.
///
/// # Errors
/// [`Error::NotFound`] if nothing was entered.
pub async fn forget<S: CaseStore>(store: &S, org: &OrgId, credential: &CredentialRef, who: Decider<'_>) -> Result<()> {
    if store.register_entry(org, credential).await?.is_none() {
        return Err(Error::NotFound(format!("an entry of {credential} in the register")));
    }
    let forgotten = record(LedgerKind::RegisterChanged, "an entry of the register was removed", who);
    let record = Some(LedgerRecord { credential: Some(credential.clone()), ..forgotten });
    apply(store, org, CaseChange { unregister: Some(credential.clone()), record, ..CaseChange::default() }).await
}

/// Says who in the org answers for an account.
///
/// # Errors
/// Those of the store.
pub async fn sponsor<S: CaseStore>(store: &S, org: &OrgId, sponsor: Sponsor, who: Decider<'_>) -> Result<()> {
    let record = Some(record(LedgerKind::RegisterChanged, "who answers for an account was written", who));
    apply(store, org, CaseChange { sponsor: Some(sponsor), record, ..CaseChange::default() }).await
}

/// Grants an exemption. What it covers is cancelled at once; findings show it from now on.
///
/// # Errors
/// [`Error::Invalid`] for a scope that covers nothing or everything, and for an end that is past or too far.
pub async fn grant<S: CaseStore>(
    store: &S,
    org: &OrgId,
    scope: ExemptionScope,
    until: Timestamp,
    who: Decider<'_>,
) -> Result<Exemption> {
    exempt::check(&scope)?;
    ends_in_time(until, who.at)?;
    let exemption = Exemption {
        id: short_hash(&[org.as_str(), who.by, &who.at.to_rfc3339(), &format!("{scope:?}")]),
        scope,
        reason: who.reason.to_owned(),
        author: who.by.to_owned(),
        created_at: who.at,
        until,
    };
    let granted = record(LedgerKind::ExemptionGranted, &format!("exemption {} was granted", exemption.id), who);
    let change = CaseChange {
        decision: Some(decision(DecisionKind::Exempted, None, &exemption.id, who)),
        record: Some(LedgerRecord { credential: exemption.scope.credential.clone(), ..granted }),
        exemption: Some(exemption.clone()),
        ..CaseChange::default()
    };
    apply(store, org, change).await?;
    Ok(exemption)
}

/// Ends an exemption now. What it covered counts again from the next report on.
///
/// # Errors
/// [`Error::NotFound`] if there is none of this id.
pub async fn end_exemption<S: CaseStore>(store: &S, org: &OrgId, id: &str, who: Decider<'_>) -> Result<Exemption> {
    let found = store.exemptions(org).await?.into_iter().find(|one| one.id == id);
    let found = found.ok_or_else(|| Error::NotFound(format!("exemption {id}")))?;
    if found.until <= who.at {
        return Ok(found);
    }
    let ended = Exemption { until: who.at, ..found };
    let entry = record(LedgerKind::ExemptionEnded, &format!("exemption {id} was ended"), who);
    let record = Some(LedgerRecord { credential: ended.scope.credential.clone(), ..entry });
    apply(store, org, CaseChange { exemption: Some(ended.clone()), record, ..CaseChange::default() }).await?;
    Ok(ended)
}

fn ends_in_time(until: Timestamp, now: Timestamp) -> Result<()> {
    if until <= now {
        return Err(Error::invalid("until", format!("{until} is past; give the day on which the exemption ends")));
    }
    if until > now + EXEMPT_AT_MOST {
        let most = (now + EXEMPT_AT_MOST).date_naive();
        return Err(Error::invalid(
            "until",
            format!("an exemption lasts at most a year, so until {most} at the latest"),
        ));
    }
    Ok(())
}

async fn apply<S: CaseStore>(store: &S, org: &OrgId, change: CaseChange) -> Result<()> {
    match store.apply(org, &change).await? {
        Written::Stored => Ok(()),
        Written::Contended => Err(Error::Contended("what was entered".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_must_end_and_within_a_year() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        assert!(ends_in_time(now, now).is_err() && ends_in_time(now + TimeDelta::days(367), now).is_err());
        assert!(ends_in_time(now + TimeDelta::days(366), now).is_ok());
    }
}
