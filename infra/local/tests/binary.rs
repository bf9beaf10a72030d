//! The real program as a process of its own: what it prints, how it ends, and what a `kill -9` leaves.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::{Sim, SimOptions};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

const ORG: &str = "00000000-0000-4000-8000-000000000001";

fn tokenwarden(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenwarden"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn client() -> Client {
    shared::http::atlassian_http_client(Duration::from_secs(60))
}

async fn small_org() -> Sim {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = SimOptions { users: 60, tokens: 40, max_events: 300, ..SimOptions::default() };
    Sim::start(listener, options).await.unwrap()
}

/// A running server, its address, and what it printed until it was ready.
async fn serve(data: &Path, sim: &Sim) -> (Child, String, String) {
    serve_with(data, sim, &[]).await
}

async fn serve_with(data: &Path, sim: &Sim, variables: &[(&str, &str)]) -> (Child, String, String) {
    let (data, sim) = (data.to_str().unwrap(), sim.url());
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", data, "--sim-url", &sim, "--schedules", "off"];
    let mut child = tokenwarden(&arguments).envs(variables.iter().copied()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        printed.push_str(&line);
        printed.push('\n');
        if line.contains("Ctrl-C") {
            break;
        }
    }
    let page = printed.lines().find_map(|line| line.trim().strip_prefix("page")).unwrap_or_else(|| panic!("{printed}"));
    let url = page.trim().trim_end_matches('/').to_owned();
    (child, url, printed)
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
}

