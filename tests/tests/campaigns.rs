//! Campaigns as an admin goes through them: by the command and the API alone, over the local runner and a simulated org.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::SimOptions;
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, process::Stdio, time::Duration};
use tokenwarden_local::{Atlassian, Runner, RunnerOptions};
use tokenwarden_tests::{lambda::build_programs, world::ORG};
use tokio::process::Command;

const POLICY: &str = r#"{"mode": "enforce", "protected": ["nobody"], "approval_valid_days": 30,
    "limits": {"max_actions": 500, "max_share_percent": 100, "window_hours": 24},
    "calendar": {"weekend": [], "from_hour": 0},
    "auth_policies": {"blocking": "sim-policy-no-tokens", "allowing": "sim-policy-tokens"},
    "rules": {"unused": {}}}"#;

struct Admin {
    runner: Runner,
}

impl Admin {
    async fn with_a_company() -> Self {
        let options = SimOptions { users: 120, tokens: 70, max_events: 1_500, ..SimOptions::default() };
        let listen = "127.0.0.1:0".parse().unwrap();
        let atlassian = Atlassian::Simulated { listen, options: Box::new(options) };
        let admin =
            Self { runner: Runner::start(RunnerOptions { atlassian, ..RunnerOptions::default() }).await.unwrap() };
        admin.put_policy().await;
        admin
    }

