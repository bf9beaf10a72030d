//! Who gets in.

use crate::server::Server;
use serve_reports::{Access, Pages, Route};
use shared::model::Role;

/// A path of the route, with parameters that exist where that is cheap.
fn path(route: Route) -> String {
    route.pattern().replace("{org}", "org-1").replace("{kind}", "user_api_token").replace("{id}", "x")
}

fn holder(role: Role) -> &'static str {
    match role {
        Role::Reader => "reader",
        Role::Approver => "approver",
        Role::Admin => "admin",
    }
}

#[tokio::test]
async fn every_route_wants_a_credential_and_its_role() {
    let server = Server::empty(Pages::SignIn).await;
    for route in Route::ALL.iter().copied() {
        let (method, path) = (route.method(), path(route));
        let right: &[Role] = match route.access() {
            Access::Everyone => {
                assert_eq!(server.send("", method.as_str(), &path, &[], "").await.status, 200, "{route:?}");
                continue;
            }
            Access::Link => {
                let answer = server.send("admin", method.as_str(), &path, &[], "answer=not_needed&sure=yes").await;
                assert_eq!(answer.status, 403, "{route:?}: no role stands for a link");
                continue;
            }
            Access::PageReader => &[Role::Reader],
            Access::Holder(roles) | Access::Form(roles) => roles,
        };
        for wrong in ["", "nobody"] {
            let answer = server.send(wrong, method.as_str(), &path, &[], "").await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{route:?}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        for role in [Role::Reader, Role::Approver, Role::Admin] {
            let status = server.send(holder(role), method.as_str(), &path, &[], "").await.status;
            assert_eq!(status == 403, !right.contains(&role), "{route:?} {role:?}: {status}");
        }
    }
}

#[tokio::test]
async fn open_pages_need_no_credential_and_the_api_still_does() {
    let server = Server::in_mode(shared::model::Mode::Observe, Pages::Open).await;
    let page = server.send("", "GET", "/", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!(server.send("", "GET", "/v1/orgs", &[], "").await.status, 401);
}

#[tokio::test]
async fn an_org_of_others_looks_like_one_that_does_not_exist() {
    let server = Server::observing().await;
    let foreign = server.send("stranger", "GET", "/v1/orgs/org-1/findings", &[], "").await;
    let absent = server.get("/v1/orgs/nowhere/findings").await;
    assert_eq!((foreign.status, absent.status), (404, 404));
    assert_eq!(foreign.text, absent.text);
    assert_eq!(server.send("stranger", "GET", "/v1/orgs", &[], "").await.json()["items"], serde_json::json!([]));
}

#[tokio::test]
async fn other_methods_are_told_what_exists_and_head_is_get_without_a_body() {
    let server = Server::observing().await;
    let answer = server.send("reader", "DELETE", "/v1/orgs/org-1/stop", &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, PUT, HEAD"));
    let head = server.send("reader", "HEAD", "/v1/orgs", &[], "").await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_is_not_kept() {
    let server = Server::empty(Pages::SignIn).await;
    let (one, two) = (server.get("/v1/orgs").await, server.get("/nowhere").await);
    assert_eq!(two.status, 404);
    assert!(!one.header("x-request-id").is_empty());
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    assert_eq!(one.header("cache-control"), "no-store");
}
