//! A function as it is shipped: the packaged binary as a child process behind a Runtime API.

use crate::{Outcome, root, surroundings::Surroundings};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokenwarden_tests::lambda::{self, TIMEOUT};
use tokio::process::Command;

/// A running function; it ends with the value.
pub(crate) struct Function {
    running: lambda::Function,
    id: u32,
}

/// Where `infra/tools/package.sh` puts a function's binary.
pub(crate) fn binary(name: &str) -> Outcome<PathBuf> {
    let path = root().join("target/lambda").join(name).join("bootstrap");
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

    async fn spawn(command: Command, name: &str, surroundings: &Surroundings) -> Outcome<Self> {
        let running = lambda::Function::start_as(command, name, &surroundings.settings()).await;
        let id = running.id().await.ok_or("the function ended at once")?;
        Ok(Self { running, id })
    }

    /// One invocation, at most as long as the function may take on Lambda.
    pub(crate) async fn invoke(&self, event: &Value) -> Outcome<Value> {
        let answer = self.running.invoke_within(event, TIMEOUT * 2).await;
        answer.map_err(|error| format!("the function failed: {error}").into())
    }

    /// One HTTP request; the answer must have this status.
    pub(crate) async fn request(&self, request: &Value, status: u16) -> Outcome<Value> {
        let answer = self.invoke(request).await?;
        if answer["statusCode"] == status { Ok(answer) } else { Err(format!("not {status}: {answer}").into()) }
    }

    /// The most memory that the process ever held, in MB.
    pub(crate) fn peak_mb(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: f64 = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// The processor time that the process took, in seconds (Linux: hundredths).
    pub(crate) fn cpu_secs(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id))?;
        let after_name = stat.rsplit_once(')').ok_or("no stat")?.1;
        let ticks: f64 =
            after_name.split_whitespace().skip(11).take(2).filter_map(|tick| tick.parse::<f64>().ok()).sum();
        Ok(ticks / 100.0)
    }

    /// Ends it as Lambda does, and waits until it is gone.
    pub(crate) async fn end(self) {
        self.running.end().await;
    }
}
