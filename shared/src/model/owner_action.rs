//! What is done to everything of one account: what it hits, by what means, and how it is put in order.

use super::{AccountId, AuthPolicyId, CredentialRef, DirectoryId, Timestamp, Use};
use serde::{Deserialize, Serialize};

/// A credential that an owner-scoped action hits, as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Kind and id.
    pub credential: CredentialRef,
    /// Its label.
    pub label: String,
    /// The last use known then.
    pub last_used_at: Option<Timestamp>,
    /// Whether its use could be judged.
    pub usage: Use,
    /// Until when it is exempt, and why; `None` if it is not.
    pub exempt: Option<String>,
}

/// What an owner-scoped action works with, as it was read when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// The list of a service account's tokens.
    Tokens,
    /// The directories in which the account is to be suspended or restored (Organizations API spec: each by its id).
    Directories(Vec<DirectoryId>),
    /// The authentication policy into which the account is moved.
    Policy {
        /// Where to.
        to: AuthPolicyId,
        /// Where from, which is the way back; `None` where it could not be read, and then there is none.
        earlier: Option<AuthPolicyId>,
        /// The address by which Atlassian moves people (auth-policy cookbook: `users` holds emails).
        email: String,
    },
}

/// One change of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Revoke all tokens of a service account.
    RevokeAll(AccountId),
    /// Suspend the account in one directory.
    Suspend(DirectoryId, AccountId),
    /// Restore it there.
    Restore(DirectoryId, AccountId),
    /// Move it into an authentication policy.
    Move(AuthPolicyId, String),
}

/// How an account stands in one directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which directory.
    pub directory: DirectoryId,
    /// Whether the account can use it.
    pub access: Access,
}

/// Whether an account can use a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It can.
    Open,
    /// It is suspended there.
    Suspended,
}

/// How far a task came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// So many people are still to be moved.
    Running(u64),
    /// It has ended; of these people it failed, each with Atlassian's reason.
    Ended(Vec<(String, String)>),
    /// No such task is known (any more).
    Unknown,
}

/// The policies of the org between which people are moved. No API lists them, so an admin copies their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthPolicies {
    /// The one whose members' API tokens are blocked.
    pub blocking: AuthPolicyId,
    /// The one whose members' API tokens are allowed.
    pub allowing: AuthPolicyId,
}
