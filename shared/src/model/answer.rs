//! What the reader of a mail may do by the link in it.

use super::{AccountId, ActionId, OrgId, Timestamp};
use serde::{Deserialize, Serialize};

/// As whom somebody answers: in the capacity in which he was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswersAs {
    /// As the owner of the credential.
    Owner,
    /// As whoever answers for the owner.
    Sponsor,
    /// As the contact for owners who cannot be written to.
    Fallback,
}

impl AnswersAs {
    /// The name in the ledger and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Sponsor => "sponsor",
            Self::Fallback => "fallback",
        }
    }
}

/// What a link lets whoever holds it do: answer for the credential of one action, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerLink {
    /// Whose action.
    pub org: OrgId,
    /// Which.
    pub action: ActionId,
    /// The account that owns the credential.
    pub account: AccountId,
    /// As whom its reader was written to.
    pub answers_as: AnswersAs,
    /// From then on it opens nothing.
    pub until: Timestamp,
}

impl AnswerLink {
    /// Who answers, as the ledger names him: by id, never by name or address.
    pub fn principal(&self) -> String {
        match self.answers_as {
            AnswersAs::Owner => format!("owner {}", self.account),
            AnswersAs::Sponsor | AnswersAs::Fallback => format!("{} for {}", self.answers_as.as_str(), self.account),
        }
    }
}
