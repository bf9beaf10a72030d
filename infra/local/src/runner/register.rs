//! What the runner knows of its orgs before the first report: their names, the ids of our keys, the first policy.

use super::orgs::GovernedOrg;
use shared::{
    error::Result,
    flow::register::seed_policy,
    model::{CredentialId, Org, Policy, Timestamp, Versioned},
    ports::{CaseReader, FindingStore},
    store::Store,
};
use std::collections::BTreeSet;

/// Registers an org, or completes its entry, and gives it a first policy if it has none; one that was removed stays so.
///
/// # Errors
/// What the store said.
pub(super) async fn register(
    store: &Store,
    org: &GovernedOrg,
    policy: &Policy,
    author: &str,
    now: Timestamp,
) -> Result<()> {
    let known = store.org_entry(&org.id).await?;
    if known.as_ref().is_some_and(|known| !known.value.state.is_kept()) {
        return Ok(());
    }
    let mut entry = match &known {
        Some(known) => known.value.clone(),
        None => Org::new(org.id.clone(), org.id.to_string(), now),
    };
    // A name that somebody gave it stays.
    if let Some(name) = org.name.as_ref().filter(|_| entry.name == entry.id.as_str()) {
        entry.name.clone_from(name);
    }
    if let Some(ids) = &org.own_key_ids {
        entry.own_key_ids = Some(ids.iter().cloned().collect::<BTreeSet<CredentialId>>());
    }
    if known.as_ref().map(|known| &known.value) != Some(&entry) {
        let version = known.map_or(0, |known| known.version);
        // Losing against another change is no loss: the next report completes the entry.
        let _written = store.put_org(&Versioned { version, value: entry }).await?;
    }
    seed_policy(store, &org.id, policy, author, now).await
}
