//! Who gets in.

use crate::server::{Answer, Server};
use base64::{Engine, engine::general_purpose::STANDARD};
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

/// What a browser sends after its user entered a token as the password.
fn signed_in(user: &str, token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{token}")))
}

const STOP: &str = "/v1/orgs/org-1/stop";
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

#[tokio::test]
async fn a_browser_is_asked_for_basic_and_lets_its_user_in_by_the_token_as_the_password() {
    let server = Server::observing().await;
    let asked = server.send("", "GET", "/", &[BROWSER], "").await;
    let challenges: Vec<&str> =
        asked.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(asked.status, 401);
    assert_eq!(challenges, [r#"Basic realm="Tokenwarden", charset="UTF-8""#, "Bearer"]);
    for user in ["", "ann", "ann@example.com"] {
        let page = server.send("", "GET", "/", &[BROWSER, ("authorization", &signed_in(user, "reader"))], "").await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{user:?}");
    }
    let lower = signed_in("x", "reader").replace("Basic", "basic");
    assert_eq!(server.send("", "GET", "/v1/orgs", &[("authorization", &lower)], "").await.status, 200);
}

#[tokio::test]
async fn what_is_no_basic_of_ours_opens_nothing() {
    let server = Server::observing().await;
    let no_colon = format!("Basic {}", STANDARD.encode("reader"));
    let wrong = ["Basic", "Basic ", "Basic reader", "Basic %%%", &no_colon, &signed_in("reader", "")];
    for header in wrong.into_iter().chain([signed_in("reader", "nobody").as_str(), "Digest reader"]) {
        let refused = server.send("", "GET", "/v1/orgs", &[("authorization", header)], "").await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"), "{header}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_what_the_browser_sends_by_itself() {
    let server = Server::enforcing().await;
    let stop = async |headers: &[(&str, &str)]| -> Answer {
        let signed_in = signed_in("", "approver");
        let headers = [&[("authorization", signed_in.as_str()), ("host", "tokens.example.com")], headers].concat();
        server.send("", "PUT", STOP, &headers, r#"{"stopped":true,"reason":"test"}"#).await
    };
    let foreign: [&[(&str, &str)]; 6] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://tokens.example.com")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://tokens.example.com.evil.example")],
        &[("origin", "null")],
    ];
    for headers in foreign {
        let refused = stop(headers).await;
        assert_eq!((refused.status, refused.header("content-type")), (403, "application/problem+json"), "{headers:?}");
        assert!(refused.text.contains("Authorization: Bearer"), "{}", refused.text);
    }
    assert_eq!(server.get(STOP).await.json()["stopped"], false);
    let own: [&[(&str, &str)]; 3] = [
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://Tokens.example.com")],
    ];
    for headers in own {
        assert_eq!(stop(headers).await.status, 200, "{headers:?}");
    }
    let program = server.put("approver", STOP, &serde_json::json!({ "stopped": true, "reason": "test" })).await;
    assert_eq!(program.status, 200, "a bearer token is sent by nobody but who holds it");
}

#[tokio::test]
async fn a_form_of_ours_works_for_who_is_signed_in_and_one_of_another_site_does_not() {
    let server = Server::enforcing().await;
    let reader = signed_in("ann", "reader");
    for route in Route::ALL.iter().copied().filter(|route| route.method() == "POST") {
        let from = async |site: &str| {
            let headers = [("authorization", reader.as_str()), ("sec-fetch-site", site)];
            server.send("", "POST", &path(route), &headers, "token=approver").await
        };
        assert_eq!(from("cross-site").await.status, 403, "{route:?}");
        if matches!(route.access(), Access::Form(_)) {
            let status = from("same-origin").await.status;
            assert!(![401, 403].contains(&status), "{route:?}: {status}: its own token counts");
        }
    }
}

#[tokio::test]
async fn the_description_names_both_schemes() {
    let document = Server::empty(Pages::SignIn).await.get("/openapi.json").await.json();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["api"]["scheme"], &schemes["browser"]["scheme"]), (&"bearer".into(), &"basic".into()));
    let reading = &document["paths"]["/v1/orgs"]["get"]["security"];
    assert_eq!(reading, &serde_json::json!([{ "api": ["reader"] }, { "browser": ["reader"] }]));
}
