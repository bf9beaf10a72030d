//! The application over a real store, and requests that read as sentences.

use lambda_http::{Body, http};
use serde_json::Value;
use serve_reports::{App, Gate, Pages, Serving};
use shared::{
    config::{EventSettings, KeepEvents},
    error::{Error, Result},
    flow::publish_head::{Published, publish_head},
    model::{Mode, OrgId, Principal, Role, Secret, Timestamp},
    ports::Clock,
    signing::LocalSigner,
    store::{Retention, Store},
};
use std::{collections::BTreeSet, time::Duration};
use tokenwarden_tests::{
    dynamo::LocalDynamo,
    rights::{self, Used},
    sample,
    world::LINK_KEY,
};

pub(crate) const ORG: &str = "org-1";

/// The moment of the sample, for ever.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        sample::now()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Credentials named as their roles, who may approve, and whether any of this can be read.
pub(crate) struct Names {
    approvers: &'static [&'static str],
    secrets: Secrets,
}

/// Whether the secrets can be read.
enum Secrets {
    Readable,
    Unreadable,
}

impl Secrets {
    fn read(&self) -> Result<()> {
        match self {
            Self::Readable => Ok(()),
            Self::Unreadable => Err(Error::SecretUnavailable { name: "api-tokens".into(), reason: "down".into() }),
        }
    }
}

impl Gate for Names {
    async fn authenticate(&self, bearer: &str, _: Timestamp) -> Result<Option<Principal>> {
        self.secrets.read()?;
        let role = match bearer.trim_end_matches("-2") {
            "reader" | "stranger" => Role::Reader,
            "approver" => Role::Approver,
            "admin" | "other-admin" => Role::Admin,
            _ => return Ok(None),
        };
        let orgs = ["stranger", "other-admin"].contains(&bearer).then(|| [OrgId::from("another")].into());
        Ok(Some(Principal { subject: bearer.to_owned(), roles: [role].into(), orgs }))
    }

    async fn approvers(&self, _: &OrgId, _: Timestamp) -> Result<BTreeSet<String>> {
        Ok(self.approvers.iter().map(|subject| (*subject).to_owned()).collect())
    }

    async fn link_keys(&self) -> Result<Vec<Secret>> {
        self.secrets.read()?;
        Ok(vec![Secret::new(LINK_KEY)])
    }
}

/// The application with the sample in its store.
pub(crate) struct Server {
    app: App<Store, Names, Still>,
    pub(crate) store: Store,
    _dynamo: LocalDynamo,
}

impl Server {
    pub(crate) async fn observing() -> Self {
        Self::in_mode(Mode::Observe, Pages::SignIn).await
    }

    pub(crate) async fn enforcing() -> Self {
        Self::in_mode(Mode::Enforce, Pages::SignIn).await
    }

    pub(crate) async fn in_mode(mode: Mode, pages: Pages) -> Self {
        let server = Self::empty(pages).await;
        sample::fill(&server.store, &ORG.into(), mode).await.unwrap();
        server
    }

    pub(crate) async fn empty(pages: Pages) -> Self {
        Self::with_approvers(&["approver", "approver-2"], pages).await
    }

    /// An empty store, and these who may approve.
    pub(crate) async fn with_approvers(approvers: &'static [&'static str], pages: Pages) -> Self {
        Self::with(Names { approvers, secrets: Secrets::Readable }, pages).await
    }

    /// No secret can be read: every request that needs a credential or a link fails by our fault.
    pub(crate) async fn without_secrets() -> Self {
        Self::with(Names { approvers: &[], secrets: Secrets::Unreadable }, Pages::SignIn).await
    }

    async fn with(names: Names, pages: Pages) -> Self {
        let dynamo = LocalDynamo::start().await;
        let tables = dynamo.fresh_tables().await;
        let role = rights::Role::of("serve-reports", &tables, &Used::default());
        let store = |client| Store::new(client, tables.clone(), Retention { event_days: 120, report_days: 400 });
        let events = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };
        let app = App::new(store(dynamo.client_of(&role)), names, Still, Serving { pages, events });
        Self { app, store: store(dynamo.client()), _dynamo: dynamo }
    }

    /// Writes an entry of the ledger and publishes the head, signed.
    pub(crate) async fn publish_signed_head(&self) {
        let stop = serde_json::json!({ "stopped": true, "reason": "test" });
        assert_eq!(self.put("approver", "/v1/orgs/org-1/stop", &stop).await.status, 200);
        let signer = LocalSigner::new(&LocalSigner::generate().unwrap()).unwrap();
        let published = publish_head(&self.store, &signer, &ORG.into(), sample::now()).await;
        assert_eq!(published, Ok(Published::Now));
    }

    /// Sends a request as somebody; `""` sends no credential.
    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = http::Request::builder().method(method).uri(format!("http://localhost{path}"));
        if !who.is_empty() {
            request = request.header("authorization", format!("Bearer {who}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = self.app.handle(request.body(Body::from(body)).unwrap()).await.into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("reader", "GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.send(who, "POST", path, &[], &body.to_string()).await
    }

    pub(crate) async fn put(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.send(who, "PUT", path, &[], &body.to_string()).await
    }

    /// Every item of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{join}limit=17{cursor}")).await.json();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return items };
            cursor = format!("&cursor={next}");
        }
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}: {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
