//! How a campaign stands: who belongs to it by the latest report, what was done for each by the actions, and what is next.

mod member;
mod settled;
#[cfg(test)]
mod tests;

pub use member::Member;

use super::{
    impact::{ImpactContext, Likely, impact},
    owner_plan,
    plan::Cause,
};
use crate::{
    messages::{campaign as say, impact::group},
    model::{
        AccountId, Action, ActionKind, ActionState, Campaign, CampaignKind, CredentialKind, CredentialRef,
        CredentialRow, CredentialStatus, Owner, OwnerStatus, Policy, RegisterEntry, Relation, Review, Settled, Stand,
        Timestamp,
    },
};
use chrono::TimeDelta;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, btree_map::Entry};

/// Who was asked so long ago and did not answer counts as silent.
const ANSWER_WITHIN: TimeDelta = TimeDelta::days(14);
/// What is set by hand holds about ten minutes later (Atlassian's support page on API token access); a use after this
/// long speaks against it.
const HOLDS_AFTER: TimeDelta = TimeDelta::hours(1);

/// By whom or what the actions of a campaign are told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An account with all that it holds.
    Account(AccountId),
    /// One credential.
    Credential(CredentialRef),
}

/// The action that a campaign asks for.
pub fn action_of(kind: CampaignKind) -> ActionKind {
    match kind {
        CampaignKind::ClosePolicy => ActionKind::Allow,
        CampaignKind::Recertify => ActionKind::Notify,
        CampaignKind::Leave => ActionKind::Revoke,
    }
}

fn subject(kind: CampaignKind, credential: &CredentialRef, owner: Option<&AccountId>) -> Option<Subject> {
    match kind {
        CampaignKind::ClosePolicy => owner.cloned().map(Subject::Account),
        CampaignKind::Recertify | CampaignKind::Leave => Some(Subject::Credential(credential.clone())),
    }
}

/// The newest action of a campaign's kind for each of its subjects.
#[derive(Debug, Default)]
pub struct Newest(HashMap<Subject, Action>);

impl Newest {
    /// Takes one of the org's actions into account.
    pub fn add(&mut self, campaign: &Campaign, action: Action) {
        if action.plan.action != action_of(campaign.kind) || !counts(campaign, &action) {
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
        CampaignKind::ClosePolicy | CampaignKind::Leave => lasts || (since && action.requested_by.is_some()),
    }
}

/// How a campaign stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// In a sentence: who would break today, who is silent, what is left.
    pub sentence: String,
    /// How many stand how.
    pub counts: BTreeMap<Stand, u64>,
    /// What is to be done next, and what no API does is told step by step.
    pub next: Vec<String>,
    /// What came of what was done by hand, as the lists and the log show it; `None` before it was said to be done.
    pub settled: Option<Settled>,
    /// Everybody in it, those first for whom something is to be done.
    pub members: Vec<Member>,
}

/// Gathers what a campaign's members are, row by row, so that a large report need not stand in memory.
#[derive(Debug)]
pub struct Survey<'a> {
    campaign: &'a Campaign,
    newest: &'a Newest,
    policy: &'a Policy,
    context: ImpactContext,
    now: Timestamp,
    members: BTreeMap<Subject, Member>,
    /// Label and owner of what stops, were tokens blocked for those who are not moved.
    stopping: BTreeMap<Subject, Vec<(String, Option<String>)>>,
    settled: Settled,
}

impl<'a> Survey<'a> {
    /// Over nobody yet.
    pub fn new(
        campaign: &'a Campaign,
        newest: &'a Newest,
        policy: &'a Policy,
        context: ImpactContext,
        now: Timestamp,
    ) -> Self {
        let (members, stopping) = (BTreeMap::new(), BTreeMap::new());
        Self { campaign, newest, policy, context, now, members, stopping, settled: Settled::default() }
    }

    /// Takes a row of the latest report into account.
    pub fn add(&mut self, row: &CredentialRow) {
        if !belongs(self.campaign, row) {
            return;
        }
        let credential = &row.credential;
        let found = subject(self.campaign.kind, &credential.reference, credential.owner.as_ref());
        let Some(subject) = found else { return };
        let impact = impact(row, &self.context, self.now);
        let stand = self.stand(row, &subject, impact.breaks_today);
        if impact.breaks_today == Likely::Yes && credential.status != CredentialStatus::Blocked {
            let name = member::name_of(row).map(str::to_owned);
            self.stopping.entry(subject.clone()).or_default().push((credential.label.clone(), name));
        }
        if stand.0 != Stand::Done {
            let holds_from = self.campaign.clicked.as_ref().map(|clicked| clicked.at + HOLDS_AFTER);
            settled::add(&mut self.settled, row, holds_from);
        }
        let new = Member::new(row, impact, stand, self.newest.0.get(&subject));
        match self.members.entry(subject) {
            Entry::Vacant(free) => drop(free.insert(new)),
            Entry::Occupied(mut held) => held.get_mut().join(new),
        }
    }

    fn stand(&self, row: &CredentialRow, subject: &Subject, breaks: Likely) -> (Stand, Option<String>) {
        if let Some(action) = self.newest.0.get(subject) {
            return self.by_action(row, action);
        }
        let stand = match self.campaign.kind {
            CampaignKind::ClosePolicy if row.credential.status == CredentialStatus::Blocked => Stand::Stays,
            CampaignKind::ClosePolicy if breaks == Likely::No => Stand::Stays,
            CampaignKind::ClosePolicy => return self.to_be_moved(row, breaks),
            CampaignKind::Recertify if self.answered(row) => Stand::Done,
            CampaignKind::Recertify => Stand::Todo,
            CampaignKind::Leave => return self.leaving(row),
        };
        (stand, None)
    }

