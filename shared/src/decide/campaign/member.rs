//! Who or what belongs to a campaign.

use crate::{
    decide::impact::{Impact, Likely},
    model::{AccountId, Action, ActionId, CredentialRef, CredentialRow, Stand},
};
use serde::Serialize;

/// Who or what belongs to a campaign: an account with its credentials, or one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The account, if it is known.
    pub account: Option<AccountId>,
    /// Its name, if it is known.
    pub name: Option<String>,
    /// The credential by which an action is asked for.
    pub credential: CredentialRef,
    /// Its label.
    pub label: String,
    /// Who in the org answers for it, where it is external and somebody said so.
    pub sponsor: Option<String>,
    /// How many credentials of the campaign it has.
    pub credentials: u64,
    /// Those whose work probably stops today.
    pub breaks: u64,
    /// Those whose work has probably stopped or moved already.
    pub does_not: u64,
    /// Those of which neither can be said.
    pub unknown: u64,
    /// How the credential is used that matters most, in a sentence.
    pub sentence: String,
    /// How it stands.
    pub stand: Stand,
    /// Why, where there is something to say.
    pub reason: Option<String>,
    /// The action that was asked for.
    pub action: Option<ActionId>,
}

impl Member {
    pub(super) fn new(
        row: &CredentialRow,
        impact: Impact,
        (stand, reason): (Stand, Option<String>),
        action: Option<&Action>,
    ) -> Self {
        let is = |likely| u64::from(impact.breaks_today == likely);
        Self {
            account: row.credential.owner.clone(),
            name: name_of(row).map(str::to_owned),
            credential: row.credential.reference.clone(),
            label: row.credential.label.clone(),
            sponsor: None,
            credentials: 1,
            breaks: is(Likely::Yes),
            does_not: is(Likely::No),
            unknown: is(Likely::Unknown),
            sentence: impact.sentence,
            stand,
            reason,
            action: action.map(|action| action.id.clone()),
        }
    }

    /// What was to be done by hand was seen to be done.
    pub(super) fn verified(&mut self) {
        (self.stand, self.reason) = (Stand::Done, None);
    }

    /// Takes another credential of the same account in; the one that matters most speaks for it.
    pub(super) fn join(&mut self, other: Self) {
        let sums = |a: &Self, b: &Self| {
            (a.credentials + b.credentials, a.breaks + b.breaks, a.does_not + b.does_not, a.unknown + b.unknown)
        };
        let (credentials, breaks, does_not, unknown) = sums(self, &other);
        let speaks = if (other.stand, other.does_not) < (self.stand, self.does_not) { other } else { self.clone() };
        *self = Self { credentials, breaks, does_not, unknown, ..speaks };
    }
}

/// The name of whose a credential is.
pub(super) fn name_of(row: &CredentialRow) -> Option<&str> {
    let owner = row.owner.as_ref().and_then(|owner| owner.name.as_deref());
    owner.or(row.credential.owner_name.as_deref())
}
