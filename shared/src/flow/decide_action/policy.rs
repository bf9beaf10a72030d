//! A policy comes into force: at once if it is no looser, else when a second person says so.

use super::{Decider, decision, record};
use crate::{
    decide::{
        loosening::loosenings,
        policy::{check, default_policy, digest},
    },
    error::{Error, Result},
    model::{DecisionKind, LedgerKind, LedgerRecord, OrgId, Policy, PolicyVersion},
    ports::{CaseChange, CaseStore, Written},
};

/// What putting a policy came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Put {
    /// It is in force.
    InForce(PolicyVersion),
    /// It waits for a second person.
    Waits {
        /// What would come into force.
        proposal: PolicyVersion,
        /// In which ways it is looser than the policy in force.
        loosenings: Vec<String>,
    },
}

/// Puts a policy: one that is looser than `expected` in no way comes into force; another one waits for
/// [`confirm_policy`].
///
/// # Errors
/// As [`put_policy`].
pub async fn submit_policy<S: CaseStore>(
    store: &S,
    org: &OrgId,
    expected: Option<&PolicyVersion>,
    policy: Policy,
    who: Decider<'_>,
) -> Result<Put> {
    check(&policy)?;
    let loosenings = looser(expected, &policy);
    if loosenings.is_empty() {
        return Ok(Put::InForce(put_policy(store, org, expected, policy, who).await?));
    }
    let proposal = following(expected, policy, who)?;
    let version = Some(proposal.version);
    let change = CaseChange {
        proposal: Some(proposal.clone()),
        record: Some(LedgerRecord {
            policy_version: version,
            ..record(LedgerKind::PolicyProposed, "a looser policy was proposed", who)
        }),
        ..CaseChange::default()
    };
    match store.apply(org, &change).await? {
        Written::Stored => Ok(Put::Waits { proposal, loosenings }),
        Written::Contended => Err(Error::Contended("the policy".into())),
    }
}

/// Brings the proposed policy with this digest into force, by the word of somebody who did not propose it.
///
/// # Errors
/// [`Error::Forbidden`] for one's own proposal, [`Error::Conflict`] where no such proposal waits for the policy in force.
pub async fn confirm_policy<S: CaseStore>(
    store: &S,
    org: &OrgId,
    digest: &str,
    who: Decider<'_>,
) -> Result<PolicyVersion> {
    let stored = store.policy(org).await?;
    let next = stored.as_ref().map_or(0, |version| version.version) + 1;
    let proposal = store.proposed_policy(org).await?.filter(|one| one.digest == digest && one.version == next);
    let Some(proposal) = proposal else {
        return Err(Error::Conflict("no such policy waits for a second person; read the policy again".into()));
    };
    if proposal.author == who.by {
        return Err(Error::Forbidden("you proposed this policy yourself; somebody else must confirm it".into()));
    }
    let author = format!("{}, confirmed by {}", proposal.author, who.by);
    put_policy(store, org, stored.as_ref(), proposal.policy, Decider { by: &author, ..who }).await
}

/// In which ways a policy is looser than the one in force; before the first, than the one that holds without any.
pub fn looser(in_force: Option<&PolicyVersion>, policy: &Policy) -> Vec<String> {
    match in_force {
        Some(old) => loosenings(&old.policy, policy),
        None => loosenings(&default_policy(), policy),
    }
}

/// Brings a policy into force as the version after `expected`. The policy that is in force already changes nothing,
/// because a new version would plan every open case anew.
///
/// # Errors
/// [`Error::Invalid`] with every fault, [`Error::PreconditionFailed`] if `expected` is no longer in force.
pub async fn put_policy<S: CaseStore>(
    store: &S,
    org: &OrgId,
    expected: Option<&PolicyVersion>,
    policy: Policy,
    who: Decider<'_>,
) -> Result<PolicyVersion> {
    check(&policy)?;
    let digest = digest(&policy)?;
    if let Some(same) = expected.filter(|version| version.digest == digest) {
        return Ok(same.clone());
    }
    let next = following(expected, policy, who)?;
    let version = next.version;
    let change = CaseChange {
        policy: Some(next.clone()),
        decision: Some(decision(DecisionKind::PolicyChanged, None, &version.to_string(), who)),
        record: Some(LedgerRecord {
            policy_version: Some(version),
            ..record(LedgerKind::PolicySet, "a policy came into force", who)
        }),
        ..CaseChange::default()
    };
    match store.apply(org, &change).await? {
        Written::Stored => Ok(next),
        Written::Contended => Err(Error::PreconditionFailed("the policy was changed meanwhile; read it again".into())),
    }
}

fn following(expected: Option<&PolicyVersion>, policy: Policy, who: Decider<'_>) -> Result<PolicyVersion> {
    let version = expected.map_or(0, |version| version.version) + 1;
    Ok(PolicyVersion { version, author: who.by.to_owned(), at: who.at, digest: digest(&policy)?, policy })
}
