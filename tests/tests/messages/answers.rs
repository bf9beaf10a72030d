//! What somebody answers by the link in his mail: the page shows first, and only what is sent from it acts.

use crate::setup::{DAY, POLICY, sweep_for, world};
use lambda_http::{Body, http};
use serve_reports::{App, Pages, Serving};
use shared::{
    config::{EventSettings, KeepEvents},
    model::{Action, ActionState, LedgerKind},
    ports::{CaseReader, Clock, Mail},
    secrets::SecretCache,
};
use tokenwarden_tests::world::{PUBLIC_URL, World};

/// Owners are told at once, reminded after a week, and after three their unused tokens are revoked.
const LADDER: &str = "  unused:
    parameters: {window_days: 30}
    respond:
      approval: waived
      steps: [{do: notify, after_days: 0}, {do: remind, after_days: 7}, {do: revoke, after_days: 21}]
";

/// A world in which a mail about a plan was sent: the mail, its link's path, and the action.
struct Told {
    world: World,
    mail: Mail,
    path: String,
    action: Action,
}

async fn told() -> Told {
    let (world, _receiver) = world().await;
    world.put_policy(&format!("{POLICY}{LADDER}")).await;
    world.poll().await;
    sweep_for(&world, DAY, 4).await;
    let mails = world.ways.mails();
    let one = |mail: &&Mail| mail.text.matches(PUBLIC_URL).count() == 1;
    let mail = mails.iter().find(one).expect("a mail about one token").clone();
    let start = mail.text.find(PUBLIC_URL).expect("a link") + PUBLIC_URL.len();
    let path = mail.text[start..].split_whitespace().next().expect("a path").to_owned();
    let actions = world.store().actions(&world.org, None, 1_000).await.expect("the actions are read").items;
    let told = |action: &&Action| action.told.iter().any(|told| told.message == mail.id);
    let action = actions.iter().find(told).expect("the action of the mail").clone();
    Told { world, mail, path, action }
}

impl Told {
    async fn send(&self, method: &str, path: &str, form: &str) -> (u16, String) {
        let events = EventSettings { keep: KeepEvents::Relevant, retention_days: 120, backfill_days: 30 };
        let (gate, clock) =
            (SecretCache::new(self.world.ways.clone(), self.world.clock.clone()), self.world.clock.clone());
        let app = App::new(self.world.store_of("serve-reports"), gate, clock, Serving { pages: Pages::SignIn, events });
        let request = http::Request::builder().method(method).uri(format!("{PUBLIC_URL}{path}"));
        let (parts, body) = app.handle(request.body(Body::from(form)).expect("a request")).await.into_parts();
        (parts.status.as_u16(), String::from_utf8(body.to_vec()).expect("text"))
    }

    async fn now(&self) -> Action {
        self.world.action(&self.action.id).await
    }

    async fn recorded(&self, kind: LedgerKind) -> Vec<String> {
        let entries = self.world.ledger().await.into_iter().filter(|entry| entry.record.kind == kind);
        entries.map(|entry| entry.record.principal).collect()
    }
}

fn day(told: &Told, days: i64) -> String {
    (told.world.clock.now() + chrono::TimeDelta::days(days)).date_naive().to_string()
}

#[tokio::test]
async fn opening_the_link_shows_what_is_planned_and_changes_nothing() {
    let told = told().await;
    for method in ["GET", "HEAD", "GET"] {
        let (status, page) = told.send(method, &told.path, "").await;
        assert_eq!(status, 200, "{page}");
        assert!(method == "HEAD" || page.contains(&told.action.plan.target.label.replace('\'', "&#39;")), "{page}");
    }
    assert_eq!(told.now().await, told.action);
    assert!(told.mail.text.contains("never asks for the token"), "{}", told.mail.text);
}

