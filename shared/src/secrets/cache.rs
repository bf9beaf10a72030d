//! The process's memory of its secrets.

use super::shapes::{
    ApiToken, ApiTokenSecret, Endpoint, KeySecret, LinkSecret, MessagesSecret, Purpose, WebhookSecret, parse,
};
use crate::{
    decide::{
        answer_link,
        verify::{Accepted, matching},
    },
    error::{Error, Result},
    model::{AnswerLink, CredentialId, OrgId, Principal, Role, Secret, SecretName, Timestamp},
    ports::{Clock, SecretSource},
};
use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::Mutex;

/// After a mismatch made us read a secret again, the next mismatch does not before this has passed.
const COOLDOWN: TimeDelta = TimeDelta::seconds(60);
/// A value that was taken out of a secret is forgotten after this, even if nothing ever mismatches.
const MAX_AGE: TimeDelta = TimeDelta::minutes(15);

/// What became of a webhook's credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookAuth {
    /// It is one of the org's accepted ones, and in force.
    Accepted,
    /// It is missing, wrong, or past its date.
    Refused,
    /// The secret names no such org.
    UnknownOrg,
}

/// Secrets as they were last read, by purpose.
///
/// Each is read when it is first needed. When something does not match, it is read again, because it may have been
/// rotated; then that cools down for a minute, so that wrong credentials from outside cost no calls.
pub struct SecretCache<S, C> {
    source: S,
    clock: C,
    webhook: Slot<WebhookSecret>,
    read: Slot<KeySecret>,
    unscoped: Slot<KeySecret>,
    api: Slot<ApiTokenSecret>,
    messages: Slot<MessagesSecret>,
    links: Slot<LinkSecret>,
}

impl<S: SecretSource, C: Clock> SecretCache<S, C> {
    /// An empty cache over a source.
    pub fn new(source: S, clock: C) -> Self {
        Self {
            source,
            clock,
            webhook: Slot::new(Purpose::Webhook),
            read: Slot::new(Purpose::AtlassianRead),
            unscoped: Slot::new(Purpose::AtlassianUnscoped),
            api: Slot::new(Purpose::ApiTokens),
            messages: Slot::new(Purpose::Messages),
            links: Slot::new(Purpose::Links),
        }
    }

