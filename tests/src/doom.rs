//! A process that dies: from its N-th call on, nothing that it does has an effect any more.

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef},
    },
    error::BoxError,
};
use shared::{
    error::{Error, Result},
    model::{AccountId, AuthPolicyId, Membership, Order, OrgId, Target, TaskId, TaskState},
    ports::{Acted, OwnerActor, Reread, Revoked, TokenRevoker, TokenSnapshot},
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// On which side of a call's effect the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The call is never made.
    Before,
    /// The call has its effect, and its answer is never read.
    After,
}

/// Counts the calls of one process to its tables and to Atlassian, and ends it at one of them.
#[derive(Debug, Clone)]
pub struct Doom {
    calls: Arc<AtomicU32>,
    at: u32,
    side: Side,
}

impl Doom {
    /// Dies at the `at`-th call (1 is the first), on this side of its effect.
    pub fn at(at: u32, side: Side) -> Self {
        Self { calls: Arc::default(), at, side }
    }

    /// Whether it came to that call.
    pub fn struck(&self) -> bool {
        self.calls.load(Ordering::SeqCst) >= self.at
    }

    /// Begins a call; whether it is still made.
    fn begin(&self) -> bool {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        call < self.at || (call == self.at && self.side == Side::After)
    }

    async fn call<T>(&self, made: impl Future<Output = Result<T>>) -> Result<T> {
        if !self.begin() {
            return Err(dead());
        }
        let answer = made.await;
        if self.struck() { Err(dead()) } else { answer }
    }
}

fn dead() -> Error {
    Error::Store("the process is dead".into())
}

impl Intercept for Doom {
    fn name(&self) -> &'static str {
        "doom"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        if self.begin() { Ok(()) } else { Err("the process is dead".into()) }
    }

    fn read_before_deserialization(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        if self.struck() { Err("the process is dead".into()) } else { Ok(()) }
    }
}

/// Atlassian as a process reaches it that dies.
pub struct Doomed<R> {
    /// What reaches Atlassian.
    pub revoker: R,
    /// When it dies.
    pub doom: Doom,
}

impl<R: TokenRevoker> TokenRevoker for Doomed<R> {
    async fn reread(&self, org: &OrgId, target: &Target) -> Result<Reread> {
        self.doom.call(self.revoker.reread(org, target)).await
    }

    async fn is_org_admin(&self, org: &OrgId, account: &AccountId) -> Result<bool> {
        self.doom.call(self.revoker.is_org_admin(org, account)).await
    }

    async fn revoke(&self, org: &OrgId, target: &Target) -> Result<Revoked> {
        self.doom.call(self.revoker.revoke(org, target)).await
    }
}

impl<R: OwnerActor> OwnerActor for Doomed<R> {
    async fn service_tokens(&self, org: &OrgId, account: &AccountId) -> Result<Vec<TokenSnapshot>> {
        self.doom.call(self.revoker.service_tokens(org, account)).await
    }

    async fn user_tokens(&self, org: &OrgId, account: &AccountId) -> Result<Option<Vec<TokenSnapshot>>> {
        self.doom.call(self.revoker.user_tokens(org, account)).await
    }

    async fn memberships(&self, org: &OrgId, account: &AccountId) -> Result<Vec<Membership>> {
        self.doom.call(self.revoker.memberships(org, account)).await
    }

    async fn auth_policy(&self, org: &OrgId, account: &AccountId) -> Result<Option<AuthPolicyId>> {
        self.doom.call(self.revoker.auth_policy(org, account)).await
    }

    async fn act(&self, org: &OrgId, order: &Order) -> Result<Acted> {
        self.doom.call(self.revoker.act(org, order)).await
    }

    async fn task(&self, org: &OrgId, task: &TaskId) -> Result<TaskState> {
        self.doom.call(self.revoker.task(org, task)).await
    }
}
