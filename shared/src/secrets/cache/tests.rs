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
async fn only_who_has_the_role_in_the_org_and_a_token_in_force_may_approve() {
    let bench = Bench::with(
        r#"{"tokens":[{"subject":"ann","value":"1","roles":["approver"],"orgs":["org"]},
            {"subject":"ann","value":"2","roles":["approver","admin"],"orgs":["*"]},
            {"subject":"boss","value":"3","roles":["admin","reader"],"orgs":["*"]},
            {"subject":"gone","value":"4","roles":["approver"],"orgs":["*"],"not_after":"2025-12-31T00:00:00Z"},
            {"subject":"other","value":"5","roles":["approver"],"orgs":["another"]}]}"#,
    );
    let approvers = bench.cache.api_approvers(&"org".into(), bench.hand.now()).await.unwrap();
    assert_eq!(approvers, ["ann".to_owned()].into());
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
