//! What the inventory shows that no list holds, what it remembers, and what it says it cannot know.

use atlassian_sim::{Dialect, Dialects, SimOptions};
use serde_json::{Value, json};
use shared::{
    flow::enter,
    model::{
        ActionState, CredentialKind, CredentialRef, CredentialRow, ExemptionScope, FactName, FindingStatus, Knowledge,
        RegisterEntry, Registered, RegisteredExpiry, Relation, Report, Timestamp, Use,
    },
    ports::{Clock, ReportReader},
    rules::RULES,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokenwarden_tests::world::{ENFORCE, World};

const DAY: Duration = Duration::from_secs(86_400);

/// A policy that names every rule, so that all of them make findings.
fn every_rule() -> String {
    let rules: BTreeMap<&str, Value> = RULES
        .iter()
        .map(|rule| match rule.id {
            "owner-not-permitted" => (rule.id, json!({ "parameters": { "domains": ["nowhere.example"] } })),
            id => (id, json!({})),
        })
        .collect();
    let limits = json!({ "max_actions": 0, "max_share_percent": 0, "window_hours": 24 });
    json!({ "limits": limits, "rules": rules }).to_string()
}

async fn items(world: &World, path: &str) -> Vec<Value> {
    world.sim_get(path).await["items"].as_array().cloned().expect("a list")
}

async fn tokens(world: &World) -> Vec<Value> {
    items(world, "/_sim/tokens").await
}

fn text(item: &Value, field: &str) -> String {
    item[field].as_str().unwrap_or_default().to_owned()
}

fn of_kind(rows: &[CredentialRow], kind: CredentialKind) -> Vec<&CredentialRow> {
    rows.iter().filter(|row| row.credential.reference.kind == kind).collect()
}

async fn taken(world: &World) -> (Report, Vec<CredentialRow>) {
    world.poll().await;
    let report = world.report().await;
    let rows = world.rows(&report).await;
    (report, rows)
}

async fn a_day_later(world: &World) -> (Report, Vec<CredentialRow>) {
    world.advance(DAY).await;
    taken(world).await
}

#[tokio::test]
async fn an_external_user_s_token_is_shown_once_it_was_used_with_when_where_and_what_for() {
    let world = World::start().await;
    let (report, rows) = taken(&world).await;
    let observed = of_kind(&rows, CredentialKind::ObservedToken);
    assert!(!observed.is_empty());
    let truth: BTreeMap<String, Value> =
        tokens(&world).await.into_iter().map(|token| (text(&token, "id"), token)).collect();
    for row in observed {
        let token = &truth[row.credential.reference.id.as_str()];
        assert_eq!((text(token, "kind").as_str(), row.credential.last_used_at), ("external_token", None));
        let used: Timestamp = text(token, "last_used_at").parse().unwrap();
        assert_eq!(row.last_used_at.map(|at| at.timestamp()), Some(used.timestamp()));
        assert_eq!(row.owner.as_ref().map(|owner| owner.relation), Some(Relation::External));
        let profile = row.profile.as_ref().expect("what it was used for");
        assert!(!profile.networks.members().is_empty() && !profile.actions.members().is_empty());
        assert!(!profile.places.members().is_empty(), "the site");
        assert!(row.notes.iter().any(|note| note.rule == "external-owner"), "{:?}", row.notes);
    }
    assert!(report.facts.proves(FactName::ExternalUsesLeaveEvents));
}

#[tokio::test]
async fn external_users_are_known_also_without_a_token_event() {
    let options = SimOptions { dialects: Dialects::of([Dialect::NoExternalUse]), ..SimOptions::default() };
    let world = World::with(options).await;
    let (report, rows) = taken(&world).await;
    assert!(of_kind(&rows, CredentialKind::ObservedToken).is_empty());
    assert_eq!(report.facts.knowledge(FactName::ExternalUsesLeaveEvents), Knowledge::Unknown);
    let owners = world.store().owner_rows(&world.org, &report, None, 1_000).await.unwrap().items;
    let external = owners.iter().filter(|row| row.owner.as_ref().is_some_and(|o| o.relation == Relation::External));
    assert_eq!(external.count() as u64, report.totals.observed.external_accounts);
    assert!(report.totals.observed.external_accounts > 10);
}

#[tokio::test]
async fn a_user_who_becomes_managed_keeps_history_findings_and_exemptions() {
    let world = World::start().await;
    world.put_policy(&every_rule()).await;
    let (first, _) = taken(&world).await;
    let (_, rows) = a_day_later(&world).await;
    let shared = |row: &&CredentialRow| row.findings.iter().any(|finding| finding.rule == "shared-use");
    let observed = of_kind(&rows, CredentialKind::ObservedToken);
    let row = *observed.iter().find(|row| shared(row)).expect("an external token is used from many networks");
    let (id, owner) = (row.credential.reference.clone(), row.credential.owner.clone().unwrap());
    let scope = ExemptionScope { credential: Some(id.clone()), rule: Some("shared-use".into()), ..Default::default() };
    let until = world.clock.now() + chrono::TimeDelta::days(60);
    enter::grant(&world.store(), &world.org, scope, until, world.decider("ann")).await.unwrap();
    world.sim_post(&format!("/_sim/users/{owner}"), &json!({ "relation": "managed" })).await;

    let (_, rows) = a_day_later(&world).await;
    let listed = CredentialRef { kind: CredentialKind::UserApiToken, id: id.id.clone() };
    let same: Vec<_> = rows.iter().filter(|row| row.credential.reference.id == id.id).collect();
    assert_eq!(same.len(), 1, "counted once");
    assert_eq!(same[0].credential.reference, listed);
    assert!(same[0].history.first_seen_at <= Some(first.generated_at));
    let findings = world.findings().await;
    let finding = findings.iter().find(|one| one.rule == "shared-use" && one.subject.id == id.id).unwrap();
    assert_eq!((finding.status, &finding.subject, finding.generation), (FindingStatus::Exempt, &listed, 1));
    assert_eq!(finding.opened_at, first.generated_at);
    let external = findings.iter().find(|one| one.rule == "external-owner" && one.subject.id == id.id).unwrap();
    assert_eq!(external.status, FindingStatus::Resolved);
}

fn registered(id: &str, label: &str, expires: RegisteredExpiry, world: &World) -> RegisterEntry {
    RegisterEntry {
        credential: CredentialRef { kind: CredentialKind::Registered, id: id.into() },
        purpose: Some("provisioning from the directory".into()),
        system: Some("Okta".into()),
        responsible: Some("identity team".into()),
        backup: None,
        review_by: None,
        registered: Some(Registered { label: label.into(), owner: None, expires }),
        updated_by: "ann".into(),
        updated_at: world.clock.now(),
    }
}

#[tokio::test]
async fn what_no_list_holds_can_be_registered_and_is_judged() {
    let world = World::start().await;
    let soon = RegisteredExpiry::At(world.clock.now() + chrono::TimeDelta::days(20));
    let entry = registered("okta-scim", "Okta SCIM key", soon, &world);
    enter::enter(&world.store(), &world.org, vec![entry.clone()], world.decider("ann")).await.unwrap();
    let (_, rows) = taken(&world).await;
    let row = *of_kind(&rows, CredentialKind::Registered).first().expect("the registered key");
    assert_eq!((row.credential.label.as_str(), row.register.as_ref()), ("Okta SCIM key", Some(&entry)));
    assert!(row.findings.iter().any(|finding| finding.rule == "expires-soon"), "{:?}", row.findings);
    enter::forget(&world.store(), &world.org, &entry.credential, world.decider("ann")).await.unwrap();
    let (report, rows) = a_day_later(&world).await;
    assert!(of_kind(&rows, CredentialKind::Registered).is_empty() && report.changes.removed >= 1);
}

type Expected = (&'static [Dialect], &'static [(FactName, Knowledge)]);

/// In each dialect, the facts that are proven, refuted and unknown after the first report.
const DIALECTS: [Expected; 8] = {
    use FactName::{EventIdsAreListIds as Same, EventsNameTokens as Named, UsesLeaveEvents as Uses};
    use Knowledge::{Proven, Refuted, Unknown};
    [
        (&[Dialect::Default], &[(Named, Proven), (Same, Proven), (Uses, Proven)]),
        (&[Dialect::NoTokenIds], &[(Named, Refuted), (Same, Unknown), (Uses, Proven)]),
        (&[Dialect::NoAuth], &[(Named, Unknown), (Same, Unknown), (Uses, Refuted)]),
        (&[Dialect::OtherIds], &[(Named, Proven), (Same, Refuted), (Uses, Unknown)]),
        (&[Dialect::DrawnActions, Dialect::CursorEnd], &[(Named, Proven), (Same, Proven), (Uses, Proven)]),
        (&[Dialect::SessionAuth], &[(Named, Proven), (Same, Proven), (Uses, Proven)]),
        (&[Dialect::OffsetTimes, Dialect::ListsExpired], &[(Named, Proven), (Same, Proven), (Uses, Proven)]),
        (&[Dialect::NoExternalUse], &[(FactName::ExternalUsesLeaveEvents, Unknown), (Uses, Proven)]),
    ]
};

#[tokio::test]
async fn in_each_dialect_the_facts_are_found_and_no_credential_is_counted_twice() {
    for (dialects, facts) in DIALECTS {
        let dialects = Dialects::of(dialects.iter().copied());
        let small = SimOptions { users: 300, tokens: 120, max_events: 3_000, ..SimOptions::default() };
        let world = World::with(SimOptions { dialects: dialects.clone(), ..small }).await;
        let (report, rows) = taken(&world).await;
        for (name, knowledge) in facts {
            assert_eq!(report.facts.knowledge(*name), *knowledge, "{dialects}: {name}: {:?}", report.facts);
        }
        let listed: BTreeSet<(String, String)> = tokens(&world)
            .await
            .iter()
            .filter(|token| token["listed"] == true)
            .map(|token| (text(token, "kind"), text(token, "id")))
            .collect();
        let shown: Vec<(String, String)> = rows
            .iter()
            .map(|row| &row.credential.reference)
            .filter(|credential| credential.kind != CredentialKind::ObservedToken)
            .map(|credential| (credential.kind.to_string(), credential.id.to_string()))
            .collect();
        assert_eq!(shown.len(), listed.len(), "{dialects}");
        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), listed, "{dialects}");
        let observed = of_kind(&rows, CredentialKind::ObservedToken);
        let relation = |row: &&CredentialRow| row.owner.as_ref().map(|owner| owner.relation);
        assert!(observed.iter().all(|row| relation(row) == Some(Relation::External)), "{dialects}");
        // Where uses cannot be joined, nobody's token may be called unused.
        if dialects.has(Dialect::OtherIds) {
            let unused = rows.iter().filter(|row| row.findings.iter().any(|finding| finding.rule == "unused"));
            assert!(unused.into_iter().all(|row| row.usage == Use::Known), "{dialects}");
        }
    }
}

