//! What people decide.

use crate::server::{ORG, Server};
use serde_json::{Value, json};
use shared::{decide::ledger::verify, model::LedgerHead, ports::CaseReader};

async fn planned(server: &Server) -> Value {
    server.get("/v1/orgs/org-1/actions").await.json()["items"][0].clone()
}

fn vote(action: &Value, verb: &str) -> String {
    format!("/v1/orgs/org-1/actions/{}/{verb}", action["id"].as_str().unwrap())
}

#[tokio::test]
async fn approving_a_plan_that_changed_shows_the_new_plan() {
    let server = Server::enforcing().await;
    let action = planned(&server).await;
    let stale = json!({"plan_hash": "old", "reason": "fine"});
    let answer = server.post("approver", &vote(&action, "approve"), &stale).await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json()["action"]["plan_hash"], action["plan_hash"]);
    let ballot = json!({"plan_hash": action["plan_hash"], "reason": "nobody knows it"});
    let approved = server.post("approver", &vote(&action, "approve"), &ballot).await;
    assert_eq!((approved.status, &approved.json()["agreed"]["by"]), (200, &json!("approver")));
    assert_eq!(approved.json()["wake_at"], action["plan"]["due_at"]);
    let again = server.post("approver-2", &vote(&action, "approve"), &ballot).await;
    assert_eq!((again.status, &again.json()["agreed"]["by"]), (200, &json!("approver")));
}

#[tokio::test]
async fn nobody_approves_what_he_asked_for_himself() {
    let server = Server::enforcing().await;
    let wanted =
        json!({"credential": {"kind": "user_api_token", "id": "tok/001"}, "action": "revoke", "reason": "leaked"});
    let asked = server.post("approver", "/v1/orgs/org-1/actions", &wanted).await;
    assert_eq!(asked.status, 201, "{}", asked.text);
    let again = server.post("approver-2", "/v1/orgs/org-1/actions", &wanted).await;
    assert_eq!((again.status, &again.json()["id"]), (200, &asked.json()["id"]));
    let ballot = json!({"plan_hash": asked.json()["plan_hash"], "reason": "yes"});
    let own = server.post("approver", &vote(&asked.json(), "approve"), &ballot).await;
    assert_eq!(own.status, 403, "{}", own.text);
    assert_eq!(server.post("approver-2", &vote(&asked.json(), "approve"), &ballot).await.status, 200);
}

#[tokio::test]
async fn a_plan_that_is_still_being_read_says_so_and_cannot_be_approved_before() {
    let server = Server::enforcing().await;
    assert_eq!(planned(&server).await["plan_state"], "ready");
    let wanted =
        json!({"credential": {"kind": "user_api_token", "id": "tok/001"}, "action": "suspend", "reason": "left"});
    let asked = server.post("approver", "/v1/orgs/org-1/actions", &wanted).await;
    assert_eq!((asked.status, &asked.json()["plan_state"]), (201, &json!("reading")), "{}", asked.text);
    let ballot = json!({"plan_hash": asked.json()["plan_hash"], "reason": "yes"});
    let early = server.post("approver-2", &vote(&asked.json(), "approve"), &ballot).await;
    assert_eq!(early.status, 409);
    assert!(early.json()["detail"].as_str().unwrap().contains("wait until the plan was read"), "{}", early.text);
}

#[tokio::test]
async fn what_a_person_asks_for_takes_the_place_of_what_a_rule_withheld() {
    let server = Server::observing().await;
    let withheld = planned(&server).await;
    assert_eq!((&withheld["state"], &withheld["requested_by"]), (&json!("withheld"), &json!(null)));
    let plan = &withheld["plan"];
    let wanted = json!({"credential": plan["target"]["credential"], "action": plan["action"], "reason": "leaked"});
    let asked = server.post("approver", "/v1/orgs/org-1/actions", &wanted).await;
    assert_eq!((asked.status, &asked.json()["id"]), (201, &withheld["id"]), "{}", asked.text);
    assert_eq!(asked.json()["requested_by"], "approver");
    let again = server.post("approver-2", "/v1/orgs/org-1/actions", &wanted).await;
    assert_eq!((again.status, &again.json()["requested_by"]), (200, &json!("approver")));
}

#[tokio::test]
async fn our_own_keys_and_other_kinds_are_not_acted_on() {
    let server = Server::enforcing().await;
    let wanted =
        |kind: &str, id: &str| json!({"credential": {"kind": kind, "id": id}, "action": "revoke", "reason": "x"});
    let own = server.post("approver", "/v1/orgs/org-1/actions", &wanted("org_api_key", "tok/014")).await;
    let key = server.post("approver", "/v1/orgs/org-1/actions", &wanted("org_api_key", "tok/029")).await;
    let none = server.post("approver", "/v1/orgs/org-1/actions", &wanted("user_api_token", "none")).await;
    assert_eq!((own.status, key.status, none.status), (409, 409, 404));
}