    /// The clock by which things expire.
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Whether a webhook of this org may deliver. `authorization` is the header's whole value.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read: then nothing is known of the credential.
    pub async fn authenticate_webhook(
        &self,
        org: &OrgId,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<WebhookAuth> {
        let (secret, accepted) = self
            .find(&self.webhook, |secret| {
                let presented = authorization?;
                matching(presented, &secret.get(org)?.accepted, now)
            })
            .await?;
        Ok(match accepted {
            Some(_position) => WebhookAuth::Accepted,
            None if secret.contains_key(org) => WebhookAuth::Refused,
            None => WebhookAuth::UnknownOrg,
        })
    }

    /// Who presents this bearer token to our API, or `None`.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read.
    pub async fn authenticate_api(&self, bearer: &str, now: Timestamp) -> Result<Option<Principal>> {
        let found = self.find(&self.api, |secret| {
            let accepted: Vec<Accepted> = secret.tokens.iter().map(|token| token.accepted.accepted()).collect();
            matching(bearer, &accepted, now).map(|position| secret.tokens[position].principal())
        });
        Ok(found.await?.1)
    }

    /// Who may approve in an org, as the secret says now: the subjects with that role, which no other role implies.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read.
    pub async fn api_approvers(&self, org: &OrgId, now: Timestamp) -> Result<BTreeSet<String>> {
        let (secret, _) = self.find(&self.api, |_| Some(())).await?;
        let holds = |token: &&ApiToken| token.accepted.accepted().not_after.is_none_or(|end| now < end);
        let principals = secret.tokens.iter().filter(holds).map(ApiToken::principal);
        Ok(principals.filter(|one| one.sees(org) && one.has(Role::Approver)).map(|one| one.subject).collect())
    }

    /// The org's Atlassian key for a purpose.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read or names no such org.
    pub async fn atlassian_key(&self, scope: KeyScope, org: &OrgId) -> Result<Secret> {
        let slot = self.keys(scope);
        let key = self.find(slot, |secret| secret.get(org).map(|entry| entry.key.clone())).await?.1;
        key.ok_or_else(|| no_entry(slot.purpose, org))
    }

    /// The org's key if it is another one than `refused`, which Atlassian did not accept.
    ///
    /// # Errors
    /// As [`Self::atlassian_key`].
    pub async fn rotated_key(&self, scope: KeyScope, org: &OrgId, refused: &Secret) -> Result<Option<Secret>> {
        let other = |secret: &KeySecret| secret.get(org).map(|entry| entry.key.clone()).filter(|key| key != refused);
        Ok(self.find(self.keys(scope), other).await?.1)
    }

    /// The ids of our own keys as the reading secret says them; `None` where it does not.
    ///
    /// # Errors
    /// As [`Self::atlassian_key`].
    pub async fn own_key_ids(&self, org: &OrgId) -> Result<Option<Vec<CredentialId>>> {
        let ids = self.find(&self.read, |secret| secret.get(org).map(|entry| entry.own_key_ids.clone())).await?.1;
        ids.ok_or_else(|| no_entry(self.read.purpose, org))
    }

    /// Where an endpoint of this name takes the org's messages.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read or has no such entry.
    pub async fn endpoint(&self, org: &OrgId, name: &SecretName) -> Result<Endpoint> {
        let found = self.find(&self.messages, |secret| secret.get(org)?.get(name).cloned()).await?.1;
        found.ok_or_else(|| Error::SecretUnavailable {
            name: Purpose::Messages.as_str().to_owned(),
            reason: format!("has no entry `{name}` for the org {org}; add it with its `url`"),
        })
    }

    /// The keys of links in mails: the first signs, all of them open.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read.
    pub async fn link_keys(&self) -> Result<Vec<Secret>> {
        let secret = self.find(&self.links, |_| Some(())).await?.0;
        Ok([Some(&secret.key), secret.previous.as_ref()].into_iter().flatten().cloned().collect())
    }

    /// The text of a link, signed.
    ///
    /// # Errors
    /// [`Error::SecretUnavailable`] if the secret cannot be read or its key is too short.
    pub async fn sealed(&self, link: &AnswerLink) -> Result<String> {
        let keys = self.link_keys().await?;
        keys.first().and_then(|key| answer_link::seal(link, key)).ok_or_else(|| Error::SecretUnavailable {
            name: Purpose::Links.as_str().to_owned(),
            reason: "its `key` is shorter than 32 characters".to_owned(),
        })
    }

    fn keys(&self, scope: KeyScope) -> &Slot<KeySecret> {
        match scope {
            KeyScope::Read => &self.read,
            KeyScope::Unscoped => &self.unscoped,
        }
    }

    /// Looks for something in a secret, and once more after reading it again if that is due.
    async fn find<T: DeserializeOwned, R>(
        &self,
        slot: &Slot<T>,
        look: impl Fn(&T) -> Option<R>,
    ) -> Result<(Arc<T>, Option<R>)> {
        let (value, origin) = self.current(slot).await?;
        if let Some(found) = look(&value) {
            return Ok((value, Some(found)));
        }
        let value = match origin {
            Origin::JustRead => value,
            Origin::Kept => self.again(slot, value).await?,
        };
        let found = look(&value);
        Ok((value, found))
    }

    async fn current<T: DeserializeOwned>(&self, slot: &Slot<T>) -> Result<(Arc<T>, Origin)> {
        let mut memory = slot.memory.lock().await;
        let now = self.clock.now();
        let Some(value) = memory.value.clone() else {
            return Ok((self.read_into(slot, &mut memory).await?, Origin::JustRead));
        };
        if now - memory.checked_at < MAX_AGE {
            return Ok((value, Origin::Kept));
        }
        memory.checked_at = now;
        match self.read_into(slot, &mut memory).await {
            Ok(newer) => Ok((newer, Origin::JustRead)),
            Err(error) => {
                tracing::warn!(purpose = slot.purpose.as_str(), %error, "keeps a secret that could not be read again");
                Ok((value, Origin::Kept))
            }
        }
    }

    /// Reads a secret again after a mismatch, unless another mismatch did within the cooldown.
    ///
    /// While it cools down after a failure the failure stands: nobody is refused on the word of an old secret.
    async fn again<T: DeserializeOwned>(&self, slot: &Slot<T>, seen: Arc<T>) -> Result<Arc<T>> {
        let mut memory = slot.memory.lock().await;
        if let Some(newer) = memory.value.clone().filter(|value| !Arc::ptr_eq(value, &seen)) {
            return Ok(newer);
        }
        let now = self.clock.now();
        if memory.mismatch_at.is_some_and(|at| now - at < COOLDOWN) {
            return memory.failure.clone().map_or(Ok(seen), Err);
        }
        memory.mismatch_at = Some(now);
        let read = self.read_into(slot, &mut memory).await;
        memory.failure = read.as_ref().err().cloned();
        read
    }

    async fn read_into<T: DeserializeOwned>(&self, slot: &Slot<T>, memory: &mut Memory<T>) -> Result<Arc<T>> {
        let value = Arc::new(parse(slot.purpose, &self.source.fetch(slot.purpose.as_str()).await?)?);
        memory.value = Some(Arc::clone(&value));
        memory.checked_at = self.clock.now();
        Ok(value)
    }
}

/// Which of the two Atlassian keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    /// The scoped one that only reads.
    Read,
    /// The one without scopes, which revokes.
    Unscoped,
}

struct Slot<T> {
    purpose: Purpose,
    memory: Mutex<Memory<T>>,
}

struct Memory<T> {
    value: Option<Arc<T>>,
    checked_at: Timestamp,
    mismatch_at: Option<Timestamp>,
    failure: Option<Error>,
}

enum Origin {
    JustRead,
    Kept,
}

impl<T> Slot<T> {
    fn new(purpose: Purpose) -> Self {
        let memory = Memory { value: None, checked_at: Timestamp::UNIX_EPOCH, mismatch_at: None, failure: None };
        Self { purpose, memory: Mutex::new(memory) }
    }
}

fn no_entry(purpose: Purpose, org: &OrgId) -> Error {
    Error::SecretUnavailable { name: purpose.as_str().to_owned(), reason: format!("has no entry for the org {org}") }
}

#[cfg(test)]
mod tests;
