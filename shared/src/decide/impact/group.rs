//! What blocking the tokens of a group of people would do.

use super::{Impact, Likely};
use crate::messages::impact as say;
use crate::model::{AccountId, CredentialRow};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many of one owner's credentials stop work today.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OwnerImpact {
    /// The account; `None` for credentials of which no owner is known.
    pub owner: Option<AccountId>,
    /// His name, if known.
    pub name: Option<String>,
    /// Credentials whose work probably stops today.
    pub breaks: u64,
    /// Credentials whose work has probably stopped or moved already.
    pub does_not: u64,
    /// Credentials of which neither can be said.
    pub unknown: u64,
}

/// What blocking all of them would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupImpact {
    /// By owner: who is hit hardest first.
    pub owners: Vec<OwnerImpact>,
    /// All of it in a sentence, with those that probably stop.
    pub sentence: String,
}

/// What blocking these credentials, each with its impact, would do to their owners.
pub fn group_impact(impacts: &[(&CredentialRow, Impact)]) -> GroupImpact {
    let mut by_owner: BTreeMap<Option<&AccountId>, OwnerImpact> = BTreeMap::new();
    let mut stopping = Vec::new();
    for (row, impact) in impacts {
        let (owner, name) = (row.credential.owner.as_ref(), name(row));
        let new = || OwnerImpact { owner: owner.cloned(), name: name.map(str::to_owned), ..OwnerImpact::default() };
        let sums = by_owner.entry(owner).or_insert_with(new);
        match impact.breaks_today {
            Likely::Yes => {
                sums.breaks += 1;
                stopping.push((row.credential.label.as_str(), name.or(owner.map(AccountId::as_str))));
            }
            Likely::No => sums.does_not += 1,
            Likely::Unknown => sums.unknown += 1,
        }
    }
    let mut owners: Vec<OwnerImpact> = by_owner.into_values().collect();
    owners.sort_by_key(|one| std::cmp::Reverse((one.breaks, one.unknown)));
    let sum = |of: fn(&OwnerImpact) -> u64| owners.iter().map(of).sum();
    let known = owners.iter().filter(|one| one.owner.is_some()).count();
    let sentence = say::group(known, &stopping, sum(|one| one.does_not), sum(|one| one.unknown));
    GroupImpact { owners, sentence }
}

fn name(row: &CredentialRow) -> Option<&str> {
    let owner = row.owner.as_ref().and_then(|owner| owner.name.as_deref());
    owner.or(row.credential.owner_name.as_deref())
}
