//! The local runner in one process: the functions' own handlers behind HTTP, an embedded database, a simulated org.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::SimOptions;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};
use tokenwarden_local::{Atlassian, FirstReport, Runner, RunnerOptions};

const ORG: &str = "00000000-0000-4000-8000-000000000001";

fn small_org() -> RunnerOptions {
    let options = SimOptions { users: 60, tokens: 40, max_events: 300, ..SimOptions::default() };
    let listen = "127.0.0.1:0".parse().unwrap();
    RunnerOptions { atlassian: Atlassian::Simulated { listen, options: Box::new(options) }, ..RunnerOptions::default() }
}

fn without_report() -> RunnerOptions {
    RunnerOptions { first_report: FirstReport::Skip, ..small_org() }
}

fn kept_in(folder: &Path) -> RunnerOptions {
    RunnerOptions { data_dir: Some(folder.join("data")), ..without_report() }
}

async fn started(options: RunnerOptions) -> Runner {
    Runner::start(options).await.unwrap()
}

fn client() -> Client {
    shared::http::atlassian_http_client(std::time::Duration::from_secs(60))
}

fn asks(runner: &Runner, token: &str, method: Method, path: &str) -> RequestBuilder {
    client().request(method, format!("{}{path}", runner.url())).bearer_auth(token)
}

async fn read(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    body
}

async fn all(runner: &Runner, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut request = asks(runner, "local-reader", Method::GET, path);
        if let Some(cursor) = &cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        let mut page = read(request).await;
        items.append(page["items"].as_array_mut().unwrap());
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return items;
        }
    }
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().map(|text| text.parse().unwrap())
}

