//! A client that sends one request per connection and shows everything that comes back.

use std::collections::HashMap;

use atlassian_sim::{Dialects, Sim, SimOptions};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ORG: &str = "00000000-0000-4000-8000-000000000001";
pub(crate) const ADMIN: &str = "sim-admin-key";
pub(crate) const READ: &str = "sim-read-key";

/// 2026-06-01T12:00:00Z, a Monday.
pub(crate) const NOW_MS: i64 = 1_780_315_200_000;

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

impl Reply {
    /// The rows of a list.
    pub(crate) fn rows(&self, name: &str) -> &Vec<Value> {
        self.body[name].as_array().unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// A simulator with a client.
pub(crate) struct World {
    pub(crate) sim: Sim,
}

/// Options with the clock standing still.
pub(crate) fn options() -> SimOptions {
    SimOptions { now: chrono::DateTime::from_timestamp_millis(NOW_MS), max_events: 2000, ..SimOptions::default() }
}

impl World {
    pub(crate) async fn start(options: SimOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { sim: Sim::start(listener, options).await.unwrap() }
    }

    pub(crate) async fn new() -> Self {
        Self::start(options()).await
    }

    pub(crate) async fn speaking(dialect: &str) -> Self {
        Self::start(SimOptions { dialects: dialect.parse::<Dialects>().unwrap(), ..options() }).await
    }

    /// Sends a request; none where the connection ended without an answer.
    pub(crate) async fn send(&self, method: &str, path: &str, key: &str, body: &str, host: &str) -> Option<Reply> {
        let mut stream = TcpStream::connect(self.sim.address()).await.unwrap();
        let auth = if key.is_empty() { String::new() } else { format!("Authorization: Bearer {key}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{auth}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        parse(&String::from_utf8(bytes).unwrap())
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> Reply {
        let host = self.sim.address().to_string();
        self.send(method, path, key, body, &host).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, ADMIN, "").await
    }

    /// A GET below the org of the admin key in an API, such as `v1` or `api-access/v1`.
    pub(crate) async fn org(&self, api: &str, rest: &str) -> Reply {
        self.get(&format!("/admin/{api}/orgs/{ORG}/{rest}")).await
    }

    /// How many accounts are managed.
    pub(crate) async fn managed_accounts(&self) -> i64 {
        self.org("v1", "users").await.body["meta"]["total"].as_i64().unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.ask("POST", path, ADMIN, body).await
    }

    /// The truth about every credential.
    pub(crate) async fn truth(&self) -> Vec<Value> {
        self.get("/_sim/tokens").await.rows("items").clone()
    }

    /// The first credential that satisfies a condition.
    pub(crate) async fn token(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        self.truth().await.into_iter().find(wanted).expect("such a token")
    }

    pub(crate) async fn advance(&self, seconds: u64) {
        let reply = self.post("/_sim/clock", &format!("{{\"advance_seconds\":{seconds}}}")).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Every event from an instant on, over all pages.
    pub(crate) async fn events_since(&self, from_ms: i64) -> Vec<Value> {
        let mut events = Vec::new();
        let mut path = format!("events-stream?from={from_ms}&limit=500");
        loop {
            let page = self.org("v1", &path).await;
            events.extend(page.rows("data").clone());
            match page.body["meta"]["next"].as_str() {
                Some(cursor) if !page.rows("data").is_empty() => {
                    path = format!("events-stream?cursor={cursor}&limit=500");
                }
                _ => return events,
            }
        }
    }
}

/// A managed, active owner's user API token, not an admin's.
pub(crate) fn plain(token: &Value) -> bool {
    token["kind"] == "user_api_token" && token["state"] == "active" && token["owner"]["admin"] == false
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The address of a token in user management.
pub(crate) fn own_path(token: &Value) -> String {
    format!("/users/{}/manage/api-tokens/{}", text(&token["owner"], "account_id"), text(token, "id"))
}

fn parse(reply: &str) -> Option<Reply> {
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Some(Reply { status, headers: headers.collect(), body: serde_json::from_str(body).unwrap_or(Value::Null) })
}
