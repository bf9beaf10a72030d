//! What is known about an org that Atlassian documents nowhere: found out from its own keys, lists and log.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that is true of some orgs and not of others, or that nobody has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactName {
    /// Events of use bear the id of the token.
    EventsNameTokens,
    /// The token ids of events are those of the lists.
    EventIdsAreListIds,
    /// A use that moves a token's last-used date also leaves an event.
    UsesLeaveEvents,
    /// Uses by accounts that are not managed leave events.
    ExternalUsesLeaveEvents,
    /// Making a credential leaves an event.
    CreationsLeaveEvents,
    /// The org's own list of actions could be read, and names changes of tokens and keys.
    ActionsKnown,
    /// Events come within 15 minutes.
    EventsComeInTime,
    /// The reading key may read every list that a report needs.
    ListsReadable,
}

impl FactName {
    /// Every fact, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::ListsReadable,
        Self::ActionsKnown,
        Self::EventsNameTokens,
        Self::EventIdsAreListIds,
        Self::UsesLeaveEvents,
        Self::ExternalUsesLeaveEvents,
        Self::CreationsLeaveEvents,
        Self::EventsComeInTime,
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventsNameTokens => "events_name_tokens",
            Self::EventIdsAreListIds => "event_ids_are_list_ids",
            Self::UsesLeaveEvents => "uses_leave_events",
            Self::ExternalUsesLeaveEvents => "external_uses_leave_events",
            Self::CreationsLeaveEvents => "creations_leave_events",
            Self::ActionsKnown => "actions_known",
            Self::EventsComeInTime => "events_come_in_time",
            Self::ListsReadable => "lists_readable",
        }
    }

    /// What is missing where it is not proven, as a noun phrase.
    pub fn missing(self) -> &'static str {
        match self {
            Self::EventsNameTokens => "proof that this org's events name the token that was used",
            Self::EventIdsAreListIds => "proof that token ids in this org's events are those of the lists",
            Self::UsesLeaveEvents => "proof that uses leave events in this org's log",
            Self::ExternalUsesLeaveEvents => "proof that external users' uses leave events in this org's log",
            Self::CreationsLeaveEvents => "proof that making a credential leaves an event in this org's log",
            Self::ActionsKnown => "the org's own list of actions",
            Self::EventsComeInTime => "proof that this org's events come in time",
            Self::ListsReadable => "proof that the reading key may read every list",
        }
    }
}

impl fmt::Display for FactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far a fact is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// Seen to be true.
    Proven,
    /// Seen not to be true.
    Refuted,
    /// Neither was seen.
    #[default]
    Unknown,
}

impl Knowledge {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Refuted => "refuted",
            Self::Unknown => "unknown",
        }
    }
}

/// A fact with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Which.
    pub name: FactName,
    /// How far it is known.
    pub knowledge: Knowledge,
    /// What was seen, as a sentence with numbers.
    pub evidence: String,
}

/// What is known about an org.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(pub Vec<Fact>);

impl Facts {
    /// How far a fact is known; what was never looked at is unknown.
    pub fn knowledge(&self, name: FactName) -> Knowledge {
        self.0.iter().find(|fact| fact.name == name).map(|fact| fact.knowledge).unwrap_or_default()
    }

    /// Whether it was seen to be true.
    pub fn proves(&self, name: FactName) -> bool {
        self.knowledge(name) == Knowledge::Proven
    }
}

/// What reports counted, from which the facts are drawn. Sums over credentials, shards and reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observations {
    /// Profiles with uses whose events name the token's id.
    pub used_with_id: u64,
    /// Profiles with uses whose events do not.
    pub used_without_id: u64,
    /// Managed accounts' and services' profiles whose id is listed.
    pub ids_listed: u64,
    /// Managed accounts' and services' profiles whose id no list holds.
    pub ids_not_listed: u64,
    /// Profiles with uses by accounts that are not managed.
    pub external_used: u64,
    /// External accounts that the lists hold.
    pub external_accounts: u64,
    /// Tokens whose last-used date moved between two reports.
    pub moved: u64,
    /// Those of them with an event of use in between.
    pub moved_with_event: u64,
    /// Credentials that are new since the report before, and made in a time that the log covers.
    pub made: u64,
    /// Those of them whose making left an event.
    pub made_with_event: u64,
}

impl Observations {
    /// Takes over a new report's counts: what it saw of the whole org replaces, what changed since the last one adds.
    pub fn renew(&mut self, new: &Self) {
        let mut sum = *self;
        sum.add(new);
        let Self { moved, moved_with_event, made, made_with_event, .. } = sum;
        *self = Self { moved, moved_with_event, made, made_with_event, ..*new };
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.used_with_id, other.used_with_id),
            (&mut self.used_without_id, other.used_without_id),
            (&mut self.ids_listed, other.ids_listed),
            (&mut self.ids_not_listed, other.ids_not_listed),
            (&mut self.external_used, other.external_used),
            (&mut self.external_accounts, other.external_accounts),
            (&mut self.moved, other.moved),
            (&mut self.moved_with_event, other.moved_with_event),
            (&mut self.made, other.made),
            (&mut self.made_with_event, other.made_with_event),
        ];
        for (mine, theirs) in pairs {
            *mine += theirs;
        }
    }
}
