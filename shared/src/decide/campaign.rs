//! How a campaign stands: who belongs to it by the latest report, what was done for each by the actions, and what is next.

mod by_hand;
mod external;
mod member;
mod newest;
mod settled;
#[cfg(test)]
mod tests;

pub use member::Member;
pub use newest::{Newest, Subject};

use super::{
    impact::{ImpactContext, Likely, impact},
    owner_plan,
    plan::Cause,
};
use crate::{
    messages::{
        campaign::{self as say, Standing, by_hand::ToEnd},
        impact::group,
    },
    model::{
        Action, ActionKind, ActionState, Campaign, CampaignKind, CredentialKind, CredentialRow, CredentialStatus,
        FactName, Interval, Knowledge, ListSays, Owner, OwnerStatus, Policy, RegisterEntry, Relation, Report, Review,
        Seats, Settled, Stand, Timestamp,
    },
};
use chrono::TimeDelta;
use newest::subject;
use serde::Serialize;
use std::collections::{BTreeMap, btree_map::Entry};

/// Who was asked so long ago and did not answer counts as silent.
const ANSWER_WITHIN: TimeDelta = TimeDelta::days(14);
/// What is set by hand holds about ten minutes later (Atlassian's support page on API token access); a use after this
/// long speaks against it.
const HOLDS_AFTER: TimeDelta = TimeDelta::hours(1);

/// The action that a campaign asks for; `None` where people do it by hand.
pub fn action_of(kind: CampaignKind) -> Option<ActionKind> {
    match kind {
        CampaignKind::ClosePolicy => Some(ActionKind::Allow),
        CampaignKind::Recertify => Some(ActionKind::Notify),
        CampaignKind::Leave => Some(ActionKind::Revoke),
        CampaignKind::CloseExternal | CampaignKind::ByHand => None,
    }
}

/// Whether a part of it is done by a click, which no API does.
pub fn is_clicked(kind: CampaignKind) -> bool {
    match kind {
        CampaignKind::ClosePolicy | CampaignKind::CloseExternal | CampaignKind::ByHand => true,
        CampaignKind::Recertify | CampaignKind::Leave => false,
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

/// What is known beside the rows of the latest report.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The newest actions of the campaign's kind.
    pub newest: &'a Newest,
    /// The policy in force.
    pub policy: &'a Policy,
    /// Who holds the seats of the external users' Test policy.
    pub seats: &'a Seats,
    /// The latest report.
    pub report: &'a Report,
    /// Which time the log was last read over without a gap.
    pub covered: Option<Interval>,
    /// What is true of the log.
    pub context: ImpactContext,
    /// Now.
    pub now: Timestamp,
}

impl Known<'_> {
    /// Whether the log shows what external users use.
    fn external_uses(&self) -> Knowledge {
        self.report.facts.knowledge(FactName::ExternalUsesLeaveEvents)
    }
}

/// Gathers what a campaign's members are, row by row, so that a large report need not stand in memory.
#[derive(Debug)]
pub struct Survey<'a> {
    campaign: &'a Campaign,
    known: Known<'a>,
    members: BTreeMap<Subject, Member>,
    /// Label and owner of what stops, were tokens blocked for those who are not moved.
    stopping: BTreeMap<Subject, Vec<(String, Option<String>)>>,
    settled: Settled,
    /// The one credential that it is about, and what its list says of it.
    one: Option<(ToEnd, ListSays)>,
}

impl<'a> Survey<'a> {
    /// Over nobody yet.
    pub fn new(campaign: &'a Campaign, known: Known<'a>) -> Self {
        let (members, stopping) = (BTreeMap::new(), BTreeMap::new());
        Self { campaign, known, members, stopping, settled: Settled::default(), one: None }
    }

    /// Takes a row of the latest report into account.
    pub fn add(&mut self, row: &CredentialRow) {
        if !belongs(self.campaign, row) {
            return;
        }
        let credential = &row.credential;
        let found = subject(self.campaign.kind, &credential.reference, credential.owner.as_ref());
        let Some(subject) = found else { return };
        let impact = impact(row, &self.known.context, self.known.now);
        let stand = self.stand(row, &subject, impact.breaks_today);
        if impact.breaks_today == Likely::Yes && credential.status != CredentialStatus::Blocked {
            let name = member::name_of(row).map(str::to_owned);
            self.stopping.entry(subject.clone()).or_default().push((credential.label.clone(), name));
        }
        self.settle(row, stand.0);
        let new = Member::new(row, impact, stand, self.known.newest.of(&subject));
        match self.members.entry(subject) {
            Entry::Vacant(free) => drop(free.insert(new)),
            Entry::Occupied(mut held) => held.get_mut().join(new),
        }
    }

    /// Takes what a row shows of the click into account.
    fn settle(&mut self, row: &CredentialRow, stand: Stand) {
        let from = self.holds_from();
        match self.campaign.kind {
            CampaignKind::ClosePolicy if stand != Stand::Done => settled::add(&mut self.settled, row, from),
            CampaignKind::CloseExternal if external::seat(row, self.known.seats).is_none() => {
                settled::add_use(&mut self.settled, row, from);
            }
            CampaignKind::ByHand => {
                settled::add_use(&mut self.settled, row, from);
                self.one = Some((by_hand::to_end(row), by_hand::list_says(row, self.campaign)));
            }
            CampaignKind::ClosePolicy | CampaignKind::CloseExternal | CampaignKind::Recertify | CampaignKind::Leave => {
            }
        }
    }

