//! The real function binaries under a Lambda of this machine: a Runtime API, a Secrets Manager, a DynamoDB.

mod binaries;
mod cloud;
pub mod event;
mod runtime_api;
mod secrets_manager;

pub use binaries::{FUNCTIONS, build, build_programs};
pub use cloud::{Cloud, Setup, put_secrets};
pub use runtime_api::TIMEOUT;
pub use secrets_manager::SecretsManager;

use runtime_api::RuntimeApi;
use serde_json::{Value, json};
use std::{
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

/// A function whose process runs; it ends with the value, by its id.
pub struct Function {
    api: RuntimeApi,
    child: tokio::sync::Mutex<Child>,
    log: Log,
}

/// What a process wrote to its two outputs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Function {
    /// Starts a binary with these settings and nothing else of the environment.
    ///
    /// # Panics
    /// If the process does not start.
    pub async fn start(name: &str, settings: &[(String, String)]) -> Self {
        Self::start_as(Command::new(build().join(name)), name, settings).await
    }

    /// The same with another command: a packaged binary, or a tool that runs a binary.
    ///
    /// # Panics
    /// If the process does not start.
    pub async fn start_as(mut command: Command, name: &str, settings: &[(String, String)]) -> Self {
        let api = RuntimeApi::start().await;
        command.env_clear().envs(lambda_environment(name, &api)).envs(settings.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let log = Log::default();
        log.follow(child.stdout.take());
        log.follow(child.stderr.take());
        Self { api, child: tokio::sync::Mutex::new(child), log }
    }

    /// One invocation: the function's answer, or its error as Lambda reports it.
    ///
    /// # Errors
    /// `{"errorType", "errorMessage"}`: the function's own, or `Runtime.ExitError` with its log if the process ended.
    ///
    /// # Panics
    /// If no answer comes within a minute.
    pub async fn invoke(&self, event: &Value) -> Result<Value, Value> {
        self.invoke_within(event, Duration::from_secs(60)).await
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// As [`Function::invoke`].
    ///
    /// # Panics
    /// If no answer comes in time.
    pub async fn invoke_within(&self, event: &Value, patience: Duration) -> Result<Value, Value> {
        let mut child = self.child.lock().await;
        let reply = async {
            tokio::select! {
                reply = self.api.invoke(event) => reply,
                status = child.wait() => Err(self.exited(status.expect("the process is ours")).await),
            }
        };
        tokio::time::timeout(patience, reply)
            .await
            .unwrap_or_else(|_| panic!("no answer within {patience:?}; the log:\n{}", self.log()))
    }

    /// The id of its process; `None` if it has ended.
    pub async fn id(&self) -> Option<u32> {
        self.child.lock().await.id()
    }

    /// Ends it by SIGTERM, as Lambda does, and waits until it is gone.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub async fn end(self) {
        let mut child = self.child.into_inner();
        let Some(id) = child.id() else { return };
        let terminated = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
        assert!(terminated.is_ok_and(|status| status.success()), "process {id} took no SIGTERM");
        if tokio::time::timeout(Duration::from_secs(60), child.wait()).await.is_err() {
            child.kill().await.expect("the process is ours");
        }
    }

    /// What the function wrote so far.
    pub fn log(&self) -> String {
        self.log.text()
    }

    async fn exited(&self, status: ExitStatus) -> Value {
        // The last lines may still be in the pipe.
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.api.init_error().unwrap_or_else(
            || json!({ "errorType": "Runtime.ExitError", "errorMessage": format!("{status}: {}", self.log()) }),
        )
    }
}

/// What Lambda itself sets (AWS Lambda: defined runtime environment variables).
fn lambda_environment(name: &str, api: &RuntimeApi) -> Vec<(String, String)> {
    let variables = [
        ("AWS_LAMBDA_RUNTIME_API", api.address()),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

impl Log {
    fn follow(&self, pipe: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let (log, Some(mut pipe)) = (self.clone(), pipe) else { return };
        tokio::spawn(async move {
            let mut buffer = vec![0; 8192];
            while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
                log.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            }
        });
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}
