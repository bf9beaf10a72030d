//! `tokenwarden hub` as a process of its own, over a local runner and small servers, one of which never answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::SimOptions;
use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokenwarden_local::{Atlassian, Runner, RunnerOptions};
use tokio::{net::TcpListener, process::Command};

/// A deployment in name only: it keeps who came with which credential, and answers as it is told.
struct Stub {
    url: String,
    came: Arc<Mutex<Vec<(String, String)>>>,
}

impl Stub {
    async fn answering(answer: impl Fn(&Uri) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let came = Arc::<Mutex<Vec<(String, String)>>>::default();
        let noted = Arc::clone(&came);
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
            let credential = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
            noted.lock().unwrap().push((uri.to_string(), credential.unwrap_or_default()));
            let answer = answer(&uri);
            async move { answer }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, came }
    }

    /// The credentials that it was shown.
    fn credentials(&self) -> Vec<String> {
        let mut shown: Vec<String> = self.came.lock().unwrap().iter().map(|(_, shown)| shown.clone()).collect();
        shown.sort();
        shown.dedup();
        shown
    }
}

/// A listener that takes connections and says nothing.
async fn mute() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

async fn deployment() -> Runner {
    let options = SimOptions { users: 60, tokens: 40, max_events: 300, ..SimOptions::default() };
    let atlassian = Atlassian::Simulated { listen: "127.0.0.1:0".parse().unwrap(), options: Box::new(options) };
    Runner::start(RunnerOptions { atlassian, ..RunnerOptions::default() }).await.unwrap()
}

/// One org with a report of two pages, whose second page another address is said to have.
fn two_pages(elsewhere: &str) -> impl Fn(&Uri) -> Response + Clone + Send + Sync + use<> {
    let elsewhere = elsewhere.to_owned();
    move |uri: &Uri| {
        let at = "2026-11-21T12:00:00Z";
        let org = json!({"id": "../o", "name": "=Evil\u{1b}[2J", "state": "active", "status": "ok", "last_report_at": at,
            "poll_lag_secs": 10, "mode": "observe"});
        let report = json!({"id": "20261121T120000Z", "generated_at": at, "by_severity": {"high": 0}, "extra": [1]});
        let next = format!("<{elsewhere}/x.csv?cursor=page-2>; rel=\"next\"");
        match (uri.path(), uri.query().unwrap_or_default()) {
            ("/v1/orgs", _) => axum::Json(json!({"items": [org], "next": null})).into_response(),
            (path, query) if path.ends_with(".csv") && !query.contains("cursor=page-2") => {
                let link = [(header::LINK, HeaderValue::from_str(&next).unwrap())];
                (link, "kind,id\r\nuser_api_token,1\r\n").into_response()
            }
            (path, _) if path.ends_with(".csv") => "kind,id\r\nuser_api_token,2\r\n".into_response(),
            _report => axum::Json(report).into_response(),
        }
    }
}

