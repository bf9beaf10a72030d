//! What revokes one credential, and the reading that must come right before it. Uses the key without scopes.

use super::{
    client::{AtlassianClient, Reply, upstream},
    endpoint::Endpoint,
};
use crate::{
    clock::SystemClock,
    config::AtlassianSettings,
    error::{Error, Result},
    model::{AccountId, Credential, CredentialId, CredentialKind, CredentialStatus, OrgId, Target},
    ports::{Clock, Reread, Revoked, SecretSource, TokenRevoker, TokenSnapshot},
    secrets::{KeyScope, SecretCache},
    wire::{
        tokens::{CredentialPage, ManagedToken},
        users::UserSearchPage,
    },
};
use std::sync::Arc;

/// The account is wrong or not managed (user management API spec).
pub(super) const ACCOUNT_NOT_FOUND: &str = "accountNotFound";
/// The resource is not there (user management API spec).
const NOT_FOUND: &str = "notFound";
/// More pages of keys than any org has.
pub(super) const PAGES_MAX: u32 = 1_000;

/// Revokes single user tokens and single admin keys of the org.
pub struct TokenRevokerClient<S, C = SystemClock> {
    pub(super) client: AtlassianClient<S, C>,
}

impl<S: SecretSource, C: Clock> TokenRevokerClient<S, C> {
    /// A revoker with the keys of the purpose `atlassian-unscoped`.
    ///
    /// # Errors
    /// [`crate::error::Error::Setting`] if the base URL is none.
    pub fn new(http: reqwest::Client, settings: &AtlassianSettings, secrets: Arc<SecretCache<S, C>>) -> Result<Self> {
        Ok(Self { client: AtlassianClient::new(http, settings, secrets, KeyScope::Unscoped)? })
    }
}

impl<S: SecretSource, C: Clock> TokenRevokerClient<S, C> {
    async fn user_token(&self, org: &OrgId, owner: &AccountId, id: &CredentialId) -> Result<Reread> {
        let endpoint = Endpoint::UserTokens(owner);
        let reply = self.client.call(org, endpoint, &[]).await?;
        if matches!(&reply, Reply::NotFound(said) if said.is(ACCOUNT_NOT_FOUND)) {
            return Ok(Reread::AccountUnknown);
        }
        for token in reply.json::<Vec<ManagedToken>>(endpoint)? {
            let found = token.id()?;
            if found == *id {
                return Ok(Reread::Present(snapshot(found, &token)));
            }
        }
        Ok(Reread::Gone)
    }

    /// The key in the org's list, which is read to its end before it counts as gone.
    async fn org_key(&self, org: &OrgId, id: &CredentialId) -> Result<Reread> {
        let (endpoint, mut query) = (Endpoint::ApiKeys(org), Vec::new());
        for _ in 0..PAGES_MAX {
            let page: CredentialPage = self.client.read(org, endpoint, &query).await?;
            for row in page.data {
                let key = row.into_org_key()?;
                if key.reference.id == *id {
                    return Ok(listed_key(key));
                }
            }
            match self.client.next(page.links.unwrap_or_default().next.as_deref(), endpoint)? {
                Some(cursor) => query = vec![("cursor", cursor)],
                None => return Ok(Reread::Gone),
            }
        }
        Err(upstream(endpoint, "it does not end"))
    }

    async fn revoke_token(&self, org: &OrgId, owner: &AccountId, id: &CredentialId) -> Result<Revoked> {
        let endpoint = Endpoint::RevokeUserToken(owner, id);
        let reply = self.client.call(org, endpoint, &[]).await?;
        match &reply {
            Reply::Done { status: 204, .. } => Ok(Revoked::Now),
            Reply::NotFound(said) if said.is(NOT_FOUND) => Ok(Revoked::Already),
            Reply::NotFound(said) if said.is(ACCOUNT_NOT_FOUND) => Ok(Revoked::AccountUnknown),
            Reply::Done { .. } | Reply::NotFound(_) | Reply::BadRequest(_) => Err(reply.unexpected(endpoint)),
        }
    }

    /// The status of success, and that a key which is not there is a 404, are unconfirmed (API access reference names
    /// none): any 2xx counts, and the list is read afterwards in either case.
    async fn revoke_key(&self, org: &OrgId, id: &CredentialId) -> Result<Revoked> {
        let endpoint = Endpoint::RevokeOrgKey(org, id);
        let reply = self.client.call(org, endpoint, &[]).await?;
        match &reply {
            Reply::Done { .. } => Ok(Revoked::Now),
            Reply::NotFound(_) => Ok(Revoked::Already),
            Reply::BadRequest(_) => Err(reply.unexpected(endpoint)),
        }
    }
}

impl<S: SecretSource, C: Clock> TokenRevoker for TokenRevokerClient<S, C> {
    async fn reread(&self, org: &OrgId, target: &Target) -> Result<Reread> {
        match way(target)? {
            Way::Owner(owner) => self.user_token(org, owner, &target.credential.id).await,
            Way::Org => self.org_key(org, &target.credential.id).await,
        }
    }

    async fn is_org_admin(&self, org: &OrgId, account: &AccountId) -> Result<bool> {
        let found: UserSearchPage = self.client.read(org, Endpoint::FindUser(org, account), &[]).await?;
        found.is_org_admin(account)
    }

    async fn revoke(&self, org: &OrgId, target: &Target) -> Result<Revoked> {
        match way(target)? {
            Way::Owner(owner) => self.revoke_token(org, owner, &target.credential.id).await,
            Way::Org => self.revoke_key(org, &target.credential.id).await,
        }
    }
}

/// Through what a credential is reached.
enum Way<'a> {
    /// Its owner's account.
    Owner(&'a AccountId),
    /// The org.
    Org,
}

fn way(target: &Target) -> Result<Way<'_>> {
    let kind = target.credential.kind;
    match kind {
        CredentialKind::UserApiToken => match &target.owner {
            Some(owner) => Ok(Way::Owner(owner)),
            None => Err(Error::invalid("the credential", "its owner is not known")),
        },
        CredentialKind::OrgApiKey => Ok(Way::Org),
        CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => {
            Err(Error::invalid("the credential", format!("Atlassian revokes no single {kind}")))
        }
    }
}

/// A key that is listed with a date of revocation is gone (a third party's reading of the list; unconfirmed).
fn listed_key(key: Credential) -> Reread {
    match key.status {
        CredentialStatus::Blocked => Reread::Gone,
        CredentialStatus::Allowed | CredentialStatus::Unknown => Reread::Present(TokenSnapshot {
            id: key.reference.id,
            label: key.label,
            created_at: key.created_at,
            last_access_at: key.last_used_at,
        }),
    }
}

pub(super) fn snapshot(id: CredentialId, token: &ManagedToken) -> TokenSnapshot {
    TokenSnapshot {
        id,
        label: token.label().to_owned(),
        created_at: token.created_at(),
        last_access_at: token.last_access_at(),
    }
}
