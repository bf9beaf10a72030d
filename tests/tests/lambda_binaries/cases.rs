//! remediate-tokens, woken by the stream of the cases table and by its schedule.

use serde_json::json;
use shared::{
    model::{ActionState, Finding},
    ports::CaseReader,
};
use tokenwarden_tests::{
    lambda::{Cloud, event},
    world::ORG,
};

/// The findings of a first report that the policy answers: long unused.
async fn found(cloud: &Cloud) -> Vec<Finding> {
    for name in ["poll-audit", "report-tokens"] {
        cloud.function(name).start().await.invoke(&event::tick()).await.expect("it runs");
    }
    let page = cloud.store().findings(&ORG.into(), None, 1_000).await.expect("the findings are read");
    page.items.into_iter().filter(|finding| finding.rule == "unused").collect()
}

async fn planned(cloud: &Cloud) -> Vec<String> {
    let page = cloud.store().actions(&ORG.into(), None, 1_000).await.expect("the actions are read");
    assert!(page.items.iter().all(|action| action.state == ActionState::Withheld), "a new installation only observes");
    page.items.into_iter().filter_map(|action| Some(action.finding?.as_str().to_owned())).collect()
}

#[tokio::test]
async fn a_finding_in_the_stream_becomes_an_action_and_one_that_fails_is_reported_back() {
    let cloud = Cloud::start().await;
    let findings = found(&cloud).await;
    let [first, second, ..] = findings.as_slice() else { panic!("too few unused tokens: {findings:?}") };
    let partition = format!("F#{ORG}");
    cloud.put_case_item(&partition, "broken", &[("body", "not a finding")]).await;
    let function = cloud.function("remediate-tokens").start().await;
    let keys = [first.id.as_str(), "broken", second.id.as_str()].map(|id| (partition.as_str(), id));
    let answer = function.invoke(&event::stream(&keys)).await.expect("a failure of a record is an answer");
    assert_eq!(answer["batchItemFailures"], json!([{ "itemIdentifier": "2" }]), "{answer}");
    assert_eq!(planned(&cloud).await, [first.id.as_str()], "none overtakes the one that failed");

    let answer = function.invoke(&event::stream(&keys[2..])).await.expect("the rest is handled");
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    assert_eq!(planned(&cloud).await.len(), 2);
}

#[tokio::test]
async fn what_nothing_follows_from_is_passed_over() {
    let cloud = Cloud::start().await;
    let function = cloud.function("remediate-tokens").start().await;
    let keys = [("B#org", "budget"), ("G#org", "head"), ("F#an-org-that-nobody-registered", "x")];
    let answer = function.invoke(&event::stream(&keys)).await.expect("it runs");
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
}

#[tokio::test]
async fn the_sweep_handles_what_the_stream_did_not() {
    let cloud = Cloud::start().await;
    let findings = found(&cloud).await;
    assert!(!findings.is_empty(), "the company has unused tokens");
    let function = cloud.function("remediate-tokens").start().await;
    let answer = function.invoke(&event::tick()).await.expect("the sweep runs");
    let swept = &answer["orgs"][ORG];
    assert!(swept["handled"].as_u64() > Some(0) && swept["failed"] == 0, "{answer}");
    let mut planned = planned(&cloud).await;
    planned.sort_unstable();
    assert_eq!(planned, findings.iter().map(|finding| finding.id.as_str().to_owned()).collect::<Vec<_>>());
    assert!(
        cloud.sim_get("/_sim/calls").await["items"]
            .as_array()
            .expect("calls")
            .iter()
            .all(|call| call["method"] != "DELETE")
    );
}
