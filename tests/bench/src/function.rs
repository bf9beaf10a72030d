//! A function's own binary as a child process, behind a Runtime API.

use crate::{Outcome, root, runtime_api::RuntimeApi, surroundings::Surroundings};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

/// A running function; it ends with the value.
pub(crate) struct Function {
    api: RuntimeApi,
    child: Child,
}

/// Where cargo put the binaries of this build.
pub(crate) fn binary(name: &str) -> Outcome<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.is_file() { Ok(path) } else { Err(format!("{} is missing: run `make bench`", path.display()).into()) }
}

impl Function {
    /// Starts a function as it is.
    pub(crate) async fn start(name: &str, surroundings: &Surroundings) -> Outcome<Self> {
        Self::spawn(Command::new(binary(name)?), name, surroundings).await
    }

    /// Starts a function under callgrind, which writes its counts into a file when the function ends.
    pub(crate) async fn start_counted(name: &str, surroundings: &Surroundings, counts: &Path) -> Outcome<Self> {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", counts.display()));
        command.arg(binary(name)?);
        Self::spawn(command, name, surroundings).await
    }

    async fn spawn(mut command: Command, name: &str, surroundings: &Surroundings) -> Outcome<Self> {
        let logs = root().join("target/bench/logs");
        fs::create_dir_all(&logs)?;
        let log = fs::File::create(logs.join(format!("{name}.log")))?;
        let api = RuntimeApi::start().await?;
        command.env_clear().envs(surroundings.environment()).env("AWS_LAMBDA_RUNTIME_API", api.address());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let child = command.spawn()?;
        Ok(Self { api, child })
    }

    /// One invocation. A function that ends instead of answering is an error.
    pub(crate) async fn invoke(&mut self, payload: &Value) -> Outcome<Value> {
        tokio::select! {
            answer = self.api.invoke(payload) => answer,
            ended = self.child.wait() => Err(format!("the function ended: {}; see target/bench/logs", ended?).into()),
        }
    }

    /// One HTTP request; the answer must have this status.
    pub(crate) async fn request(&mut self, request: &Value, status: u16) -> Outcome<Value> {
        let answer = self.invoke(request).await?;
        if answer["statusCode"] == status { Ok(answer) } else { Err(format!("not {status}: {answer}").into()) }
    }

    fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The most memory that the process ever held, in MB.
    pub(crate) fn peak_mb(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: f64 = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// The processor time that the process took, in seconds (Linux: hundredths).
    pub(crate) fn cpu_secs(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        let after_name = stat.rsplit_once(')').ok_or("no stat")?.1;
        let ticks: f64 =
            after_name.split_whitespace().skip(11).take(2).filter_map(|tick| tick.parse::<f64>().ok()).sum();
        Ok(ticks / 100.0)
    }

    /// Ends it by SIGTERM, as Lambda does, and waits until it is gone.
    pub(crate) async fn end(mut self) -> Outcome<()> {
        let terminate = format!("kill -TERM {}", self.id());
        Command::new("sh").args(["-c", &terminate]).status().await?;
        if tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// A request as API Gateway's HTTP API hands it to a function.
pub(crate) fn http(method: &str, path: &str, query: &str, authorization: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "authorization": authorization, "content-type": "application/json", "host": "bench" },
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "bench", "requestId": "r", "stage": "$default",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "b" },
            "time": "21/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_262_400_000_u64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// A tick as EventBridge's schedule hands it to a function.
pub(crate) fn tick() -> Value {
    json!({ "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
            "time": "2026-11-21T12:00:00Z", "region": "us-east-1", "resources": [], "detail": {} })
}
