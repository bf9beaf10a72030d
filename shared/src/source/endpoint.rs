//! Every request that Tokenwarden can make of Atlassian. What is not here cannot be called.

use crate::{
    error::{Error, Result},
    model::{AccountId, CredentialId, OrgId},
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
            | Self::UserTokens(_) => Method::GET,
            Self::FindUser(..) => Method::POST,
            Self::RevokeUserToken(..) => Method::DELETE,
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
            | Self::UserTokens(_) => false,
            Self::RevokeUserToken(..) | Self::RevokeOrgKey(..) => true,
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
        })
    }

    pub(super) fn body(self) -> Option<Value> {
        match self {
            Self::FindUser(_, account) => Some(json!({"accountIds": [account], "expand": ["platformRoles"]})),
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
            | Self::RevokeOrgKey(..) => None,
        }
    }
}

fn of_org(org: &OrgId) -> Result<String> {
    segment("org id", org.as_str())
}

fn of_account(account: &AccountId) -> Result<String> {
    segment("account id", account.as_str())
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
mod tests {
    use super::*;

    const BAD_IDS: [&str; 12] =
        ["", " ", ".", "..", "%2e%2E", "a/b", "/", "../api-tokens", "a%2Fb", "a\\b", "a\nb", "%2f"];

    fn every(org: &OrgId, account: &AccountId, token: &CredentialId, visit: &mut dyn FnMut(Endpoint<'_>)) {
        [
            Endpoint::Org(org),
            Endpoint::Users(org),
            Endpoint::EventsStream(org),
            Endpoint::EventActions(org),
            Endpoint::ApiTokens(org),
            Endpoint::ApiKeys(org),
            Endpoint::ServiceAccounts(org),
            Endpoint::ServiceAccountTokens(org),
            Endpoint::OauthClients(org),
            Endpoint::FindUser(org, account),
            Endpoint::UserTokens(account),
            Endpoint::RevokeUserToken(account, token),
            Endpoint::RevokeOrgKey(org, token),
        ]
        .into_iter()
        .for_each(visit);
    }

    fn built(org: &str, account: &str, token: &str) -> Vec<String> {
        let (mut urls, ids) = (vec![], (OrgId::new(org), AccountId::new(account), CredentialId::new(token)));
        every(&ids.0, &ids.1, &ids.2, &mut |endpoint| {
            if let Ok(path) = endpoint.path() {
                let url = reqwest::Url::parse(&format!("https://api.example{path}")).unwrap();
                urls.push(format!("{} {}", endpoint.method(), url.path()));
            }
        });
        urls
    }

    #[test]
    fn these_are_all_requests_that_can_be_made() {
        assert_eq!(
            built("o", "557058:a", "t?#&"),
            [
                "GET /admin/v1/orgs/o",
                "GET /admin/v1/orgs/o/users",
                "GET /admin/v1/orgs/o/events-stream",
                "GET /admin/v1/orgs/o/event-actions",
                "GET /admin/api-access/v1/orgs/o/api-tokens",
                "GET /admin/api-access/v1/orgs/o/api-keys",
                "GET /admin/api-access/v1/orgs/o/service-accounts",
                "GET /admin/api-access/v1/orgs/o/service-accounts/api-tokens",
                "GET /admin/api-access/v1/orgs/o/oauth-clients",
                "POST /admin/v2/orgs/o/directories/-/users/search",
                "GET /users/557058%3Aa/manage/api-tokens",
                "DELETE /users/557058%3Aa/manage/api-tokens/t%3F%23%26",
                "PATCH /admin/api-access/v1/orgs/o/api-keys/revoke/t%3F%23%26",
            ]
        );
    }

    #[test]
    fn no_id_changes_the_shape_of_a_path() {
        for bad in BAD_IDS {
            assert_eq!(built(bad, bad, bad), Vec::<String>::new(), "{bad:?}");
            for (account, token) in [("a", bad), (bad, "t"), (bad, bad)] {
                let urls = built("o", account, token);
                assert!(urls.iter().all(|url| !url.starts_with("DELETE")), "{account:?} {token:?}: {urls:?}");
                let patched = |url: &String| url.starts_with("PATCH");
                assert!(token != bad || !urls.iter().any(patched), "{account:?} {token:?}: {urls:?}");
            }
        }
        for odd in ["a b", "ü", "a:b|c", "...", "a..b", "%", "%zz", "..;"] {
            let urls = built(odd, odd, odd);
            let shape = |url: &String| url.matches('/').count();
            assert_eq!(urls.iter().map(shape).collect::<Vec<_>>(), [4, 5, 5, 5, 6, 6, 6, 7, 6, 8, 4, 5, 8], "{odd:?}");
        }
    }

    #[test]
    fn whatever_the_ids_a_delete_names_one_token_of_one_user() {
        let ids = BAD_IDS.into_iter().chain(["a", "api-tokens", "orgs", "manage"]);
        for (org, account, token) in ids.clone().flat_map(|a| ids.clone().map(move |b| (a, b, a))) {
            for url in built(org, account, token).iter().filter(|url| url.starts_with("DELETE")) {
                let parts: Vec<_> = url.trim_start_matches("DELETE /").split('/').collect();
                assert!(
                    matches!(parts.as_slice(), ["users", _, "manage", "api-tokens", token] if !token.is_empty()),
                    "{url}"
                );
            }
        }
    }
}
