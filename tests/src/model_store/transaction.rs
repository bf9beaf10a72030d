//! One transaction on the cases table: every condition holds and all of it happens, or nothing does.

use super::tables::{Cases, Indexed, follows, stored};
use shared::{
    decide::ledger::chain,
    model::{
        Action, Budget, Campaign, CredentialRef, Decision, Erasure, Exemption, LedgerHead, LedgerRecord, Message, Org,
        OrgId, Outgoing, PolicyVersion, RegisterEntry, Seats, Sponsor, Versioned,
    },
    ports::{CaseChange, Pending},
};

/// Why a transaction did not happen; of several reasons the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// The org, the action, the budget or the policy moved.
    Moved,
    /// The decision is stored already.
    Decided,
    /// What is handled is not there any more.
    HandledGone,
    /// The finding was opened anew since the action was planned from it.
    OpenedAnew,
    /// The ledger's head moved.
    LedgerMoved,
}

/// One write of a transaction.
enum Write<'a> {
    Org(&'a Versioned<Org>),
    Action(&'a Versioned<Action>),
    Budget(&'a Versioned<Budget>),
    Policy(&'a PolicyVersion),
    Proposal(&'a PolicyVersion),
    Register(&'a RegisterEntry),
    Unregister(&'a CredentialRef),
    Sponsor(&'a Sponsor),
    Campaign(&'a Versioned<Campaign>),
    Seats(&'a Versioned<Seats>),
    Erasure(&'a Versioned<Erasure>),
    Exemption(&'a Exemption),
    Decision(&'a Decision),
    Message(&'a Message),
    /// Takes out of the index; a finding must be of this generation, where one is named.
    Handled(&'a Pending, Option<u32>),
    Ledger(&'a LedgerRecord),
}

/// Applies a change over the ledger's head that was read before.
pub(super) fn commit(cases: &mut Cases, org: &OrgId, change: &CaseChange, head: &LedgerHead) -> Result<(), Refusal> {
    let writes = writes(change);
    if let Some(refusal) = writes.iter().filter_map(|write| write.refusal(cases, head)).min() {
        return Err(refusal);
    }
    writes.into_iter().for_each(|write| write.perform(cases, org));
    Ok(())
}

/// Every part of a change as a write. A new part that is not handled here does not compile.
fn writes(change: &CaseChange) -> Vec<Write<'_>> {
    let CaseChange {
        org,
        action,
        budget,
        policy,
        proposal,
        register,
        unregister,
        sponsor,
        campaign,
        seats,
        erasure,
        exemption,
        decision,
        messages,
        handled,
        record,
    } = change;
    let mut writes: Vec<Write<'_>> = register.iter().map(Write::Register).collect();
    writes.extend(org.as_ref().map(Write::Org));
    writes.extend(action.as_ref().map(Write::Action));
    writes.extend(budget.as_ref().map(Write::Budget));
    writes.extend(policy.as_ref().map(Write::Policy));
    writes.extend(proposal.as_ref().map(Write::Proposal));
    writes.extend(unregister.as_ref().map(Write::Unregister));
    writes.extend(sponsor.as_ref().map(Write::Sponsor));
    writes.extend(campaign.as_ref().map(Write::Campaign));
    writes.extend(seats.as_ref().map(Write::Seats));
    writes.extend(erasure.as_ref().map(Write::Erasure));
    writes.extend(exemption.as_ref().map(Write::Exemption));
    writes.extend(decision.as_ref().map(Write::Decision));
    writes.extend(messages.iter().map(Write::Message));
    writes.extend(handled.as_ref().map(|handled| Write::Handled(handled, planned_from(handled, action.as_ref()))));
    writes.extend(record.as_ref().map(Write::Ledger));
    writes
}

/// The generation of the finding that a new action was planned from.
fn planned_from(handled: &Pending, action: Option<&Versioned<Action>>) -> Option<u32> {
    let Pending::Finding(id) = handled else { return None };
    let new = action.filter(|action| action.version == 0 && action.value.finding.as_ref() == Some(id));
    new.map(|action| action.value.finding_generation)
}

impl Write<'_> {
    fn refusal(&self, cases: &Cases, head: &LedgerHead) -> Option<Refusal> {
        let unless = |holds: bool, refusal: Refusal| (!holds).then_some(refusal);
        match self {
            Self::Org(org) => unless(follows(cases.org.as_ref(), org), Refusal::Moved),
            Self::Action(action) => unless(follows(cases.actions.get(&action.value.id), action), Refusal::Moved),
            Self::Campaign(one) => unless(follows(cases.campaigns.get(&one.value.id), one), Refusal::Moved),
            Self::Seats(seats) => unless(follows(cases.seats.as_ref(), seats), Refusal::Moved),
            Self::Erasure(one) => unless(follows(cases.erasures.get(&one.value.id), one), Refusal::Moved),
            Self::Budget(budget) => unless(follows(cases.budget.as_ref(), budget), Refusal::Moved),
            Self::Policy(policy) => unless(policy.version == cases.policies.len() as u64 + 1, Refusal::Moved),
            Self::Register(_)
            | Self::Unregister(_)
            | Self::Sponsor(_)
            | Self::Exemption(_)
            | Self::Proposal(_)
            | Self::Message(_) => None,
            Self::Decision(decision) => unless(!cases.decisions.contains_key(&decision.id), Refusal::Decided),
            Self::Handled(pending, generation) => unhandled(cases, pending, *generation),
            Self::Ledger(_) => unless(cases.head() == *head, Refusal::LedgerMoved),
        }
    }

    fn perform(self, cases: &mut Cases, org_id: &OrgId) {
        match self {
            Self::Org(org) => cases.org = Some(stored(org)),
            Self::Action(action) => drop(cases.actions.insert(action.value.id.clone(), stored(action))),
            Self::Budget(budget) => cases.budget = Some(stored(budget)),
            Self::Policy(policy) => drop(cases.policies.insert(policy.version, policy.clone())),
            Self::Proposal(policy) => cases.proposal = Some(policy.clone()),
            Self::Register(entry) => drop(cases.register.insert(entry.credential.clone(), entry.clone())),
            Self::Unregister(credential) => drop(cases.register.remove(credential)),
            Self::Sponsor(sponsor) => drop(cases.sponsors.insert(sponsor.account.clone(), sponsor.clone())),
            Self::Campaign(one) => drop(cases.campaigns.insert(one.value.id.clone(), stored(one))),
            Self::Seats(seats) => cases.seats = Some(stored(seats)),
            Self::Erasure(one) => drop(cases.erasures.insert(one.value.id.clone(), stored(one))),
            Self::Exemption(exemption) => drop(cases.exemptions.insert(exemption.id.clone(), exemption.clone())),
            Self::Decision(decision) => {
                let item = Indexed { value: decision.clone(), pending_since: Some(decision.at.timestamp()) };
                cases.decisions.insert(decision.id.clone(), item);
                cases.stream.push(Pending::Decision(decision.id.clone()));
            }
            Self::Message(message) => tell(cases, message),
            Self::Handled(pending, _) => handle(cases, pending),
            Self::Ledger(record) => cases.ledger.push(chain(org_id, &cases.head(), record.clone())),
        }
    }
}

fn unhandled(cases: &Cases, pending: &Pending, generation: Option<u32>) -> Option<Refusal> {
    let gone = match pending {
        Pending::Finding(id) => match cases.findings.get(id) {
            Some(finding) if generation.is_some_and(|planned| planned != finding.value.generation) => {
                return Some(Refusal::OpenedAnew);
            }
            finding => finding.is_none(),
        },
        Pending::Decision(id) => !cases.decisions.contains_key(id),
        Pending::Action(_) | Pending::Message(_) => false,
    };
    gone.then_some(Refusal::HandledGone)
}

/// A message that is there already stays as it is. The stream's filter lets none through: a sweep sends it.
fn tell(cases: &mut Cases, message: &Message) {
    let new = || Versioned { version: 1, value: Outgoing::new(message.clone()) };
    cases.messages.entry(message.id.clone()).or_insert_with(new);
}

/// An action or a message leaves the index by its own write, so handling one adds nothing.
fn handle(cases: &mut Cases, pending: &Pending) {
    let pending_since = match pending {
        Pending::Finding(id) => cases.findings.get_mut(id).map(|item| &mut item.pending_since),
        Pending::Decision(id) => cases.decisions.get_mut(id).map(|item| &mut item.pending_since),
        Pending::Action(_) | Pending::Message(_) => None,
    };
    if let Some(pending_since) = pending_since {
        *pending_since = None;
    }
}
