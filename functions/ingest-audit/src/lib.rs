//! Takes what Atlassian pushes: audit events and Guard Detect alerts. 2xx only when all of it is durable.

mod answer;
mod route;

use answer::{Refusal, accepted};
use lambda_http::{Body, Request, RequestExt, Response, request::RequestContext};
use route::{Target, route};
use shared::{
    clock::SystemClock,
    config::{EventSettings, Settings},
    decide::parse::parse,
    error::{Error, Result},
    flow::take_in::{Taken, take_in},
    http,
    model::{ActionCatalogue, Intake, Measure, Metric, OrgId, OrgState, Timestamp, short_hash},
    ports::{Clock, EventStore, OrgStates, QuarantineStore, SecretSource},
    secrets::{Purpose, SecretCache, SecretsManagerSource, WebhookAuth},
    store::Store,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A body may have at most this many bytes, after base64.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A header that one public setup of Guard Detect sends instead of `Authorization` (unconfirmed, of low authority).
const ALERT_TOKEN_HEADER: &str = "x-automation-webhook-token";

/// The org's list of actions changes once a day at most, and has some hundred entries: it is not read for each delivery.
const CATALOGUE_AGE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// The function, over its ports.
pub struct App<S, K, C> {
    store: S,
    secrets: SecretCache<K, C>,
    clock: C,
    events: EventSettings,
    catalogues: Mutex<HashMap<OrgId, (Timestamp, Arc<ActionCatalogue>)>>,
    answered: AtomicU64,
}

impl App<Store, SecretsManagerSource, SystemClock> {
    /// The function as it runs on AWS: its clients are made here, once.
    ///
    /// # Errors
    /// [`Error::Setting`] that names what is missing or wrong.
    pub fn connect(settings: &Settings<'_>) -> Result<Self> {
        let (sdk, events) = (http::sdk_config(), settings.events()?);
        let store = Store::connect(&sdk, settings.tables()?, settings.retention()?);
        let webhook = SecretsManagerSource::connect(&sdk, Purpose::Webhook, settings.text("WEBHOOK_SECRET_ID")?);
        Ok(Self::new(store, SecretCache::new(webhook, SystemClock), SystemClock, events))
    }
}

impl<S: EventStore + QuarantineStore + OrgStates, K: SecretSource, C: Clock> App<S, K, C> {
    /// The function over a store, the webhook secret and a clock.
    pub fn new(store: S, secrets: SecretCache<K, C>, clock: C, events: EventSettings) -> Self {
        Self { store, secrets, clock, events, catalogues: Mutex::default(), answered: AtomicU64::new(0) }
    }

    /// Answers a request. Every failure is an answer too: 4xx for "never send this again", 5xx for "try later".
    pub async fn handle(&self, request: Request) -> Response<Body> {
        self.measured(request).await.0
    }

    /// Answers a request, and says what is to be counted of it.
    pub async fn measured(&self, request: Request) -> (Response<Body>, Vec<Measure>) {
        let id = self.request_id(&request);
        match self.answer(&request).await {
            Ok((org, taken)) => {
                let Taken { stored, repeated, quarantined, ignored } = taken;
                tracing::info!(request_id = id, %org, stored, repeated, quarantined, ignored, "a delivery was taken in");
                let counted = vec![(Metric::EventsStored, stored), (Metric::EventsQuarantined, quarantined)];
                (accepted(&taken, &id), counted)
            }
            Err(refusal) => {
                refusal.log(&id);
                let refused = refusal == Refusal::Error(Error::Unauthorized);
                (refusal.into_response(&id), vec![(Metric::DeliveriesRefused, u64::from(refused))])
            }
        }
    }

    async fn answer(&self, request: &Request) -> Result<(OrgId, Taken), Refusal> {
        let Target { org, intake } = route(request.method(), request.uri().path())?;
        let body = bytes(request.body());
        if body.len() > MAX_BODY_BYTES {
            return Err(Error::TooLarge { limit_bytes: MAX_BODY_BYTES }.into());
        }
        self.authenticate(&org, credential(request, intake)).await?;
        self.still_ours(&org).await?;
        let parsed = parse(body, intake, &*self.catalogue(&org).await?);
        let taken = take_in(&self.store, &self.clock, &org, intake, parsed, &self.events).await?;
        Ok((org, taken))
    }

    async fn authenticate(&self, org: &OrgId, credential: Option<&str>) -> Result<()> {
        match self.secrets.authenticate_webhook(org, credential, self.clock.now()).await? {
            WebhookAuth::Accepted => Ok(()),
            WebhookAuth::Refused => Err(Error::Unauthorized),
            WebhookAuth::UnknownOrg => Err(unknown(org)),
        }
    }

    /// An org that was removed is unknown, although its credential may still be in the secret. One that is not registered
    /// yet is not: its first delivery may come before its first report.
    async fn still_ours(&self, org: &OrgId) -> Result<()> {
        match self.store.org_state(org).await? {
            Some(OrgState::Removed | OrgState::Purging) => Err(unknown(org)),
            Some(OrgState::Active | OrgState::Paused) | None => Ok(()),
        }
    }

    async fn catalogue(&self, org: &OrgId) -> Result<Arc<ActionCatalogue>> {
        let now = self.clock.now();
        let kept = self.catalogues.lock().unwrap_or_else(PoisonError::into_inner).get(org).cloned();
        // An empty list means that the poll has not read it yet: then it is worth asking again.
        if let Some((at, catalogue)) = kept
            && now - at < CATALOGUE_AGE
            && !catalogue.0.is_empty()
        {
            return Ok(catalogue);
        }
        let catalogue = Arc::new(self.store.catalogue(org).await?);
        let entry = (now, Arc::clone(&catalogue));
        self.catalogues.lock().unwrap_or_else(PoisonError::into_inner).insert(org.clone(), entry);
        Ok(catalogue)
    }

    /// API Gateway's id, or Lambda's, or one of our own.
    fn request_id(&self, request: &Request) -> String {
        let gateway = request.request_context_ref().and_then(|context| match context {
            RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
            _ => None,
        });
        let lambda = || request.lambda_context_ref().map(|context| context.request_id.clone());
        gateway.or_else(lambda).filter(|id| !id.is_empty()).unwrap_or_else(|| {
            let count = self.answered.fetch_add(1, Ordering::Relaxed).to_string();
            short_hash(&[&self.clock.now().to_rfc3339(), &count])
        })
    }
}

fn unknown(org: &OrgId) -> Error {
    Error::NotFound(format!("the org {org}"))
}

fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    }
}

fn credential(request: &Request, intake: Intake) -> Option<&str> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match intake {
        Intake::AuditWebhook | Intake::Poll => header("authorization"),
        Intake::GuardDetectWebhook => header("authorization").or_else(|| header(ALERT_TOKEN_HEADER)),
    }
}