    async fn ask(&self, method: Method, url: String, token: &str, body: Option<Value>) -> Value {
        let client = shared::http::atlassian_http_client(Duration::from_secs(60));
        let request = client.request(method, &url).bearer_auth(token);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, format!("{}/v1/orgs/{ORG}/{path}", self.runner.url()), "local-reader", None).await
    }

    async fn in_the_org(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, format!("{}/_sim/{path}", self.runner.sim_url()), "", Some(body)).await
    }

    async fn put_policy(&self) {
        let current = self.get("policy").await;
        let version = format!("\"{}-{}\"", current["version"], current["digest"].as_str().unwrap());
        let client = shared::http::atlassian_http_client(Duration::from_secs(60));
        let url = format!("{}/v1/orgs/{ORG}/policy", self.runner.url());
        let put = client.put(&url).bearer_auth("local-admin").header("if-match", version).body(POLICY);
        let answer: Value = put.send().await.unwrap().json().await.unwrap();
        let confirmed = json!({ "digest": answer["proposal"]["digest"], "reason": "agreed" });
        self.ask(Method::POST, format!("{url}/confirm"), "local-approver", Some(confirmed)).await;
    }

    /// What the command prints.
    async fn campaign(&self, token: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(build_programs().join("tokenwarden"));
        command.arg("campaign").args(arguments).args(["--api", &self.runner.url()]).env("TOKENWARDEN_TOKEN", token);
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
        told
    }

    /// Until nothing is under way any more: Atlassian's tasks are looked at each minute.
    async fn let_it_work(&self) {
        for _ in 0..8 {
            self.runner.advance(61).await.unwrap();
            self.runner.run("poll-audit").await.unwrap();
            self.runner.run("remediate-tokens").await.unwrap();
        }
    }

    async fn report(&self) {
        self.runner.run("poll-audit").await.unwrap();
        self.ask(Method::POST, format!("{}/v1/orgs/{ORG}/reports", self.runner.url()), "local-approver", None).await;
        self.runner.run("report-tokens").await.unwrap();
    }

    async fn count(&self, id: &str, stand: &str) -> u64 {
        self.get(&format!("campaigns/{id}?limit=1")).await["counts"][stand].as_u64().unwrap_or(0)
    }

    async fn only_id(&self) -> String {
        self.get("campaigns").await["items"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn accounts(&self, id: &str, stand: &str) -> BTreeSet<String> {
        let found = self.get(&format!("campaigns/{id}?limit=1000&stand={stand}")).await;
        let items = found["items"].as_array().unwrap().iter();
        items.map(|member| member["account"].as_str().unwrap().to_owned()).collect()
    }

    /// Batch after batch, each agreed to by somebody else, until nobody is left.
    async fn move_all(&self, id: &str) {
        for _ in 0..20 {
            if self.count(id, "todo").await + self.count(id, "unclear").await == 0 {
                return;
            }
            self.campaign("local-approver", &["ask", id, "--limit", "20", "--include-unclear", "--reason", "next"])
                .await;
            self.let_it_work().await;
            let shown = self.campaign("local-approver-2", &["approve", id, "--reason", "read"]).await;
            let digest = shown.split("--agree ").nth(1).and_then(|rest| rest.split(' ').next());
            let Some(digest) = digest.map(str::to_owned) else {
                panic!("nothing waits for a yes: {}", self.get(&format!("campaigns/{id}?limit=20")).await);
            };
            self.campaign("local-approver-2", &["approve", id, "--agree", &digest, "--reason", "read"]).await;
            self.let_it_work().await;
        }
        panic!("somebody is left: {}", self.get(&format!("campaigns/{id}?limit=20")).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_closed_from_the_list_to_the_verified_click() {
    let admin = Admin::with_a_company().await;
    let why = ["--reason", "tokens are blocked by default from January on"];
    let begun = admin.campaign("local-approver", &[&["start", "close-policy"][..], &why].concat()).await;
    let id = admin.only_id().await;
    assert!(begun.contains("Blocking tokens for this group hits") && begun.contains("admin.atlassian.com"), "{begun}");
    let would_break = admin.accounts(&id, "todo").await;
    assert!(!would_break.is_empty(), "{begun}");

    admin.move_all(&id).await;
    let moved = admin.accounts(&id, "done").await;
    assert!(would_break.is_subset(&moved), "{would_break:?} {moved:?}");

    admin.in_the_org("policies/sim-policy-default", json!({ "tokens": "blocked" })).await;
    let clicked = admin.campaign("local-approver", &["clicked", &id, "--reason", "in the console"]).await;
    assert!(clicked.contains("Wait for the next report"), "{clicked}");
    admin.runner.advance(7_200).await.unwrap();
    admin.report().await;
    let shown = admin.campaign("local-reader", &["show", &id]).await;
    assert!(shown.contains("Verified: "), "{shown}");
    assert_eq!(admin.get(&format!("campaigns/{id}")).await["settled"]["verified"], true);

    let ended = admin.campaign("local-approver", &["end", &id, "--reason", "closed and verified"]).await;
    assert!(ended.contains("Nothing: local-approver ended it"), "{ended}");
    let kinds = admin.get("ledger?limit=1000").await;
    let kinds: Vec<&str> = kinds["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    for kind in ["campaign_started", "campaign_clicked", "campaign_ended"] {
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), 1, "{kind}: {kinds:?}");
    }
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_the_wrong_policy_is_not_taken_for_done() {
    let admin = Admin::with_a_company().await;
    admin.campaign("local-approver", &["start", "close-policy", "--reason", "a try"]).await;
    let id = admin.only_id().await;
    admin.campaign("local-approver", &["clicked", &id, "--reason", "somewhere else"]).await;
    admin.runner.advance(7_200).await.unwrap();
    admin.report().await;
    let shown = admin.campaign("local-reader", &["show", &id]).await;
    assert!(shown.contains("Not verified"), "{shown}");
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_leaves_no_token_behind() {
    let admin = Admin::with_a_company().await;
    let rows = admin.get("reports/latest/credentials?kind=user_api_token&relation=managed&limit=1000").await;
    let active = |row: &&Value| row["owner"]["status"] == "active" && row["owner"]["org_admin"] != true;
    let row = rows["items"].as_array().unwrap().iter().find(active).unwrap();
    let account = row["owner"]["account_id"].as_str().unwrap();
    let arguments = ["start", "leave", "--account", account, "--reason", "leaves on Friday"];
    admin.campaign("local-approver", &arguments).await;
    let id = admin.only_id().await;
    let held = admin.count(&id, "todo").await;
    assert!(held > 0);
    admin.move_all(&id).await;
    assert_eq!(admin.count(&id, "done").await, held, "{}", admin.get(&format!("campaigns/{id}")).await);
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_recertification_the_register_answers() {
    let admin = Admin::with_a_company().await;
    admin.campaign("local-approver", &["start", "recertify", "--reason", "yearly"]).await;
    let id = admin.only_id().await;
    let all = admin.count(&id, "todo").await;
    let member = admin.get(&format!("campaigns/{id}?limit=1")).await["items"][0].clone();
    let (kind, credential) = (&member["credential"]["kind"], &member["credential"]["id"]);
    let url = format!("credentials/{}/{}/register", kind.as_str().unwrap(), credential.as_str().unwrap());
    let url = format!("{}/v1/orgs/{ORG}/{url}", admin.runner.url());
    let entered = json!({ "purpose": "nightly export", "responsible": "team data" });
    admin.ask(Method::PUT, url, "local-approver", Some(entered)).await;
    admin.report().await;
    assert_eq!((admin.count(&id, "done").await, admin.count(&id, "todo").await), (1, all - 1));
    admin.campaign("local-approver", &["ask", &id, "--limit", "5", "--reason", "please answer"]).await;
    assert_eq!(admin.count(&id, "asked").await, 5);
    admin.runner.shutdown().await;
}
