//! A program that takes messages over HTTP: it keeps what it got and answers as it is told.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::task::JoinHandle;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its path.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it was sent.
    pub body: String,
}

impl Received {
    /// A header's text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }
}

#[derive(Default)]
struct Inside {
    received: Vec<Received>,
    answers: HashMap<String, (u16, Option<u32>)>,
}

type Shared = Arc<Mutex<Inside>>;

/// The program; it ends when it is dropped.
pub struct Receiver {
    url: String,
    inside: Shared,
    server: JoinHandle<()>,
}

impl Receiver {
    /// On a port that the system chooses, on the loopback. It takes everything.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("the port has a number"));
        let inside = Shared::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&inside));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, inside, server }
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// From now on a path answers this, with `Retry-After` where one is given.
    ///
    /// # Panics
    /// If another thread panicked in it.
    pub fn answer(&self, path: &str, status: u16, retry_after_secs: Option<u32>) {
        self.inside.lock().expect("nobody panicked").answers.insert(path.into(), (status, retry_after_secs));
    }

    /// What came to a path, in its order.
    ///
    /// # Panics
    /// If another thread panicked in it.
    pub fn received(&self, path: &str) -> Vec<Received> {
        let inside = self.inside.lock().expect("nobody panicked");
        inside.received.iter().filter(|one| one.path == path).cloned().collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(inside): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap) {
    let mut inside = inside.lock().expect("nobody panicked");
    let path = uri.path().to_owned();
    let (status, wait) = inside.answers.get(&path).copied().unwrap_or((200, None));
    inside.received.push(Received { path, headers, body: String::from_utf8_lossy(&body).into_owned() });
    let mut answer = HeaderMap::new();
    answer.extend(wait.map(|secs| (axum::http::header::RETRY_AFTER, secs.into())));
    (StatusCode::from_u16(status).expect("a status"), answer)
}
