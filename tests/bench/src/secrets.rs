//! The one call to AWS Secrets Manager that the functions make.

use crate::Outcome;
use axum::{Router, body::Bytes, http::StatusCode, response::IntoResponse, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// The org of every benchmark: the first one of every simulated company.
pub(crate) const ORG: &str = tokenwarden_tests::world::ORG;
/// What the org's webhook presents.
pub(crate) const WEBHOOK: &str = "Bearer bench-webhook";
/// What a reader of the API presents.
pub(crate) const READER: &str = "Bearer bench-reader";

/// A server with the secrets of the simulated org; it ends with the value.
pub(crate) struct Secrets {
    url: String,
    server: JoinHandle<()>,
}

impl Secrets {
    /// Listens on a free port.
    pub(crate) async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let routes = Router::new().route("/", post(get_secret_value));
        let server = tokio::spawn(async { axum::serve(listener, routes).await.unwrap_or_default() });
        Ok(Self { url, server })
    }

    /// For `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn get_secret_value(body: Bytes) -> impl IntoResponse {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let name = request["SecretId"].as_str().unwrap_or_default();
    let answer = json!({ "ARN": name, "Name": name, "VersionId": "1", "SecretString": secret(name).to_string() });
    (StatusCode::OK, [("content-type", "application/x-amz-json-1.1")], answer.to_string())
}

fn secret(name: &str) -> Value {
    let own = ["sim-admin-key-id", "sim-read-key-id", "sim-tokens-key-id", "sim-events-key-id"];
    match name {
        "webhook" => json!({ ORG: { "accepted": [{ "value": WEBHOOK, "not_after": null }] } }),
        "read" => json!({ ORG: { "key": "sim-read-key", "own_key_ids": own } }),
        "unscoped" => json!({ ORG: { "key": "sim-admin-key", "own_key_ids": own } }),
        _ => json!({ "tokens": [{ "subject": "bench", "value": READER.trim_start_matches("Bearer "),
                                  "roles": ["reader"], "orgs": ["*"], "not_after": null }] }),
    }
}
