//! A server that answers what a test says, and remembers what it was asked.

use axum::{
    Router,
    extract::Request,
    http::{Response, StatusCode},
};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What it answers: status, headers, body.
#[derive(Clone, Default)]
pub(crate) struct Says {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

pub(crate) fn says(status: u16, body: impl Into<String>) -> Says {
    Says { status, headers: vec![], body: body.into() }
}

impl Says {
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub(crate) struct Scripted {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers by the request, shown as `GET /path?query key`.
    pub(crate) async fn start(answer: impl Fn(&str) -> Says + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(vec![]));
        let remember = Arc::clone(&asked);
        let router = Router::new().fallback(async move |request: Request| {
            let line = shown(&request);
            remember.lock().unwrap().push(line.clone());
            let said = answer(&line);
            let response = Response::builder().status(StatusCode::from_u16(said.status).unwrap());
            let response = said.headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
            response.body(axum::body::Body::from(said.body)).unwrap()
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// Always the same answer.
    pub(crate) async fn always(said: Says) -> Self {
        Self::start(move |_| said.clone()).await
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn shown(request: &Request) -> String {
    let key = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap());
    format!("{} {} {}", request.method(), request.uri(), key.trim_start_matches("Bearer "))
}
