//! poll-audit and report-tokens at a tick of their schedules.

use serde_json::Value;
use shared::{model::ReportStatus, ports::ReportReader};
use tokenwarden_tests::{
    lambda::{Cloud, Function, event},
    world::ORG,
};

#[tokio::test]
async fn a_tick_of_the_poll_brings_the_events_of_the_log_into_the_table_once() {
    let cloud = Cloud::start().await;
    let function = cloud.function("poll-audit").start().await;
    let first = function.invoke(&event::tick()).await.expect("the poll runs");
    let org = &first["orgs"][0];
    assert_eq!((org["org"].as_str(), org["state"].as_str()), (Some(ORG), Some("caught_up")), "{first}");
    let stored = org["stored"].as_u64().expect("a count");
    assert!(stored > 0 && stored == cloud.stored("E#").await as u64, "{first}");
    let second = function.invoke(&event::tick()).await.expect("the poll runs again");
    assert_eq!(second["orgs"][0]["stored"], 0, "{second}");
    assert_eq!(cloud.stored("E#").await as u64, stored);
    let [first, second] = measured(&function).try_into().expect("a line of measures for each tick");
    assert_eq!((first["EventsStored"].as_u64(), second["EventsStored"].as_u64()), (Some(stored), Some(0)));
    assert_eq!(first["OrgsFailed"], 0);
    assert!(second["PollLagSeconds"].as_u64().is_some_and(|secs| secs < 60), "{second}");
}

#[tokio::test]
async fn a_poll_that_atlassian_refuses_is_an_error_that_says_so() {
    let cloud = Cloud::start().await;
    cloud.secrets.put("atlassian-read", &serde_json::json!({ ORG: { "key": "no-such-key" } }));
    let function = cloud.function("poll-audit").start().await;
    let error = function.invoke(&event::tick()).await.expect_err("its only org failed");
    assert!(error["errorMessage"].as_str().is_some_and(|text| text.contains("401")), "{error}");
    assert!(!format!("{error}{}", function.log()).contains("no-such-key"), "{error}");
    let [measured] = measured(&function).try_into().expect("a tick that failed is measured as well");
    assert_eq!(measured["OrgsFailed"], 1);
    assert!(measured["PollLagSeconds"].is_u64(), "the alarm is about those that fail: {measured}");
}

#[tokio::test]
async fn a_tick_of_the_report_lists_every_token_and_key_that_atlassian_lists() {
    let cloud = Cloud::start().await;
    let function = cloud.function("report-tokens").start().await;
    let tick = function.invoke(&event::tick()).await.expect("the report is taken");
    assert_eq!(tick[ORG]["outcome"], "taken", "{tick}");
    let report = cloud.store().latest_report(&ORG.into()).await.expect("it is read").expect("there is one");
    assert_eq!(report.status, ReportStatus::Complete, "{:?}", report.sections);
    assert_eq!(report.totals.credentials, listed(&cloud.sim_get("/_sim/tokens").await));
    let again = function.invoke(&event::tick()).await.expect("it runs again");
    assert_eq!(again[ORG]["outcome"], "nothing_due", "{again}");
    let last = measured(&function).pop().expect("each tick is measured");
    assert_eq!((&last["ReportOverdueSeconds"], &last["PartialReports"]), (&0.into(), &0.into()), "{last}");
}

/// The lines from which CloudWatch makes metrics.
fn measured(function: &Function) -> Vec<Value> {
    let lines = function.log();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Tokenwarden").collect()
}

/// How many credentials are in Atlassian's lists.
fn listed(truth: &Value) -> u64 {
    truth["items"].as_array().expect("a list").iter().filter(|token| token["listed"] == true).count() as u64
}
