//! Reports: what was read, what was not, and what each credential's row says.

use super::{CredentialKind, Facts, Observations, ReportId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// One source that a report reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionName {
    /// The managed accounts (`users`).
    Users,
    /// The managed users' API tokens (`api-tokens`).
    UserApiTokens,
    /// The org's admin API keys (`api-keys`).
    OrgApiKeys,
    /// The org's service accounts (`service-accounts`).
    ServiceAccounts,
    /// The service accounts' tokens (`service-accounts/api-tokens`).
    ServiceAccountTokens,
    /// The service accounts' OAuth clients (`oauth-clients`).
    OauthClients,
    /// Accounts that are not managed (`directories/-/users`, `claimStatus=unmanaged`).
    ExternalUsers,
    /// Accounts with the org admin's role (`directories/-/users`, `roleIds=atlassian/org-admin`).
    OrgAdmins,
    /// What people entered by hand, because no API lists it.
    Registered,
}

impl SectionName {
    /// The sections, in the order in which they are read: owners first.
    pub const ALL: [Self; 9] = [
        Self::Users,
        Self::ServiceAccounts,
        Self::ExternalUsers,
        Self::OrgAdmins,
        Self::UserApiTokens,
        Self::OrgApiKeys,
        Self::ServiceAccountTokens,
        Self::OauthClients,
        Self::Registered,
    ];

    /// The name in the API and the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::UserApiTokens => "user_api_tokens",
            Self::OrgApiKeys => "org_api_keys",
            Self::ServiceAccounts => "service_accounts",
            Self::ServiceAccountTokens => "service_account_tokens",
            Self::OauthClients => "oauth_clients",
            Self::ExternalUsers => "external_users",
            Self::OrgAdmins => "org_admins",
            Self::Registered => "registered",
        }
    }

    /// Whether its rows are owners, which count as none of the report's rows.
    pub fn lists_owners(self) -> bool {
        matches!(self, Self::Users | Self::ServiceAccounts | Self::ExternalUsers | Self::OrgAdmins)
    }

    /// The section that lists credentials of this kind; `None` where none does yet.
    pub fn listing(kind: CredentialKind) -> Option<Self> {
        match kind {
            CredentialKind::UserApiToken => Some(Self::UserApiTokens),
            CredentialKind::OrgApiKey => Some(Self::OrgApiKeys),
            CredentialKind::ServiceAccountToken => Some(Self::ServiceAccountTokens),
            CredentialKind::OauthClient => Some(Self::OauthClients),
            CredentialKind::Registered => Some(Self::Registered),
            CredentialKind::ObservedToken => None,
        }
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a section was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionStatus {
    /// Not begun, or not yet at its end.
    Pending,
    /// Read to its end.
    Complete,
    /// Could not be read.
    Failed,
    /// The key may not read it.
    NotPermitted,
    /// The org's settings say not to read it.
    OutOfScope,
}

/// A section of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which source.
    pub name: SectionName,
    /// How far it was read.
    pub status: SectionStatus,
    /// Why it is not complete, for people.
    pub reason: Option<String>,
    /// How many rows it gave.
    pub count: u64,
}

impl Section {
    /// One that was not begun.
    pub fn pending(name: SectionName) -> Self {
        Self { name, status: SectionStatus::Pending, reason: None, count: 0 }
    }
}

/// Whether everything in scope was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// Every section in scope was read to its end.
    Complete,
    /// At least one was not; its section says why.
    Partial,
}

/// Sums over the rows of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Rows.
    pub credentials: u64,
    /// Rows that the report before had as well.
    #[serde(default)]
    pub seen_before: u64,
    /// Owners of the rows; the ownerless ones count as one.
    pub owners: u64,
    /// Findings that stand.
    pub findings: u64,
    /// Rows that at least one finding names.
    pub credentials_with_findings: u64,
    /// Rows whose use is unknown.
    pub use_unknown: u64,
    /// Rows that expire within 30 days.
    pub expiring_within_30_days: u64,
    /// What was seen that tells facts about the org.
    #[serde(default)]
    pub observed: Observations,
    /// Rows that expire within 52 weeks, by the Monday (UTC) of the week in which they do, as `2026-11-23`.
    #[serde(default)]
    pub expiring_by_week: BTreeMap<String, u64>,
    /// Rows by kind.
    pub by_kind: BTreeMap<String, u64>,
    /// Findings by severity.
    pub by_severity: BTreeMap<String, u64>,
    /// Findings by rule.
    pub by_rule: BTreeMap<String, u64>,
    /// Notes by rule.
    #[serde(default)]
    pub notes_by_rule: BTreeMap<String, u64>,
    /// Verdicts that could not be reached, by rule: a fact was missing.
    pub unjudged_by_rule: BTreeMap<String, u64>,
}

impl Totals {
    /// Adds another shard's sums.
    pub fn add(&mut self, other: &Self) {
        self.credentials += other.credentials;
        self.owners += other.owners;
        self.seen_before += other.seen_before;
        self.findings += other.findings;
        self.credentials_with_findings += other.credentials_with_findings;
        self.use_unknown += other.use_unknown;
        self.observed.add(&other.observed);
        self.expiring_within_30_days += other.expiring_within_30_days;
        let maps = [
            (&mut self.expiring_by_week, &other.expiring_by_week),
            (&mut self.by_kind, &other.by_kind),
            (&mut self.by_severity, &other.by_severity),
            (&mut self.by_rule, &other.by_rule),
            (&mut self.notes_by_rule, &other.notes_by_rule),
            (&mut self.unjudged_by_rule, &other.unjudged_by_rule),
        ];
        for (mine, theirs) in maps {
            theirs.iter().for_each(|(key, count)| *mine.entry(key.clone()).or_default() += count);
        }
    }
}

/// How a report differs from the one before it: counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The report before it; none if it is the first.
    #[serde(default)]
    pub against: Option<ReportId>,
    /// Credentials that were not in the last report.
    pub added: u64,
    /// Credentials that the last report had and this one, complete there, has not.
    pub removed: u64,
    /// Findings that no longer stand.
    pub resolved: u64,
    /// Findings that were opened or opened again.
    pub new_findings: u64,
}

/// What a report must say before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Stable name, such as `own_key_unknown`.
    pub code: String,
    /// A sentence for people.
    pub text: String,
}

/// The summary of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id: sorts by date.
    pub id: ReportId,
    /// When its judgement was made.
    pub generated_at: Timestamp,
    /// Complete or partial.
    pub status: ReportStatus,
    /// What was read and what was not.
    pub sections: Vec<Section>,
    /// What must be said first.
    pub notices: Vec<Notice>,
    /// Sums.
    pub totals: Totals,
    /// What is known about the org.
    #[serde(default)]
    pub facts: Facts,
    /// What differs from the report before.
    pub changes: Changes,
    /// In how many partitions its rows are stored.
    pub parts: u32,
    /// Bodies in quarantine when it was made.
    pub quarantined: u64,
    /// Events counted as ignored so far, deliveries that were repeated included.
    pub ignored_events: u64,
}
