//! A Lambda Runtime API: hands a function its invocations and takes its answers.

use crate::Outcome;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use shared::{clock::SystemClock, ports::Clock};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc, oneshot},
    task::JoinHandle,
};

/// The longest that a Lambda may run.
pub(crate) const LONGEST: Duration = Duration::from_secs(15 * 60);

/// An invocation that waits to be fetched.
struct Event {
    id: u64,
    payload: String,
}

type Answer = Result<Value, String>;

struct Inner {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    waiting: std::sync::Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
}

/// The API of one function; it ends with the value.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    inner: Arc<Inner>,
    events: mpsc::UnboundedSender<Event>,
    last: AtomicU64,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub(crate) async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (events, waiting_events) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner { events: Mutex::new(waiting_events), waiting: std::sync::Mutex::default() });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&inner));
        let server = tokio::spawn(async { axum::serve(listener, routes).await.unwrap_or_default() });
        Ok(Self { address, inner, events, last: AtomicU64::new(0), server })
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands over one invocation and waits for its answer, at most as long as a Lambda may run.
    pub(crate) async fn invoke(&self, payload: &Value) -> Outcome<Value> {
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        self.events.send(Event { id, payload: payload.to_string() })?;
        Ok(tokio::time::timeout(LONGEST, answered).await???)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(inner): State<Arc<Inner>>) -> Response {
    let Some(Event { id, payload }) = inner.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemClock.now().timestamp_millis() + LONGEST.as_millis() as i64;
    let headers = [
        ("lambda-runtime-aws-request-id", id.to_string()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench".into()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000".into()),
        ("content-type", "application/json".into()),
    ];
    (headers, payload).into_response()
}

async fn response(State(inner): State<Arc<Inner>>, Path(id): Path<u64>, body: Bytes) -> StatusCode {
    inner.answered(id, serde_json::from_slice(&body).map_err(|error| error.to_string()))
}

async fn error(State(inner): State<Arc<Inner>>, Path(id): Path<u64>, body: Bytes) -> StatusCode {
    inner.answered(id, Err(format!("the function failed: {}", String::from_utf8_lossy(&body))))
}

impl Inner {
    fn answered(&self, id: u64, answer: Answer) -> StatusCode {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        // Nobody waits any more: the answer is dropped.
        let _ = waiting.map(|waiting| waiting.send(answer));
        StatusCode::ACCEPTED
    }
}
