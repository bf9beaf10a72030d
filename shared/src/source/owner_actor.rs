//! What acts on everything of one account. Uses the key without scopes.

use super::{
    client::{Reply, upstream},
    endpoint::Endpoint,
    revoker::{ACCOUNT_NOT_FOUND, PAGES_MAX, TokenRevokerClient, snapshot},
};
use crate::{
    error::Result,
    model::{AccountId, AuthPolicyId, Membership, Order, OrgId, TaskId, TaskState},
    ports::{Acted, Clock, OwnerActor, SecretSource, TokenSnapshot},
    wire::{
        control::{AccountPolicies, StartedTask, TaskAnswer},
        tokens::{CredentialPage, ManagedToken},
        users::{DirectoryListing, MemberPage},
    },
};

impl<S: SecretSource, C: Clock> OwnerActor for TokenRevokerClient<S, C> {
    async fn service_tokens(&self, org: &OrgId, account: &AccountId) -> Result<Vec<TokenSnapshot>> {
        let (endpoint, mut query) = (Endpoint::OneServiceAccountTokens(org, account), Vec::new());
        let mut found = Vec::new();
        for _ in 0..PAGES_MAX {
            let page: CredentialPage = self.client.read(org, endpoint, &query).await?;
            for row in page.data {
                let token = row.into_service_token()?;
                found.push(TokenSnapshot {
                    id: token.reference.id,
                    label: token.label,
                    created_at: token.created_at,
                    last_access_at: token.last_used_at,
                });
            }
            match self.client.next(page.links.unwrap_or_default().next.as_deref(), endpoint)? {
                Some(cursor) => query = vec![("cursor", cursor)],
                None => return Ok(found),
            }
        }
        Err(upstream(endpoint, "it does not end"))
    }

    async fn user_tokens(&self, org: &OrgId, account: &AccountId) -> Result<Option<Vec<TokenSnapshot>>> {
        let endpoint = Endpoint::UserTokens(account);
        let reply = self.client.call(org, endpoint, &[]).await?;
        if matches!(&reply, Reply::NotFound(said) if said.is(ACCOUNT_NOT_FOUND)) {
            return Ok(None);
        }
        let tokens = reply.json::<Vec<ManagedToken>>(endpoint)?;
        tokens.iter().map(|token| Ok(snapshot(token.id()?, token))).collect::<Result<_>>().map(Some)
    }

    async fn memberships(&self, org: &OrgId, account: &AccountId) -> Result<Vec<Membership>> {
        let endpoint = Endpoint::Directories(org);
        let directories: DirectoryListing = self.client.read(org, endpoint, &[]).await?;
        let next = directories.links.as_ref().and_then(|links| links.next.as_deref());
        if self.client.next(next, endpoint)?.is_some() {
            return Err(upstream(endpoint, "the org has more directories than one page"));
        }
        let mut memberships = Vec::new();
        for directory in directories.data {
            let directory = directory.into_id()?;
            let found: MemberPage = self.client.read(org, Endpoint::FindMember(org, &directory, account), &[]).await?;
            memberships.extend(found.access(account).map(|access| Membership { directory, access }));
        }
        Ok(memberships)
    }

    async fn auth_policy(&self, org: &OrgId, account: &AccountId) -> Result<Option<AuthPolicyId>> {
        let policies: AccountPolicies = self.client.read(org, Endpoint::PoliciesOf(org, account), &[]).await?;
        Ok(policies.of(account))
    }

    async fn act(&self, org: &OrgId, order: &Order) -> Result<Acted> {
        let endpoint = match order {
            Order::RevokeAll(account) => Endpoint::RevokeServiceTokens(org, account),
            Order::Suspend(directory, account) => Endpoint::Suspend(org, directory, account),
            Order::Restore(directory, account) => Endpoint::Restore(org, directory, account),
            Order::Move(policy, email) => Endpoint::AddToPolicy(org, policy, email),
        };
        let reply = self.client.call(org, endpoint, &[]).await?;
        match (order, &reply) {
            (Order::Move(..), Reply::Done { status: 202, .. }) => {
                Ok(Acted::Started(reply.json::<StartedTask>(endpoint)?.id()))
            }
            // That a revocation is answered with 204 is unconfirmed (API access reference): any 2xx counts.
            (Order::RevokeAll(_), Reply::Done { .. }) => Ok(Acted::Now),
            (Order::Suspend(..) | Order::Restore(..), Reply::Done { status: 204, .. }) => Ok(Acted::Now),
            (Order::RevokeAll(_) | Order::Suspend(..) | Order::Restore(..), Reply::NotFound(_)) => {
                Ok(Acted::AccountUnknown)
            }
            (_, Reply::Done { .. } | Reply::NotFound(_) | Reply::BadRequest(_)) => Err(reply.unexpected(endpoint)),
        }
    }

    async fn task(&self, org: &OrgId, task: &TaskId) -> Result<TaskState> {
        let endpoint = Endpoint::PolicyTask(org, task);
        match self.client.call(org, endpoint, &[]).await? {
            Reply::NotFound(_) => Ok(TaskState::Unknown),
            reply @ (Reply::Done { .. } | Reply::BadRequest(_)) => Ok(reply.json::<TaskAnswer>(endpoint)?.state()),
        }
    }
}