async fn latest(url: &str) -> Value {
    let request = client().get(format!("{url}/v1/orgs/{ORG}/reports/latest")).bearer_auth("local-reader");
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_kill_and_a_restart() {
    let (folder, sim) = (tempfile::tempdir().unwrap(), small_org().await);
    let (mut child, url, printed) = serve(folder.path(), &sim).await;
    assert!(printed.contains("Bearer local-reader") && printed.contains("curl -s"), "{printed}");
    let report = latest(&url).await;
    let stop = json!({ "stopped": true, "reason": "test" });
    let put = client().put(format!("{url}/v1/orgs/{ORG}/stop")).bearer_auth("local-approver").json(&stop);
    assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
    signal(&child, "-KILL");
    child.wait().await.unwrap();
    let (mut child, url, _) = serve(folder.path(), &sim).await;
    assert_eq!(latest(&url).await, report);
    let get = client().get(format!("{url}/v1/orgs/{ORG}/stop")).bearer_auth("local-reader");
    assert_eq!(get.send().await.unwrap().json::<Value>().await.unwrap()["stopped"], true);
    let verify = ["ledger", "verify", "--api", &url];
    let verified = tokenwarden(&verify).env("TOKENWARDEN_TOKEN", "local-reader").output().await.unwrap();
    assert!(verified.status.success() && String::from_utf8_lossy(&verified.stdout).contains("whole"), "{verified:?}");
    signal(&child, "-TERM");
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_on_order_comes_at_a_call_of_remediation_and_a_restart_goes_on() {
    let (folder, sim) = (tempfile::tempdir().unwrap(), small_org().await);
    let (child, _, _) = serve(folder.path(), &sim).await;
    signal(&child, "-TERM");
    child.wait_with_output().await.unwrap();
    for order in ["1", "2+"] {
        let (mut child, url, _) = serve_with(folder.path(), &sim, &[("TOKENWARDEN_ABORT_AT_CALL", order)]).await;
        assert!(client().post(format!("{url}/_local/run/remediate-tokens")).send().await.is_err());
        assert_eq!(child.wait().await.unwrap().code(), None, "ended by a signal");
    }
    let (_child, url, _) = serve(folder.path(), &sim).await;
    let swept = client().post(format!("{url}/_local/run/remediate-tokens")).send().await.unwrap();
    assert_eq!(swept.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_cleanly() {
    let (folder, sim) = (tempfile::tempdir().unwrap(), small_org().await);
    let (mut child, url, _) = serve(folder.path(), &sim).await;
    signal(&child, "-INT");
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    assert!(client().get(url).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_works_from_the_command_line_and_needs_the_roles() {
    let (folder, sim) = (tempfile::tempdir().unwrap(), small_org().await);
    let (_child, url, _) = serve(folder.path(), &sim).await;
    let switch = async |what: &str, token: &str| {
        tokenwarden(&[what, "--api", &url, "--reason", "test"]).env("TOKENWARDEN_TOKEN", token).output().await.unwrap()
    };
    let stopped = switch("stop", "local-approver").await;
    assert!(String::from_utf8_lossy(&stopped.stdout).contains("stopped by local-approver (test)"), "{stopped:?}");
    let refused = switch("resume", "local-approver").await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("role admin"), "{refused:?}");
    assert!(switch("resume", "local-admin").await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn orgs_are_listed_added_paused_and_removed_from_the_command_line() {
    let (folder, sim) = (tempfile::tempdir().unwrap(), small_org().await);
    let (_child, url, _) = serve(folder.path(), &sim).await;
    let org = async |token: &str, arguments: &[&str]| {
        let arguments = [&["org"], arguments, &["--api", &url]].concat();
        let output = tokenwarden(&arguments).env("TOKENWARDEN_TOKEN", token).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let status = async |id: &str| {
        let listed = org("local-reader", &["list"]).await.1;
        let line = listed.lines().find(|line| line.starts_with(id)).map(str::to_owned);
        line.unwrap_or_default()
    };
    let (code, _, told) = org("local-approver", &["add", "second-org"]).await;
    assert_eq!((code, told.contains("role admin")), (Some(2), true), "{told}");
    let (code, added, _) = org("local-admin", &["add", "second-org", "--name", "Second Ltd"]).await;
    assert_eq!((code, added.contains("Second Ltd (second-org): governed")), (Some(0), true), "{added}");
    assert!(added.contains("atlassian-read") && added.contains(r#"{"second-org":{"key""#), "{added}");
    assert!(status("second-org").await.contains("no report"), "{}", status("second-org").await);
    assert!(status(ORG).await.contains(" UTC ") && status(ORG).await.ends_with("observe"), "{}", status(ORG).await);
    assert!(org("local-admin", &["pause", ORG]).await.1.contains("paused"));
    assert!(status(ORG).await.contains("paused"));
    assert!(org("local-admin", &["continue", ORG]).await.1.contains("governed"));
    let (code, said, told) = org("local-admin", &["remove", "second-org", "--purge"]).await;
    assert_eq!((code, said.as_str(), told.contains("its ledger")), (Some(2), "", true), "{told}");
    assert!(status("second-org").await.contains("no report"), "nothing was done");
    let (code, said, _) = org("local-admin", &["remove", "second-org", "--purge", "--yes"]).await;
    assert_eq!((code, said.contains("ORGS")), (Some(0), true), "{said}");
    assert!(status("second-org").await.contains("purging"));
    let switch =
        tokenwarden(&["stop", "--api", &url]).env("TOKENWARDEN_TOKEN", "local-approver").output().await.unwrap();
    assert!(switch.status.success(), "the switch works for those that are left: {switch:?}");
}

async fn report(sim: &Sim, format: &str) -> (Option<i32>, String, String) {
    let output = tokenwarden(&["report", "--sim-url", &sim.url(), "--format", format]).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

async fn fail(sim: &Sim, path: &str, status: u16) {
    let prefix = format!("/admin/api-access/v1/orgs/{ORG}/{path}");
    let fault = json!({ "path_prefix": prefix, "status": status });
    let answer = client().post(format!("{}/_sim/faults", sim.url())).json(&fault).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_prints_the_same_findings_in_every_format_and_exits_1() {
    let sim = small_org().await;
    let (code, table, progress) = report(&sim, "table").await;
    assert_eq!(code, Some(1), "{progress}");
    assert!(table.starts_with("SEVERITY") && progress.contains("credentials"), "{table}{progress}");
    let findings = table.trim_end().lines().count() - 1;
    let (code, text, _) = report(&sim, "json").await;
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, json["findings"].as_array().unwrap().len()), (Some(1), findings));
    let (code, csv, _) = report(&sim, "csv").await;
    assert_eq!((code, csv.trim_end().lines().count() - 1), (Some(1), findings));
    let (code, html, _) = report(&sim, "html").await;
    assert_eq!(code, Some(1));
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_misses_a_section_exits_3_and_says_why() {
    let sim = small_org().await;
    fail(&sim, "api-keys", 403).await;
    let (code, _, told) = report(&sim, "table").await;
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("not seen: org_api_keys"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_sees_no_credential_list_exits_2() {
    let sim = small_org().await;
    fail(&sim, "api-keys", 403).await;
    fail(&sim, "api-tokens", 403).await;
    let (code, printed, told) = report(&sim, "table").await;
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("not seen: user_api_tokens"), "{told}{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_that_cannot_be_reached_or_has_no_key_exits_2_with_the_reason() {
    let nobody = tokenwarden(&["report", "--sim-url", "http://127.0.0.1:9"]).output().await.unwrap();
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("http://127.0.0.1:9 was not reached"), "{nobody:?}");
    let keyless = tokenwarden(&["report", "--org", ORG]).env_remove("ATLASSIAN_API_KEY").output().await.unwrap();
    assert_eq!(keyless.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&keyless.stderr).contains("ATLASSIAN_API_KEY is not set"), "{keyless:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_file_is_checked_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |text: &str| {
        let file = folder.path().join("policy.yaml");
        std::fs::write(&file, text).unwrap();
        tokenwarden(&["policy", "check", file.to_str().unwrap()]).output().await.unwrap()
    };
    let good = "mode: observe\nlimits: { max_actions: 5, max_share_percent: 1, window_hours: 24 }\n";
    assert!(check(good).await.status.success());
    let bad = check("mode: perhaps\nlimits: { max_actions: 5 }\n").await;
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("line"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_steps_lead_from_an_event_to_a_revoked_token_and_its_ledger_entries() {
    let (folder, sim) = (tempfile::tempdir().unwrap(), small_org().await);
    let (_child, url, _) = serve(folder.path(), &sim).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/first-steps.sh");
    let output = Command::new("sh").arg(script).arg(&url).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    for line in ["\"stored\":1", "\"repeated\":1", "the action is done: revoked, and seen to be gone", "action_done by"]
    {
        assert!(told.contains(line), "{line} is missing:\n{told}");
    }
}