#[tokio::test]
async fn two_reports_a_day_apart_differ_by_exactly_what_changed_in_between() {
    let world = World::start().await;
    let (_, before) = taken(&world).await;
    let gone = of_kind(&before, CredentialKind::UserApiToken)[3].credential.reference.id.to_string();
    world.sim_delete(&format!("/_sim/tokens/{gone}")).await;
    let owner = of_kind(&before, CredentialKind::UserApiToken)[5].credential.owner.clone().unwrap();
    world.sim_post("/_sim/tokens", &json!({ "label": "made in between", "owner": owner })).await;
    let (report, after) = a_day_later(&world).await;
    let ids = |rows: &[CredentialRow]| -> BTreeSet<CredentialRef> {
        rows.iter().map(|row| row.credential.reference.clone()).collect()
    };
    let (old, new) = (ids(&before), ids(&after));
    assert_eq!(report.changes.added as usize, new.difference(&old).count());
    assert_eq!(report.changes.removed as usize, old.difference(&new).count());
    assert!(old.difference(&new).any(|credential| credential.id.as_str() == gone));
    let made = after.iter().find(|row| row.credential.label == "made in between").expect("the new token");
    assert_eq!(made.history.first_seen_at, Some(report.generated_at));
    let kept = after.iter().find(|row| old.contains(&row.credential.reference)).unwrap();
    assert!(kept.history.first_seen_at < Some(report.generated_at));
}

