//! Registers an org: its entry in the registry, and the first version of its policy.

use crate::{
    decide::policy::digest,
    error::Result,
    model::{CredentialId, LedgerKind, LedgerRecord, Org, OrgId, Policy, PolicyVersion, Timestamp, Versioned},
    ports::{CaseChange, CaseStore, FindingStore, TokenReader, Written},
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// So many orgs are worked for at the same time: a slow one delays no other, and each holds a few megabytes.
pub const ORGS_AT_A_TIME: usize = 8;

/// Writes the org's entry where there is none, or where the ids of our own keys became known. `None` if it is not to be
/// worked for: somebody paused or removed it meanwhile, or changes it at this moment.
///
/// # Errors
/// [`crate::error::Error::Store`]; or the secret with the org's key cannot be read.
pub async fn register_org(
    store: &impl FindingStore,
    source: &impl TokenReader,
    id: &OrgId,
    now: Timestamp,
) -> Result<Option<Org>> {
    let known = store.org_entry(id).await?;
    if known.as_ref().is_some_and(|known| !known.value.is_active()) {
        return Ok(None);
    }
    let own = source.own_key_ids(id).await?.map(BTreeSet::<CredentialId>::from_iter);
    let mut org = match &known {
        Some(known) => known.value.clone(),
        // A scoped key may not read the org (atlassian-api: no scope is documented for it): then its id is its name.
        None => Org::new(id.clone(), source.org_name(id).await?.unwrap_or_else(|| id.to_string()), now),
    };
    org.own_key_ids = own.or(org.own_key_ids);
    if known.as_ref().map(|known| &known.value) == Some(&org) {
        return Ok(Some(org));
    }
    let version = known.map_or(0, |known| known.version);
    Ok(match store.put_org(&Versioned { version, value: org.clone() }).await? {
        Written::Stored => Some(org),
        Written::Contended => None,
    })
}

/// The orgs to work for: the registered and the configured ones, less those that are paused or removed.
pub fn governed(registered: &[Org], configured: &[OrgId]) -> BTreeSet<OrgId> {
    let resting: BTreeSet<&OrgId> = registered.iter().filter(|org| !org.is_active()).map(|org| &org.id).collect();
    let known = registered.iter().map(|org| &org.id).chain(configured);
    known.filter(|org| !resting.contains(org)).cloned().collect()
}

/// The orgs in the order in which this tick of a schedule works for them: in each tick another one is first, so that none
/// starves behind those before it.
pub fn in_turn<T>(mut orgs: Vec<T>, every: TimeDelta, now: Timestamp) -> Vec<T> {
    let tick = now.timestamp().div_euclid(every.num_seconds().max(1));
    let first = tick.rem_euclid(orgs.len().max(1) as i64) as usize;
    orgs.rotate_left(first);
    orgs
}

/// Makes a policy the org's first version, unless it has one: what is in force is never overwritten from here.
///
/// # Errors
/// [`crate::error::Error::Store`] and its like.
pub async fn seed_policy(
    store: &impl CaseStore,
    org: &OrgId,
    policy: &Policy,
    author: &str,
    now: Timestamp,
) -> Result<()> {
    if store.policy(org).await?.is_some() {
        return Ok(());
    }
    let first = PolicyVersion {
        version: 1,
        author: author.to_owned(),
        at: now,
        digest: digest(policy)?,
        policy: policy.clone(),
    };
    let record = LedgerRecord {
        at: now,
        kind: LedgerKind::PolicySet,
        principal: author.to_owned(),
        action: None,
        credential: None,
        plan_hash: None,
        policy_version: Some(1),
        detail: format!("digest {}", first.digest),
        evidence_digest: None,
        answer: None,
    };
    // Losing the race to another first version is as good as winning it.
    let change = CaseChange { policy: Some(first), record: Some(record), ..CaseChange::default() };
    store.apply(org, &change).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_each_tick_another_org_is_first_and_all_of_them_have_their_turn() {
        let order = |orgs: Vec<u8>, second: i64| {
            in_turn(orgs, TimeDelta::minutes(5), Timestamp::from_timestamp(second, 0).unwrap())
        };
        assert_eq!(order(vec![1, 2, 3, 4, 5], 0), [1, 2, 3, 4, 5]);
        assert_eq!(order(vec![1, 2, 3, 4, 5], 299), [1, 2, 3, 4, 5]);
        assert_eq!(order(vec![1, 2, 3, 4, 5], 300), [2, 3, 4, 5, 1]);
        assert_eq!(order(vec![1, 2, 3, 4, 5], 4 * 300), [5, 1, 2, 3, 4]);
        assert!(order(Vec::new(), 300).is_empty());
    }
}
