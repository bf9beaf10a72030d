//! The secrets of a stack, in AWS Secrets Manager, found by the tags that the template gives them.

use crate::failure::{Failure, Result};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::{Filter, FilterNameStringType, SecretListEntry},
};
use serde_json::{Map, Value};
use shared::secrets::Purpose;
use std::collections::HashMap;

const STACK: &str = "tokenwarden:stack";
const PURPOSE: &str = "tokenwarden:purpose";

/// The secrets of one stack.
pub(crate) struct Secrets {
    client: Client,
    stack: String,
    arns: HashMap<String, String>,
}

impl Secrets {
    /// Looks for them with the caller's own AWS credentials, as the AWS command line finds them.
    ///
    /// # Errors
    /// [`Failure::Aws`] if AWS was not reached or refuses, or the stack has no secrets.
    pub(crate) async fn of_stack(stack: &str, region: Option<&str>) -> Result<Self> {
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(shared::http::sdk_http_client());
        let loader = match region {
            Some(region) => loader.region(Region::new(region.to_owned())),
            None => loader,
        };
        let config = loader.load().await;
        if config.region().is_none() {
            let reason = "no region is set; pass --region, or set AWS_REGION".to_owned();
            return Err(Failure::Aws { what: "looking for the stack".into(), reason });
        }
        let client = Client::new(&config);
        let arns = found(&client, stack).await?;
        if arns.is_empty() {
            let reason = format!(
                "no secret bears the tag {STACK}={stack}; is the stack deployed in this account and region, and is --stack right?"
            );
            return Err(Failure::Aws { what: format!("the secrets of the stack {stack}"), reason });
        }
        Ok(Self { client, stack: stack.to_owned(), arns })
    }

    /// A secret's JSON.
    ///
    /// # Errors
    /// [`Failure::Aws`] if it is not there, cannot be read, or is no JSON object; nothing of it is shown.
    pub(crate) async fn read(&self, purpose: Purpose) -> Result<Map<String, Value>> {
        let what = || format!("reading the secret {}", purpose.as_str());
        let request = self.client.get_secret_value().secret_id(self.arn(purpose)?);
        let answer = request.send().await.map_err(|error| refused(what(), &error))?;
        let text = answer.secret_string.unwrap_or_else(|| "{}".into());
        serde_json::from_str(&text).map_err(|error| Failure::Aws {
            what: what(),
            reason: format!("it is no JSON object (line {}, column {})", error.line(), error.column()),
        })
    }

    /// Writes a secret's JSON as its new current version; the version before stays in Secrets Manager as `AWSPREVIOUS`.
    ///
    /// # Errors
    /// [`Failure::Aws`].
    pub(crate) async fn write(&self, purpose: Purpose, secret: &Map<String, Value>) -> Result<()> {
        let text = Value::Object(secret.clone()).to_string();
        let request = self.client.put_secret_value().secret_id(self.arn(purpose)?).secret_string(text);
        let written = request.send().await;
        written.map(drop).map_err(|error| refused(format!("writing the secret {}", purpose.as_str()), &error))
    }

    fn arn(&self, purpose: Purpose) -> Result<&str> {
        self.arns.get(purpose.as_str()).map(String::as_str).ok_or_else(|| Failure::Aws {
            what: format!("the secret {}", purpose.as_str()),
            reason: format!("the stack {} has none; deploy the template of this release", self.stack),
        })
    }
}

/// The ARN of each purpose. The service's filter finds either tag with any value, so both are compared again.
async fn found(client: &Client, stack: &str) -> Result<HashMap<String, String>> {
    let filter = |key, value: &str| Filter::builder().key(key).values(value).build();
    let request = client
        .list_secrets()
        .filters(filter(FilterNameStringType::TagKey, STACK))
        .filters(filter(FilterNameStringType::TagValue, stack));
    let mut pages = request.into_paginator().send();
    let mut arns = HashMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| refused("listing the secrets".into(), &error))?;
        arns.extend(page.secret_list().iter().filter_map(|secret| arn_of(secret, stack)));
    }
    Ok(arns)
}

/// The purpose and the ARN of a secret of this stack.
fn arn_of(secret: &SecretListEntry, stack: &str) -> Option<(String, String)> {
    let of_stack = tag(secret, STACK)? == stack;
    of_stack.then_some((tag(secret, PURPOSE)?.to_owned(), secret.arn()?.to_owned()))
}

fn tag<'a>(secret: &'a SecretListEntry, key: &str) -> Option<&'a str> {
    secret.tags().iter().find(|tag| tag.key() == Some(key)).and_then(|tag| tag.value())
}

fn refused<E: ProvideErrorMetadata + std::error::Error + 'static>(what: String, error: &SdkError<E>) -> Failure {
    let reason = match error.code() {
        Some(code) => format!("{code}: {}", error.message().unwrap_or("no reason given")),
        None => format!(
            "{}; are your AWS credentials in place (`aws sts get-caller-identity`)?",
            DisplayErrorContext(error)
        ),
    };
    Failure::Aws { what, reason }
}
