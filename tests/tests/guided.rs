//! What no API of Atlassian's does, as an admin goes through it: told step by step, done by hand in the simulated
//! console, then verified. By the command and the API alone, over the local runner and a simulated org.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use atlassian_sim::{Dialect, Dialects, SimOptions};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    process::{Output, Stdio},
    time::Duration,
};
use tokenwarden_local::{Atlassian, Runner, RunnerOptions};
use tokenwarden_tests::{lambda::build_programs, world::ORG};
use tokio::process::Command;

const POLICY: &str = r#"{"mode": "observe", "protected": ["nobody"],
    "limits": {"max_actions": 5, "max_share_percent": 5, "window_hours": 24}, "rules": {"unused": {}}}"#;
const WHY: [&str; 2] = ["--reason", "contractors' tokens are blocked from January on"];

struct Admin {
    runner: Runner,
}

/// An external user with a token.
struct Contractor {
    account: String,
    token: String,
}

impl Admin {
    async fn with_a_small_company(dialects: Dialects) -> Self {
        let options = SimOptions { users: 60, tokens: 40, max_events: 400, dialects, ..SimOptions::default() };
        let listen = "127.0.0.1:0".parse().unwrap();
        let atlassian = Atlassian::Simulated { listen, options: Box::new(options) };
        let admin =
            Self { runner: Runner::start(RunnerOptions { atlassian, ..RunnerOptions::default() }).await.unwrap() };
        admin.put_policy().await;
        admin
    }

