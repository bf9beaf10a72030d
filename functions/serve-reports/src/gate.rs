//! Who is asking.

use shared::{
    error::{Error, Result},
    model::{OrgId, Principal, Secret, Timestamp},
    ports::{Clock, SecretSource},
    secrets::SecretCache,
};
use std::{future::Future, sync::Arc};

/// Knows the credentials of this API.
pub trait Gate: Send + Sync {
    /// Whose credential this is; `None` if nobody's.
    fn authenticate(&self, bearer: &str, now: Timestamp) -> impl Future<Output = Result<Option<Principal>>> + Send;
    /// How many persons may approve in an org.
    fn approvers(&self, org: &OrgId, now: Timestamp) -> impl Future<Output = Result<usize>> + Send;
    /// The keys that links in mails are signed with.
    fn link_keys(&self) -> impl Future<Output = Result<Vec<Secret>>> + Send;
}

impl<S: SecretSource, C: Clock> Gate for SecretCache<S, C> {
    async fn authenticate(&self, bearer: &str, now: Timestamp) -> Result<Option<Principal>> {
        self.authenticate_api(bearer, now).await
    }

    async fn approvers(&self, org: &OrgId, now: Timestamp) -> Result<usize> {
        self.api_approvers(org, now).await
    }

    async fn link_keys(&self) -> Result<Vec<Secret>> {
        SecretCache::link_keys(self).await
    }
}

impl<G: Gate> Gate for Arc<G> {
    async fn authenticate(&self, bearer: &str, now: Timestamp) -> Result<Option<Principal>> {
        G::authenticate(self, bearer, now).await
    }

    async fn approvers(&self, org: &OrgId, now: Timestamp) -> Result<usize> {
        G::approvers(self, org, now).await
    }

    async fn link_keys(&self) -> Result<Vec<Secret>> {
        G::link_keys(self).await
    }
}

/// The principal behind an `Authorization` header.
pub(crate) async fn principal<G: Gate>(gate: &G, header: Option<&str>, now: Timestamp) -> Result<Principal> {
    let Some(bearer) = header.and_then(bearer) else { return Err(Error::Unauthorized) };
    gate.authenticate(bearer, now).await?.ok_or(Error::Unauthorized)
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}
