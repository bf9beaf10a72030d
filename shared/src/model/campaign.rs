//! Campaigns: the projects of an admin over many credentials. What belongs to one is read from the latest report each
//! time, and what was done in it from the actions, so a campaign itself holds only who began it, why, and what was clicked.

use super::{AccountId, Agreement, CampaignId, Timestamp};
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
}

impl CampaignKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::ClosePolicy, Self::Recertify, Self::Leave];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClosePolicy => "close_policy",
            Self::Recertify => "recertify",
            Self::Leave => "leave",
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
    /// Whether it holds: every token that was to be blocked is listed as blocked and was not used since.
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
}