    async fn send(&self, method: Method, url: String, token: &str, body: Option<Value>) -> (u16, Value) {
        let client = shared::http::atlassian_http_client(Duration::from_secs(60));
        let request = client.request(method, &url).bearer_auth(token);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.send(method, format!("{}/v1/orgs/{ORG}/{path}", self.runner.url()), "local-approver", body).await
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}/v1/orgs/{ORG}/{path}", self.runner.url());
        let (status, answer) = self.send(Method::GET, url, "local-reader", None).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn in_the_org(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, format!("{}/_sim/{path}", self.runner.sim_url()), "", Some(body)).await
    }

    async fn put_policy(&self) {
        let current = self.get("policy").await;
        let version = format!("\"{}-{}\"", current["version"], current["digest"].as_str().unwrap());
        let client = shared::http::atlassian_http_client(Duration::from_secs(60));
        let url = format!("{}/v1/orgs/{ORG}/policy", self.runner.url());
        let put = client.put(&url).bearer_auth("local-admin").header("if-match", version).body(POLICY);
        let answer: Value = put.send().await.unwrap().json().await.unwrap();
        if let Some(digest) = answer["proposal"]["digest"].as_str() {
            let (status, _) =
                self.ask(Method::POST, "policy/confirm", Some(json!({ "digest": digest, "reason": "agreed" }))).await;
            assert_eq!(status, 200);
        }
    }

    async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(build_programs().join("tokenwarden"));
        command.args(arguments).args(["--api", &self.runner.url()]).env("TOKENWARDEN_TOKEN", "local-approver");
        command.stdin(Stdio::null()).output().await.unwrap()
    }

    /// What the command prints.
    async fn told(&self, arguments: &[&str]) -> String {
        let output = self.command(&[arguments, &["--reason", "as agreed"][..]].concat()).await;
        Self::printed(arguments, &output)
    }

    /// What a command prints that takes no reason.
    async fn shown(&self, arguments: &[&str]) -> String {
        Self::printed(arguments, &self.command(arguments).await)
    }

    fn printed(arguments: &[&str], output: &Output) -> String {
        let told = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(output.status.success(), "{arguments:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
        told
    }

    async fn report(&self) {
        self.runner.run("poll-audit").await.unwrap();
        let (status, _) = self.ask(Method::POST, "reports", None).await;
        assert_eq!(status, 202);
        self.runner.run("report-tokens").await.unwrap();
    }

    async fn advance(&self, by: TimeDelta) -> DateTime<Utc> {
        self.runner.advance(by.num_seconds()).await.unwrap()
    }

    async fn only_campaign(&self) -> String {
        self.get("campaigns").await["items"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn campaign(&self, id: &str) -> Value {
        self.get(&format!("campaigns/{id}?limit=1000")).await
    }

    async fn stand(&self, id: &str, account: &str) -> String {
        let found = self.campaign(id).await;
        let mut members = found["items"].as_array().unwrap().iter();
        let member =
            members.find(|member| member["account"] == account).unwrap_or_else(|| panic!("{account}: {found}"));
        member["stand"].as_str().unwrap().to_owned()
    }

    /// Two external users, each with a token of his own that he used just now.
    async fn contractors(&self) -> [Contractor; 2] {
        let owners = self.get("reports/latest/owners?relation=external&limit=1000").await;
        let accounts = owners["items"].as_array().unwrap().iter();
        let mut accounts = accounts.map(|owner| owner["account_id"].as_str().unwrap().to_owned());
        let mut found = Vec::new();
        for label in ["nightly export", "dashboard"] {
            let account = accounts.next().unwrap();
            let body = json!({ "kind": "external_token", "owner": account, "label": label });
            let (status, made) = self.in_the_org("tokens", body).await;
            assert_eq!(status, 201, "{made}");
            let contractor = Contractor { account, token: made["id"].as_str().unwrap().to_owned() };
            assert_eq!(self.uses(&contractor).await, 200);
            found.push(contractor);
        }
        found.try_into().unwrap_or_else(|_| panic!("two of them"))
    }

    /// The status with which the use of a contractor's token is answered.
    async fn uses(&self, contractor: &Contractor) -> u16 {
        self.in_the_org("use", json!({ "token_id": contractor.token })).await.0
    }

    async fn take_seat(&self, account: &str, until: DateTime<Utc>) -> (u16, Value) {
        let body = json!({ "reason": "needed until the contract ends", "until": until.to_rfc3339() });
        self.ask(Method::PUT, &format!("seats/{account}"), Some(body)).await
    }

    async fn seats(&self) -> Vec<String> {
        let seats = self.get("seats").await;
        seats["items"].as_array().unwrap().iter().map(|seat| seat["account"].as_str().unwrap().to_owned()).collect()
    }

    async fn ledger_kinds(&self) -> Vec<String> {
        let ledger = self.get("ledger?limit=1000").await;
        ledger["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    }

    async fn register(&self, id: &str, entered: Value) {
        let (status, answer) =
            self.ask(Method::PUT, &format!("credentials/registered/{id}/register"), Some(entered)).await;
        assert_eq!(status, 200, "{answer}");
    }
}

fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn external_users_tokens_are_blocked_from_the_list_over_the_seat_to_the_verified_click() {
    let admin = Admin::with_a_small_company(Dialects::default()).await;
    let [keeps, stops] = admin.contractors().await;
    let (status, _) = admin
        .ask(Method::PUT, &format!("owners/{}/sponsor", stops.account), Some(json!({ "sponsor": "vendor desk" })))
        .await;
    assert_eq!(status, 200);
    admin.report().await;
    let begun = admin.shown(&[&["campaign", "start", "close-external"][..], &WHY].concat()).await;
    contains_all(&begun, &["External user policy", "choose Block", "(5 of 5 are free)", "sponsor: vendor desk"]);
    let id = admin.only_campaign().await;
    assert_eq!([admin.stand(&id, &keeps.account).await, admin.stand(&id, &stops.account).await], ["todo", "todo"]);
    let asked = json!({ "limit": 1, "reason": "by the API" });
    let (status, refused) = admin.ask(Method::POST, &format!("campaigns/{id}/ask"), Some(asked)).await;
    assert!(status == 409 && refused["detail"].as_str().unwrap().contains("by hand"), "{refused}");

    let until = (admin.advance(TimeDelta::zero()).await + TimeDelta::days(60)).date_naive().to_string();
    let seat = ["seats", "take", &keeps.account, "--until", &until, "--name", "Carol"];
    contains_all(&admin.told(&seat).await, &["Carol", "Test policy", "add the user"]);
    assert_eq!(admin.stand(&id, &keeps.account).await, "done");
    assert_eq!(admin.in_the_org("external-policy/seats", json!({ "account": keeps.account })).await.0, 200);
    assert_eq!(admin.in_the_org("external-policy", json!({ "tokens": "blocked" })).await.0, 200);
    let clicked = admin.told(&["campaign", "clicked", &id]).await;
    contains_all(&clicked, &["Wait for the next report"]);

    admin.advance(TimeDelta::hours(2)).await;
    assert_eq!([admin.uses(&keeps).await, admin.uses(&stops).await], [200, 409]);
    admin.report().await;
    contains_all(&admin.shown(&["campaign", "show", &id]).await, &["Not verified yet", "over a day"]);
    admin.advance(TimeDelta::hours(30)).await;
    assert_eq!(admin.uses(&keeps).await, 200);
    admin.report().await;
    contains_all(&admin.shown(&["campaign", "show", &id]).await, &["Verified as far as the log shows"]);
    assert_eq!(admin.campaign(&id).await["settled"]["log"], "no_use");
    assert_eq!(admin.stand(&id, &stops.account).await, "stays");
    let kinds = admin.ledger_kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "seat_taken").count(), 1, "{kinds:?}");
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_uses_a_token_after_a_click_in_the_wrong_policy_is_named() {
    let admin = Admin::with_a_small_company(Dialects::default()).await;
    let [first, _] = admin.contractors().await;
    admin.report().await;
    admin.shown(&[&["campaign", "start", "close-external"][..], &WHY].concat()).await;
    let id = admin.only_campaign().await;
    admin.told(&["campaign", "clicked", &id]).await;
    admin.advance(TimeDelta::hours(30)).await;
    assert_eq!(admin.uses(&first).await, 200, "nothing was blocked");
    admin.report().await;
    let shown = admin.campaign(&id).await;
    assert_eq!((&shown["settled"]["verified"], &shown["settled"]["log"]), (&json!(false), &json!("used")));
    let named = shown["settled"]["used_by"][0].as_str().unwrap().to_owned();
    contains_all(&admin.shown(&["campaign", "show", &id]).await, &["Not verified: used by", &named]);
    assert_eq!(admin.stand(&id, &first.account).await, "todo");
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_external_use_leaves_no_event_a_click_cannot_be_verified() {
    let admin = Admin::with_a_small_company(Dialects::of([Dialect::NoExternalUse])).await;
    admin.contractors().await;
    admin.report().await;
    let begun = admin.shown(&[&["campaign", "start", "close-external"][..], &WHY].concat()).await;
    contains_all(&begun, &["whoever is not listed here may use one all the same"]);
    let id = admin.only_campaign().await;
    admin.in_the_org("external-policy", json!({ "tokens": "blocked" })).await;
    admin.told(&["campaign", "clicked", &id]).await;
    admin.advance(TimeDelta::hours(30)).await;
    admin.report().await;
    let shown = admin.shown(&["campaign", "show", &id]).await;
    contains_all(&shown, &["It cannot be verified by the log", "Try it"]);
    let settled = admin.campaign(&id).await["settled"].clone();
    assert_eq!((&settled["verified"], &settled["log"]), (&json!(false), &json!("cannot_show")));
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sixth_seat_is_refused_and_two_admins_at_once_never_make_six() {
    let admin = Admin::with_a_small_company(Dialects::default()).await;
    contains_all(&admin.shown(&["seats", "list"]).await, &["All seats are free"]);
    let until = admin.advance(TimeDelta::zero()).await + TimeDelta::days(30);
    for account in ["ext-1", "ext-2", "ext-3", "ext-4"] {
        assert_eq!(admin.take_seat(account, until).await.0, 200);
    }
    let (one, other) = tokio::join!(admin.take_seat("ext-5", until), admin.take_seat("ext-6", until));
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{one:?} {other:?}");
    assert_eq!(admin.seats().await.len(), 5);
    let (status, refused) = admin.take_seat("ext-7", until).await;
    let detail = refused["detail"].as_str().unwrap();
    assert_eq!(status, 409);
    contains_all(detail, &["ext-1", "ext-2", "ext-3", "ext-4", "ends first"]);

    contains_all(&admin.shown(&["seats", "free", "ext-1"]).await, &["no API does it", "remove the user"]);
    assert_eq!(admin.take_seat("ext-7", until).await.0, 200);
    assert_eq!(admin.take_seat("ext-7", until + TimeDelta::days(400)).await.0, 400, "at most a year");
    let kinds = admin.ledger_kinds().await;
    let many = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!((many("seat_taken"), many("seat_freed")), (6, 1), "{kinds:?}");
    let ledger = admin.get("ledger?limit=1000").await.to_string();
    assert!(!ledger.contains("needed until the contract ends"), "the ledger holds ids only");
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_ended_asks_the_security_team_once() {
    let admin = Admin::with_a_small_company(Dialects::default()).await;
    let now = admin.advance(TimeDelta::zero()).await;
    assert_eq!(admin.take_seat("ext-1", now + TimeDelta::hours(2)).await.0, 200);
    assert_eq!(admin.take_seat("ext-2", now + TimeDelta::days(20)).await.0, 200);
    let wanted = async || {
        let messages = admin.get("messages?limit=1000").await;
        let of = |message: &&Value| message["kind"] == "step_wanted";
        messages["items"].as_array().unwrap().iter().filter(of).cloned().collect::<Vec<_>>()
    };
    admin.runner.run("remediate-tokens").await.unwrap();
    assert_eq!(wanted().await, Vec::<Value>::new());
    for _ in 0..3 {
        admin.advance(TimeDelta::hours(3)).await;
        admin.runner.run("remediate-tokens").await.unwrap();
    }
    let told = wanted().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["audience"]["kind"], "security");
    contains_all(told[0]["text"].as_str().unwrap(), &["ext-1", "tokenwarden seats free ext-1"]);
    contains_all(&admin.shown(&["seats", "list"]).await, &["ended: take the account out of the policy by hand"]);
    assert_eq!(admin.seats().await, ["ext-1", "ext-2"], "it counts until somebody frees it");
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scim_key_is_replaced_by_hand_until_its_new_expiry_is_entered() {
    let admin = Admin::with_a_small_company(Dialects::default()).await;
    let now = admin.advance(TimeDelta::zero()).await;
    let expires = |days| (now + TimeDelta::days(days)).date_naive().to_string();
    let entry = |days| json!({ "label": "Okta SCIM key", "system": "Okta", "expires_at": expires(days) });
    admin.register("okta-scim", entry(20)).await;
    admin.report().await;
    let start = ["campaign", "start", "by-hand", "--credential", "registered/okta-scim"];
    let begun = admin.told(&start).await;
    contains_all(&begun, &["Identity providers", "Regenerate API key", "enter it in the register"]);
    let id = admin.only_campaign().await;
    admin.told(&["campaign", "clicked", &id]).await;
    admin.advance(TimeDelta::hours(2)).await;
    admin.register("okta-scim", entry(20)).await;
    admin.report().await;
    contains_all(&admin.shown(&["campaign", "show", &id]).await, &["Not verified yet: enter the new expiry"]);
    admin.register("okta-scim", entry(365)).await;
    admin.advance(TimeDelta::hours(1)).await;
    admin.report().await;
    contains_all(&admin.shown(&["campaign", "show", &id]).await, &["Verified by the register", "done 1"]);
    assert_eq!(admin.campaign(&id).await["settled"]["list"], "renewed");
    let listed = admin.shown(&["campaign", "list"]).await;
    contains_all(&listed, &["by_hand", &id]);
    admin.runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_api_can_revoke_or_nobody_knows_is_no_step_for_a_person() {
    let admin = Admin::with_a_small_company(Dialects::default()).await;
    let start = async |kind: &str, id: &str| {
        let credential = json!({ "kind": kind, "id": id });
        let body = json!({ "kind": "by_hand", "credential": credential, "reason": "a try" });
        admin.ask(Method::POST, "campaigns", Some(body)).await
    };
    let (status, refused) = start("user_api_token", "t1").await;
    assert!(status == 400 && refused["detail"].as_str().unwrap().contains("revoked from here"), "{refused}");
    assert_eq!(start("registered", "nobody-entered-it").await.0, 404);
    let body = json!({ "kind": "by_hand", "reason": "a try" });
    assert_eq!(admin.ask(Method::POST, "campaigns", Some(body)).await.0, 400, "which credential?");
    admin.runner.shutdown().await;
}
