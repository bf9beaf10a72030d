//! Campaigns: the projects of an admin over many credentials. What belongs to one is read from the latest report each
//! time, and what was done in it from the actions, so a campaign itself holds only who began it, why, and what was clicked.

use super::{AccountId, Agreement, CampaignId, CredentialRef, Timestamp};
use serde::{Deserialize, Serialize};

/// What a campaign is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignKind {
    /// Users' tokens are to be blocked for everybody but those who still need one.
    ClosePolicy,
    /// Everybody who holds a credential is asked what it is for.
    Recertify,
    /// Somebody leaves: all that the account holds and made is to end.
    Leave,
    /// External users' tokens are to be blocked, for all but the few who get a seat in the Test policy.
    CloseExternal,
    /// One credential that no API ends is to be ended or replaced by a person.
    ByHand,
}

impl CampaignKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::ClosePolicy, Self::Recertify, Self::Leave, Self::CloseExternal, Self::ByHand];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClosePolicy => "close_policy",
            Self::Recertify => "recertify",
            Self::Leave => "leave",
            Self::CloseExternal => "close_external",
            Self::ByHand => "by_hand",
        }
    }
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Opaque.
    pub id: CampaignId,
    /// What it is for.
    pub kind: CampaignKind,
    /// Who leaves; only where somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Which credential is to end; only where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialRef>,
    /// When that credential expired by what was known as the campaign began: another date is a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who began it.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who said that what no API does was done by hand, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked: Option<Agreement>,
    /// Who ended it, when and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Agreement>,
}

/// How a member of a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// Something is to be done for it, and was not asked for yet.
    Todo,
    /// Nobody knows whether something is to be done: a person decides.
    Unclear,
    /// It was asked for and came to nothing: the reason says why.
    NotDone,
    /// No API does it: the reason says what a person does.
    ByHand,
    /// It is asked for; the action says what it waits for.
    Asked,
    /// Whoever was asked did not answer in time.
    Silent,
    /// Nothing is to be done for it, as far as is known.
    Stays,
    /// It is done.
    Done,
}

impl Stand {
    /// Every way to stand, in the order of the list.
    pub const ALL: [Self; 8] =
        [Self::Todo, Self::Unclear, Self::NotDone, Self::ByHand, Self::Asked, Self::Silent, Self::Stays, Self::Done];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Unclear => "unclear",
            Self::NotDone => "not_done",
            Self::ByHand => "by_hand",
            Self::Asked => "asked",
            Self::Silent => "silent",
            Self::Stays => "stays",
            Self::Done => "done",
        }
    }
}

/// What the lists and the log show of a click.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Whether it holds, as far as lists and log can show it for this kind of campaign.
    pub verified: bool,
    /// Whether a report was taken since; before that, nothing else is known.
    pub reported: bool,
    /// Tokens that are listed as blocked (a third party's reading of Atlassian's word; unconfirmed).
    pub blocked: u64,
    /// Tokens that are listed as allowed.
    pub allowed: u64,
    /// Tokens of which the list does not say it.
    pub not_said: u64,
    /// The label of one that was used although an hour had passed.
    pub used: Option<String>,
    /// Who used one since, by name or account; at most [`Settled::MOST_NAMED`].
    pub used_by: Vec<String>,
    /// What the list of its kind, or the register, says of the one credential that was to end.
    pub list: ListSays,
    /// What the log says of use since.
    pub log: LogSays,
}

impl Settled {
    /// So many who used a token since are named.
    pub const MOST_NAMED: usize = 10;
}

/// What a list or the register says of a credential that was to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListSays {
    /// The campaign is not about one credential.
    #[default]
    NotAsked,
    /// No list holds credentials of its kind.
    HasNone,
    /// The list could not be read to its end.
    NotRead,
    /// It holds the credential as before.
    Stands,
    /// It holds it no more.
    Gone,
    /// A new expiry was entered since.
    Renewed,
}

/// What the log says of use after a click.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogSays {
    /// The lists alone tell it.
    #[default]
    NotAsked,
    /// Whether such uses leave events in this org's log is not proven, so silence says nothing.
    CannotShow,
    /// The log was not read without a gap over a day from an hour after the click on.
    NotReadYet,
    /// The log was read so far and holds no use.
    NoUse,
    /// It holds one.
    Used,
}
