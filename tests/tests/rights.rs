//! `infra/template.yaml` grants each function what it uses and nothing else. Less is found by every test over a world, because
//! there a call that the function's role does not grant ends the test; here a tour finds more.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]

use atlassian_sim::SimOptions;
use lambda_http::{Body, Request, http};
use serde_json::{Value, json};
use serve_reports::{Pages, Serving};
use shared::{
    clock::NoDeadline,
    config::ReportSettings,
    error::{Error, Result},
    model::{Action, ActionState, CredentialRef, Intake, Quarantined, Secret},
    ports::{Clock, QuarantineStore, ReportReader, SecretSource},
    secrets::SecretCache,
    store::Store,
};
use std::{path::Path, time::Duration};
use tokenwarden_tests::{
    rights::{self, Right, Rights},
    template,
    world::{ENFORCE, LINK_KEY, TestClock, World, events, limits},
};

const DAY: Duration = Duration::from_secs(86_400);
const HELD: &str = "Bearer of-the-tour";

/// So that owners are told.
const RECIPIENTS: &str = "\
recipients:
  questions: Ann Admin (ann@example.com)
  sender: tokens@example.com
  fallback: fallback@example.com
";

/// A person of this role, whose name is the token.
fn holder(name: &str, role: &str) -> Value {
    json!({ "subject": name, "value": name, "roles": ["reader", role], "orgs": ["*"] })
}

/// What opens the routes.
struct Keys;

impl SecretSource for Keys {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        let secret = match name {
            "webhook" => json!({ tokenwarden_tests::world::ORG: { "accepted": [{ "value": HELD }] } }),
            "api-tokens" => {
                json!({ "tokens": [holder("ann", "approver"), holder("bo", "approver"), holder("cy", "admin")] })
            }
            "links" => json!({ "key": LINK_KEY }),
            other => return Err(Error::SecretUnavailable { name: other.into(), reason: "not in this tour".into() }),
        };
        Ok(Secret::new(secret.to_string()))
    }
}

type Ingest = ingest_audit::App<Store, Keys, TestClock>;
type Serve = serve_reports::App<Store, SecretCache<Keys, TestClock>, TestClock>;

/// A company, and the two functions that answer requests.
struct Tour {
    world: World,
    ingest: Ingest,
    serve: Serve,
}

impl Tour {
    async fn start() -> Self {
        let world =
            World::with(SimOptions { users: 300, tokens: 120, max_events: 1_000, ..SimOptions::default() }).await;
        let cache = || SecretCache::new(Keys, world.clock.clone());
        let ingest = Ingest::new(world.store_of("ingest-audit"), cache(), world.clock.clone(), events());
        let serving = Serving { pages: Pages::SignIn, events: events() };
        let serve = Serve::new(world.store_of("serve-reports"), cache(), world.clock.clone(), serving);
        Self { world, ingest, serve }
    }

    /// An event now, by somebody; with a token where one is named.
    fn event(&self, id: &str, action: &str, token: Option<&str>) -> Value {
        let auth =
            token.map_or(Value::Null, |id| json!({ "authType": "api-token", "tokenId": id, "tokenLabel": "tour" }));
        let actor = json!({ "id": "712020:tour", "auth": auth });
        let attributes = json!({ "time": self.world.clock.now().to_rfc3339(), "action": action, "actor": actor });
        json!({ "id": id, "type": "events", "attributes": attributes })
    }

    /// A use of a token, something that is kept without one, and something that is only counted.
    fn delivery(&self, of: &str) -> String {
        let event = |kind: &str, action: &str, token| self.event(&format!("{of}-{kind}"), action, token);
        let token = format!("token-of-{of}");
        let events = [
            event("use", "jira_issue_viewed", Some(&token)),
            event("policy", "api_token_created", None),
            event("other", "user_login", None),
        ];
        json!(events).to_string()
    }

    async fn deliver(&self, body: String) -> Value {
        let path = format!("/webhooks/{}/audit", self.world.org);
        let request = http::Request::builder().method("POST").uri(path).header("authorization", HELD);
        let (answer, _) = self.ingest.measured(request.body(Body::Text(body)).unwrap()).await;
        read(&answer.map(|body| body.to_vec()))
    }

    async fn ask(&self, who: &str, method: &str, path: &str, body: Value) -> Value {
        let uri = format!("http://localhost/v1/orgs/{}{path}", self.world.org);
        let request =
            http::Request::builder().method(method).uri(&uri).header("authorization", format!("Bearer {who}"));
        let body = if body.is_null() { Body::Empty } else { Body::Text(body.to_string()) };
        let request: Request = request.body(body).unwrap();
        read(&self.serve.handle(request).await.map(|body| body.to_vec()))
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("ann", "GET", path, Value::Null).await
    }

