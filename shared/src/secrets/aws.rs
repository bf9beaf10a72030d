//! AWS Secrets Manager.

use super::Purpose;
use crate::{
    error::{Error, Result},
    model::Secret,
    ports::SecretSource,
};
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use std::collections::HashMap;

/// Reads secrets from AWS Secrets Manager: the current version's text.
#[derive(Debug, Clone)]
pub struct SecretsManagerSource {
    client: Client,
    ids: HashMap<&'static str, String>,
}

impl SecretsManagerSource {
    /// A source for one purpose, as a function is configured that may read one secret only.
    pub fn connect(sdk: &aws_config::SdkConfig, purpose: Purpose, id: String) -> Self {
        Self::new(Client::new(sdk), [(purpose, id)])
    }

    /// A source for these purposes, with a client of its own.
    pub fn of(sdk: &aws_config::SdkConfig, ids: impl IntoIterator<Item = (Purpose, String)>) -> Self {
        Self::new(Client::new(sdk), ids)
    }

    /// A source for these purposes; the ids are names or ARNs. What is not named cannot be read.
    pub fn new(client: Client, ids: impl IntoIterator<Item = (Purpose, String)>) -> Self {
        Self { client, ids: ids.into_iter().map(|(purpose, id)| (purpose.as_str(), id)).collect() }
    }
}

impl SecretSource for SecretsManagerSource {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        let unavailable = |reason: String| Error::SecretUnavailable { name: name.to_owned(), reason };
        let id = self.ids.get(name).ok_or_else(|| unavailable("this function is not configured to read it".into()))?;
        let answer = self.client.get_secret_value().secret_id(id).send().await.map_err(|error| {
            unavailable(format!("Secrets Manager: {}", error.code().unwrap_or("could not be reached in time")))
        })?;
        answer.secret_string.map(Secret::new).ok_or_else(|| unavailable("it has no text".into()))
    }
}
