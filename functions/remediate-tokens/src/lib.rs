//! Advances cases: plans, asks, waits, re-checks, acts within a budget, records.

mod heads;

use chrono::TimeDelta;
use futures::{
    future::{FutureExt, join},
    stream::{self, StreamExt},
};
use serde::{Deserialize, Serialize};
use shared::{
    clock::SystemClock,
    config::Settings,
    decide::budget::SKEW_MAX,
    error::{Error, Result},
    flow::{
        cases::Cases,
        deliver::{Post, Posted, deliver},
        register::{ORGS_AT_A_TIME, in_turn},
        seats::tell_of_ended,
        sweep::{Swept, handle, sweep},
    },
    http,
    model::{Measure, Metric, Org, OrgId},
    notify::{EventBridge, Notifiers, SesMailer},
    ports::{
        Clock, Deadline, HeadSigner, HeadStore, Notifier, OutboxStore, Pending, ReportReader, ReportStore, TokenRevoker,
    },
    secrets::{Purpose, SecretCache, SecretsManagerSource},
    signing::KmsSigner,
    source::TokenRevokerClient,
    store::{Store, keys::Key, pending_of},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The function, with everything that it needs.
pub struct App<S, R, N, H, C> {
    /// Both tables.
    pub store: S,
    /// What revokes, by the key without scopes.
    pub revoker: R,
    /// What messages are sent by.
    pub notifier: N,
    /// What signs the heads of the ledgers.
    pub signer: H,
    /// The time.
    pub clock: C,
    /// How long one call to Atlassian may take.
    pub call_timeout: Duration,
}

/// A call that timed out here may still be under way there for so long.
const LATE_EFFECT: TimeDelta = TimeDelta::seconds(10);
/// Between the moment that a claim bears and its call lie the claim's write and two reads: this is as long as a whole
/// invocation may take (the template's `Timeout`).
const CLAIM_TO_CALL: TimeDelta = TimeDelta::seconds(120);
/// How often the schedule sweeps (the template's `Schedule`).
const TICK: TimeDelta = TimeDelta::minutes(5);
/// How long a chat or a webhook may take to take a message.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The schedule: look at everything that is pending.
    Sweep,
    /// The stream of the cases table: look at these, in their order.
    Stream(Vec<Record>),
}

/// A record of the stream: a hint that something there may be pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream's number of it, by which a failure is reported back.
    pub sequence: String,
    /// What it is about; `None` for an item that is never pending.
    pub pending: Option<(OrgId, Pending)>,
}

/// What an invocation came to, in the form in which Lambda reads partial failures of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The first record that failed: the stream is delivered again from there.
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: Vec<Failure>,
    /// What sweeping each org came to.
    pub orgs: BTreeMap<String, Swept>,
    /// What sending each org's messages came to.
    pub messages: BTreeMap<String, Posted>,
    /// Orgs for which a part of the work failed as a whole.
    #[serde(skip)]
    pub failed: u64,
    /// Heads of ledgers that were due and not published.
    #[serde(skip)]
    pub heads_unpublished: u64,
}

impl Outcome {
    /// Adds what another org came to.
    fn add(&mut self, other: Self) {
        self.orgs.extend(other.orgs);
        self.messages.extend(other.messages);
        self.failed += other.failed;
    }

    /// What an invocation measured.
    pub fn measures(&self) -> Vec<Measure> {
        let pending = self.orgs.values().map(|swept| swept.failed).sum::<u64>() + self.batch_item_failures.len() as u64;
        let undelivered = self.messages.values().map(|posted| posted.dead).sum();
        vec![
            (Metric::PendingFailed, pending),
            (Metric::MessagesUndelivered, undelivered),
            (Metric::OrgsFailed, self.failed),
            (Metric::HeadsUnpublished, self.heads_unpublished),
        ]
    }
}

/// A record that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its number in the stream.
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: String,
}

