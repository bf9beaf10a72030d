//! Secrets Manager through our HTTP client, over a plain endpoint as local programs have it.

use crate::scripted::{Scripted, says};
use aws_sdk_secretsmanager::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use shared::{
    http::{install_crypto, sdk_http_client},
    ports::SecretSource,
    secrets::{Purpose, SecretsManagerSource},
};

fn source(url: &str) -> SecretsManagerSource {
    install_crypto();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(sdk_http_client())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(url)
        .build();
    SecretsManagerSource::new(Client::from_conf(config), [(Purpose::Webhook, "tokenwarden/webhook".to_owned())])
}

#[tokio::test]
async fn a_secret_is_read_by_its_purpose() {
    let server = Scripted::always(says(200, r#"{"Name":"tokenwarden/webhook","SecretString":"{}"}"#)).await;
    assert_eq!(source(&server.url).fetch("webhook").await.unwrap().expose(), "{}");
    let error = source(&server.url).fetch("api-tokens").await.unwrap_err().to_string();
    assert_eq!(error, "secret api-tokens: this function is not configured to read it");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_named_with_its_purpose() {
    let body = r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find it: arn:secret"}"#;
    let server = Scripted::always(says(400, body).header("content-type", "application/x-amz-json-1.1")).await;
    let error = source(&server.url).fetch("webhook").await.unwrap_err().to_string();
    assert_eq!(error, "secret webhook: Secrets Manager: ResourceNotFoundException");
}
