//! The process's memory of its secrets.

use super::shapes::{ApiTokenSecret, KeySecret, Purpose, WebhookSecret, parse};
use crate::{
    decide::verify::{Accepted, matching},
    error::{Error, Result},
    model::{CredentialId, OrgId, Principal, Secret, Timestamp},
    ports::{Clock, SecretSource},
};
use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use std::sync::Arc;
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
mod tests {
    use super::*;
    use crate::{model::Role, wire::time::parse_time};
    use std::{
        sync::Mutex as StdMutex,
        sync::atomic::{AtomicI64, AtomicUsize, Ordering},
        time::Duration,
    };

    #[derive(Default)]
    struct Fake {
        text: StdMutex<String>,
        reads: AtomicUsize,
    }

    impl SecretSource for Arc<Fake> {
        async fn fetch(&self, name: &str) -> Result<Secret> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            match self.text.lock().unwrap().as_str() {
                "down" => Err(Error::SecretUnavailable { name: name.into(), reason: "down".into() }),
                text => Ok(Secret::new(text)),
            }
        }
    }

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Arc<Hand> {
        fn now(&self) -> Timestamp {
            at("2026-01-01T00:00Z") + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
        }

        async fn sleep(&self, _duration: Duration) {}
    }

    struct Bench {
        fake: Arc<Fake>,
        hand: Arc<Hand>,
        cache: SecretCache<Arc<Fake>, Arc<Hand>>,
    }

    impl Bench {
        fn with(text: &str) -> Self {
            let (fake, hand) = (Arc::new(Fake::default()), Arc::new(Hand::default()));
            *fake.text.lock().unwrap() = text.into();
            Self { cache: SecretCache::new(Arc::clone(&fake), Arc::clone(&hand)), fake, hand }
        }

        fn becomes(&self, text: &str) {
            *self.fake.text.lock().unwrap() = text.into();
        }

        fn later(&self, secs: i64) {
            self.hand.0.fetch_add(secs, Ordering::Relaxed);
        }

        fn reads(&self) -> usize {
            self.fake.reads.load(Ordering::Relaxed)
        }

        async fn webhook(&self, authorization: &str) -> Result<WebhookAuth> {
            self.cache.authenticate_webhook(&"org".into(), Some(authorization), self.hand.now()).await
        }
    }

    fn at(text: &str) -> Timestamp {
        parse_time(text).unwrap()
    }

    const OLD: &str = r#"{"org":{"accepted":[{"value":"old","not_after":null}]}}"#;
    const BOTH: &str = r#"{"org":{"accepted":[{"value":"old","not_after":"2026-01-01T00:10:00Z"},{"value":"new"}]}}"#;

    #[tokio::test]
    async fn a_rotated_value_is_found_by_reading_once_more_and_the_old_one_ends_at_its_date() {
        let bench = Bench::with(OLD);
        assert_eq!(bench.webhook("old").await, Ok(WebhookAuth::Accepted));
        bench.becomes(BOTH);
        assert_eq!(bench.webhook("new").await, Ok(WebhookAuth::Accepted));
        assert_eq!(bench.webhook("old").await, Ok(WebhookAuth::Accepted));
        assert_eq!(bench.reads(), 2);
        bench.later(601);
        assert_eq!(bench.webhook("old").await, Ok(WebhookAuth::Refused));
        assert_eq!(bench.webhook("new").await, Ok(WebhookAuth::Accepted));
    }

    #[tokio::test]
    async fn a_wrong_credential_reads_once_and_then_cools_down() {
        let bench = Bench::with(OLD);
        for (after_secs, reads) in [(0, 1), (1, 2), (1, 2), (57, 2), (2, 3), (1, 3)] {
            bench.later(after_secs);
            assert_eq!(bench.webhook("wrong").await, Ok(WebhookAuth::Refused));
            assert_eq!(bench.reads(), reads);
        }
    }

    #[tokio::test]
    async fn an_unreadable_secret_says_nothing_of_the_credential_nor_of_its_contents() {
        let bench = Bench::with(r#"{"org":{"accepted":"hunter2"}}"#);
        let error = bench.webhook("wrong").await.unwrap_err();
        assert_eq!(error.kind().status, 503);
        assert!(error.to_string().starts_with("secret webhook: ") && !error.to_string().contains("hunter2"), "{error}");

        bench.becomes(OLD);
        assert_eq!(bench.webhook("old").await, Ok(WebhookAuth::Accepted));
        bench.becomes("down");
        assert!(bench.webhook("new").await.is_err());
        assert!(bench.webhook("new").await.is_err(), "not refused while the last reading failed");
        assert_eq!(bench.webhook("old").await, Ok(WebhookAuth::Accepted));
        assert_eq!(bench.reads(), 3);
    }

    #[tokio::test]
    async fn an_end_that_cannot_be_read_is_not_no_end() {
        let bench = Bench::with(r#"{"org":{"accepted":[{"value":"old","not_after":"soon"}]}}"#);
        assert!(bench.webhook("old").await.is_err());
    }

    #[tokio::test]
    async fn what_was_taken_out_is_forgotten_after_a_while() {
        let bench = Bench::with(BOTH);
        assert_eq!(bench.webhook("new").await, Ok(WebhookAuth::Accepted));
        bench.becomes(r#"{"org":{"accepted":[]}}"#);
        bench.later(16 * 60);
        assert_eq!(bench.webhook("new").await, Ok(WebhookAuth::Refused));
    }

    #[tokio::test]
    async fn an_org_that_the_secret_does_not_name_is_unknown() {
        let bench = Bench::with(OLD);
        let other = bench.cache.authenticate_webhook(&"other".into(), Some("old"), bench.hand.now()).await;
        assert_eq!(other, Ok(WebhookAuth::UnknownOrg));
        let without = bench.cache.authenticate_webhook(&"org".into(), None, bench.hand.now()).await;
        assert_eq!(without, Ok(WebhookAuth::Refused));
    }

    #[tokio::test]
    async fn a_bearer_is_its_principal() {
        let bench = Bench::with(
            r#"{"tokens":[{"subject":"r","value":"one","roles":["reader"],"orgs":["*"],"not_after":null},
                {"subject":"a","value":"two","roles":["approver","admin"],"orgs":["org"],"not_after":"2026-01-01"}]}"#,
        );
        let who = |bearer: &'static str| bench.cache.authenticate_api(bearer, bench.hand.now());
        let reader = who("one").await.unwrap().unwrap();
        assert!(reader.has(Role::Reader) && !reader.has(Role::Admin) && reader.sees(&"any".into()));
        let admin = who("two").await.unwrap().unwrap();
        assert!(admin.has(Role::Admin) && admin.sees(&"org".into()) && !admin.sees(&"other".into()));
        bench.later(1);
        assert_eq!(bench.cache.authenticate_api("two", bench.hand.now()).await, Ok(None));
    }

    #[tokio::test]
    async fn an_org_without_a_key_is_named_and_own_ids_may_be_unsaid() {
        let bench = Bench::with(r#"{"org":{"key":"k"},"two":{"key":"l","own_key_ids":["1"]}}"#);
        assert_eq!(bench.cache.atlassian_key(KeyScope::Unscoped, &"org".into()).await, Ok(Secret::new("k")));
        assert_eq!(bench.cache.own_key_ids(&"org".into()).await, Ok(None));
        assert_eq!(bench.cache.own_key_ids(&"two".into()).await, Ok(Some(vec!["1".into()])));
        let error = bench.cache.atlassian_key(KeyScope::Read, &"three".into()).await.unwrap_err();
        assert_eq!(error.to_string(), "secret atlassian-read: has no entry for the org three");
    }
}