    /// Whether somebody entered since it began what the credential is for, and until when.
    fn answered(&self, row: &CredentialRow) -> bool {
        let said = |entry: &&RegisterEntry| entry.updated_at >= self.campaign.started_at && entry.purpose.is_some();
        row.register.as_ref().filter(said).is_some_and(|entry| match entry.review(self.now) {
            Review::NoDate | Review::Confirmed => true,
            Review::Due | Review::NoAnswer => false,
        })
    }

    /// Some accounts are never moved from here: a person decides on them and moves them in the console.
    fn to_be_moved(&self, row: &CredentialRow, breaks: Likely) -> (Stand, Option<String>) {
        let (by, reason) = (self.campaign.started_by.clone(), self.campaign.reason.clone());
        let cause = Cause::Request { action: ActionKind::Allow, by, reason };
        match owner_plan::refused(ActionKind::Allow, row, &cause, self.policy) {
            Some(reason) => (Stand::ByHand, Some(reason)),
            None if breaks == Likely::Yes => (Stand::Todo, None),
            None => (Stand::Unclear, None),
        }
    }

    fn leaving(&self, row: &CredentialRow) -> (Stand, Option<String>) {
        match row.credential.reference.kind {
            _ if row.own => (Stand::ByHand, Some(say::own_key())),
            CredentialKind::UserApiToken | CredentialKind::OrgApiKey => (Stand::Todo, None),
            other @ (CredentialKind::ServiceAccountToken
            | CredentialKind::OauthClient
            | CredentialKind::ObservedToken
            | CredentialKind::Registered) => (Stand::ByHand, Some(say::by_hand(other))),
        }
    }

    fn by_action(&self, row: &CredentialRow, action: &Action) -> (Stand, Option<String>) {
        let reason = action.plan.withheld.clone().or_else(|| action.reason.clone());
        if self.campaign.kind == CampaignKind::Recertify {
            let silent = action.told.first().is_some_and(|told| told.at + ANSWER_WITHIN < self.now);
            let stand = match (self.answered(row), silent) {
                (true, _) => Stand::Done,
                (false, true) => Stand::Silent,
                (false, false) => Stand::Asked,
            };
            return (stand, reason);
        }
        let stand = match action.state {
            ActionState::Done => Stand::Done,
            _ if reason.as_deref().is_some_and(owner_plan::is_so_already) => Stand::Done,
            ActionState::Planned | ActionState::Waiting | ActionState::Claimed => Stand::Asked,
            ActionState::Withheld
            | ActionState::Cancelled
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Failed => Stand::NotDone,
        };
        (stand, reason)
    }

    /// How it stands, with all that was added; `reported_at` is when the report was taken.
    pub fn progress(self, reported_at: Timestamp) -> Progress {
        let (campaign, clicked) = (self.campaign, self.campaign.clicked.as_ref());
        let mut counts = BTreeMap::new();
        self.members.values().for_each(|member| *counts.entry(member.stand).or_default() += 1);
        let settled = clicked.map(|clicked| settled::after(self.settled.clone(), clicked.at, reported_at));
        let sentence = match campaign.kind {
            CampaignKind::ClosePolicy => blocked_today(&self.members, &self.stopping),
            CampaignKind::Recertify | CampaignKind::Leave => say::counted(campaign.kind, &counts),
        };
        let next = say::next(campaign, &counts, settled.as_ref());
        let mut members: Vec<Member> = self.members.into_values().collect();
        members.sort_by_key(|member| member.stand);
        Progress { sentence, counts, next, settled, members }
    }
}

/// Who breaks if tokens are blocked today for all who were not moved.
fn blocked_today(
    members: &BTreeMap<Subject, Member>,
    stopping: &BTreeMap<Subject, Vec<(String, Option<String>)>>,
) -> String {
    let left = || members.iter().filter(|(_, member)| member.stand != Stand::Done);
    let sum = |of: fn(&Member) -> u64| left().map(|(_, member)| of(member)).sum();
    let stop: Vec<(&str, Option<&str>)> = left()
        .filter_map(|(subject, _)| stopping.get(subject))
        .flatten()
        .map(|(label, owner)| (label.as_str(), owner.as_deref()))
        .collect();
    group(left().count(), &stop, sum(|member| member.does_not), sum(|member| member.unknown))
}

/// Whether a credential belongs to a campaign.
fn belongs(campaign: &Campaign, row: &CredentialRow) -> bool {
    let (kind, owner) = (row.credential.reference.kind, row.owner.as_ref());
    match campaign.kind {
        CampaignKind::ClosePolicy => {
            let works = |owner: &Owner| {
                owner.relation == Relation::Managed
                    && !matches!(owner.status, OwnerStatus::Inactive | OwnerStatus::Closed)
            };
            kind == CredentialKind::UserApiToken && owner.is_none_or(works)
        }
        CampaignKind::Recertify => !row.own && row.credential.owner.is_some(),
        CampaignKind::Leave => row.credential.owner == campaign.account,
    }
}