async fn hub(config: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenwarden"));
    command.arg("hub").arg("--config").arg(config).args(arguments);
    command.envs([("ACME_TOKEN", "local-reader"), ("MUTE_TOKEN", "tw-mute-4711"), ("MOVED_TOKEN", "tw-moved-4711")]);
    command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn written(folder: &Path, clients: &Value) -> PathBuf {
    let path = folder.join("clients.json");
    std::fs::write(&path, clients.to_string()).unwrap();
    path
}

/// The files below a folder, by their paths.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => found.push(entry.strip_prefix(folder).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_answer_delays_no_other_and_no_token_goes_where_it_does_not_belong() {
    let folder = tempfile::tempdir().unwrap();
    let (acme, (_listener, silent)) = (deployment().await, mute().await);
    let other = Stub::answering(|_| StatusCode::NOT_FOUND.into_response()).await;
    let paged = Stub::answering(two_pages(&other.url)).await;
    let to = format!("{}/v1/orgs", other.url);
    let moved = Stub::answering(move |_| {
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_str(&to).unwrap())]).into_response()
    })
    .await;
    std::fs::write(folder.path().join("token"), "tw-paged-4711\n").unwrap();
    let config = written(
        folder.path(),
        &json!([
            {"name": "Mute AG", "api": silent, "token_env": "MUTE_TOKEN"},
            {"name": "Acme", "api": acme.url(), "token_env": "ACME_TOKEN"},
            {"name": "Paged", "api": paged.url, "token_file": "token"},
            {"name": "Moved", "api": moved.url, "token_env": "MOVED_TOKEN"},
        ]),
    );
    let reports = folder.path().join("reports");
    let arguments = ["--timeout", "4", "--format", "json", "--reports", reports.to_str().unwrap()];

    let began = Instant::now();
    let output = hub(&config, &arguments).await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        told["clients"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Mute AG", "Acme", "Paged", "Moved"], "in the order of the file");
    let statuses: Vec<&Value> = told["clients"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["not_reached", "asked", "asked", "not_reached"]);
    let org = &told["clients"][1]["orgs"][0];
    assert_eq!((&org["mode"], &org["files"]), (&json!("observe"), &json!("written")));
    assert!(org["by_severity"].is_object() && org["age_secs"].is_i64(), "{org}");

    let shown = |stub: &Stub| stub.credentials();
    assert_eq!(shown(&paged), ["Bearer tw-paged-4711"]);
    assert_eq!(shown(&moved), ["Bearer tw-moved-4711"]);
    assert!(shown(&other).is_empty(), "no redirect is followed, and no link: {:?}", other.came.lock().unwrap());

    let report = org["report"].as_str().unwrap();
    let wanted = [
        format!("Acme/{}/{report}.csv", org["id"].as_str().unwrap()),
        format!("Acme/{}/{report}.json", org["id"].as_str().unwrap()),
        "Paged/%2E.%2Fo/20261121T120000Z.csv".into(),
        "Paged/%2E.%2Fo/20261121T120000Z.json".into(),
    ];
    assert_eq!(files(&reports), wanted);
    let rows = std::fs::read_to_string(reports.join(&wanted[2])).unwrap();
    assert_eq!(rows, "kind,id\r\nuser_api_token,1\r\nuser_api_token,2\r\n", "one header over all pages");
    let credentials = std::fs::read_to_string(reports.join(&wanted[0])).unwrap();
    assert!(credentials.lines().count() > 10, "{credentials}");
    let summary: Value = serde_json::from_slice(&std::fs::read(reports.join(&wanted[1])).unwrap()).unwrap();
    assert_eq!(summary["id"], json!(report));

    std::fs::write(reports.join(&wanted[2]), "mine").unwrap();
    let (again, table) = (hub(&config, &arguments).await, hub(&config, &["--timeout", "2"]).await);
    let told: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(told["clients"][2]["orgs"][0]["files"], "already_there");
    assert_eq!(std::fs::read_to_string(reports.join(&wanted[2])).unwrap(), "mine", "what is there is left");
    let shown = text(&table.stdout);
    assert!(shown.lines().any(|line| line.starts_with("Mute AG") && line.contains("not reached")), "{shown}");
    assert!(!shown.contains('\u{1b}'), "a name steers no terminal");
    for output in [&output, &again, &table] {
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(!all.contains("4711") && !all.contains("local-reader"), "{all}");
    }
    acme.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_tells_whether_all_are_well_and_a_wrong_file_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let well = Stub::answering(two_pages("http://127.0.0.1:9")).await;
    let one = |api: &str| json!([{"name": "A", "api": api, "token_env": "ACME_TOKEN"}]);
    let output = hub(&written(folder.path(), &one(&well.url)), &["--format", "csv"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let csv = text(&output.stdout);
    assert!(csv.contains("A,../o,'=Evil\u{fffd}[2J,ok,2026-11-21T12:00:00+00:00,"), "{csv}");

    let refusing = Stub::answering(|_| {
        let problem = json!({"detail": "nobody knows local-reader"}).to_string();
        (StatusCode::UNAUTHORIZED, problem).into_response()
    })
    .await;
    let output = hub(&written(folder.path(), &one(&refusing.url)), &[]).await;
    assert_eq!(output.status.code(), Some(2), "nothing could be asked");
    let told = text(&output.stderr);
    assert!(told.contains("401") && told.contains("nobody knows ***"), "{told}");

    let output = hub(&written(folder.path(), &one("http://tokenwarden.client.example")), &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("line 1: `api` must begin with https"), "{}", text(&output.stderr));
    let unset = json!([{"name": "A", "api": well.url, "token_env": "NOBODY_SET_THIS"}]);
    let output = hub(&written(folder.path(), &unset), &[]).await;
    assert!(text(&output.stderr).contains("`token_env` names NOBODY_SET_THIS, which is not set"));
}
