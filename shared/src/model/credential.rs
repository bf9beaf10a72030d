//! Credentials and the people (or services) who answer for them.

use super::{AccountId, CredentialId, Timestamp, ids::short_hash};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What kind of credential it is, which also says which Atlassian list holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A managed user's API token (API access: `api-tokens`).
    UserApiToken,
    /// An organization's admin API key (API access: `api-keys`).
    OrgApiKey,
    /// A token of a service account.
    ServiceAccountToken,
    /// An OAuth client of a service account.
    OauthClient,
    /// Used by somebody who is not managed; no Atlassian list holds it.
    ObservedToken,
    /// Entered by hand, because no API lists it.
    Registered,
}

impl CredentialKind {
    /// Every kind, in the order in which reports show them.
    pub const ALL: [Self; 6] = [
        Self::UserApiToken,
        Self::OrgApiKey,
        Self::ServiceAccountToken,
        Self::OauthClient,
        Self::ObservedToken,
        Self::Registered,
    ];

    /// The kind under which findings and exemptions know it: a token that was first seen in use, and is listed once its
    /// owner became managed, keeps them.
    pub fn lasting(self) -> Self {
        match self {
            Self::ObservedToken | Self::UserApiToken => Self::UserApiToken,
            Self::OrgApiKey | Self::ServiceAccountToken | Self::OauthClient | Self::Registered => self,
        }
    }

    /// The name in the API, the tables and the CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserApiToken => "user_api_token",
            Self::OrgApiKey => "org_api_key",
            Self::ServiceAccountToken => "service_account_token",
            Self::OauthClient => "oauth_client",
            Self::ObservedToken => "observed_token",
            Self::Registered => "registered",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CredentialKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| format!("unknown credential kind `{name}`; known kinds: {}", known()))
    }
}

/// Names one credential: ids are unique within a kind only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CredentialRef {
    /// Its kind.
    pub kind: CredentialKind,
    /// Its id in the list of that kind.
    pub id: CredentialId,
}

impl CredentialRef {
    /// Where its row stands in every report: 16 hex digits, the order of rows whatever the number of partitions.
    pub fn order(&self) -> String {
        short_hash(&[self.kind.as_str(), self.id.as_str()])
    }
}

impl fmt::Display for CredentialRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// Whether Atlassian lets the credential be used, as the list says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// `ALLOWED` in the list.
    Allowed,
    /// `BLOCKED` in the list (a third party's reading; unconfirmed).
    Blocked,
    /// The list did not say, or said a word that we do not know.
    Unknown,
}

/// A credential as an Atlassian list shows it. What the list left out is `None`, never a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Kind and id.
    #[serde(flatten)]
    pub reference: CredentialRef,
    /// The name that its maker gave it; may be empty.
    pub label: String,
    /// The account that answers for it: a token's user, a key's creator.
    pub owner: Option<AccountId>,
    /// The owner's name as the credential's own list gives it.
    pub owner_name: Option<String>,
    /// The owner's mail address as the credential's own list gives it.
    pub owner_email: Option<String>,
    /// Its scopes; `None` where the list did not say.
    pub scopes: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it expires; `None` where the list did not say, which is not "never".
    pub expires_at: Option<Timestamp>,
    /// Whether the source itself says that it never expires. No list of Atlassian's is known to say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub never_expires: bool,
    /// Atlassian's own last-used date, the only support for "unused".
    pub last_used_at: Option<Timestamp>,
    /// Allowed, blocked or unknown.
    pub status: CredentialStatus,
}

/// An account's state as the users' list shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerStatus {
    /// In use.
    Active,
    /// Deactivated: its tokens answer 401 and stay listed.
    Inactive,
    /// Closed for good.
    Closed,
    /// Not seen, or a word that we do not know.
    Unknown,
}

impl OwnerStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

/// How an owner belongs to the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// An account of a verified domain: in the list of managed accounts.
    Managed,
    /// Somebody else's account.
    External,
    /// A service account.
    Service,
    /// Atlassian's own, or an app.
    System,
    /// Not known, for instance because the users could not be read.
    Unknown,
}

impl Relation {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::External => "external",
            Self::Service => "service",
            Self::System => "system",
            Self::Unknown => "unknown",
        }
    }
}

/// A person or service that answers for credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The account.
    pub account_id: AccountId,
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Active, inactive, closed or unknown.
    pub status: OwnerStatus,
    /// Managed, external, service, system or unknown.
    pub relation: Relation,
    /// When it was last active in any product, as the lists of accounts say it; up to a day late (Organizations API).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<Timestamp>,
    /// Whether it holds the org admin's role; `None` where the list did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_admin: Option<bool>,
    /// The names of its groups; `None` where the list did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The products and sites that it may use, as the lists name them; `None` where they did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Vec<String>>,
}

impl Owner {
    /// An account of which nothing but its id and its relation is known.
    pub fn new(account_id: AccountId, relation: Relation) -> Self {
        Self {
            account_id,
            name: None,
            email: None,
            status: OwnerStatus::Unknown,
            relation,
            last_active_at: None,
            org_admin: None,
            groups: None,
            access: None,
        }
    }
}