#[tokio::test]
async fn what_is_withheld_cannot_be_approved_and_says_why_but_can_be_rejected() {
    let server = Server::observing().await;
    let action = planned(&server).await;
    let ballot = json!({"plan_hash": action["plan_hash"], "reason": "x"});
    let answer = server.post("approver", &vote(&action, "approve"), &ballot).await;
    assert_eq!(answer.status, 409);
    assert!(answer.json()["detail"].as_str().unwrap().contains("observe"), "{}", answer.text);
    let rejected = server.post("approver", &vote(&action, "reject"), &ballot).await;
    assert_eq!((rejected.status, &rejected.json()["state"]), (200, &json!("rejected")));
    assert_eq!(server.post("approver", &vote(&action, "approve"), &ballot).await.status, 409);
}

#[tokio::test]
async fn an_approver_stops_and_only_an_admin_resumes() {
    let server = Server::enforcing().await;
    let path = "/v1/orgs/org-1/stop";
    let (stop, resume) = (json!({"stopped": true, "reason": "odd"}), json!({"stopped": false, "reason": "fine"}));
    assert_eq!(server.put("admin", path, &stop).await.status, 403);
    assert_eq!(server.put("approver", path, &stop).await.json()["by"], "approver");
    assert_eq!(server.get(path).await.json()["stopped"], true);
    assert_eq!(server.get("/v1/orgs").await.json()["items"][0]["status"], "stopped");
    assert_eq!(server.put("approver", path, &resume).await.status, 403);
    assert_eq!(server.put("admin", path, &resume).await.json()["stopped"], false);
    assert_eq!(server.put("approver", path, &json!({"stopped": true, "reason": " "})).await.status, 400);
}

#[tokio::test]
async fn every_decision_is_in_the_ledger_whose_chain_holds() {
    let server = Server::enforcing().await;
    let action = planned(&server).await;
    let ballot = json!({"plan_hash": action["plan_hash"], "reason": "Bob said so"});
    server.post("approver", &vote(&action, "approve"), &ballot).await;
    server.put("approver", "/v1/orgs/org-1/stop", &json!({"stopped": true, "reason": "Bob said so"})).await;
    let entries = server.all("/v1/orgs/org-1/ledger").await;
    let kinds: Vec<&str> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["action_approved", "stopped"]);
    assert!(!json!(entries).to_string().contains("Bob"), "a reason is no part of the ledger");
    let stored = server.store.ledger(&ORG.into(), 0, 10).await.unwrap().items;
    let head = server.store.ledger_head(&ORG.into()).await.unwrap();
    assert_eq!(verify(&ORG.into(), stored.iter(), &LedgerHead::default()), Ok(head));
}

#[tokio::test]
async fn a_policy_is_replaced_only_by_who_read_it_and_only_by_a_sound_one() {
    let server = Server::observing().await;
    let path = "/v1/orgs/org-1/policy";
    let read = server.get(path).await;
    let (etag, mut policy) = (read.header("etag").to_owned(), read.json()["policy"].clone());
    policy["limits"]["max_actions"] = json!(7);
    let put = async |etag: &str, body: &str| {
        let headers = [("if-match", etag)];
        server.send("admin", "PUT", path, if etag.is_empty() { &[] } else { &headers }, body).await
    };
    assert_eq!(put("", &policy.to_string()).await.status, 428);
    assert_eq!(put("\"9-x\"", &policy.to_string()).await.status, 412);
    let mut wrong = policy.clone();
    wrong["limits"]["max_share_percent"] = json!(250);
    let wrong = put(&etag, &format!("{wrong:#}")).await;
    assert_eq!(wrong.status, 400);
    let detail = wrong.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("line ") && detail.contains("limits.max_share_percent: is 250"), "{detail}");
    let yaml = put(&etag, "limits:\n  max_actions: 5\n").await;
    assert!(yaml.status == 400 && yaml.text.contains("tokenwarden policy put FILE"), "{}", yaml.text);
    let done = put(&etag, &policy.to_string()).await;
    assert_eq!((done.status, &done.json()["version"], &done.json()["author"]), (200, &json!(2), &json!("admin")));
    assert_eq!(done.json()["versions"].as_array().unwrap().len(), 2);
    assert_eq!(put(&etag, &policy.to_string()).await.status, 412);
    let same = put(done.header("etag"), &policy.to_string()).await;
    assert_eq!((same.status, &same.json()["version"]), (200, &json!(2)));
}

const POLICY: &str = "/v1/orgs/org-1/policy";

/// Puts the policy in force with one thing changed.
async fn put_changed(server: &Server, change: fn(&mut serde_json::Value)) -> crate::server::Answer {
    let read = server.get(POLICY).await;
    let mut policy = read.json()["policy"].clone();
    change(&mut policy);
    server.send("admin", "PUT", POLICY, &[("if-match", read.header("etag"))], &policy.to_string()).await
}

