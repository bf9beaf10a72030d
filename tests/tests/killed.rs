//! The real runner dies at any step of a revocation and starts again, with the simulated org as a process of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;
use tokenwarden_tests::{lambda::build_programs, world::ORG};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// One revocation a day, and nobody has to agree.
const POLICY: &str = r#"{"mode": "enforce", "protected": ["nobody"], "approval_valid_days": 30,
    "limits": {"max_actions": 1, "max_share_percent": 100, "window_hours": 24},
    "calendar": {"weekend": [], "from_hour": 0},
    "rules": {"unused": {"respond": {"steps": [{"do": "revoke", "after_days": 1}], "approval": "waived"}}}}"#;
/// Longer than any call to Atlassian may be under way.
const RECOVERY_SECS: u64 = 600;

fn program(name: &str) -> PathBuf {
    build_programs().join(name)
}

/// A process and where it listens; it ends with the value.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts a program and waits until it has printed this, and its address on that line or before.
    async fn start(mut command: Command, ready: &str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (mut lines, mut url) = (BufReader::new(child.stdout.take().unwrap()).lines(), None);
        while let Some(line) = lines.next_line().await.unwrap() {
            let address = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:"));
            url = url.or(address.map(|address| address.trim_end_matches('/').to_owned()));
            if line.contains(ready) {
                break;
            }
        }
        Self { child, url: url.expect("the program tells its address") }
    }

    async fn end(mut self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        self.child.wait().await.unwrap();
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<(StatusCode, Value)> {
        static CLIENT: OnceLock<Client> = OnceLock::new();
        let client = CLIENT.get_or_init(|| shared::http::atlassian_http_client(Duration::from_secs(60)));
        let request = client.request(method, format!("{}{path}", self.url)).bearer_auth("local-admin");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await?;
        Ok((answer.status(), answer.json().await.unwrap_or_default()))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, None).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await.unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    async fn pass(&self, secs: u64) {
        self.post("/_local/clock", json!({ "advance_seconds": secs })).await;
        self.post("/_local/run/poll-audit", json!({})).await;
    }
}

/// The data of a runner and of a simulated org.
struct Folders(TempDir);

impl Folders {
    async fn sim(&self) -> Process {
        let mut command = Command::new(program("atlassian-sim"));
        command.args(["--listen", "127.0.0.1:0", "--users", "60", "--tokens", "40", "--max-events", "300"]);
        command.arg("--data-dir").arg(self.0.path().join("sim"));
        Process::start(command, "the truth").await
    }

    async fn runner(&self, sim: &Process, die_at: Option<&str>) -> Process {
        let mut command = Command::new(program("tokenwarden"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--schedules", "off", "--sim-url", &sim.url]);
        command.arg("--data-dir").arg(self.0.path().join("runner"));
        command.envs(die_at.map(|call| ("TOKENWARDEN_ABORT_AT_CALL", call)));
        Process::start(command, "Ctrl-C").await
    }

    /// One revocation is due: planned under the policy, past its grace, and the log is read.
    async fn due() -> Self {
        let folders = Self(tempfile::tempdir().unwrap());
        let sim = folders.sim().await;
        let runner = folders.runner(&sim, None).await;
        put_policy(&runner).await;
        runner.post("/_local/run/remediate-tokens", json!({})).await;
        runner.pass(86_400).await;
        runner.end().await;
        sim.end().await;
        folders
    }

    fn copy(&self) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.0.path(), copy.path());
        Self(copy)
    }
}

async fn put_policy(runner: &Process) {
    let path = format!("/v1/orgs/{ORG}/policy");
    let current = runner.get(&path).await;
    let version = format!("\"{}-{}\"", current["version"], current["digest"].as_str().unwrap());
    let client = shared::http::atlassian_http_client(Duration::from_secs(60));
    let put = client.put(format!("{}{path}", runner.url)).bearer_auth("local-admin").header("if-match", version);
    let answer = put.body(POLICY).send().await.unwrap();
    assert_eq!(answer.status(), 202, "it acts, so a second person must confirm it");
    let answer: serde_json::Value = answer.json().await.unwrap();
    let confirmed = serde_json::json!({ "digest": answer["proposal"]["digest"], "reason": "agreed" });
    let confirm = client.post(format!("{}{path}/confirm", runner.url)).bearer_auth("local-approver").json(&confirmed);
    assert_eq!(confirm.send().await.unwrap().status(), 200);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn done(runner: &Process) -> Vec<String> {
    let actions = runner.get(&format!("/v1/orgs/{ORG}/actions?state=done")).await;
    let items = actions["items"].as_array().unwrap().iter();
    items.map(|action| action["plan"]["target"]["credential"]["id"].as_str().unwrap().to_owned()).collect()
}

/// The tokens whose deletion the simulated org answered with 204.
async fn deleted(sim: &Process) -> Vec<String> {
    let calls = sim.get("/_sim/calls").await;
    let items = calls["items"].as_array().unwrap().iter();
    let deleted = items.filter(|call| call["method"] == "DELETE" && call["status"] == 204);
    deleted.map(|call| call["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
}

async fn ledger_verifies(runner: &Process) {
    let mut verify = Command::new(program("tokenwarden"));
    verify.args(["ledger", "verify", "--api", &runner.url]).env("TOKENWARDEN_TOKEN", "local-reader");
    let verified = verify.output().await.unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// What a trial came to.
#[derive(PartialEq, Eq)]
enum Trial {
    /// The runner died before the revocation was recorded.
    DiedBefore,
    /// It was recorded by then.
    DiedAfter,
}

/// The runner dies at a call, starts again, and goes on when no call of the dead one can be under way any more.
async fn trial(due: &Folders, call: &str) -> Trial {
    let folders = due.copy();
    let sim = folders.sim().await;
    let mut runner = folders.runner(&sim, Some(call)).await;
    let run = runner.ask(Method::POST, "/_local/run/remediate-tokens", Some(json!({}))).await;
    assert!(run.is_err(), "call {call}: the runner should have died, and answered {run:?}");
    runner.child.wait().await.unwrap();

    let runner = folders.runner(&sim, None).await;
    ledger_verifies(&runner).await;
    let recorded = done(&runner).await;
    runner.pass(RECOVERY_SECS).await;
    runner.post("/_local/run/remediate-tokens", json!({})).await;
    let (revoked, deleted) = (done(&runner).await, deleted(&sim).await);
    assert_eq!((revoked.len(), &revoked), (1, &deleted), "call {call}: one effect, and one action that is done");
    let tokens = sim.get("/_sim/tokens").await;
    let listed =
        tokens["items"].as_array().unwrap().iter().any(|token| token["id"] == *deleted[0] && token["listed"] == true);
    assert!(!listed, "call {call}: the token is gone");
    ledger_verifies(&runner).await;
    if recorded.is_empty() { Trial::DiedBefore } else { Trial::DiedAfter }
}

/// To die right after a call and right before the next one leaves the same tables and the same org: each is tried once.
#[tokio::test(flavor = "multi_thread")]
async fn a_runner_killed_between_any_two_steps_of_a_revocation_revokes_once_after_its_restart() {
    let due = Folders::due().await;
    for call in (1..).step_by(2) {
        let (one, next) = (format!("{call}+"), format!("{}+", call + 1));
        let (one, next) = tokio::join!(trial(&due, &one), trial(&due, &next));
        if one == Trial::DiedAfter || next == Trial::DiedAfter {
            assert!(call >= 9, "only {call} calls were found before the revocation was recorded");
            return;
        }
    }
}
