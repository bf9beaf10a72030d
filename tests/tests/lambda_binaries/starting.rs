//! What becomes of a function that cannot run, and of an event that is none.

use serde_json::json;
use tokenwarden_tests::lambda::{Cloud, FUNCTIONS, event};

#[tokio::test]
async fn a_function_without_one_of_its_tables_ends_and_names_the_setting() {
    let cloud = Cloud::start().await;
    for name in FUNCTIONS {
        let function = cloud.function(name).without("CASES_TABLE").start().await;
        let error = function.invoke(&json!({})).await.expect_err("it cannot run");
        assert_eq!(error["errorType"], "Runtime.ExitError", "{name}: {error}");
        assert!(error.to_string().contains("CASES_TABLE"), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_function_with_a_wrong_setting_ends_and_names_it() {
    let cloud = Cloud::start().await;
    for (name, setting, value) in [
        ("ingest-audit", "KEEP_EVENTS", "some"),
        ("poll-audit", "RATE_SHARE_PERCENT", "0"),
        ("report-tokens", "ATLASSIAN_BASE_URL", "file:///etc"),
        ("remediate-tokens", "ATLASSIAN_CALL_TIMEOUT_SECS", "soon"),
        ("serve-reports", "EVENT_RETENTION_DAYS", "22"),
    ] {
        let function = cloud.function(name).with(setting, value).start().await;
        let error = function.invoke(&json!({})).await.expect_err("it cannot run");
        assert!(error.to_string().contains(setting), "{name}: {error}");
    }
}

#[tokio::test]
async fn an_event_that_is_no_request_is_an_error_reply_and_the_next_one_is_answered() {
    let function = Cloud::start().await.function("serve-reports").start().await;
    let error = function.invoke(&json!({ "version": "2.0" })).await.expect_err("it is no request");
    assert!(error["errorMessage"].is_string(), "{error}");
    let answer = function.invoke(&event::request("GET", "/healthz", &[])).await.expect("the process still runs");
    assert_eq!(answer["statusCode"], 200);
}
