//! What revokes one user token, and the reading that must come right before it. Uses the key without scopes.

use super::{
    client::{AtlassianClient, Reply},
    endpoint::Endpoint,
};
use crate::{
    clock::SystemClock,
    config::AtlassianSettings,
    error::Result,
    model::{AccountId, CredentialId, OrgId},
    ports::{Clock, Reread, Revoked, SecretSource, TokenRevoker, TokenSnapshot},
    secrets::{KeyScope, SecretCache},
    wire::{tokens::ManagedToken, users::UserSearchPage},
};
use std::sync::Arc;

/// The account is wrong or not managed (user management API spec).
const ACCOUNT_NOT_FOUND: &str = "accountNotFound";
/// The resource is not there (user management API spec).
const NOT_FOUND: &str = "notFound";

/// Revokes single user tokens.
pub struct TokenRevokerClient<S, C = SystemClock> {
    client: AtlassianClient<S, C>,
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

impl<S: SecretSource, C: Clock> TokenRevoker for TokenRevokerClient<S, C> {
    async fn reread(&self, org: &OrgId, owner: &AccountId, credential: &CredentialId) -> Result<Reread> {
        let endpoint = Endpoint::UserTokens(owner);
        let reply = self.client.call(org, endpoint, &[]).await?;
        if matches!(&reply, Reply::NotFound(said) if said.is(ACCOUNT_NOT_FOUND)) {
            return Ok(Reread::AccountUnknown);
        }
        for token in reply.json::<Vec<ManagedToken>>(endpoint)? {
            let id = token.id()?;
            if id == *credential {
                return Ok(Reread::Present(snapshot(id, &token)));
            }
        }
        Ok(Reread::Gone)
    }

    async fn is_org_admin(&self, org: &OrgId, account: &AccountId) -> Result<bool> {
        let found: UserSearchPage = self.client.read(org, Endpoint::FindUser(org, account), &[]).await?;
        found.is_org_admin(account)
    }

    async fn revoke(&self, org: &OrgId, owner: &AccountId, credential: &CredentialId) -> Result<Revoked> {
        let endpoint = Endpoint::RevokeUserToken(owner, credential);
        let reply = self.client.call(org, endpoint, &[]).await?;
        match &reply {
            Reply::Done { status: 204, .. } => Ok(Revoked::Now),
            Reply::NotFound(said) if said.is(NOT_FOUND) => Ok(Revoked::Already),
            Reply::NotFound(said) if said.is(ACCOUNT_NOT_FOUND) => Ok(Revoked::AccountUnknown),
            Reply::Done { .. } | Reply::NotFound(_) | Reply::BadRequest(_) => Err(reply.unexpected(endpoint)),
        }
    }
}

fn snapshot(id: CredentialId, token: &ManagedToken) -> TokenSnapshot {
    TokenSnapshot {
        id,
        label: token.label().to_owned(),
        created_at: token.created_at(),
        last_access_at: token.last_access_at(),
    }
}
