//! What the client makes of every kind of answer.

use crate::{
    Secrets, clients,
    scripted::{Says, Scripted, says},
    token_of,
};
use shared::{
    error::{Error, Retry},
    model::{OrgId, SectionName, Timestamp},
    ports::{EventQuery, EventSource, Reread, Revoked, TokenReader, TokenRevoker},
};
use std::time::Duration;

fn org() -> OrgId {
    OrgId::new("o")
}

fn secrets() -> Secrets {
    Secrets::keys("o", "read-key", "unscoped-key")
}

/// The error of reading users from a server that always says this.
async fn refusal(said: Says) -> Error {
    let server = Scripted::always(said).await;
    clients(&server.url, secrets()).0.section(&org(), SectionName::Users, None).await.unwrap_err()
}

#[tokio::test]
async fn a_limit_says_how_long_to_wait_in_seconds_as_a_date_or_by_the_minute_of_the_reset() {
    let waits = async |said| match refusal(said).await {
        Error::RateLimited { after, .. } => after.as_secs(),
        other => panic!("{other}"),
    };
    let limited = || says(429, r#"{"code":429,"message":"slow down"}"#);
    let in_90_s = now() + Duration::from_secs(90);
    assert_eq!(waits(limited().header("retry-after", "7")).await, 7);
    let date = in_90_s.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    assert!((86..=90).contains(&waits(limited().header("retry-after", date)).await));
    let minute = in_90_s.format("%Y-%m-%dT%H:%MZ").to_string();
    assert!((25..=90).contains(&waits(limited().header("x-ratelimit-reset", minute)).await));
    assert_eq!(waits(limited()).await, 60);
}

fn now() -> Timestamp {
    shared::ports::Clock::now(&shared::clock::SystemClock)
}

#[tokio::test]
async fn each_shape_of_error_keeps_what_atlassian_says_and_no_secret() {
    let body =
        r#"{"timestamp":"t","status":403,"error":"Forbidden","message":"no scope for Bearer abcdef","path":"/x"}"#;
    assert_eq!(
        refusal(says(403, body)).await.to_string(),
        "not permitted: the list of users: status 403: Forbidden: no scope for Bearer ***"
    );
    assert_eq!(
        refusal(says(401, r#"{"code":401,"message":"Unauthorized"}"#)).await.to_string(),
        "not permitted: the list of users: status 401: Unauthorized"
    );
    let body = r#"{"errors":[{"code":"ADMIN-404-2","title":"Not found","detail":"no org"}]}"#;
    let error = refusal(says(404, body)).await;
    assert_eq!(error.to_string(), "Atlassian: the list of users: status 404: ADMIN-404-2: Not found: no org");
    assert_eq!(error.kind().retry, Retry::Later);
    let error = refusal(says(200, "<html>maintenance</html>")).await;
    assert!(matches!(&error, Error::Upstream { reason, .. } if reason.contains("not what was expected")), "{error}");
    let error = refusal(says(200, r#"{"links":{}}"#)).await;
    assert!(error.to_string().contains("missing field `data`"), "{error}");
    let error = refusal(says(200, r#"{"data":[{"name":"Ann"}]}"#)).await;
    assert_eq!(error.to_string(), "Atlassian: the list of users: a row has no account_id");
}

#[tokio::test]
async fn a_cursor_that_is_no_longer_known_is_its_own_error_only_where_one_was_sent() {
    let server = Scripted::always(says(400, r#"{"errors":[{"code":"ADMIN-400-1","detail":"bad cursor"}]}"#)).await;
    let (reader, _) = clients(&server.url, secrets());
    assert_eq!(reader.events(&org(), &EventQuery::Cursor("c".into())).await, Err(Error::BadCursor));
    assert_eq!(reader.section(&org(), SectionName::Users, Some("c".into())).await, Err(Error::BadCursor));
    let range = EventQuery::Range { from: Timestamp::UNIX_EPOCH, to: Some(now()) };
    assert!(matches!(reader.events(&org(), &range).await, Err(Error::Upstream { .. })));
    assert!(server.asked()[0].starts_with("GET /admin/v1/orgs/o/events-stream?limit=500&sortOrder=asc&cursor=c "));
    assert!(server.asked()[2].contains("&from=0&to=1"), "epoch milliseconds: {:?}", server.asked());
}

#[tokio::test]
async fn reading_is_tried_three_times_and_revoking_once() {
    let server = Scripted::always(says(503, "down")).await;
    let (reader, revoker) = clients(&server.url, secrets());
    assert!(reader.section(&org(), SectionName::Users, None).await.is_err());
    assert_eq!(server.asked().len(), 3);
    assert!(revoker.revoke(&org(), &token_of("a", "t")).await.is_err());
    assert!(revoker.is_org_admin(&org(), &"a".into()).await.is_err());
    assert_eq!(
        server.asked()[3..],
        [
            "DELETE /users/a/manage/api-tokens/t unscoped-key",
            "POST /admin/v2/orgs/o/directories/-/users/search unscoped-key"
        ]
    );
}

#[tokio::test]
async fn nobody_at_the_other_end_is_an_error_without_the_address() {
    let (reader, _) = clients("http://127.0.0.1:9", secrets());
    let error = reader.section(&org(), SectionName::Users, None).await.unwrap_err().to_string();
    assert!(error.starts_with("Atlassian: the list of users: no answer: ") && !error.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn the_key_follows_neither_a_foreign_next_page_nor_a_redirect() {
    let stranger = Scripted::always(says(200, r#"{"data":[]}"#)).await;
    let next = format!(r#"{{"data":[],"links":{{"next":"{}/admin/v1/orgs/o/users?cursor=c"}}}}"#, stranger.url);
    let error = refusal(says(200, next)).await;
    assert!(error.to_string().contains("another host"), "{error}");
    let error = refusal(says(307, "").header("location", format!("{}/", stranger.url))).await;
    assert_eq!(error.to_string(), "Atlassian: the list of users: status 307");
    assert_eq!(stranger.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_list_that_leads_back_to_the_same_page_does_not_go_on_for_ever() {
    let server = Scripted::always(says(200, r#"{"data":[],"links":{"next":"c"}}"#)).await;
    let (reader, _) = clients(&server.url, secrets());
    assert_eq!(reader.section(&org(), SectionName::OrgApiKeys, None).await.unwrap().next.as_deref(), Some("c"));
    let error = reader.section(&org(), SectionName::OrgApiKeys, Some("c".into())).await.unwrap_err();
    assert!(error.to_string().contains("same page again"), "{error}");
}

#[tokio::test]
async fn large_pages_are_given_up_once_atlassian_does_not_take_the_size() {
    let server = Scripted::start(|asked| match asked.contains("pageSize=") {
        true => says(400, r#"{"errors":[{"code":"ADMIN-400-21","detail":"pageSize"}]}"#),
        false => says(200, r#"{"data":[]}"#),
    });
    let server = server.await;
    let (reader, _) = clients(&server.url, secrets());
    for cursor in [None, Some("c".to_owned())] {
        reader.section(&org(), SectionName::UserApiTokens, cursor).await.unwrap();
    }
    let path = "GET /admin/api-access/v1/orgs/o/api-tokens";
    assert_eq!(
        server.asked(),
        [format!("{path}?pageSize=1000 read-key"), format!("{path} read-key"), format!("{path}?cursor=c read-key")]
    );
}

#[tokio::test]
async fn a_key_that_was_rotated_is_read_again_and_the_call_made_again_but_never_a_revocation() {
    let server = Scripted::start(|asked| match asked {
        reread if reread.starts_with("GET /users/") => says(200, "[]"),
        new if new.ends_with(" new") => says(200, r#"{"data":[]}"#),
        _old => says(401, r#"{"code":401,"message":"Unauthorized"}"#),
    });
    let (server, secrets) = (server.await, Secrets::keys("o", "old", "old"));
    let (reader, revoker) = clients(&server.url, secrets.clone());
    reader.own_key_ids(&org()).await.unwrap();
    revoker.reread(&org(), &token_of("a", "t")).await.unwrap();
    for purpose in ["atlassian-read", "atlassian-unscoped"] {
        secrets.put(purpose, r#"{"o":{"key":"new"}}"#.into());
    }
    assert!(reader.section(&org(), SectionName::Users, None).await.is_ok());
    let refused = revoker.revoke(&org(), &token_of("a", "t")).await;
    assert!(matches!(refused, Err(Error::NotPermitted { .. })), "{refused:?}");
    assert_eq!(
        server.asked()[1..],
        ["GET /admin/v1/orgs/o/users old", "GET /admin/v1/orgs/o/users new", "DELETE /users/a/manage/api-tokens/t old"]
    );
}

#[tokio::test]
async fn a_revocation_is_read_by_its_exact_answer() {
    let answer = async |said: Says| {
        let server = Scripted::always(said).await;
        clients(&server.url, secrets()).1.revoke(&org(), &token_of("a", "t")).await
    };
    assert_eq!(answer(says(204, "")).await, Ok(Revoked::Now));
    assert_eq!(answer(says(404, r#"{"key":"notFound"}"#)).await, Ok(Revoked::Already));
    assert_eq!(answer(says(404, r#"{"key":"accountNotFound"}"#)).await, Ok(Revoked::AccountUnknown));
    for unclear in [says(404, "<h1>Not found</h1>"), says(202, ""), says(200, "{}"), says(302, ""), says(409, "")] {
        assert!(matches!(answer(unclear).await, Err(Error::Upstream { .. })));
    }
    let denied = answer(says(403, r#"{"key":"forbidden.targetUnverified"}"#)).await.unwrap_err().to_string();
    assert!(denied.contains("forbidden.targetUnverified"), "{denied}");
}

#[tokio::test]
async fn ids_that_would_change_the_path_are_never_sent() {
    let server = Scripted::always(says(204, "")).await;
    let (_, revoker) = clients(&server.url, secrets());
    for (account, token) in
        [("", "t"), ("a", ""), ("..", "t"), ("a", ".."), ("a", "x/y"), ("a/../..", "t"), ("a", "%2e")]
    {
        let refused = revoker.revoke(&org(), &token_of(account, token)).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{account:?} {token:?}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
    revoker.revoke(&org(), &token_of("557058:a b", "t?x=1#")).await.unwrap();
    assert_eq!(server.asked(), ["DELETE /users/557058%3Aa%20b/manage/api-tokens/t%3Fx%3D1%23 unscoped-key"]);
}

#[tokio::test]
async fn gone_is_only_what_a_readable_list_does_not_hold() {
    let reread = async |said: Says| {
        let server = Scripted::always(said).await;
        clients(&server.url, secrets()).1.reread(&org(), &token_of("a", "t")).await
    };
    assert_eq!(reread(says(200, "[]")).await, Ok(Reread::Gone));
    assert_eq!(reread(says(404, r#"{"key":"accountNotFound"}"#)).await, Ok(Reread::AccountUnknown));
    for unclear in [says(404, r#"{"key":"notFound"}"#), says(200, "{}"), says(200, r#"[{"label":"t"}]"#), says(200, "")]
    {
        assert!(matches!(reread(unclear).await, Err(Error::Upstream { .. })));
    }
}
