//! What a function finds around it: two tables, its secrets, and the simulated org where it needs one.

use crate::{Outcome, distance::Distance, secrets};
use aws_sdk_dynamodb::{Client, types::StreamSpecification};
use shared::{
    config::{Retention, Tables},
    store::Store,
};
use std::time::Duration;
use tokenwarden_tests::{dynamo::LocalDynamo, lambda::SecretsManager};

/// How long things are kept: the defaults.
const RETENTION: Retention = Retention { event_days: 120, report_days: 400 };

/// Everything of it listens on loopback and ends with the value.
pub(crate) struct Surroundings {
    dynamo: LocalDynamo,
    tables: Tables,
    secrets: SecretsManager,
    atlassian_url: String,
    orgs: &'static str,
    distance: Option<Distance>,
}

impl Surroundings {
    /// Empty tables, and no org to look after.
    pub(crate) async fn empty() -> Outcome<Self> {
        Self::over(String::from("http://127.0.0.1:9"), "").await
    }

    /// Empty tables, and these orgs at this address.
    pub(crate) async fn over(atlassian_url: String, orgs: &'static str) -> Outcome<Self> {
        let dynamo = LocalDynamo::start().await;
        let tables = dynamo.fresh_tables().await;
        Ok(Self { dynamo, tables, secrets: secrets::manager().await, atlassian_url, orgs, distance: None })
    }

    /// Ends the stream of the cases table: dynoxide looks through all of a stream at each write, which DynamoDB does not.
    pub(crate) async fn without_stream(self) -> Outcome<Self> {
        let none = StreamSpecification::builder().stream_enabled(false).build()?;
        let request = self.dynamo.client().update_table().table_name(&self.tables.cases).stream_specification(none);
        request.send().await?;
        Ok(self)
    }

    /// Puts a distance between the functions and the tables.
    pub(crate) async fn away(self, delay: Duration) -> Outcome<Self> {
        let distance = Distance::to(self.dynamo.url(), delay).await?;
        Ok(Self { distance: Some(distance), ..self })
    }

    /// The store over these tables.
    pub(crate) fn store(&self) -> Store {
        self.store_by(self.dynamo.client())
    }

    /// The store over these tables, by this client.
    pub(crate) fn store_by(&self, client: Client) -> Store {
        Store::new(client, self.tables.clone(), RETENTION)
    }

    /// An SDK client.
    pub(crate) fn client(&self) -> Client {
        self.dynamo.client()
    }

    /// The settings of a function.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let dynamo = self.distance.as_ref().map_or(self.dynamo.url(), Distance::url);
        let settings = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("HISTORY_TABLE", &self.tables.history),
            ("CASES_TABLE", &self.tables.cases),
            ("ORGS", self.orgs),
            ("ATLASSIAN_BASE_URL", &self.atlassian_url),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamo),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets.url()),
            ("WEBHOOK_SECRET_ID", "webhook"),
            ("ATLASSIAN_READ_SECRET_ID", "atlassian-read"),
            ("ATLASSIAN_UNSCOPED_SECRET_ID", "atlassian-unscoped"),
            ("API_TOKENS_SECRET_ID", "api-tokens"),
            ("LINKS_SECRET_ID", "links"),
        ];
        settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}
