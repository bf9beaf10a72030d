//! What becomes of the step `ticket`: one issue of Jira for each plan, whatever crashes or is refused in between.

use crate::{
    security::send_dying,
    setup::{DAY, HOUR, MINUTE, message, reason, standing, sweep_for, tell, world},
};
use lambda_http::{Body, http};
use serde_json::{Value, json};
use serve_reports::{App, Pages, Serving};
use shared::{
    config::{EventSettings, KeepEvents},
    flow::decide_action::{self, Switch},
    model::{Action, ActionKind, ActionState, Audience, Message, MessageKind, MessageState},
    secrets::SecretCache,
};
use tokenwarden_tests::{
    doom::{Doom, Side},
    receiver::Receiver,
    world::{PUBLIC_URL, World},
};

/// Enforces, and opens tickets in a project that there is.
const TRACKED: &str = "\
mode: enforce
protected: [nobody-in-particular]
limits: {max_actions: 100, max_share_percent: 100, window_hours: 24}
recipients:
  sender: tokens@example.com
  fallback: fallback@example.com
  security: [{chat: slack, secret: slack-security}]
  tickets: {secret: jira, project: SEC, issue_type: Task}
calendar: {weekend: [], from_hour: 0}
rules:
  expires-soon: {mode: observe}
";

/// Owners are told, after three days an issue is opened, and after a week the token is revoked if a person agrees.
const LADDER: &str = "  unused:
    parameters: {window_days: 30}
    respond:
      approval: required
      steps: [{do: notify, after_days: 0}, {do: ticket, after_days: 3}, {do: revoke, after_days: 7}]
";

/// A world whose tickets go to the simulated Jira, by a policy.
async fn tracked(policy: &str) -> (World, Receiver) {
    let (world, receiver) = world().await;
    world.ways.set_endpoints(
        world.org.as_str(),
        &json!({
            "slack-security": { "url": receiver.at("/slack") },
            "jira": { "url": world.sim.url(), "key": "ann@example.com:a-token" },
        }),
    );
    world.put_policy(policy).await;
    (world, receiver)
}

/// A ticket about nothing in particular.
fn ticket(world: &World, cause: &str) -> Message {
    Message { kind: MessageKind::Ticket, ..message(world, cause, Audience::Tickets) }
}

async fn issues(world: &World) -> Vec<Value> {
    world.sim_get("/_sim/issues").await["items"].as_array().cloned().expect("a list")
}

/// The issues that bear a message's label.
async fn issues_of(world: &World, message: &str) -> Vec<Value> {
    let label = json!(format!("tokenwarden-{message}"));
    let mine = |issue: &Value| issue["labels"].as_array().is_some_and(|labels| labels.contains(&label));
    issues(world).await.into_iter().filter(mine).collect()
}

/// So many days, with all that happens on each of them.
async fn days(world: &World, count: u32) {
    for _ in 0..count {
        world.poll().await;
        sweep_for(world, MINUTE, 2).await;
        world.advance(DAY).await;
    }
}

/// Agrees to every plan that waits for a person.
async fn agree(world: &World) {
    for action in world.actions().await {
        let open = matches!(action.state, ActionState::Planned | ActionState::Waiting);
        if open && action.plan.action == ActionKind::Revoke && !action.is_agreed() {
            world.approve(&action.id).await;
        }
    }
}

/// The plans of which notice and ticket were handed over.
async fn ticketed(world: &World) -> Vec<Action> {
    world.actions().await.into_iter().filter(|action| action.told.len() == 2).collect()
}

#[tokio::test]
async fn a_ladder_opens_one_issue_for_each_plan_before_it_revokes() {
    let (world, _receiver) = tracked(&format!("{TRACKED}{LADDER}")).await;
    days(&world, 2).await;
    assert_eq!(issues(&world).await, Vec::<Value>::new(), "not before the third day");
    days(&world, 3).await;
    agree(&world).await;
    days(&world, 8).await;
    let ticketed = ticketed(&world).await;
    assert!(ticketed.iter().any(|action| action.state == ActionState::Done), "nothing was revoked");
    for action in &ticketed {
        let id = &action.told[1].message;
        let [issue] = issues_of(&world, id.as_str()).await.try_into().expect("one issue");
        let sent = standing(&world, id).await;
        let key = issue["key"].as_str().expect("a key");
        assert_eq!((sent.state, sent.ticket), (MessageState::Sent, Some(key.into())));
        assert_eq!(sent.reason, Some(format!("opened {key}")));
        assert_eq!((&issue["project"], &issue["issue_type"]), (&json!("SEC"), &json!("Task")));
    }
    assert_eq!(issues(&world).await.len(), ticketed.len());
}

