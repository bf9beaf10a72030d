//! The erasure of one account: what is known of the person while it lasts, and where it stands.

use super::{AccountId, ActionId, CredentialRef, ErasureId, OrgId, ReportId, Timestamp, short_hash};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// An event's time may lie so many days after our own.
const AHEAD: Days = Days::new(2);

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureState {
    /// It was asked for.
    Asked,
    /// Something must end before it goes on.
    Waiting,
    /// It is under way.
    Erasing,
    /// Nothing is left that it reaches.
    Done,
}

/// The erasure of one account. Once it is done it holds neither the account's id nor anything else of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The same for each erasure of this account.
    pub id: ErasureId,
    /// Whose; `None` once it is done: then the ledger alone says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Why; `None` once it is done, because people write names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How far it has come.
    pub state: ErasureState,
    /// What it waits for, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// What was erased, by the kind of item.
    pub counts: BTreeMap<String, ErasureCount>,
    /// How many entries hold a text like the account's name, address or id that nobody but a person can judge, by kind.
    pub left: BTreeMap<String, u64>,
    /// How far it has come and what it knows of the person; only while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<ErasureWork>,
}

impl Erasure {
    /// The id that every erasure of an account bears.
    pub fn id_of(org: &OrgId, account: &AccountId) -> ErasureId {
        ErasureId::new(short_hash(&[org.as_str(), "erasure", account.as_str()]))
    }

    /// Whether something is still to be done.
    pub fn is_open(&self) -> bool {
        match self.state {
            ErasureState::Asked | ErasureState::Waiting | ErasureState::Erasing => true,
            ErasureState::Done => false,
        }
    }
}

/// What became of items of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureCount {
    /// So many were deleted.
    pub deleted: u64,
    /// So many stay, without the person.
    pub changed: u64,
}

impl ErasureCount {
    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        self.deleted += other.deleted;
        self.changed += other.changed;
    }
}

/// An erasure that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureWork {
    /// What is known of the person.
    pub person: Person,
    /// Where it goes on.
    pub place: ErasurePlace,
}

/// A person, as far as what is stored tells: by these, texts are known to speak of him.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account.
    pub account: AccountId,
    /// What stands where the account stood: drawn at random, and forgotten when the erasure is done.
    pub pseudonym: AccountId,
    /// The names that the account was seen with.
    #[serde(default)]
    pub names: BTreeSet<String>,
    /// The mail addresses that the account was seen with.
    #[serde(default)]
    pub addresses: BTreeSet<String>,
    /// The credentials that it was seen to answer for.
    #[serde(default)]
    pub credentials: BTreeSet<CredentialRef>,
    /// The actions about those.
    #[serde(default)]
    pub actions: BTreeSet<ActionId>,
    /// The decisions about those, and about exemptions of the account.
    #[serde(default)]
    pub decisions: BTreeSet<String>,
}

impl Person {
    /// An account of which nothing else is known yet.
    pub fn new(account: AccountId, pseudonym: AccountId) -> Self {
        let (names, addresses, decisions) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (credentials, actions) = (BTreeSet::new(), BTreeSet::new());
        Self { account, pseudonym, names, addresses, credentials, actions, decisions }
    }
}

/// No names, no addresses: logs hold none.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({})", self.account)
    }
}

/// Where an erasure goes on, in this order. Each place can be gone over again without harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum ErasurePlace {
    /// The events of a day, the newest day first.
    Events {
        /// Which day (UTC).
        day: NaiveDate,
        /// Which of the day's partitions.
        part: u32,
        /// After which sort key.
        after: Option<String>,
    },
    /// The account's usage profiles.
    Profiles,
    /// The summaries of the reports.
    Summaries {
        /// After which sort key.
        after: Option<String>,
    },
    /// The rows of the reports, the oldest report first, and what was staged for it.
    Reports {
        /// The last report that was gone over.
        done: Option<ReportId>,
        /// Which partition of the next one.
        part: u32,
        /// After which sort key.
        after: Option<String>,
    },
    /// What could not be understood.
    Quarantine {
        /// After which sort key.
        after: Option<String>,
    },
    /// Findings, actions, messages and what people entered.
    Cases {
        /// Which partition.
        part: u32,
        /// After which sort key.
        after: Option<String>,
    },
}

impl ErasurePlace {
    /// Where an erasure that was asked for at this moment begins.
    pub fn first(asked_at: Timestamp) -> Self {
        let today = asked_at.date_naive();
        Self::Events { day: today.checked_add_days(AHEAD).unwrap_or(today), part: 0, after: None }
    }
}
