//! The five functions over the embedded database: the very handlers that Lambda runs.

use super::{
    clock::VirtualClock,
    crash::CrashSwitch,
    credentials::LocalSecrets,
    database::LocalDatabase,
    mailbox::{EventFile, MailFolder},
};
use serde_json::{Value, json};
use shared::{
    clock::InstantDeadline,
    config::{Settings, Tables},
    error::{Error, Result},
    model::{AccountId, AuthPolicyId, Membership, Order, OrgId, Secret, Target, TaskId, TaskState},
    notify::Notifiers,
    ports::{Acted, OwnerActor, Reread, Revoked, TokenRevoker, TokenSnapshot},
    secrets::SecretCache,
    signing::LocalSigner,
    source::{AtlassianReader, TokenRevokerClient},
    store::Store,
};
use std::{path::Path, sync::Arc, time::Duration};

/// The secrets, cached as in a function.
pub type Secrets = SecretCache<LocalSecrets, VirtualClock>;
type Reader = AtlassianReader<LocalSecrets, VirtualClock>;
type Ways = Notifiers<LocalSecrets, VirtualClock, MailFolder, EventFile>;
type Revoker = Counted<TokenRevokerClient<LocalSecrets, VirtualClock>>;

/// What is left of an invocation for its last step; as the functions' mains have it.
const POLL_RESERVE: Duration = poll_audit::MARGIN;
const REPORT_RESERVE: Duration = Duration::from_secs(20);
const REMEDIATE_RESERVE: Duration = Duration::from_secs(70);

/// How long an invocation may take; as the template has it.
const POLL_TIMEOUT: Duration = Duration::from_secs(55);
const REPORT_TIMEOUT: Duration = Duration::from_secs(290);
const REMEDIATE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a chat or a webhook may take to take a message; as remediate-tokens has it.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// What the functions are made of.
pub struct Parts<'a> {
    /// Both tables.
    pub database: &'a LocalDatabase,
    /// Their names.
    pub tables: &'a Tables,
    /// The time.
    pub clock: &'a VirtualClock,
    /// The secrets.
    pub secrets: &'a LocalSecrets,
    /// The orgs.
    pub orgs: Vec<OrgId>,
    /// The base URL of Atlassian's API.
    pub atlassian: &'a str,
    /// Where mails and events are put.
    pub data_dir: &'a Path,
    /// Where the links in messages lead.
    pub public_url: &'a str,
    /// Who may read the pages.
    pub pages: serve_reports::Pages,
    /// Where remediate-tokens is to crash.
    pub crash: CrashSwitch,
    /// The private key that signs the heads of the ledgers.
    pub ledger_key: Secret,
}

/// The functions.
pub struct Functions {
    pub(super) ingest: ingest_audit::App<Store, LocalSecrets, VirtualClock>,
    pub(super) poll: poll_audit::App<Store, Reader, VirtualClock>,
    pub(super) report: report_tokens::App<Store, Reader, VirtualClock>,
    pub(super) remediate: remediate_tokens::App<Store, Revoker, Ways, LocalSigner, VirtualClock>,
    pub(super) serve: serve_reports::App<Store, Arc<Secrets>, VirtualClock>,
    /// The tables, for what the runner itself must know.
    pub(super) store: Store,
    /// The secrets, for the runner's own routes.
    pub(super) secrets: Arc<Secrets>,
}

impl Functions {
    /// The functions with the settings of the environment, as deployed ones have them.
    ///
    /// # Errors
    /// [`Error::Setting`] that names what is wrong.
    pub fn new(parts: &Parts<'_>) -> Result<Self> {
        let lookup = |name: &str| match name {
            "ATLASSIAN_BASE_URL" => Some(parts.atlassian.to_owned()),
            name => shared::config::environment(name),
        };
        let settings = Settings::new(&lookup);
        let store = |config: aws_sdk_dynamodb::config::Builder| -> Result<Store> {
            let client = aws_sdk_dynamodb::Client::from_conf(config.build());
            Ok(Store::new(client, parts.tables.clone(), settings.retention()?))
        };
        let plain = store(parts.database.sdk_config())?;
        let counted = store(parts.database.sdk_config().interceptor(parts.crash.clone()))?;
        Self::over(parts, &settings, plain, counted)
    }

