//! What the runner knows of its orgs before the first report: their names, the ids of our keys, the first policy.

use super::orgs::GovernedOrg;
use shared::{
    error::Result,
    flow::register::seed_policy,
    model::{CredentialId, Org, OrgState, Policy, Timestamp},
    ports::{CaseReader, FindingStore},
    store::Store,
};
use std::collections::BTreeSet;

/// Registers an org, or completes its entry, and gives it a first policy if it has none.
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
    let known = store.org(&org.id).await?;
    let mut entry = known.clone().unwrap_or_else(|| Org {
        id: org.id.clone(),
        name: org.id.to_string(),
        registered_at: now,
        own_key_ids: None,
        out_of_scope: BTreeSet::new(),
        state: OrgState::Active,
    });
    if let Some(name) = &org.name {
        entry.name.clone_from(name);
    }
    if let Some(ids) = &org.own_key_ids {
        entry.own_key_ids = Some(ids.iter().cloned().collect::<BTreeSet<CredentialId>>());
    }
    if known.as_ref() != Some(&entry) {
        store.put_org(&entry).await?;
    }
    seed_policy(store, &org.id, policy, author, now).await
}
