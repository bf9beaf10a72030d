//! AWS Secrets Manager, as far as the functions use it: `GetSecretValue` (AWS Secrets Manager API reference).

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};

type Secrets = Arc<Mutex<HashMap<String, String>>>;

/// A Secrets Manager on a free port; it ends with the value.
pub struct SecretsManager {
    url: String,
    secrets: Secrets,
    server: JoinHandle<()>,
}

impl SecretsManager {
    /// One without secrets.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        let secrets = Secrets::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("the port has a number"));
        let routes = Router::new().route("/", post(answer)).with_state(Arc::clone(&secrets));
        let server = tokio::spawn(async { axum::serve(listener, routes).await.expect("the secrets are served") });
        Self { url, secrets, server }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives a secret its text.
    pub fn put(&self, id: &str, text: &Value) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), text.to_string());
    }

    /// Takes a secret away.
    pub fn remove(&self, id: &str) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Drop for SecretsManager {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(secrets): State<Secrets>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if target != Some("secretsmanager.GetSecretValue") {
        return refusal("InvalidRequestException");
    }
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let id = request["SecretId"].as_str().unwrap_or_default();
    match secrets.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
        Some(text) => (StatusCode::OK, Json(json!({ "Name": id, "SecretString": text }))),
        None => refusal("ResourceNotFoundException"),
    }
}

fn refusal(kind: &str) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind, "message": "refused" })))
}