#[tokio::test]
async fn a_looser_policy_waits_for_a_second_person_and_a_stricter_one_does_not() {
    let server = Server::enforcing().await;
    let stricter = put_changed(&server, |policy| policy["limits"]["max_actions"] = json!(4)).await;
    assert_eq!((stricter.status, &stricter.json()["version"]), (200, &json!(2)));
    let looser = put_changed(&server, |policy| policy["limits"]["max_actions"] = json!(9)).await;
    let (status, waiting) = (looser.status, looser.json());
    assert_eq!((status, &waiting["version"]), (202, &json!(2)), "the old one is in force");
    assert_eq!(waiting["proposal"]["loosens"], json!(["more actions are allowed in a window"]));
    let word = json!({ "digest": waiting["proposal"]["digest"], "reason": "we talked about it" });
    let confirm = format!("{POLICY}/confirm");
    assert_eq!(server.post("reader", &confirm, &word).await.status, 403);
    let other = json!({ "digest": "another", "reason": "x" });
    assert_eq!(server.post("approver", &confirm, &other).await.status, 409);
    let confirmed = server.post("approver", &confirm, &word).await;
    assert_eq!((confirmed.status, &confirmed.json()["version"]), (200, &json!(3)));
    assert_eq!(confirmed.json()["author"], "admin, confirmed by approver");
    assert_eq!(confirmed.json()["proposal"], json!(null));
    assert_eq!(server.post("approver", &confirm, &word).await.status, 409, "it is in force already");
}

#[tokio::test]
async fn a_channel_is_added_by_one_person_and_taken_away_by_two() {
    let server = Server::enforcing().await;
    let told =
        put_changed(&server, |policy| policy["recipients"] = json!({ "security": [{ "webhook": "siem" }] })).await;
    assert_eq!((told.status, &told.json()["version"]), (200, &json!(2)), "{}", told.text);
    let silent = put_changed(&server, |policy| policy["recipients"] = json!({})).await;
    assert_eq!((silent.status, &silent.json()["version"]), (202, &json!(2)), "{}", silent.text);
    let word = json!({ "digest": silent.json()["proposal"]["digest"], "reason": "it moved" });
    assert_eq!(server.post("admin", &format!("{POLICY}/confirm"), &word).await.status, 403);
    assert_eq!(server.post("approver", &format!("{POLICY}/confirm"), &word).await.status, 200);
}

#[tokio::test]
async fn nobody_confirms_what_he_proposed_and_nothing_waits_for_a_person_who_does_not_exist() {
    let server = Server::enforcing().await;
    let looser = put_changed(&server, |policy| policy["protected"] = json!(["somebody-else"])).await.json();
    let word = json!({ "digest": looser["proposal"]["digest"], "reason": "me again" });
    let own = server.post("admin", &format!("{POLICY}/confirm"), &word).await;
    assert_eq!(own.status, 403);
    let two_persons =
        |policy: &mut serde_json::Value| policy["rules"]["unused"]["respond"]["approval"] = json!("two_persons");
    // Whoever proposes it is no second person, nor is an admin who may not approve; who may approve is one.
    for (approvers, status) in [(&[] as &[&str], 409), (&["admin"], 409), (&["approver"], 202)] {
        let few = Server::with_approvers(approvers, serve_reports::Pages::SignIn).await;
        tokenwarden_tests::sample::fill(&few.store, &ORG.into(), shared::model::Mode::Enforce).await.unwrap();
        let looser = put_changed(&few, |policy| policy["limits"]["max_actions"] = json!(9)).await;
        assert_eq!(looser.status, status, "{approvers:?}: {}", looser.text);
        assert_eq!(looser.text.contains("another approver"), status == 409, "{}", looser.text);
        let two = put_changed(&few, two_persons).await;
        assert!(two.status == 409 && two.text.contains("two persons"), "{approvers:?}: {}", two.text);
    }
}

#[tokio::test]
async fn errors_repeat_nothing_of_a_body() {
    let server = Server::enforcing().await;
    let body = r#"{"plan_hash": 5, "reason": "ATATT3xSecret"}"#;
    let answer = server.send("approver", "POST", "/v1/orgs/org-1/actions/x/approve", &[], body).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text.contains("ATATT3x"), "{}", answer.text);
    let answer =
        server.send("admin", "PUT", "/v1/orgs/org-1/policy", &[("if-match", "*")], "mode: ATATT3xSecret").await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text.contains("ATATT3x"), "{}", answer.text);
}

#[tokio::test]
async fn the_plan_can_be_read_as_text() {
    let server = Server::observing().await;
    let json = server.get("/v1/orgs/org-1/plan").await.json();
    assert_eq!((json["mode"].as_str(), json["items"][0]["would"].as_str()), (Some("observe"), Some("withheld")));
    let text = server.send("reader", "GET", "/v1/orgs/org-1/plan", &[("accept", "text/plain")], "").await.text;
    assert!(text.starts_with("revoke '") && text.contains("withheld: the mode is observe"), "{text}");
}

#[tokio::test]
async fn a_body_that_is_still_not_understood_stays_in_quarantine() {
    let server = Server::observing().await;
    let answer = server.send("approver", "POST", "/v1/orgs/org-1/quarantine/q1/replay", &[], "").await;
    assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("kept")));
    assert_eq!(server.all("/v1/orgs/org-1/quarantine").await.len(), 1);
    let absent = server.send("approver", "POST", "/v1/orgs/org-1/quarantine/q9/replay", &[], "").await;
    assert_eq!(absent.status, 404);
}