impl Trigger {
    /// Tells a stream's batch from the schedule's tick by its `Records` (AWS Lambda: event of a DynamoDB stream).
    pub fn from_event(event: &serde_json::Value) -> Self {
        match event.get("Records").and_then(serde_json::Value::as_array) {
            Some(records) => Self::Stream(records.iter().map(Record::from_event).collect()),
            None => Self::Sweep,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamRecord {
    dynamodb: Change,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Change {
    keys: Keys,
    sequence_number: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

impl Record {
    /// A record as Lambda delivers it; what is not understood is never pending.
    fn from_event(record: &serde_json::Value) -> Self {
        let StreamRecord { dynamodb: Change { keys, sequence_number } } =
            serde_json::from_value(record.clone()).unwrap_or_default();
        let pending = pending_of(&Key { pk: keys.pk.text, sk: keys.sk.text });
        Self { sequence: sequence_number, pending }
    }
}

/// What messages are sent by on AWS.
pub type AwsNotifiers = Notifiers<SecretsManagerSource, SystemClock, SesMailer, EventBridge>;

impl App<Store, TokenRevokerClient<SecretsManagerSource>, AwsNotifiers, Option<KmsSigner>, SystemClock> {
    /// The function as it runs on AWS: its clients are made here, once.
    ///
    /// # Errors
    /// [`shared::error::Error::Setting`] that names what is missing or wrong.
    pub fn connect(settings: &Settings<'_>) -> Result<Self> {
        let (sdk, atlassian) = (http::sdk_config(), settings.atlassian()?);
        let secret = settings.text("ATLASSIAN_UNSCOPED_SECRET_ID")?;
        let secret = SecretsManagerSource::connect(&sdk, Purpose::AtlassianUnscoped, secret);
        let client = http::atlassian_http_client(atlassian.call_timeout);
        let endpoints = settings.text("MESSAGES_SECRET_ID")?;
        let purposes = [(Purpose::Messages, endpoints), (Purpose::Links, settings.text("LINKS_SECRET_ID")?)];
        let endpoints = SecretsManagerSource::of(&sdk, purposes);
        let bus = EventBridge::connect(&sdk, settings.text("EVENT_BUS")?);
        let notifier = Notifiers::new(
            http::messages_http_client(MESSAGE_TIMEOUT),
            SecretCache::new(endpoints, SystemClock),
            SesMailer::connect(&sdk),
            bus,
        )
        .answered_at(settings.text("PUBLIC_URL")?);
        Ok(Self {
            store: Store::connect(&sdk, settings.tables()?, settings.retention()?),
            revoker: TokenRevokerClient::new(client, &atlassian, Arc::new(SecretCache::new(secret, SystemClock)))?,
            notifier,
            signer: KmsSigner::connect(&sdk, settings.text("LEDGER_KEY_ID")?),
            clock: SystemClock,
            call_timeout: atlassian.call_timeout,
        })
    }
}

impl<S, R, N, H, C> App<S, R, N, H, C>
where
    S: OutboxStore + HeadStore + ReportReader + ReportStore,
    R: TokenRevoker,
    N: Notifier,
    H: HeadSigner,
    C: Clock,
{
    /// One invocation.
    ///
    /// # Errors
    /// If the orgs or what is pending cannot be read.
    pub async fn run(&self, trigger: Trigger, deadline: &impl Deadline) -> Result<Outcome> {
        // On the heap and without their types, which are deeper than the compiler follows.
        match trigger {
            Trigger::Sweep => self.sweep(deadline).boxed().await,
            Trigger::Stream(records) => Ok(self.follow(records, deadline).boxed().await),
        }
    }

    fn cases(&self) -> Cases<'_, S, R, C> {
        let recovery_wait = recovery_wait(self.call_timeout);
        Cases { store: &self.store, revoker: &self.revoker, clock: &self.clock, recovery_wait }
    }

    /// Sweeps several orgs at the same time: neither a slow one nor one's failure stops the others.
    async fn sweep(&self, deadline: &impl Deadline) -> Result<Outcome> {
        let orgs = self.orgs().await?;
        let heads_unpublished = self.publish_heads(&orgs, deadline).await;
        let work: Vec<_> = orgs.iter().map(|org| self.sweep_org(org, deadline).boxed()).collect();
        let swept = stream::iter(work).buffer_unordered(ORGS_AT_A_TIME).collect::<Vec<_>>();
        let (done, ()) = join(swept, self.announce_heads(&orgs, deadline)).await;
        let (mut outcome, mut failure) = (Outcome { heads_unpublished, ..Outcome::default() }, None);
        for (of_org, failed) in done {
            outcome.add(of_org);
            failure = failed.or(failure);
        }
        match failure {
            Some(error) if outcome.orgs.is_empty() => Err(error),
            Some(_) | None => Ok(outcome),
        }
    }

    async fn orgs(&self) -> Result<Vec<Org>> {
        let orgs = self.store.orgs().await?.into_iter().filter(Org::is_active).collect();
        Ok(in_turn(orgs, TICK, self.clock.now()))
    }

    /// What is due of one org: its people are asked, its cases advance, its messages go out.
    async fn sweep_org(&self, org: &Org, deadline: &impl Deadline) -> (Outcome, Option<Error>) {
        let (mut outcome, mut failure) = (Outcome::default(), None);
        self.ask_for_steps(org).await;
        match sweep(&self.cases(), org, deadline).await {
            Ok(swept) => drop(outcome.orgs.insert(org.id.to_string(), swept)),
            Err(error) => {
                tracing::error!(org = %org.id, error = %error, "the sweep failed");
                outcome.failed += 1;
                failure = Some(error);
            }
        }
        self.post(org, deadline, &mut outcome).await;
        (outcome, failure)
    }

    /// Asks people for what no API does and is due; what cannot be stored is asked for by the next sweep.
    async fn ask_for_steps(&self, org: &Org) {
        if let Err(error) = tell_of_ended(&self.store, &org.id, self.clock.now()).await {
            tracing::error!(org = %org.id, error = %error, "nobody was told of the seats that have ended");
        }
    }

    /// Sends what is due. What cannot be sent stays due, and is no failure of the invocation.
    async fn post(&self, org: &Org, deadline: &impl Deadline, outcome: &mut Outcome) {
        let post = Post { store: &self.store, notifier: &self.notifier, clock: &self.clock };
        match deliver(&post, org, deadline).await {
            Ok(posted) => drop(outcome.messages.insert(org.id.to_string(), posted)),
            Err(error) => {
                tracing::error!(org = %org.id, error = %error, "messages stay due");
                outcome.failed += 1;
            }
        }
    }

    /// Handles the records in their order and stops at the first failure, so that none overtakes another.
    async fn follow(&self, records: Vec<Record>, deadline: &impl Deadline) -> Outcome {
        let (mut outcome, mut told) = (Outcome::default(), BTreeMap::new());
        for Record { sequence, pending } in records {
            let Some((org, pending)) = pending else { continue };
            match self.hint(&org, &pending, deadline).await {
                Ok(Some(org)) => drop(told.insert(org.id.to_string(), org)),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(org = %org, %pending, error = %error, "will be delivered again");
                    outcome.batch_item_failures.push(Failure { item_identifier: sequence });
                    break;
                }
            }
        }
        for org in told.values() {
            self.post(org, deadline, &mut outcome).await;
        }
        outcome
    }

    /// Handles a pending thing of an org that is governed now; gives the org.
    async fn hint(&self, org: &OrgId, pending: &Pending, deadline: &impl Deadline) -> Result<Option<Org>> {
        let Some(org) = self.store.org(org).await?.filter(Org::is_active) else { return Ok(None) };
        handle(&self.cases(), &org, pending, deadline).await?;
        Ok(Some(org))
    }
}

/// How long an intent is left alone, by the clock of whoever finds it: until no call of it can be under way any more, even
/// if that clock is fast and the one by which it was stored slow.
fn recovery_wait(call_timeout: Duration) -> TimeDelta {
    let call = TimeDelta::from_std(call_timeout).unwrap_or(TimeDelta::minutes(2));
    CLAIM_TO_CALL + call + LATE_EFFECT + SKEW_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_batch_of_the_stream_is_told_from_a_tick_of_the_schedule() {
        assert_eq!(Trigger::from_event(&json!({"source": "aws.events", "detail": {}})), Trigger::Sweep);
        let record = json!({"eventName": "INSERT", "dynamodb": {
            "Keys": {"pk": {"S": "F#o1"}, "sk": {"S": "abc"}}, "SequenceNumber": "17"}});
        let expected = Record { sequence: "17".into(), pending: Some(("o1".into(), Pending::Finding("abc".into()))) };
        assert_eq!(Trigger::from_event(&json!({"Records": [record]})), Trigger::Stream(vec![expected]));
    }

    #[test]
    fn what_failed_is_counted_over_all_orgs() {
        let swept = |failed| Swept { handled: 1, failed };
        let outcome = Outcome {
            orgs: [("o1".into(), swept(2)), ("o2".into(), swept(1))].into(),
            messages: [("o1".into(), Posted { dead: 4, sent: 9, ..Posted::default() })].into(),
            failed: 5,
            heads_unpublished: 6,
            ..Outcome::default()
        };
        let wanted = [
            (Metric::PendingFailed, 3),
            (Metric::MessagesUndelivered, 4),
            (Metric::OrgsFailed, 5),
            (Metric::HeadsUnpublished, 6),
        ];
        assert_eq!(outcome.measures(), wanted);
    }

    #[test]
    fn a_record_of_another_item_is_never_pending() {
        let batch = json!({"Records": [{"dynamodb": {"SequenceNumber": "1"}}, {"unknown": true}]});
        let Trigger::Stream(records) = Trigger::from_event(&batch) else { panic!() };
        assert!(records.iter().all(|record| record.pending.is_none()));
    }
}
