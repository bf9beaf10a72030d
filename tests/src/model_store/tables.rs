//! What the tables hold of one org.

use super::history::History;
use chrono::NaiveDate;
use shared::{
    model::{
        AccountId, Action, ActionId, Budget, Campaign, CampaignId, CredentialRef, Decision, Erasure, ErasureId,
        Exemption, Finding, FindingId, HeadKey, LedgerEntry, LedgerHead, Mailbox, MessageId, MessageState, Org, OrgId,
        Outgoing, Page, PolicyVersion, RecipientKey, RegisterEntry, Seats, SignedHead, Sponsor, Timestamp, Undelivered,
        Versioned,
    },
    ports::Pending,
};
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

/// Both tables, by org.
pub(super) type Tables = BTreeMap<OrgId, OrgTables>;

/// Both tables, as far as they are one org's.
#[derive(Default)]
pub(super) struct OrgTables {
    pub(super) cases: Cases,
    pub(super) history: History,
}

/// The table `cases`.
#[derive(Default)]
pub(super) struct Cases {
    pub(super) org: Option<Versioned<Org>>,
    pub(super) policies: BTreeMap<u64, PolicyVersion>,
    pub(super) proposal: Option<PolicyVersion>,
    pub(super) findings: BTreeMap<FindingId, Indexed<Finding>>,
    pub(super) actions: BTreeMap<ActionId, Versioned<Action>>,
    pub(super) decisions: BTreeMap<String, Indexed<Decision>>,
    pub(super) exemptions: BTreeMap<String, Exemption>,
    pub(super) register: BTreeMap<CredentialRef, RegisterEntry>,
    pub(super) sponsors: BTreeMap<AccountId, Sponsor>,
    pub(super) campaigns: BTreeMap<CampaignId, Versioned<Campaign>>,
    pub(super) seats: Option<Versioned<Seats>>,
    pub(super) erasures: BTreeMap<ErasureId, Versioned<Erasure>>,
    pub(super) messages: BTreeMap<MessageId, Versioned<Outgoing>>,
    pub(super) mailboxes: BTreeMap<RecipientKey, Versioned<Mailbox>>,
    pub(super) budget: Option<Versioned<Budget>>,
    pub(super) ledger: Vec<LedgerEntry>,
    /// Published heads, by their day.
    pub(super) heads: BTreeMap<NaiveDate, SignedHead>,
    pub(super) head_keys: BTreeMap<String, HeadKey>,
    /// Up to which of them the event bus was told.
    pub(super) told_until: Option<Timestamp>,
    /// What the table's stream says and nobody has taken yet: what was written and is pending.
    pub(super) stream: Vec<Pending>,
}

/// An item that is in the index of pending things from a second on, or not at all.
#[derive(Debug, Clone)]
pub(super) struct Indexed<T> {
    pub(super) value: T,
    pub(super) pending_since: Option<i64>,
}

impl Cases {
    pub(super) fn head(&self) -> LedgerHead {
        let last = self.ledger.last();
        last.map_or_else(LedgerHead::default, |entry| LedgerHead { seq: entry.seq, hash: entry.hash.clone() })
    }

    /// What is pending at this second, oldest first.
    pub(super) fn pending(&self, until: i64) -> Vec<Pending> {
        let findings = self.findings.iter().map(|(id, item)| (item.pending_since, Pending::Finding(id.clone())));
        let decisions = self.decisions.iter().map(|(id, item)| (item.pending_since, Pending::Decision(id.clone())));
        let actions = self.actions.iter().map(|(id, item)| (wakes(&item.value), Pending::Action(id.clone())));
        let messages = self.messages.iter().map(|(id, item)| (tried_at(&item.value), Pending::Message(id.clone())));
        let all = findings.chain(decisions).chain(actions).chain(messages);
        let due = all.filter_map(|(since, pending)| Some((since.filter(|since| *since <= until)?, pending)));
        let mut due: Vec<(i64, Pending)> = due.collect();
        due.sort_by_key(|(since, _)| *since);
        due.into_iter().map(|(_, pending)| pending).collect()
    }

    /// The messages that were given up.
    pub(super) fn undelivered(&self) -> impl Iterator<Item = Undelivered> {
        let dead = self.messages.values().filter(|item| item.value.state == MessageState::Dead);
        dead.map(|Versioned { value: Outgoing { message, reason, .. }, .. }| Undelivered {
            id: message.id.clone(),
            kind: message.kind,
            at: message.at,
            reason: reason.clone().unwrap_or_default(),
        })
    }
}

fn wakes(action: &Action) -> Option<i64> {
    action.wake_at.filter(|_| !action.state.is_final()).map(|at| at.timestamp())
}

fn tried_at(outgoing: &Outgoing) -> Option<i64> {
    outgoing.next_at.map(|at| at.timestamp())
}

/// Whether a value may follow the stored one as the next version.
pub(super) fn follows<T>(stored: Option<&Versioned<T>>, next: &Versioned<T>) -> bool {
    stored.map_or(0, |stored| stored.version) == next.version
}

/// The value as it is stored: one version on.
pub(super) fn stored<T: Clone>(next: &Versioned<T>) -> Versioned<T> {
    Versioned { version: next.version + 1, value: next.value.clone() }
}

/// The first `limit` entries, and the key of the last of them where more follow.
pub(super) fn cut<'a, K: Clone + 'a, V: 'a, T>(
    mut entries: impl Iterator<Item = (&'a K, &'a V)>,
    limit: u32,
    show: impl Fn(&V) -> T,
) -> (Vec<T>, Option<K>) {
    let (mut items, mut last) = (Vec::new(), None);
    for (key, value) in entries.by_ref().take(limit.clamp(1, 1000) as usize) {
        items.push(show(value));
        last = Some(key);
    }
    (items, entries.next().and(last).cloned())
}

/// A page of a map whose cursor is the text of its last key.
pub(super) fn page<K: Ord + Clone + ToString, V, T>(
    map: &BTreeMap<K, V>,
    after: Option<&K>,
    limit: u32,
    show: impl Fn(&V) -> T,
) -> Page<T> {
    let (items, next) = cut(map.range((after.map_or(Unbounded, Excluded), Unbounded)), limit, show);
    Page { items, next: next.map(|key| key.to_string()) }
}
