//! Writes the pages of the sample org into a folder, to be looked at in a browser.

#![allow(clippy::unwrap_used, reason = "it ends where something is missing")]

#[path = "../tests/api/server.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod server;

use serve_reports::Pages;
use server::Server;
use shared::model::Mode;

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).expect("name a folder");
    let full = Server::in_mode(Mode::Observe, Pages::Open).await;
    let enforcing = Server::in_mode(Mode::Enforce, Pages::Open).await;
    let empty = Server::empty(Pages::Open).await;
    let action = enforcing.all("/v1/orgs/org-1/actions").await[0]["id"].as_str().unwrap_or_default().to_owned();
    let pages = [
        ("home", &full, "/".to_owned()),
        ("enforce", &enforcing, "/?severity=high".to_owned()),
        ("credential", &full, "/orgs/org-1/credentials/user_api_token/tok%2F071".to_owned()),
        ("actions", &enforcing, "/orgs/org-1/actions".to_owned()),
        ("action", &enforcing, format!("/orgs/org-1/actions/{action}")),
        ("quarantine", &full, "/orgs/org-1/quarantine".to_owned()),
        ("ledger", &full, "/orgs/org-1/ledger".to_owned()),
        ("empty", &empty, "/".to_owned()),
    ];
    for (name, server, path) in pages {
        let answer = server.send("", "GET", &path, &[], "").await;
        std::fs::write(format!("{folder}/{name}.html"), answer.text).expect("the folder can be written");
    }
}
