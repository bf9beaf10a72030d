//! What was done for each member of a campaign: the newest action of its kind.

use super::action_of;
use crate::{
    decide::owner_plan,
    model::{AccountId, Action, ActionState, Campaign, CampaignKind, CredentialRef},
};
use std::collections::HashMap;

/// By whom or what the actions of a campaign are told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An account with all that it holds.
    Account(AccountId),
    /// One credential.
    Credential(CredentialRef),
}

/// The subject that a credential of an owner is in a campaign.
pub(super) fn subject(kind: CampaignKind, credential: &CredentialRef, owner: Option<&AccountId>) -> Option<Subject> {
    match kind {
        CampaignKind::ClosePolicy => owner.cloned().map(Subject::Account),
        CampaignKind::CloseExternal => {
            Some(owner.map_or_else(|| Subject::Credential(credential.clone()), |owner| Subject::Account(owner.clone())))
        }
        CampaignKind::Recertify | CampaignKind::Leave | CampaignKind::ByHand => {
            Some(Subject::Credential(credential.clone()))
        }
    }
}

/// The newest action of a campaign's kind for each of its subjects.
#[derive(Debug, Default)]
pub struct Newest(HashMap<Subject, Action>);

impl Newest {
    /// The newest one of a subject.
    pub(super) fn of(&self, subject: &Subject) -> Option<&Action> {
        self.0.get(subject)
    }

    /// Takes one of the org's actions into account.
    pub fn add(&mut self, campaign: &Campaign, action: Action) {
        if Some(action.plan.action) != action_of(campaign.kind) || !counts(campaign, &action) {
            return;
        }
        let target = &action.plan.target;
        let Some(subject) = subject(campaign.kind, &target.credential, target.owner.as_ref()) else { return };
        match self.0.get(&subject) {
            Some(other) if other.generation >= action.generation => {}
            Some(_) | None => drop(self.0.insert(subject, action)),
        }
    }
}

/// Whether an action tells how a campaign stands: what lasts or is under way does, whoever began it. What came to
/// nothing does only where a person asked for it since: a rule that observes speaks of its own mode.
fn counts(campaign: &Campaign, action: &Action) -> bool {
    let since = action.planned_at >= campaign.started_at;
    let lasts = match action.state {
        ActionState::Done => true,
        ActionState::Planned | ActionState::Waiting | ActionState::Claimed => action.plan.withheld.is_none(),
        ActionState::Withheld
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => action.reason.as_deref().is_some_and(owner_plan::is_so_already),
    };
    match campaign.kind {
        CampaignKind::Recertify => since,
        CampaignKind::CloseExternal | CampaignKind::ByHand => false,
        CampaignKind::ClosePolicy | CampaignKind::Leave => lasts || (since && action.requested_by.is_some()),
    }
}
