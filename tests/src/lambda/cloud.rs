//! Everything that a deployed function reaches, on this machine and in real time.

use super::{Function, SecretsManager};
use crate::{
    dynamo::LocalDynamo,
    template,
    world::{ORG, OWN_KEYS},
};
use atlassian_sim::{Sim, SimOptions};
#[expect(clippy::disallowed_types, reason = "the tests put in what the store never writes")]
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::{
    config::{SETTINGS, Tables},
    store::{Retention, Store},
};

/// A simulated org, both tables and the secrets.
pub struct Cloud {
    /// The simulated org.
    pub sim: Sim,
    /// The secrets, by the names that [`Setup`] gives the functions.
    pub secrets: SecretsManager,
    dynamo: LocalDynamo,
    tables: Tables,
    http: reqwest::Client,
}

/// A function that is about to be started.
pub struct Setup {
    name: String,
    settings: Vec<(String, String)>,
}

impl Cloud {
    /// A small company and secrets that fit it. The simulated org follows the machine's clock, as the functions do.
    pub async fn start() -> Self {
        Self::with(SimOptions { users: 60, tokens: 40, max_events: 400, ..SimOptions::default() }).await
    }

    /// A company as the options say.
    ///
    /// # Panics
    /// If something of it does not start.
    pub async fn with(options: SimOptions) -> Self {
        shared::http::install_crypto();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let sim = Sim::start(listener, options).await.expect("the simulated org starts");
        let (dynamo, secrets) = (LocalDynamo::start().await, SecretsManager::start().await);
        let tables = dynamo.fresh_tables().await;
        put_secrets(&secrets);
        let http = shared::http::atlassian_http_client(std::time::Duration::from_secs(20));
        Self { sim, secrets, dynamo, tables, http }
    }

    /// A function with the settings that the template gives it, and no others.
    ///
    /// # Panics
    /// If the template has no such function.
    pub fn function(&self, name: &str) -> Setup {
        let names = template::settings().remove(name).unwrap_or_else(|| panic!("the template has no {name}"));
        let settings = names.into_iter().map(|name| (name.clone(), self.value(&name)));
        let endpoints = [
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.dynamo.url().to_owned()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), self.secrets.url().to_owned()),
        ];
        Setup { name: name.to_owned(), settings: settings.chain(endpoints).collect() }
    }

    /// The tables, as a test looks into them.
    pub fn store(&self) -> Store {
        Store::new(self.dynamo.client(), self.tables.clone(), Retention { event_days: 120, report_days: 400 })
    }

    /// How many items of the history are of this type: by the beginning of their partition key.
    ///
    /// # Panics
    /// If the table cannot be read.
    #[expect(clippy::disallowed_methods, reason = "a test may look at everything")]
    pub async fn stored(&self, prefix: &str) -> usize {
        let scan = self.dynamo.client().scan().table_name(&self.tables.history);
        let scan = scan.filter_expression("begins_with(pk, :prefix)");
        let prefix = AttributeValue::S(prefix.to_owned());
        let mut pages = scan.expression_attribute_values(":prefix", prefix).into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += page.expect("the table is read").items().len();
        }
        count
    }

    /// Puts an item with these texts into the cases table, as no function would.
    ///
    /// # Panics
    /// If it cannot be written.
    #[expect(clippy::disallowed_methods, reason = "what the store never writes is written here")]
    pub async fn put_case_item(&self, pk: &str, sk: &str, texts: &[(&str, &str)]) {
        let keys = [("pk", pk), ("sk", sk)];
        let texts = texts.iter().chain(&keys);
        let item = texts.map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect();
        let request = self.dynamo.client().put_item().table_name(&self.tables.cases).set_item(Some(item));
        request.send().await.expect("the item is written");
    }

    /// Asks the simulated org; with a key where it is not about the simulator itself.
    ///
    /// # Panics
    /// If it does not answer with JSON.
    pub async fn sim_get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.sim.url())).bearer_auth("sim-read-key");
        request.send().await.expect("the simulator answers").json().await.expect("the simulator answers JSON")
    }

    fn value(&self, name: &str) -> String {
        match name {
            "HISTORY_TABLE" => self.tables.history.clone(),
            "CASES_TABLE" => self.tables.cases.clone(),
            "ORGS" => ORG.to_owned(),
            "ATLASSIAN_BASE_URL" => self.sim.url(),
            "EVENT_BUS" => "tokenwarden".to_owned(),
            id if id.ends_with("_SECRET_ID") => secret_id(id),
            other => {
                let default = SETTINGS.iter().find(|(known, ..)| *known == other).and_then(|(_, default, _)| *default);
                default.unwrap_or_else(|| panic!("no value is known for the setting {other}")).to_owned()
            }
        }
    }
}

impl Setup {
    /// With another value.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut other = self.without(name);
        other.settings.push((name.to_owned(), value.to_owned()));
        other
    }

    /// Without a setting.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self
    }

    /// Starts it.
    pub async fn start(self) -> Function {
        Function::start(&self.name, &self.settings).await
    }
}

fn secret_id(setting: &str) -> String {
    setting.trim_end_matches("_SECRET_ID").to_lowercase().replace('_', "-")
}

/// Secrets that fit every simulated company, by the names that a function's settings end with.
pub fn put_secrets(secrets: &SecretsManager) {
    let key = |key: &str| json!({ ORG: { "key": key, "own_key_ids": OWN_KEYS } });
    secrets.put("webhook", &json!({ ORG: { "accepted": [{ "value": "webhook-credential" }] } }));
    secrets.put("atlassian-read", &key("sim-read-key"));
    secrets.put("atlassian-unscoped", &key("sim-admin-key"));
    secrets.put("messages", &json!({ ORG: {} }));
    secrets.put("links", &json!({ "key": "a key that signs the links of a simulated company" }));
    let token =
        |name: &str| json!({ "subject": name, "value": format!("{name}-token"), "roles": [name], "orgs": ["*"] });
    secrets.put("api-tokens", &json!({ "tokens": [token("reader"), token("approver"), token("admin")] }));
}