    async fn intake(&self) {
        let taken = self.deliver(self.delivery("pushed")).await;
        assert_eq!(taken, json!({ "stored": 2, "repeated": 0, "quarantined": 0, "ignored": 1 }));
        assert_eq!(self.deliver("{\"truncated\":".into()).await["quarantined"], 1);
        self.world.poll().await;
        let (store, source) = (self.world.store_of("poll-audit"), self.world.source());
        let settings = poll_audit::Settings { orgs: Vec::new(), events: events(), limits: limits() };
        let poll = poll_audit::App::new(store, source, self.world.clock.clone(), settings);
        poll.measures(&poll.run(&NoDeadline).await).await;
    }

    /// A token is revoked after an approval, with everything that is written about it.
    async fn remediation(&self) {
        self.world.tick_report().await;
        self.world.put_policy(&format!("{ENFORCE}{RECIPIENTS}")).await;
        self.world.sweep().await;
        let action = self.waiting().await;
        let ballot = json!({ "plan_hash": action.plan_hash, "reason": "nobody knows it" });
        self.ask("ann", "POST", &format!("/actions/{}/approve", action.id), ballot).await;
        self.world.advance(7 * DAY).await;
        self.world.poll().await;
        self.world.sweep().await;
        assert_eq!(self.world.action(&action.id).await.state, ActionState::Done);
        self.world.report().await;
    }

    async fn waiting(&self) -> Action {
        let actions = self.world.actions().await;
        actions.into_iter().find(|action| action.state == ActionState::Waiting).expect("an unused token waits")
    }

    /// What people look at and enter.
    async fn serving(&self) {
        self.get("/reports/latest/credentials").await;
        let rows = self.world.rows(&self.world.latest().await.unwrap()).await;
        let row = rows.into_iter().find(|row| row.profile.is_some()).expect("a credential whose use was seen");
        let CredentialRef { kind, id } = row.credential.reference;
        let credential = format!("/credentials/{}/{id}", kind.as_str());
        self.get(&credential).await;
        self.get(&format!("{credential}/events")).await;
        for path in ["/findings", "/actions", "/ledger", "/messages", "/quarantine", "/register"] {
            self.get(path).await;
        }
        let register = format!("{credential}/register");
        self.ask("ann", "PUT", &register, json!({ "purpose": "payroll" })).await;
        self.ask("ann", "DELETE", &register, Value::Null).await;
    }

    /// A body that an older version did not understand, and this one does.
    async fn replay(&self) {
        let (body, at) = (self.delivery("replayed"), self.world.clock.now());
        let (intake, reason, size_bytes) = (Intake::AuditWebhook, "was not known".into(), body.len() as u64);
        let header = Quarantined { id: "q1".into(), intake, reason, at, size_bytes, parts: 1 };
        self.world.store().quarantine(&self.world.org, &header, body.as_bytes()).await.unwrap();
        let replayed = self.ask("ann", "POST", "/quarantine/q1/replay", Value::Null).await;
        assert_eq!(self.get("/quarantine").await["items"].as_array().map(Vec::len), Some(1), "{replayed}");
    }

    async fn removal(&self) {
        self.ask("cy", "DELETE", "?purge=true", json!({ "reason": "the contract ended" })).await;
        self.world.advance(DAY).await;
        let (store, source) = (self.world.store_of("report-tokens"), self.world.source());
        let settings = ReportSettings { every_hours: 24, retention_days: 400 };
        let report = report_tokens::App { store, source, clock: self.world.clock.clone(), settings, orgs: Vec::new() };
        report.measures(&report.run(&NoDeadline).await).await;
        assert_eq!(self.world.store().latest_report(&self.world.org).await.unwrap(), None);
    }
}

fn read(answer: &http::Response<Vec<u8>>) -> Value {
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status().is_success(), "{}: {text}", answer.status());
    serde_json::from_str(&text).unwrap_or_default()
}

#[tokio::test]
async fn a_tour_through_the_functions_uses_every_right_on_the_tables() {
    let tour = Tour::start().await;
    tour.intake().await;
    tour.remediation().await;
    tour.serving().await;
    tour.replay().await;
    tour.removal().await;
    let mut superfluous = Vec::new();
    for function in template::functions().into_keys() {
        let used = tour.world.used.by(function);
        let unused = rights::of(function).iter().filter(|right| right.is_of_tables() && !used.contains(right));
        superfluous.extend(unused.map(|right| format!("{function}: {right}")));
    }
    assert!(superfluous.is_empty(), "granted in infra/template.yaml and used by nothing:\n{}", superfluous.join("\n"));
}

