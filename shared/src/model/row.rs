//! What each row of a report says, and what is remembered of a credential from report to report.

use super::{
    AccountId, Credential, CredentialRef, EventId, Finding, Owner, RegisterEntry, Relation, Severity, Timestamp,
    UsageProfile,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// From where a last-used date came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastUsedSource {
    /// Atlassian's own list.
    Inventory,
    /// An audit event, later than the list's date or instead of it.
    Event,
    /// No date is known.
    None,
}

/// Whether the use of a credential can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Every use that we saw by its owner is joined to a credential, and the list has a date.
    Known,
    /// A date is missing, or a use by its owner could not be joined to one of his credentials.
    Unknown,
}

/// A finding as a row shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFinding {
    /// The rule's id.
    pub rule: Cow<'static, str>,
    /// How much it matters.
    pub severity: Severity,
    /// A sentence with the evidence in it.
    pub reason: String,
}

/// A verdict that could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unjudged {
    /// The rule's id.
    pub rule: Cow<'static, str>,
    /// Which fact is missing.
    pub missing: Cow<'static, str>,
}

/// An event about a credential, as far as a report needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialEvent {
    /// Atlassian's id of the event.
    pub id: EventId,
    /// The action id.
    pub action: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, as the event says.
    pub actor: Option<AccountId>,
    /// What was done, as far as the action's names tell.
    pub deed: CredentialDeed,
}

/// What an event about a credential says was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialDeed {
    /// A token was made.
    TokenMade,
    /// An org admin's API key was made.
    KeyMade,
    /// Anything else: revoked, changed, or not told by its names.
    Other,
}

/// Whether the making of a credential left an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Making {
    /// It was there when reports began, or the log does not cover the time: nobody looked.
    #[default]
    NotLookedFor,
    /// The log covers the time and holds no such event.
    NoEvent,
    /// One event fits, and no other credential fits it.
    Event(CredentialEvent),
    /// Several events or several new credentials fit: which belongs to which cannot be said.
    Ambiguous,
}

/// What is remembered of a credential from report to report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowHistory {
    /// When the first report that shows it was taken.
    pub first_seen_at: Option<Timestamp>,
    /// When a report first saw its owner's account active again after it was inactive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_reactivated_at: Option<Timestamp>,
    /// The event of its making.
    pub making: Making,
}

/// One row of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRow {
    /// The credential as its list shows it.
    pub credential: Credential,
    /// Who answers for it, as far as known.
    pub owner: Option<Owner>,
    /// The later of the list's last-used date and the last event of use.
    pub last_used_at: Option<Timestamp>,
    /// From where that date came.
    pub last_used_source: LastUsedSource,
    /// Whether its use can be judged.
    pub usage: Use,
    /// One of the keys that Tokenwarden itself uses: never offered for revocation.
    pub own: bool,
    /// Its owner made a key that is, or as far as known may be, one of ours: it is acted on only by approval.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owner_made_our_key: bool,
    /// The usage profile that joins it, if one does.
    pub profile: Option<UsageProfile>,
    /// What the rules hold against it.
    pub findings: Vec<RowFinding>,
    /// What rules that the policy does not name have seen: worth knowing, never acted on.
    #[serde(default)]
    pub notes: Vec<RowFinding>,
    /// Which rules could not judge it, and why.
    pub unjudged: Vec<Unjudged>,
    /// What is remembered of it from report to report.
    #[serde(default)]
    pub history: RowHistory,
    /// What people entered about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<RegisterEntry>,
}

/// An account that somebody should know of: it is not managed, or something is held against what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerRow {
    /// The account.
    pub account: AccountId,
    /// What the lists of accounts say of it.
    pub owner: Option<Owner>,
    /// How many credentials it holds, by kind.
    pub credentials: BTreeMap<String, u64>,
    /// When a token of it was last used, as far as lists and events say.
    pub last_token_use_at: Option<Timestamp>,
    /// What is held against its credentials; at most [`OwnerRow::MOST_HELD`], the first ones.
    pub held: Vec<Held>,
}

impl OwnerRow {
    /// So much of what is held against an account's credentials is kept with it.
    pub const MOST_HELD: usize = 50;

    /// What is to be known of an account, from its rows; `None` if it is managed and nothing is held against it.
    pub fn of(account: AccountId, owner: Option<&Owner>, rows: &[CredentialRow]) -> Option<Self> {
        let held: Vec<Held> = rows.iter().filter_map(Held::of).take(Self::MOST_HELD).collect();
        let is_external = owner.is_some_and(|owner| owner.relation == Relation::External);
        if held.is_empty() && !is_external {
            return None;
        }
        let mut credentials = BTreeMap::new();
        for row in rows {
            *credentials.entry(row.credential.reference.kind.to_string()).or_default() += 1;
        }
        let last_token_use_at = rows.iter().filter_map(|row| row.last_used_at).max();
        Some(Self { account, owner: owner.cloned(), credentials, last_token_use_at, held })
    }
}

/// One of an account's credentials, and what is held against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which credential.
    pub credential: CredentialRef,
    /// Its label.
    pub label: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The findings.
    pub findings: Vec<RowFinding>,
}

impl Held {
    /// The credential, if something is held against it.
    pub fn of(row: &CredentialRow) -> Option<Self> {
        let Credential { reference, label, created_at, expires_at, .. } = &row.credential;
        (!row.findings.is_empty()).then(|| Self {
            credential: reference.clone(),
            label: label.clone(),
            created_at: *created_at,
            expires_at: *expires_at,
            findings: row.findings.clone(),
        })
    }
}

/// What the merge-walk writes to the cases table: transitions only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingTransition {
    /// Opened, or opened again: a new generation.
    Open(Finding),
    /// Stands as before, but matters more or less.
    Change(Finding),
    /// No longer stands.
    Resolve(Finding),
}