/// What happens in a company within a day, so that the rules that compare have something to see.
async fn a_day_of_deeds(world: &World, rows: &[CredentialRow]) {
    let tokens = of_kind(rows, CredentialKind::UserApiToken);
    let inactive = tokens.iter().find(|row| row.findings.iter().any(|one| one.rule == "owner-deactivated"));
    let inactive = inactive.expect("a token of somebody who left");
    let owner = inactive.credential.owner.clone().expect("that somebody");
    world.sim_post(&format!("/_sim/users/{owner}"), &json!({ "status": "active" })).await;
    let many = tokens.iter().find(|row| {
        let siblings = tokens.iter().filter(|other| other.credential.owner == row.credential.owner).count();
        let used = row.profile.as_ref().and_then(|profile| profile.last_used_at);
        siblings > 1 && used.is_some_and(|at| world.clock.now() - at < chrono::TimeDelta::days(3))
    });
    let gone = &many.expect("one of several tokens, lately used").credential.reference.id;
    world.sim_delete(&format!("/_sim/tokens/{gone}")).await;
    world.sim_post("/_sim/tokens", &json!({ "kind": "org_api_key", "label": "made in the console" })).await;
}

#[tokio::test]
async fn every_rule_finds_something_in_the_company_and_each_finding_has_its_reason() {
    let world = World::start().await;
    world.put_policy(&every_rule()).await;
    let mut never = registered("vendor", "Vendor's token", RegisteredExpiry::Never, &world);
    never.review_by = Some(world.clock.now().date_naive() - chrono::Days::new(3));
    enter::enter(&world.store(), &world.org, vec![never], world.decider("ann")).await.unwrap();
    let (_, rows) = taken(&world).await;
    a_day_of_deeds(&world, &rows).await;
    a_day_later(&world).await;
    let findings = world.findings().await;
    let fired: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    // One org alone reaches no other; that rule has a company of two below.
    let missing: Vec<&str> =
        RULES.iter().map(|rule| rule.id).filter(|id| !fired.contains(id) && *id != "reaches-many-orgs").collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(findings.iter().all(|finding| !finding.reason.is_empty()));
}

