//! Every request that Tokenwarden can make of Atlassian. What is not here cannot be called.

use crate::{
    error::{Error, Result},
    model::{AccountId, AuthPolicyId, CredentialId, DirectoryId, OrgId, TaskId},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

/// Everything but the unreserved characters of RFC 3986 is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request: its method, path and body follow from what it is, so that no other combination can be made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Endpoint<'a> {
    /// The org (Organizations API spec).
    Org(&'a OrgId),
    /// Its managed accounts (Organizations API spec).
    Users(&'a OrgId),
    /// Its users in every directory (Organizations API spec, v2; deprecated there until 30 June 2027, and the one way to
    /// external users and admins for a scoped key; `-` stands for every directory).
    DirectoryUsers(&'a OrgId),
    /// Its audit log (Organizations API spec).
    EventsStream(&'a OrgId),
    /// Its list of actions (Organizations API spec).
    EventActions(&'a OrgId),
    /// Its managed users' tokens (API access reference). Atlassian knows a DELETE of this path, which revokes all of
    /// them at once; it must not exist here.
    ApiTokens(&'a OrgId),
    /// Its admin keys (API access reference).
    ApiKeys(&'a OrgId),
    /// Its service accounts (API access reference, experimental).
    ServiceAccounts(&'a OrgId),
    /// The tokens of all its service accounts (API access reference, experimental).
    ServiceAccountTokens(&'a OrgId),
    /// The OAuth clients of its service accounts (API access reference).
    OauthClients(&'a OrgId),
    /// The search for one account with its platform roles (Organizations API spec, v2; `-` stands for every directory).
    FindUser(&'a OrgId, &'a AccountId),
    /// One user's tokens (user management API spec).
    UserTokens(&'a AccountId),
    /// Revokes one token of one user (user management API spec).
    RevokeUserToken(&'a AccountId, &'a CredentialId),
    /// Revokes one admin key of the org (API access reference; needs `delete:keys:admin`).
    RevokeOrgKey(&'a OrgId, &'a CredentialId),
    /// Its directories (Organizations API spec, v2).
    Directories(&'a OrgId),
    /// The search for one account in one directory (Organizations API spec, v2).
    FindMember(&'a OrgId, &'a DirectoryId, &'a AccountId),
    /// The tokens of one service account (API access reference, experimental).
    OneServiceAccountTokens(&'a OrgId, &'a AccountId),
    /// Revokes all tokens of one service account (API access reference; needs `delete:service-accounts-tokens:admin`).
    RevokeServiceTokens(&'a OrgId, &'a AccountId),
    /// Suspends one account in one directory (Organizations API spec, v2: 204).
    Suspend(&'a OrgId, &'a DirectoryId, &'a AccountId),
    /// Restores one account in one directory (Organizations API spec, v2: 204).
    Restore(&'a OrgId, &'a DirectoryId, &'a AccountId),
    /// Moves people, by their emails, into an authentication policy (auth-policy cookbook: 202 and a task).
    AddToPolicy(&'a OrgId, &'a AuthPolicyId, &'a str),
    /// How far such a task came (auth-policy cookbook).
    PolicyTask(&'a OrgId, &'a TaskId),
    /// The authentication policies of accounts (Control reference lists it; its body is unconfirmed).
    PoliciesOf(&'a OrgId, &'a AccountId),
}

impl Endpoint<'_> {
    /// What is asked, as a noun phrase for messages.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Org(_) => "the org",
            Self::Users(_) => "the list of users",
            Self::DirectoryUsers(_) => "the directories' list of users",
            Self::EventsStream(_) => "the event stream",
            Self::EventActions(_) => "the list of event actions",
            Self::ApiTokens(_) => "the list of user API tokens",
            Self::ApiKeys(_) => "the list of org API keys",
            Self::ServiceAccounts(_) => "the list of service accounts",
            Self::ServiceAccountTokens(_) => "the list of service accounts' tokens",
            Self::OauthClients(_) => "the list of OAuth clients",
            Self::FindUser(..) => "the search for users",
            Self::UserTokens(_) => "the list of one user's API tokens",
            Self::RevokeUserToken(..) => "the revocation of one API token",
            Self::RevokeOrgKey(..) => "the revocation of one org API key",
            Self::Directories(_) => "the list of directories",
            Self::FindMember(..) => "the search for users of a directory",
            Self::OneServiceAccountTokens(..) => "the list of one service account's tokens",
            Self::RevokeServiceTokens(..) => "the revocation of one service account's tokens",
            Self::Suspend(..) => "the suspension of an account",
            Self::Restore(..) => "the restoration of an account",
            Self::AddToPolicy(..) => "the move to an authentication policy",
            Self::PolicyTask(..) => "the task that moves people",
            Self::PoliciesOf(..) => "the authentication policy of an account",
        }
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::Org(_)
            | Self::Users(_)
            | Self::DirectoryUsers(_)
            | Self::EventsStream(_)
            | Self::EventActions(_)
            | Self::ApiTokens(_)
            | Self::ApiKeys(_)
            | Self::ServiceAccounts(_)
            | Self::ServiceAccountTokens(_)
            | Self::OauthClients(_)
            | Self::UserTokens(_)
            | Self::Directories(_)
            | Self::OneServiceAccountTokens(..)
            | Self::PolicyTask(..) => Method::GET,
            Self::FindUser(..)
            | Self::FindMember(..)
            | Self::PoliciesOf(..)
            | Self::Suspend(..)
            | Self::Restore(..)
            | Self::AddToPolicy(..) => Method::POST,
            Self::RevokeUserToken(..) | Self::RevokeServiceTokens(..) => Method::DELETE,
            Self::RevokeOrgKey(..) => Method::PATCH,
        }
    }

    /// Whether it changes something in Atlassian. Such a call is never made twice by itself.
    pub(super) fn changes(self) -> bool {
        match self {
            Self::Org(_)
            | Self::Users(_)
            | Self::DirectoryUsers(_)
            | Self::EventsStream(_)
            | Self::EventActions(_)
            | Self::ApiTokens(_)
            | Self::ApiKeys(_)
            | Self::ServiceAccounts(_)
            | Self::ServiceAccountTokens(_)
            | Self::OauthClients(_)
            | Self::FindUser(..)
            | Self::UserTokens(_)
            | Self::Directories(_)
            | Self::FindMember(..)
            | Self::OneServiceAccountTokens(..)
            | Self::PolicyTask(..)
            | Self::PoliciesOf(..) => false,
            Self::RevokeUserToken(..)
            | Self::RevokeOrgKey(..)
            | Self::RevokeServiceTokens(..)
            | Self::Suspend(..)
            | Self::Restore(..)
            | Self::AddToPolicy(..) => true,
        }
    }

    /// The path with its ids encoded, each in one segment.
    ///
    /// # Errors
    /// [`Error::Invalid`] if an id could change the shape of the path.
    pub(super) fn path(self) -> Result<String> {
        Ok(match self {
            Self::Org(org) => format!("/admin/v1/orgs/{}", of_org(org)?),
            Self::Users(org) => format!("/admin/v1/orgs/{}/users", of_org(org)?),
            Self::DirectoryUsers(org) => format!("/admin/v2/orgs/{}/directories/-/users", of_org(org)?),
            Self::EventsStream(org) => format!("/admin/v1/orgs/{}/events-stream", of_org(org)?),
            Self::EventActions(org) => format!("/admin/v1/orgs/{}/event-actions", of_org(org)?),
            Self::ApiTokens(org) => format!("/admin/api-access/v1/orgs/{}/api-tokens", of_org(org)?),
            Self::ApiKeys(org) => format!("/admin/api-access/v1/orgs/{}/api-keys", of_org(org)?),
            Self::ServiceAccounts(org) => format!("/admin/api-access/v1/orgs/{}/service-accounts", of_org(org)?),
            Self::ServiceAccountTokens(org) => {
                format!("/admin/api-access/v1/orgs/{}/service-accounts/api-tokens", of_org(org)?)
            }
            Self::OauthClients(org) => format!("/admin/api-access/v1/orgs/{}/oauth-clients", of_org(org)?),
            Self::FindUser(org, _) => format!("/admin/v2/orgs/{}/directories/-/users/search", of_org(org)?),
            Self::UserTokens(account) => format!("/users/{}/manage/api-tokens", of_account(account)?),
            Self::RevokeUserToken(account, token) => {
                format!("/users/{}/manage/api-tokens/{}", of_account(account)?, segment("token id", token.as_str())?)
            }
            Self::RevokeOrgKey(org, key) => format!(
                "/admin/api-access/v1/orgs/{}/api-keys/revoke/{}",
                of_org(org)?,
                segment("key id", key.as_str())?
            ),
            Self::Directories(org) => format!("/admin/v2/orgs/{}/directories", of_org(org)?),
            Self::FindMember(org, directory, _) => format!("{}/search", of_directory(org, directory)?),
            Self::OneServiceAccountTokens(org, account) | Self::RevokeServiceTokens(org, account) => {
                of_service_account(org, account)?
            }
            Self::Suspend(org, directory, account) => {
                format!("{}/{}/suspend", of_directory(org, directory)?, of_account(account)?)
            }
            Self::Restore(org, directory, account) => {
                format!("{}/{}/restore", of_directory(org, directory)?, of_account(account)?)
            }
            Self::AddToPolicy(org, policy, _) => {
                let policy = segment("policy id", policy.as_str())?;
                format!("/admin/control/v1/orgs/{}/auth-policy/{policy}/add-users", of_org(org)?)
            }
            Self::PolicyTask(org, task) => {
                let task = segment("task id", task.as_str())?;
                format!("/admin/control/v1/orgs/{}/auth-policy/task/{task}", of_org(org)?)
            }
            Self::PoliciesOf(org, _) => {
                format!("/admin/control/v1/orgs/{}/users/auth-policies/bulk-fetch", of_org(org)?)
            }
        })
    }

    pub(super) fn body(self) -> Option<Value> {
        match self {
            Self::FindUser(_, account) => Some(json!({"accountIds": [account], "expand": ["platformRoles"]})),
            Self::FindMember(_, _, account) => Some(json!({"accountIds": [account]})),
            Self::AddToPolicy(_, _, email) => Some(json!({"users": [email]})),
            Self::PoliciesOf(_, account) => Some(json!({"accountIds": [account]})),
            Self::Org(_)
            | Self::Users(_)
            | Self::DirectoryUsers(_)
            | Self::EventsStream(_)
            | Self::EventActions(_)
            | Self::ApiTokens(_)
            | Self::ApiKeys(_)
            | Self::ServiceAccounts(_)
            | Self::ServiceAccountTokens(_)
            | Self::OauthClients(_)
            | Self::UserTokens(_)
            | Self::RevokeUserToken(..)
            | Self::RevokeOrgKey(..)
            | Self::Directories(_)
            | Self::OneServiceAccountTokens(..)
            | Self::RevokeServiceTokens(..)
            | Self::Suspend(..)
            | Self::Restore(..)
            | Self::PolicyTask(..) => None,
        }
    }
}

fn of_org(org: &OrgId) -> Result<String> {
    segment("org id", org.as_str())
}

fn of_account(account: &AccountId) -> Result<String> {
    segment("account id", account.as_str())
}

/// A directory by its id: what is done in one needs one, and `-`, which stands for all, is documented for searches only.
fn of_directory(org: &OrgId, directory: &DirectoryId) -> Result<String> {
    if directory.as_str() == "-" {
        return Err(Error::invalid("directory id", "it must name one directory"));
    }
    Ok(format!("/admin/v2/orgs/{}/directories/{}/users", of_org(org)?, segment("directory id", directory.as_str())?))
}

/// The tokens of one service account. Beside the accounts stands the list of all their tokens, under a name of its own.
fn of_service_account(org: &OrgId, account: &AccountId) -> Result<String> {
    let account = of_account(account)?;
    if account == "api-tokens" {
        return Err(Error::invalid("account id", "it names a list and no account"));
    }
    Ok(format!("/admin/api-access/v1/orgs/{}/service-accounts/{account}/api-tokens", of_org(org)?))
}

/// One segment of a path. Refused is what is empty, what means "here" or "up", and what holds a separator or a control
/// character, be it encoded, because a proxy on the way may decode it.
fn segment(what: &str, id: &str) -> Result<String> {
    let decoded = percent_decode_str(id).decode_utf8_lossy();
    let unsafe_char = |c: char| matches!(c, '/' | '\\') || c.is_control();
    if decoded.trim().is_empty() || matches!(decoded.trim(), "." | "..") || decoded.contains(unsafe_char) {
        return Err(Error::invalid(what, "it is empty or would change the path that it stands in"));
    }
    Ok(utf8_percent_encode(id, SEGMENT).to_string())
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
