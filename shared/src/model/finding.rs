//! Findings: what a rule holds against a credential, and how a finding lives.

use super::{AccountId, CredentialRef, FindingId, OrgId, Timestamp, ids::short_hash};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Can wait.
    Low,
    /// Look at it this week.
    Medium,
    /// Look at it today.
    High,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 4] = [Self::Note, Self::Low, Self::Medium, Self::High];

    /// The name in the API, the tables and the CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a rule says of one credential in one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The rule holds nothing against it.
    Clean,
    /// The rule holds something against it.
    Guilty {
        /// How much it matters.
        severity: Severity,
        /// A sentence with the evidence in it.
        reason: String,
    },
    /// A fact that the rule needs is missing, so it says neither.
    Unknown {
        /// Which fact, as a noun phrase.
        missing: &'static str,
    },
}

/// Whether a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// It stands.
    Open,
    /// It stands, and an exemption covers it.
    Exempt,
    /// It stands, and a person accepted its risk until a day.
    Accepted,
    /// A later report, complete where it matters, did not find it again.
    Resolved,
}

impl FindingStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Open, Self::Exempt, Self::Accepted, Self::Resolved];

    /// The name in the API and the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Exempt => "exempt",
            Self::Accepted => "accepted",
            Self::Resolved => "resolved",
        }
    }
}

/// A finding as it lives across reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// hash(org, rule, subject).
    pub id: FindingId,
    /// The rule's id.
    pub rule: String,
    /// The credential.
    pub subject: CredentialRef,
    /// Its label, so that a list of findings can be read.
    pub label: String,
    /// The account that answers for the credential.
    #[serde(default)]
    pub owner: Option<AccountId>,
    /// How much it matters.
    pub severity: Severity,
    /// A sentence with the evidence in it.
    pub reason: String,
    /// Open or resolved.
    pub status: FindingStatus,
    /// When it was first opened.
    pub opened_at: Timestamp,
    /// When its status last changed.
    pub changed_at: Timestamp,
    /// How often it was opened; each opening begins a new case.
    pub generation: u32,
}

impl Finding {
    /// The id that this rule's finding on this credential has in every report.
    pub fn id_of(org: &OrgId, rule: &str, subject: &CredentialRef) -> FindingId {
        FindingId::new(short_hash(&[org.as_str(), rule, subject.kind.lasting().as_str(), subject.id.as_str()]))
    }

    /// Whether it stands, exempt or not.
    pub fn stands(&self) -> bool {
        self.status != FindingStatus::Resolved
    }
}
