//! What acts on everything of one account, and the readings that must come right before it.

use super::TokenSnapshot;
use crate::{
    error::Result,
    model::{AccountId, AuthPolicyId, Membership, Order, OrgId, TaskId, TaskState},
};
use std::future::Future;

/// What Atlassian answered to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// It says that it is done.
    Now,
    /// It began a task.
    Started(TaskId),
    /// It does not know the account, or does not manage it.
    AccountUnknown,
}

/// Acts on everything of one account. A type of its own: nothing that only reads can reach it.
pub trait OwnerActor: Send + Sync {
    /// The tokens of a service account, as listed now.
    fn service_tokens(
        &self,
        org: &OrgId,
        account: &AccountId,
    ) -> impl Future<Output = Result<Vec<TokenSnapshot>>> + Send;
    /// The tokens of a managed user, as listed now; `None` if the account is not known or not managed.
    fn user_tokens(
        &self,
        org: &OrgId,
        account: &AccountId,
    ) -> impl Future<Output = Result<Option<Vec<TokenSnapshot>>>> + Send;
    /// The directories of which the account is a member.
    fn memberships(&self, org: &OrgId, account: &AccountId) -> impl Future<Output = Result<Vec<Membership>>> + Send;
    /// The authentication policy of a managed account; `None` where the answer does not say it.
    fn auth_policy(
        &self,
        org: &OrgId,
        account: &AccountId,
    ) -> impl Future<Output = Result<Option<AuthPolicyId>>> + Send;
    /// Carries out one order.
    fn act(&self, org: &OrgId, order: &Order) -> impl Future<Output = Result<Acted>> + Send;
    /// How far a task came.
    fn task(&self, org: &OrgId, task: &TaskId) -> impl Future<Output = Result<TaskState>> + Send;
}
