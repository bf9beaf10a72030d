//! Exemptions: what is known and stands all the same, for a reason, until a day.

use super::{AccountId, CredentialRef, FindingId, Timestamp};
use serde::{Deserialize, Serialize};

/// What an exemption covers. All parts that are given must fit; at least one is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExemptionScope {
    /// One finding: its risk is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingId>,
    /// One credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialRef>,
    /// All credentials of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<AccountId>,
    /// Labels; `*` stands for any characters, case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// One rule's findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// An exemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// Opaque.
    pub id: String,
    /// What it covers.
    pub scope: ExemptionScope,
    /// Why.
    pub reason: String,
    /// Who granted it.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when; from then on it covers nothing.
    pub until: Timestamp,
}