#[tokio::test]
async fn a_token_that_is_used_in_several_governed_orgs_is_told_in_each() {
    let world = World::with(SimOptions { orgs: 2, ..SimOptions::default() }).await;
    let other = world.second().await;
    for world in [&world, &other] {
        world.put_policy(&every_rule()).await;
        taken(world).await;
    }
    world.advance(DAY).await;
    for world in [&world, &other] {
        let (_, rows) = taken(world).await;
        let told = rows.iter().filter(|row| row.findings.iter().any(|one| one.rule == "reaches-many-orgs"));
        assert_eq!(told.count(), 1, "the contractor's one token");
    }
}

#[tokio::test]
async fn an_exemption_cancels_what_was_planned_and_its_end_begins_a_new_case() {
    let world = World::start().await;
    world.put_policy(ENFORCE).await;
    taken(&world).await;
    world.sweep().await;
    let action = world.actions().await.into_iter().find(|one| one.state == ActionState::Waiting).expect("a plan");
    let finding = action.finding.clone().unwrap();
    let scope = ExemptionScope { credential: Some(action.plan.target.credential.clone()), ..Default::default() };
    let until = world.clock.now() + chrono::TimeDelta::hours(30);
    enter::grant(&world.store(), &world.org, scope, until, world.decider("ann")).await.unwrap();
    world.sweep().await;
    let cancelled = world.action(&action.id).await;
    assert_eq!(cancelled.state, ActionState::Cancelled);
    assert!(cancelled.reason.as_deref().is_some_and(|reason| reason.contains("exempt until")), "{cancelled:?}");
    let status = async |world: &World| {
        let found = world.findings().await.into_iter().find(|one| one.id == finding).unwrap();
        (found.status, found.generation)
    };
    a_day_later(&world).await;
    assert_eq!(status(&world).await, (FindingStatus::Exempt, 1));
    a_day_later(&world).await;
    assert_eq!(status(&world).await, (FindingStatus::Open, 2), "the exemption has ended");
    world.sweep().await;
    let open =
        world.actions().await.into_iter().filter(|one| one.plan.target == action.plan.target && !one.state.is_final());
    assert_eq!(open.count(), 1, "a new case with its own grace");
}