/// What a function needs beyond the tables: this follows from its settings and from what starts it.
fn needed(function: &str, conditions: &[&str]) -> Rights {
    let (id, properties) = template::functions()[function];
    let settings = properties["Environment"]["Variables"].as_object().unwrap();
    let logs = rights::resource_name(&properties["LoggingConfig"]["LogGroup"]) + ".Arn";
    let mut needed = on(&logs, &["logs:CreateLogStream", "logs:PutLogEvents"]);
    for (name, value) in settings {
        let value = rights::resource_name(value);
        match name.as_str() {
            "EVENT_BUS" => needed.extend(on(&format!("{value}.Arn"), &["events:PutEvents"])),
            "LEDGER_KEY_ID" => needed.extend(on(&value, &["kms:Sign", "kms:GetPublicKey"])),
            secret if secret.ends_with("_SECRET_ID") => needed.extend(on(&value, &["secretsmanager:GetSecretValue"])),
            _ => {}
        }
    }
    for (_, mapping) in
        template::resources("AWS::Lambda::EventSourceMapping").filter(|(_, of)| of["FunctionName"] == id)
    {
        let queue = rights::resource_name(&mapping["DestinationConfig"]["OnFailure"]["Destination"]);
        let stream = "cases/stream";
        needed.extend(on(stream, &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]));
        needed.extend(on(&format!("{stream}/*"), &["dynamodb:ListStreams"]));
        needed.extend(on(&queue, &["sqs:SendMessage"]));
    }
    if sends_mail(function) {
        let identity = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}";
        needed.extend(on(identity, &["ses:SendEmail"]));
    }
    if rights::resolved(&template::read()["Globals"]["Function"]["Tracing"], conditions) == "Active" {
        needed.extend(on("*", &["xray:PutTraceSegments", "xray:PutTelemetryRecords"]));
    }
    needed
}

/// Whether the client of SES is built into a function.
fn sends_mail(function: &str) -> bool {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions").join(function).join("Cargo.toml");
    std::fs::read_to_string(manifest).unwrap().contains("\"aws-messages\"")
}

fn on(resource: &str, actions: &[&str]) -> Rights {
    actions.iter().map(|action| Right::new(*action, resource)).collect()
}

/// None of the template's conditions, and each by itself.
fn conditions() -> impl Iterator<Item = Vec<&'static str>> {
    let named = template::read()["Conditions"].as_object().into_iter().flatten();
    named.map(|(name, _)| vec![name.as_str()]).chain([Vec::new()])
}

#[test]
fn beyond_the_tables_each_function_is_granted_what_its_settings_name() {
    for held in conditions() {
        for function in template::functions().into_keys() {
            let granted = rights::granted(function, &held).into_iter().filter(|right| !right.is_of_tables());
            let (granted, needed) = (granted.collect::<Rights>(), needed(function, &held));
            assert_eq!(granted, needed, "{function} {held:?}: left granted, right needed");
        }
    }
}

#[test]
fn no_condition_changes_the_rights_on_the_tables() {
    let on_tables = |function, held: &[&str]| -> Rights {
        rights::granted(function, held).into_iter().filter(Right::is_of_tables).collect()
    };
    for held in conditions() {
        for function in template::functions().into_keys() {
            assert_eq!(on_tables(function, &held), on_tables(function, &[]), "{function} {held:?}");
        }
    }
}

#[test]
fn what_the_internet_reaches_reads_the_registry_of_orgs_and_nothing_else_of_the_cases() {
    let of_cases = rights::of("ingest-audit").iter().filter(|right| right.resource.starts_with("cases"));
    assert_eq!(of_cases.cloned().collect::<Rights>(), on("cases[ORGS]", &["dynamodb:GetItem"]));
}

#[test]
fn rights_are_granted_by_the_roles_of_the_functions_alone() {
    let resources = template::read()["Resources"].as_object().unwrap();
    let of_iam =
        resources.values().filter_map(|resource| resource["Type"].as_str()).filter(|of| of.contains("::IAM::"));
    let kinds: Vec<&str> = of_iam.collect();
    assert_eq!(kinds, vec!["AWS::IAM::Role"; template::functions().len()]);
}
