//! Lambda's Runtime API, as far as a function needs it (AWS Lambda: using the Lambda runtime API).

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// How long an invocation may take by its `Lambda-Runtime-Deadline-Ms`: the timeout of the slowest function.
pub const TIMEOUT: Duration = Duration::from_secs(290);

type Reply = Result<Value, Value>;

/// A Runtime API on a free port; it ends with the value.
pub(super) struct RuntimeApi {
    address: String,
    invocations: mpsc::UnboundedSender<(String, Value)>,
    shared: Arc<Shared>,
    count: AtomicU64,
    server: JoinHandle<()>,
}

struct Shared {
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, Value)>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Reply>>>,
    init_error: Mutex<Option<Value>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> Self {
        let (invocations, next) = mpsc::unbounded_channel();
        let next = tokio::sync::Mutex::new(next);
        let shared = Arc::new(Shared { next, waiting: Mutex::default(), init_error: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port has a number").to_string();
        let routes = routes(Arc::clone(&shared));
        let server = tokio::spawn(async { axum::serve(listener, routes).await.expect("the Runtime API serves") });
        Self { address, invocations, shared, count: AtomicU64::new(0), server }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) async fn invoke(&self, event: &Value) -> Reply {
        let id = format!("invocation-{}", self.count.fetch_add(1, Ordering::Relaxed));
        let (sender, reply) = oneshot::channel();
        locked(&self.shared.waiting).insert(id.clone(), sender);
        self.invocations.send((id, event.clone())).expect("the Runtime API listens");
        reply.await.expect("the Runtime API keeps the sender until the reply comes")
    }

    pub(super) fn init_error(&self) -> Option<Value> {
        locked(&self.shared.init_error).clone()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    let invocation = "/2018-06-01/runtime/invocation";
    Router::new()
        .route(&format!("{invocation}/next"), get(next))
        .route(&format!("{invocation}/{{id}}/response"), post(response))
        .route(&format!("{invocation}/{{id}}/error"), post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(shared)
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let Some((id, event)) = shared.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    #[expect(clippy::disallowed_methods, reason = "Lambda tells a function its deadline in real time")]
    let deadline = SystemTime::now() + TIMEOUT;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970").as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:local".into()),
    ];
    (headers.map(|(name, value)| (axum::http::HeaderName::from_static(name), value)), Json(event)).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: String) -> StatusCode {
    let answer = serde_json::from_str(&body).unwrap_or_else(|_| json!(body));
    answered(&shared, &id, Ok(answer))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: String) -> StatusCode {
    answered(&shared, &id, Err(serde_json::from_str(&body).unwrap_or_else(|_| json!(body))))
}

fn answered(shared: &Shared, id: &str, reply: Reply) -> StatusCode {
    let Some(waiting) = locked(&shared.waiting).remove(id) else { return StatusCode::BAD_REQUEST };
    let _nobody_waits_any_more = waiting.send(reply);
    StatusCode::ACCEPTED
}

async fn init_error(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> StatusCode {
    let kind = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let told = serde_json::from_str(&body).unwrap_or_else(|_| json!({ "errorType": kind, "errorMessage": body }));
    *locked(&shared.init_error) = Some(told);
    StatusCode::ACCEPTED
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