/// The last paragraph of an issue.
fn last_paragraph(issue: &Value) -> String {
    let paragraphs = issue["description"]["content"].as_array().cloned().unwrap_or_default();
    let last = paragraphs.last().expect("a paragraph");
    last["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// What a page of this deployment answers.
async fn opened(world: &World, path: &str) -> (u16, String) {
    let events = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };
    let (gate, clock) = (SecretCache::new(world.ways.clone(), world.clock.clone()), world.clock.clone());
    let app = App::new(world.store_of("serve-reports"), gate, clock, Serving { pages: Pages::Open, events });
    let request = http::Request::builder().uri(format!("{PUBLIC_URL}{path}"));
    let (parts, body) = app.handle(request.body(Body::Empty).expect("a request")).await.into_parts();
    (parts.status.as_u16(), String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn an_issue_says_what_whose_and_what_to_do_and_ends_with_the_action_s_page() {
    let (world, _receiver) = tracked(&format!("{TRACKED}{LADDER}")).await;
    days(&world, 5).await;
    let action = ticketed(&world).await.into_iter().next().expect("a plan with a ticket");
    let [issue] = issues_of(&world, action.told[1].message.as_str()).await.try_into().expect("one issue");
    let summary = issue["summary"].as_str().unwrap_or_default();
    let owner = action.plan.target.owner_name.clone().expect("an owner with a name");
    assert!(summary.contains(&owner) && summary.contains("is to be revoked on"), "{summary}");
    assert!(issue["description"].to_string().contains("What to do: find out"), "{issue}");
    let last = last_paragraph(&issue);
    let path = last.split_once(PUBLIC_URL).expect("a link").1;
    let (status, page) = opened(&world, path).await;
    assert_eq!(status, 200, "{path}: {page}");
    assert!(page.contains(action.plan_hash.as_str()), "{page}");
}

#[tokio::test]
async fn who_is_asked_for_an_approval_gets_the_address_of_the_page_on_which_it_is_decided() {
    let (world, receiver) = tracked(TRACKED).await;
    let asked = Message { kind: MessageKind::ApprovalWanted, ..message(&world, "asked", Audience::Security) };
    let done = Message { kind: MessageKind::Done, ..message(&world, "done", Audience::Security) };
    tell(&world, &[asked, done]).await;
    world.sweep().await;
    let texts: Vec<Value> = receiver.received("/slack").iter().map(|one| one.json()["text"].clone()).collect();
    let page = format!("{PUBLIC_URL}/orgs/{}/actions/action-1", world.org);
    let of = |subject: &str| {
        let mine = |text: &&str| text.starts_with(&format!("*Subject {subject}*"));
        texts.iter().filter_map(Value::as_str).find(mine).expect("it came").to_owned()
    };
    assert!(of("asked").ends_with(&page), "{texts:?}");
    assert!(!of("done").contains(PUBLIC_URL), "{texts:?}");
}

#[tokio::test]
async fn a_crash_at_any_call_opens_no_second_issue() {
    let (world, _receiver) = tracked(TRACKED).await;
    let mut struck = 0;
    for side in [Side::Before, Side::After] {
        for at in 1.. {
            let ticket = ticket(&world, &format!("{side:?} {at}"));
            tell(&world, std::slice::from_ref(&ticket)).await;
            let doom = Doom::at(at, side);
            send_dying(&world, &doom).await;
            assert_eq!(standing(&world, &ticket.id).await.state, MessageState::Sent, "{side:?} {at}");
            assert_eq!(issues_of(&world, ticket.id.as_str()).await.len(), 1, "{side:?} {at}");
            if !doom.struck() {
                break;
            }
            struck += 1;
        }
    }
    assert!(struck >= 6, "only {struck} calls were found");
}

#[tokio::test]
async fn an_answer_that_is_lost_opens_no_second_issue() {
    let (world, _receiver) = tracked(TRACKED).await;
    let lost = json!({ "method": "POST", "path_prefix": "/rest/api/3/issue", "drop": "after", "times": 1 });
    world.sim_post("/_sim/faults", &lost).await;
    let ticket = ticket(&world, "lost");
    tell(&world, std::slice::from_ref(&ticket)).await;
    world.sweep().await;
    let why = reason(&world, &ticket.id).await;
    assert!(why.starts_with("try 1 failed: tickets (jira): no answer"), "{why}");
    sweep_for(&world, 5 * MINUTE, 3).await;
    assert_eq!(reason(&world, &ticket.id).await, "opened SEC-1");
    assert_eq!(issues(&world).await.len(), 1);
}

#[tokio::test]
async fn a_project_that_there_is_not_is_told_in_jira_s_own_words() {
    let (world, _receiver) = tracked(&TRACKED.replace("project: SEC", "project: NONE")).await;
    let ticket = ticket(&world, "cause");
    tell(&world, std::slice::from_ref(&ticket)).await;
    world.sweep().await;
    let why = reason(&world, &ticket.id).await;
    assert_eq!(why, "try 1 failed: tickets (jira): Jira refused: project: valid project is required");
    assert_eq!(issues(&world).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_entry_without_a_key_is_told_with_the_mend_and_without_its_address() {
    let (world, _receiver) = tracked(TRACKED).await;
    world.ways.set_endpoints(world.org.as_str(), &json!({ "jira": { "url": world.sim.url() } }));
    let ticket = ticket(&world, "cause");
    tell(&world, std::slice::from_ref(&ticket)).await;
    world.sweep().await;
    let why = reason(&world, &ticket.id).await;
    assert!(why.contains("no `key` (EMAIL:TOKEN") && !why.contains("127.0.0.1"), "{why}");
}

#[tokio::test]
async fn a_jira_that_asks_for_patience_gets_it() {
    let (world, _receiver) = tracked(TRACKED).await;
    let busy = json!({ "path_prefix": "/rest/api/3/", "status": 429, "retry_after": 20 * 60, "times": 1 });
    world.sim_post("/_sim/faults", &busy).await;
    let ticket = ticket(&world, "cause");
    tell(&world, std::slice::from_ref(&ticket)).await;
    sweep_for(&world, MINUTE, 20).await;
    assert_eq!(standing(&world, &ticket.id).await.attempts, 1);
    world.sweep().await;
    assert_eq!(reason(&world, &ticket.id).await, "opened SEC-1");
}

#[tokio::test]
async fn observe_opens_no_issue_whether_the_org_or_the_rule_observes() {
    let (world, _receiver) = tracked(TRACKED).await;
    let by_rule = Message { rule: Some("expires-soon".into()), ..ticket(&world, "by the rule") };
    tell(&world, std::slice::from_ref(&by_rule)).await;
    world.sweep().await;
    assert_eq!(standing(&world, &by_rule.id).await.state, MessageState::Withheld);
    world.put_policy(&TRACKED.replace("mode: enforce", "mode: observe")).await;
    let by_org = ticket(&world, "by the org");
    tell(&world, std::slice::from_ref(&by_org)).await;
    sweep_for(&world, DAY, 5).await;
    assert_eq!(standing(&world, &by_org.id).await.state, MessageState::Withheld);
    assert!(reason(&world, &by_org.id).await.contains("observe"));
    assert_eq!(issues(&world).await, Vec::<Value>::new());
}

#[tokio::test]
async fn while_the_kill_switch_is_on_no_issue_is_opened() {
    let (world, _receiver) = tracked(TRACKED).await;
    let switch = async |to, by| {
        decide_action::set_stop(&world.store(), &world.org, to, world.decider(by)).await.expect("it is switched")
    };
    switch(Switch::Stop, "ann").await;
    let held = ticket(&world, "held");
    tell(&world, std::slice::from_ref(&held)).await;
    sweep_for(&world, HOUR, 3).await;
    let waits = standing(&world, &held.id).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 0));
    switch(Switch::Resume, "bo").await;
    sweep_for(&world, HOUR, 2).await;
    assert_eq!(reason(&world, &held.id).await, "opened SEC-1");
}

#[tokio::test]
async fn nothing_is_revoked_while_its_ticket_could_not_be_opened() {
    let (world, _receiver) = tracked(&format!("{TRACKED}{LADDER}")).await;
    world.sim_post("/_sim/faults", &json!({ "path_prefix": "/rest/api/3/", "status": 500 })).await;
    days(&world, 5).await;
    agree(&world).await;
    days(&world, 8).await;
    let ticketed = ticketed(&world).await;
    let waiting: Vec<&Action> = ticketed.iter().filter(|action| action.state == ActionState::Waiting).collect();
    assert!(!waiting.is_empty(), "no plan waits");
    for action in waiting {
        let why = action.reason.clone().unwrap_or_default();
        assert!(why.contains("the message about it"), "{why}");
    }
    assert_eq!(world.deletions().await, [], "nothing was revoked");
    assert_eq!(issues(&world).await, Vec::<Value>::new());
}
