//! `policy simulate` over a running deployment: what it names is what the simulated org itself knows to be used later.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::{Sim, SimOptions};
use reqwest::Client;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

const ORG: &str = "00000000-0000-4000-8000-000000000001";

/// What somebody would write who never asked what runs once a quarter.
const NAIVE: &str = "\
limits: {max_actions: 1000, max_share_percent: 100, window_hours: 24}
calendar: {weekend: [], from_hour: 0}
rules:
  unused:
    parameters: {window_days: 30}
    respond: {steps: [{do: revoke, after_days: 0}]}
  owner-deactivated:
    respond: {steps: [{do: notify, after_days: 0}]}
";

fn tokenwarden(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenwarden"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn client() -> Client {
    shared::http::atlassian_http_client(Duration::from_secs(120))
}

/// A deployment that reads the log as far back as Atlassian keeps it, and its address.
async fn serve(sim: &Sim) -> (Child, String) {
    let sim = sim.url();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--sim-url", &sim, "--schedules", "off"];
    let folder = tempfile::tempdir().unwrap().keep();
    let variables = [("BACKFILL_DAYS", "180"), ("EVENT_RETENTION_DAYS", "200")];
    let data = ["--data-dir", folder.to_str().unwrap()];
    let mut child = tokenwarden(&arguments).args(data).envs(variables).stderr(Stdio::inherit()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut url = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(page) = line.trim().strip_prefix("page ") {
            page.trim().trim_end_matches('/').clone_into(&mut url);
        }
        if line.contains("Ctrl-C") {
            break;
        }
    }
    assert!(!url.is_empty(), "it ended before it was ready");
    (child, url)
}

async fn post(url: &str, token: &str, body: &Value) {
    let answer = client().post(url).bearer_auth(token).json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
}

/// Reads the whole log, and takes a report over it.
async fn read_the_past(url: &str) {
    for _ in 0..8 {
        post(&format!("{url}/_local/clock"), "local-admin", &json!({ "advance_seconds": 60 })).await;
        post(&format!("{url}/_local/run/poll-audit"), "local-admin", &json!({})).await;
    }
    post(&format!("{url}/v1/orgs/{ORG}/reports"), "local-approver", &json!({})).await;
    post(&format!("{url}/_local/run/report-tokens"), "local-admin", &json!({})).await;
}

async fn simulate(url: &str, file: &Path, format: &str) -> (Option<i32>, String, String) {
    let arguments = ["policy", "simulate", file.to_str().unwrap(), "--api", url, "--format", format];
    let output = tokenwarden(&arguments).env("TOKENWARDEN_TOKEN", "local-reader").output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The day of each credential's last use, as the simulated org knows it.
async fn truth(sim: &Sim) -> BTreeMap<String, String> {
    let tokens: Value = client().get(format!("{}/_sim/tokens", sim.url())).send().await.unwrap().json().await.unwrap();
    let used = |token: &Value| {
        let day = token["last_used_at"].as_str()?.get(..10)?.to_owned();
        Some((token["id"].as_str()?.to_owned(), day))
    };
    tokens["items"].as_array().unwrap().iter().filter_map(used).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_naive_policy_would_have_broken_what_runs_once_a_quarter() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let company = SimOptions { users: 200, max_events: 8_000, ..SimOptions::default() };
    let sim = Sim::start(listener, company).await.unwrap();
    let (_child, url) = serve(&sim).await;
    read_the_past(&url).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("naive.yaml");
    std::fs::write(&file, NAIVE).unwrap();

    let (code, printed, told) = simulate(&url, &file, "json").await;
    assert_eq!(code, Some(1), "{printed}{told}");
    let found: Value = serde_json::from_str(&printed).unwrap();
    let truth = truth(&sim).await;
    let cases = found["candidate"]["cases"].as_array().unwrap();
    let broken: Vec<&Value> = cases.iter().filter(|case| case["end"]["used_after"].is_object()).collect();
    assert!(!broken.is_empty(), "{printed}");
    for case in &broken {
        let used = &truth[case["credential"]["id"].as_str().unwrap()];
        assert!(used.as_str() > case["on"].as_str().unwrap(), "last used on {used}: {case}");
    }
    assert_eq!(found["summary"]["candidate"]["would_have_broken"], broken.len());
    assert_eq!(found["candidate"]["not_replayed"][0]["rule"], "owner-deactivated");
    assert!(!found["difference"]["candidate_only"].as_array().unwrap().is_empty());

    let (code, table, _) = simulate(&url, &file, "table").await;
    let lines = table.lines().filter(|line| line.contains("would have broken: used on")).count();
    assert_eq!((code, lines), (Some(1), broken.len()), "{table}");
    assert!(table.contains("is no proof that nothing would have broken"), "{table}");

    let careful = folder.path().join("careful.yaml");
    std::fs::write(&careful, NAIVE.replace("window_days: 30", "window_days: 100")).unwrap();
    let (code, table, told) = simulate(&url, &careful, "table").await;
    assert_eq!(code, Some(0), "{table}{told}");
    std::fs::write(&careful, "mode: perhaps\n").unwrap();
    assert_eq!(simulate(&url, &careful, "table").await.0, Some(2));
}