    fn over(parts: &Parts<'_>, settings: &Settings<'_>, store: Store, counted: Store) -> Result<Self> {
        let (clock, orgs, atlassian) = (parts.clock, &parts.orgs, settings.atlassian()?);
        let cache = || SecretCache::new(parts.secrets.clone(), clock.clone());
        let http = shared::http::atlassian_http_client(atlassian.call_timeout);
        let reader = || AtlassianReader::new(http.clone(), &atlassian, Arc::new(cache()));
        let (events, limits) = (settings.events()?, settings.poll()?);
        let poll = poll_audit::Settings { orgs: orgs.clone(), events, limits };
        let revoker = TokenRevokerClient::new(http.clone(), &atlassian, Arc::new(cache()))?;
        let secrets = Arc::new(cache());
        let (mails, events_file) = (MailFolder::of(parts.data_dir), EventFile::of(parts.data_dir));
        let messages = shared::http::messages_http_client(MESSAGE_TIMEOUT);
        Ok(Self {
            ingest: ingest_audit::App::new(store.clone(), cache(), clock.clone(), events),
            poll: poll_audit::App::new(store.clone(), reader()?, clock.clone(), poll),
            report: report_tokens::App {
                store: store.clone(),
                source: reader()?,
                clock: clock.clone(),
                settings: settings.reports()?,
                orgs: orgs.clone(),
            },
            remediate: remediate_tokens::App {
                store: counted,
                revoker: Counted { inner: revoker, crash: parts.crash.clone() },
                notifier: Notifiers::new(messages, cache(), mails, events_file).answered_at(parts.public_url),
                signer: LocalSigner::new(&parts.ledger_key)?,
                clock: clock.clone(),
                call_timeout: atlassian.call_timeout,
            },
            serve: serve_reports::App::new(
                store.clone(),
                Arc::clone(&secrets),
                clock.clone(),
                serve_reports::Serving { pages: parts.pages, events },
            ),
            store,
            secrets,
        })
    }

    /// One tick of poll-audit.
    ///
    /// # Errors
    /// What the function said.
    pub async fn poll(&self) -> Result<Value> {
        shown(&self.poll.run(&InstantDeadline::before_end(POLL_TIMEOUT, POLL_RESERVE)).await?)
    }

    /// One tick of report-tokens.
    ///
    /// # Errors
    /// What the function said.
    pub async fn report(&self) -> Result<Value> {
        shown(&self.report.run(&InstantDeadline::before_end(REPORT_TIMEOUT, REPORT_RESERVE)).await?)
    }

    /// One invocation of remediate-tokens, with the event that Lambda would hand over.
    ///
    /// # Errors
    /// What the function said.
    pub async fn remediate(&self, event: &Value) -> Result<remediate_tokens::Outcome> {
        let deadline = InstantDeadline::before_end(REMEDIATE_TIMEOUT, REMEDIATE_RESERVE);
        self.remediate.run(remediate_tokens::Trigger::from_event(event), &deadline).await
    }
}

/// The event of a schedule.
pub(super) fn tick() -> Value {
    json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} })
}

/// An outcome as JSON.
pub(super) fn shown(outcome: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(outcome).map_err(|error| Error::invalid("the outcome", error.to_string()))
}

/// A revoker whose calls are counted.
pub struct Counted<R> {
    inner: R,
    crash: CrashSwitch,
}

impl<R> Counted<R> {
    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        self.crash.before_call();
        let answer = call.await;
        self.crash.after_call();
        answer
    }
}

impl<R: TokenRevoker> TokenRevoker for Counted<R> {
    async fn reread(&self, org: &OrgId, target: &Target) -> Result<Reread> {
        self.call(self.inner.reread(org, target)).await
    }

    async fn is_org_admin(&self, org: &OrgId, account: &AccountId) -> Result<bool> {
        self.call(self.inner.is_org_admin(org, account)).await
    }

    async fn revoke(&self, org: &OrgId, target: &Target) -> Result<Revoked> {
        self.call(self.inner.revoke(org, target)).await
    }
}

impl<R: OwnerActor> OwnerActor for Counted<R> {
    async fn service_tokens(&self, org: &OrgId, account: &AccountId) -> Result<Vec<TokenSnapshot>> {
        self.call(self.inner.service_tokens(org, account)).await
    }

    async fn user_tokens(&self, org: &OrgId, account: &AccountId) -> Result<Option<Vec<TokenSnapshot>>> {
        self.call(self.inner.user_tokens(org, account)).await
    }

    async fn memberships(&self, org: &OrgId, account: &AccountId) -> Result<Vec<Membership>> {
        self.call(self.inner.memberships(org, account)).await
    }

    async fn auth_policy(&self, org: &OrgId, account: &AccountId) -> Result<Option<AuthPolicyId>> {
        self.call(self.inner.auth_policy(org, account)).await
    }

    async fn act(&self, org: &OrgId, order: &Order) -> Result<Acted> {
        self.call(self.inner.act(org, order)).await
    }

    async fn task(&self, org: &OrgId, task: &TaskId) -> Result<TaskState> {
        self.call(self.inner.task(org, task)).await
    }
}