fn last_uses(rows: &[Value]) -> BTreeMap<(String, String), Option<DateTime<Utc>>> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter().map(|row| ((text(row, "kind"), text(row, "id")), time(&row["last_used_at"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_report_lists_exactly_what_the_org_lists_with_the_same_last_uses() {
    let runner = started(small_org()).await;
    let truth = read(client().get(format!("{}/_sim/tokens", runner.sim_url()))).await;
    let mut truth = truth["items"].as_array().unwrap().clone();
    truth.retain(|token| token["listed"] == true);
    let mut rows = all(&runner, &format!("/v1/orgs/{ORG}/reports/latest/credentials")).await;
    // The list of OAuth clients has no date of use.
    for client in truth.iter_mut().chain(&mut rows).filter(|row| row["kind"] == "oauth_client") {
        client["last_used_at"] = Value::Null;
    }
    assert!(rows.len() > 20, "{} rows", rows.len());
    assert_eq!(last_uses(&rows), last_uses(&truth));
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_asked_for_is_taken_by_the_next_run_and_not_before_it_is_due() {
    let runner = started(small_org()).await;
    assert_eq!(runner.run("report-tokens").await.unwrap()[ORG]["outcome"], "nothing_due");
    let path = format!("/v1/orgs/{ORG}/reports");
    let asked = asks(&runner, "local-approver", Method::POST, &path).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::ACCEPTED);
    let ran = read(asks(&runner, "local-admin", Method::POST, "/_local/run/report-tokens")).await;
    assert_eq!(ran["outcome"][ORG]["outcome"], "taken", "{ran}");
    assert_eq!(ran["stream"].get("failed"), None, "{ran}");
    assert_eq!(all(&runner, &path).await.len(), 2);
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_turns_the_findings_of_a_report_into_plans_and_then_rests() {
    let runner = started(small_org()).await;
    let findings = all(&runner, &format!("/v1/orgs/{ORG}/findings")).await;
    let unused =
        findings.iter().filter(|finding| finding["rule"] == "unused" && finding["subject"]["kind"] == "user_api_token");
    let actions = all(&runner, &format!("/v1/orgs/{ORG}/actions")).await;
    assert!(unused.count() > 0 && !actions.is_empty(), "{} actions", actions.len());
    let again = read(asks(&runner, "local-admin", Method::POST, "/_local/run/poll-audit")).await;
    assert_eq!(again["stream"]["records"], 0, "{again}");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_moves_both_programs_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let runner = started(kept_in(folder.path())).await;
    let before = runner.now();
    let moved =
        read(asks(&runner, "", Method::POST, "/_local/clock").json(&json!({ "advance_seconds": 864_000 }))).await;
    let now = time(&moved["now"]).unwrap();
    assert!(now - before >= TimeDelta::days(10));
    let sim = read(client().get(format!("{}/_sim/clock", runner.sim_url()))).await;
    assert!((time(&sim["now"]).unwrap() - now).abs() < TimeDelta::seconds(30), "{sim}");
    runner.shutdown().await;
    let runner = started(kept_in(folder.path())).await;
    let again = read(asks(&runner, "", Method::GET, "/_local/clock")).await;
    assert!(time(&again["now"]).unwrap() >= now);
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_would_go_back_or_far_away_is_refused() {
    let runner = started(without_report()).await;
    for body in
        [json!({ "advance_seconds": -1 }), json!({ "advance_seconds": 400_000_000_000_u64 }), json!({}), json!(7)]
    {
        let answer = asks(&runner, "", Method::POST, "/_local/clock").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_both_clocks_is_adopted_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = started(kept_in(&folder.path().join("first"))).await;
    let url = elsewhere.sim_url().to_owned();
    client().post(format!("{url}/_sim/clock")).json(&json!({ "advance_seconds": 86_400 })).send().await.unwrap();
    let options = RunnerOptions { atlassian: Atlassian::Elsewhere { url }, ..without_report() };
    let runner = started(options).await;
    assert!(runner.now() - elsewhere.now() >= TimeDelta::hours(23));
    runner.shutdown().await;
    elsewhere.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_survives_a_restart_and_a_policy_file_does_not_replace_what_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunnerOptions { first_report: FirstReport::Take, ..kept_in(folder.path()) };
    let runner = started(options).await;
    let report = read(asks(&runner, "local-reader", Method::GET, &format!("/v1/orgs/{ORG}/reports/latest"))).await;
    runner.shutdown().await;
    let mut other = shared::decide::policy::default_policy();
    other.limits.max_actions += 1;
    let runner = started(RunnerOptions { policy: Some((other, "a file".into())), ..kept_in(folder.path()) }).await;
    let again = read(asks(&runner, "local-reader", Method::GET, &format!("/v1/orgs/{ORG}/reports/latest"))).await;
    assert_eq!(again, report);
    let policy = read(asks(&runner, "local-reader", Method::GET, &format!("/v1/orgs/{ORG}/policy"))).await;
    assert!(!policy.to_string().contains("a file"), "{policy}");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_another_host_and_writes_of_another_origin_are_refused() {
    let runner = started(without_report()).await;
    let port = runner.url().rsplit_once(':').unwrap().1.to_owned();
    for path in ["/", "/healthz", "/v1/orgs", "/_local/clock"] {
        let answer = asks(&runner, "local-admin", Method::GET, path).header("host", format!("evil.example:{port}"));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    for path in ["/_local/clock", "/_local/run/poll-audit", &format!("/v1/orgs/{ORG}/reports")] {
        let answer = asks(&runner, "local-admin", Method::POST, path).header("origin", "http://evil.example");
        assert_eq!(answer.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    let ours = client().get(format!("http://localhost:{port}/healthz")).send().await.unwrap();
    assert_eq!(ours.status(), StatusCode::OK);
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_open_without_sign_in_and_everything_else_needs_a_right_credential() {
    let runner = started(without_report()).await;
    let page = client().get(runner.url()).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    for token in ["", "wrong", "local-webhook"] {
        let path = format!("/v1/orgs/{ORG}/findings");
        let answer = asks(&runner, token, Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{token}");
        let answer =
            asks(&runner, "wrong", Method::POST, &format!("/webhooks/{ORG}/audit")).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let stop = json!({ "stopped": false, "reason": "test" });
    let release = asks(&runner, "local-approver", Method::PUT, &format!("/v1/orgs/{ORG}/stop")).json(&stop);
    assert_eq!(release.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_past_the_limit_is_refused_by_the_function_itself() {
    let runner = started(without_report()).await;
    let deliver = |body: Vec<u8>| {
        asks(&runner, "local-webhook", Method::POST, &format!("/webhooks/{ORG}/audit")).body(body).send()
    };
    let answer = deliver(vec![b' '; 3 * 1024 * 1024]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "urn:tokenwarden:problem:too-large");
    let event =
        json!({ "id": "e1", "attributes": { "action": "user_added_to_group", "time": "2026-11-01T10:00:00Z" } });
    let answer = deliver(event.to_string().into_bytes()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_functions_with_a_schedule_can_be_run_and_only_by_post() {
    let runner = started(without_report()).await;
    for (method, path, status) in [
        (Method::POST, "/_local/run/serve-reports", StatusCode::NOT_FOUND),
        (Method::GET, "/_local/run/poll-audit", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/_local/nothing", StatusCode::NOT_FOUND),
        (Method::DELETE, "/_local/clock", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(asks(&runner, "", method, path).send().await.unwrap().status(), status, "{path}");
    }
    let swept = read(asks(&runner, "", Method::POST, "/_local/run/remediate-tokens")).await;
    assert_eq!(swept["function"], "remediate-tokens");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_serves_one_runner_and_one_kind_of_org() {
    let folder = tempfile::tempdir().unwrap();
    let runner = started(kept_in(folder.path())).await;
    let second = Runner::start(kept_in(folder.path())).await.err().unwrap();
    assert!(second.to_string().contains("another tokenwarden runs on"), "{second}");
    let url = runner.sim_url().to_owned();
    runner.shutdown().await;
    let real = Atlassian::Real { url, org: ORG.into(), key: shared::model::Secret::new("k") };
    let real = Runner::start(RunnerOptions { atlassian: real, ..kept_in(folder.path()) }).await.err().unwrap();
    assert!(real.to_string().contains("holds the data of a simulated org"), "{real}");
}

#[tokio::test(flavor = "multi_thread")]
async fn against_a_real_org_credentials_are_random_pages_need_them_and_the_local_routes_an_admin() {
    let sim = started(without_report()).await;
    let key = shared::model::Secret::new("sim-read-key");
    let real = Atlassian::Real { url: sim.sim_url().to_owned(), org: ORG.into(), key };
    let runner = started(RunnerOptions { atlassian: real, ..without_report() }).await;
    let token = |subject: &str| {
        let tokens = &runner.bundle().credentials.tokens;
        tokens.iter().find(|token| token.subject == subject).unwrap().value.clone()
    };
    let status = async |token: &str, path: &str| asks(&runner, token, Method::GET, path).send().await.unwrap().status();
    assert_eq!(status("local-admin", "/").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&token("local-reader"), "/").await, StatusCode::OK);
    assert_eq!(status("local-admin", "/_local/clock").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&token("local-approver"), "/_local/clock").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&token("local-admin"), "/_local/clock").await, StatusCode::OK);
    runner.shutdown().await;
    sim.shutdown().await;
}