#[tokio::test]
async fn who_keeps_it_ends_the_plan_until_a_day_within_the_policy_s_limit() {
    let told = told().await;
    let keep = |days| format!("answer=keep&reason=the+monthly+payroll&until={}", day(&told, days));
    let (status, text) = told.send("POST", &told.path, &keep(91)).await;
    assert_eq!(status, 400, "{text}");
    assert!(text.contains("90 days"), "{text}");
    assert_eq!(told.send("POST", &told.path, &keep(60)).await.0, 303);
    told.world.sweep().await;
    let action = told.now().await;
    assert_eq!(action.state, ActionState::Cancelled, "{:?}", action.reason);
    let owner = action.plan.target.owner.clone().expect("an owner");
    assert_eq!(told.recorded(LedgerKind::ExemptionGranted).await, [format!("owner {owner}")]);
    let (status, text) = told.send("POST", &told.path, &keep(60)).await;
    assert_eq!(status, 409, "what has ended is not kept again: {text}");
}

#[tokio::test]
async fn who_says_what_it_is_for_fills_the_register_and_changes_no_plan() {
    let told = told().await;
    let (status, text) = told.send("POST", &told.path, "answer=purpose&purpose=+").await;
    assert_eq!(status, 400, "{text}");
    let said = "answer=purpose&purpose=the+monthly+payroll&system=jenkins&review_by=2027-06-30";
    assert_eq!(told.send("POST", &told.path, said).await.0, 303);
    assert_eq!(told.send("POST", &told.path, "answer=purpose&purpose=payroll").await.0, 303);
    let credential = &told.action.plan.target.credential;
    let entry = told.world.store().register_entry(&told.world.org, credential).await.expect("it is read");
    let entry = entry.expect("an entry");
    let said = (entry.purpose.as_deref(), entry.system.as_deref(), entry.review_by.map(|day| day.to_string()));
    assert_eq!(said, (Some("payroll"), Some("jenkins"), Some("2027-06-30".into())), "what is left empty stays");
    assert!(entry.updated_by.starts_with("owner "), "{}", entry.updated_by);
    let (_, page) = told.send("GET", &told.path, "").await;
    assert!(page.contains("value=\"payroll\""), "{page}");
    assert_eq!(told.now().await, told.action);
}

#[tokio::test]
async fn who_says_that_it_is_not_needed_is_reminded_no_more_and_what_is_planned_is_done_now() {
    let told = told().await;
    let (status, text) = told.send("POST", &told.path, "answer=not_needed").await;
    assert_eq!(status, 400, "it must be confirmed: {text}");
    assert_eq!(told.now().await, told.action);
    assert_eq!(told.send("POST", &told.path, "answer=not_needed&sure=yes").await.0, 303);
    assert_eq!(told.send("POST", &told.path, "answer=not_needed&sure=yes").await.0, 303, "twice is as good as once");
    told.world.poll().await;
    told.world.sweep().await;
    let action = told.now().await;
    assert_eq!((action.state, action.told.len()), (ActionState::Done, 1), "{:?}", action.reason);
    assert_eq!(told.recorded(LedgerKind::OwnerAnswered).await.len(), 1);
}

#[tokio::test]
async fn a_link_that_is_forged_or_old_opens_nothing() {
    let told = told().await;
    let (payload, tag) = told.path.split_once('.').expect("a signed link");
    let other: String = tag.chars().rev().collect();
    for path in [format!("{payload}.{other}"), format!("{}x.{tag}", payload), "/answers/nothing".into()] {
        let (status, page) = told.send("GET", &path, "").await;
        assert_eq!(status, 403, "{page}");
        assert_eq!(told.send("POST", &path, "answer=not_needed&sure=yes").await.0, 403);
    }
    told.world.clock.advance(91 * DAY);
    let (status, page) = told.send("POST", &told.path, "answer=not_needed&sure=yes").await;
    assert!(status == 403 && page.contains("too old"), "{page}");
    assert_eq!(told.now().await, told.action);
}