    /// From when on what was clicked holds.
    fn holds_from(&self) -> Option<Timestamp> {
        self.campaign.clicked.as_ref().map(|clicked| clicked.at + HOLDS_AFTER)
    }

    fn stand(&self, row: &CredentialRow, subject: &Subject, breaks: Likely) -> (Stand, Option<String>) {
        if let Some(action) = self.known.newest.of(subject) {
            return self.by_action(row, action);
        }
        let stand = match self.campaign.kind {
            CampaignKind::ClosePolicy if row.credential.status == CredentialStatus::Blocked => Stand::Stays,
            CampaignKind::ClosePolicy if breaks == Likely::No => Stand::Stays,
            CampaignKind::ClosePolicy => return self.to_be_moved(row, breaks),
            CampaignKind::Recertify if self.answered(row) => Stand::Done,
            CampaignKind::Recertify => Stand::Todo,
            CampaignKind::Leave => return self.leaving(row),
            CampaignKind::CloseExternal => return external::stand(row, &self.known, self.holds_from(), breaks),
            CampaignKind::ByHand => {
                return (Stand::ByHand, Some(say::by_hand(row.credential.reference.kind)));
            }
        };
        (stand, None)
    }

    /// Whether somebody entered since it began what the credential is for, and until when.
    fn answered(&self, row: &CredentialRow) -> bool {
        let said = |entry: &&RegisterEntry| entry.updated_at >= self.campaign.started_at && entry.purpose.is_some();
        row.register.as_ref().filter(said).is_some_and(|entry| match entry.review(self.known.now) {
            Review::NoDate | Review::Confirmed => true,
            Review::Due | Review::NoAnswer => false,
        })
    }

    /// Some accounts are never moved from here: a person decides on them and moves them in the console.
    fn to_be_moved(&self, row: &CredentialRow, breaks: Likely) -> (Stand, Option<String>) {
        let (by, reason) = (self.campaign.started_by.clone(), self.campaign.reason.clone());
        let cause = Cause::Request { action: ActionKind::Allow, by, reason };
        match owner_plan::refused(ActionKind::Allow, row, &cause, self.known.policy) {
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
            let silent = action.told.first().is_some_and(|told| told.at + ANSWER_WITHIN < self.known.now);
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

    /// How it stands, with all that was added.
    pub fn progress(mut self) -> Progress {
        let settled = self.campaign.clicked.is_some().then(|| self.settled());
        if self.campaign.kind == CampaignKind::ByHand && settled.as_ref().is_some_and(|settled| settled.verified) {
            self.members.values_mut().for_each(Member::verified);
        }
        let mut counts = BTreeMap::new();
        self.members.values().for_each(|member| *counts.entry(member.stand).or_default() += 1);
        let sentence = self.sentence(&counts);
        let next = say::next(&Standing {
            campaign: self.campaign,
            counts: &counts,
            settled: settled.as_ref(),
            free_seats: Seats::MOST.saturating_sub(self.known.seats.seats.len()),
            credential: self.one.as_ref().map(|(one, _)| one),
        });
        let mut members: Vec<Member> = self.members.into_values().collect();
        members.sort_by_key(|member| member.stand);
        Progress { sentence, counts, next, settled, members }
    }

    fn sentence(&self, counts: &BTreeMap<Stand, u64>) -> String {
        match self.campaign.kind {
            CampaignKind::ClosePolicy => blocked_today(&self.members, &self.stopping),
            CampaignKind::CloseExternal => {
                let (known, blocked) = (self.known.external_uses(), blocked_today(&self.members, &self.stopping));
                let counted = say::counted(self.campaign.kind, counts);
                [Some(blocked), Some(counted), say::external::unseen(known)]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            CampaignKind::Recertify | CampaignKind::Leave | CampaignKind::ByHand => {
                say::counted(self.campaign.kind, counts)
            }
        }
    }

    /// What the lists and the log show of the click.
    fn settled(&self) -> Settled {
        let reported =
            self.campaign.clicked.as_ref().is_some_and(|clicked| self.known.report.generated_at > clicked.at);
        let settled = Settled { reported, ..self.settled.clone() };
        match self.campaign.kind {
            CampaignKind::ClosePolicy | CampaignKind::Recertify | CampaignKind::Leave => settled::by_list(settled),
            CampaignKind::CloseExternal => external::settled(settled, &self.known, self.holds_from()),
            CampaignKind::ByHand => {
                let list = self.one.as_ref().map(|(_, says)| *says);
                by_hand::settled(settled, self.campaign, list, &self.known, self.holds_from())
            }
        }
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
        CampaignKind::CloseExternal => external::belongs(row),
        CampaignKind::ByHand => Some(&row.credential.reference) == campaign.credential.as_ref(),
    }
}
