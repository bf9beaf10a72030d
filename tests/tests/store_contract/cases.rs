//! Orgs, findings, actions, policies and what is pending.

use crate::{
    ODD_IDS, Ports, World, odd_orgs,
    samples::{action, at, decision, finding, new, next, policy},
};
use shared::{
    error::Error,
    model::{
        Action, ActionState, Agreement, Budget, Campaign, CampaignKind, CredentialKind, CredentialRef, Exemption,
        ExemptionScope, Finding, FindingId, FindingStatus, FindingTransition, Home, Org, OrgId, RegisterEntry, Seat,
        Seats, Severity, Stop, Versioned,
    },
    ports::{CaseChange, CaseStore, Pending, Written},
};
use std::collections::HashMap;

pub(crate) async fn contract(store: &impl Ports) {
    orgs_are_registered(store).await;
    findings_are_listed_in_the_order_of_their_ids(store).await;
    an_opened_finding_is_pending_until_it_is_handled(store).await;
    a_late_transition_changes_nothing(store).await;
    a_changed_finding_stays_as_pending_as_it_was(store).await;
    an_action_is_pending_from_the_moment_at_which_it_wakes(store).await;
    of_two_writers_of_an_action_one_wins(store).await;
    the_budget_holds_the_action_back(store).await;
    a_policy_follows_the_one_in_force(store).await;
    a_decision_is_made_once(store).await;
    what_is_handled_and_gone_does_not_lose_the_change(store).await;
    a_finding_opened_anew_is_not_handled_by_its_former_action(store).await;
    what_is_pending_goes_beyond_one_page(store).await;
    a_finding_that_was_exempt_from_the_first_is_stored(store).await;
    the_register_is_written_read_and_forgotten(store).await;
    exemptions_are_kept_and_ended(store).await;
    of_two_writers_of_a_campaign_one_wins(store).await;
    of_two_writers_of_the_seats_one_wins(store).await;
}

/// What needs a DynamoDB.
pub(crate) async fn over_dynamodb(world: &World) {
    a_change_whose_answer_was_lost_is_stored(world).await;
}

async fn apply(store: &impl Ports, org: &OrgId, change: CaseChange) -> Written {
    store.apply(org, &change).await.unwrap()
}

async fn pending(store: &impl Ports, org: &OrgId, secs: i64) -> Vec<Pending> {
    store.pending(org, at(secs), 100).await.unwrap()
}

async fn open(store: &impl Ports, org: &OrgId, finding: &Finding) {
    store.put_transition(org, &FindingTransition::Open(finding.clone())).await.unwrap();
}

fn with_action(action: Versioned<Action>) -> CaseChange {
    CaseChange { action: Some(action), ..CaseChange::default() }
}

async fn of_two_writers_of_a_campaign_one_wins(store: &impl Ports) {
    for org in odd_orgs() {
        for id in ODD_IDS {
            let begun = Campaign {
                id: id.into(),
                kind: CampaignKind::ClosePolicy,
                account: None,
                started_by: "ann".into(),
                started_at: at(0),
                reason: "the audit".into(),
                credential: None,
                expires_at: None,
                clicked: None,
                ended: None,
            };
            let write = |version, value: &Campaign| {
                let campaign = Some(Versioned { version, value: value.clone() });
                apply(store, &org, CaseChange { campaign, ..CaseChange::default() })
            };
            assert_eq!(write(0, &begun).await, Written::Stored);
            let ended = Some(Agreement { by: "bo".into(), at: at(1), reason: "done".into() });
            let ended = Campaign { ended, ..begun.clone() };
            assert_eq!((write(1, &ended).await, write(1, &begun).await), (Written::Stored, Written::Contended));
            assert_eq!(store.campaign(&org, &id.into()).await, Ok(Some(Versioned { version: 2, value: ended })));
        }
        assert_eq!(store.campaigns(&org).await.unwrap().len(), ODD_IDS.len());
    }
}

async fn of_two_writers_of_the_seats_one_wins(store: &impl Ports) {
    for org in odd_orgs() {
        assert_eq!(store.seats(&org).await, Ok(new(Seats::default())), "nobody ever had one");
        let (reason, by) = ("the payroll job".to_owned(), "ann".to_owned());
        let seat = Seat { name: None, reason, until: at(9), by, at: at(0), told_at: None };
        let all = Seats { seats: ODD_IDS.iter().map(|id| ((*id).into(), seat.clone())).collect() };
        let write = |version, value: &Seats| {
            let seats = Some(Versioned { version, value: value.clone() });
            apply(store, &org, CaseChange { seats, ..CaseChange::default() })
        };
        assert_eq!(write(0, &all).await, Written::Stored);
        assert_eq!(write(0, &Seats::default()).await, Written::Contended);
        assert_eq!(store.seats(&org).await, Ok(Versioned { version: 1, value: all.clone() }));
        let fewer = Seats { seats: all.seats.into_iter().skip(1).collect() };
        assert_eq!(write(1, &fewer).await, Written::Stored);
        assert_eq!(store.seats(&org).await, Ok(Versioned { version: 2, value: fewer }));
    }
}

async fn orgs_are_registered(store: &impl Ports) {
    let org = |id: &OrgId, name: &str| Org::new(id.clone(), name.into(), at(0));
    assert_eq!(store.orgs().await, Ok(vec![]));
    for id in odd_orgs() {
        assert_eq!(store.org(&id).await, Ok(None));
        let before = new(org(&id, "before"));
        assert_eq!(store.put_org(&before).await, Ok(Written::Stored));
        assert_eq!(store.put_org(&before).await, Ok(Written::Contended), "there is one");
        let after = Versioned { version: 1, value: org(&id, "after") };
        let change = CaseChange { org: Some(after.clone()), ..CaseChange::default() };
        assert_eq!(apply(store, &id, change.clone()).await, Written::Stored);
        assert_eq!(apply(store, &id, change).await, Written::Contended, "it moved");
        assert_eq!(store.put_org(&after).await, Ok(Written::Contended));
        assert_eq!(store.org_entry(&id).await, Ok(Some(next(&after))));
        assert_eq!(store.org(&id).await, Ok(Some(after.value)));
    }
    assert_eq!(store.orgs().await.unwrap().len(), odd_orgs().count());
}

async fn findings_are_listed_in_the_order_of_their_ids(store: &impl Ports) {
    for org in odd_orgs() {
        let mut ids = ODD_IDS.map(FindingId::from);
        for id in &ids {
            open(store, &org, &finding(id.as_str(), 1)).await;
            assert_eq!(store.finding(&org, id).await, Ok(Some(finding(id.as_str(), 1))));
        }
        those_that_there_are_are_read_at_once(store, &org, &ids).await;
        ids.sort_unstable();
        let (mut found, mut after) = (vec![], None);
        loop {
            let page = store.findings(&org, after.as_ref(), 3).await.unwrap();
            found.extend(page.items.into_iter().map(|finding| finding.id));
            after = page.next.as_deref().map(FindingId::from);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, ids);
        assert_eq!(pending(store, &org, 1).await.len(), ids.len());
    }
}

async fn those_that_there_are_are_read_at_once(store: &impl Ports, org: &OrgId, ids: &[FindingId]) {
    let wanted = [ids, &["no such finding".into()]].concat();
    let expected = ids.iter().map(|id| (id.clone(), finding(id.as_str(), 1))).collect();
    assert_eq!(store.findings_of(org, &wanted).await, Ok(expected));
    assert_eq!(store.findings_of(org, &[]).await, Ok(HashMap::new()));
}

async fn an_opened_finding_is_pending_until_it_is_handled(store: &impl Ports) {
    let org = OrgId::new("life cycle");
    let opened = finding("f", 1);
    open(store, &org, &opened).await;
    assert_eq!(pending(store, &org, 0).await, [], "not before it was opened");
    assert_eq!(pending(store, &org, 1).await, [Pending::Finding("f".into())]);
    let handled = || CaseChange { handled: Some(Pending::Finding("f".into())), ..CaseChange::default() };
    assert_eq!(apply(store, &org, handled()).await, Written::Stored);
    assert_eq!(apply(store, &org, handled()).await, Written::Stored, "a second time");
    assert_eq!(pending(store, &org, 9).await, []);
    open(store, &org, &opened).await;
    assert_eq!(pending(store, &org, 9).await, [], "the same opening does not follow twice");
    let resolved = Finding { status: FindingStatus::Resolved, ..opened.clone() };
    store.put_transition(&org, &FindingTransition::Resolve(resolved.clone())).await.unwrap();
    assert_eq!(store.finding(&org, &opened.id).await, Ok(Some(resolved)));
    open(store, &org, &finding("f", 2)).await;
    assert_eq!(pending(store, &org, 9).await, [Pending::Finding("f".into())]);
    store.put_transition(&org, &FindingTransition::Resolve(finding("f", 2))).await.unwrap();
    assert_eq!(pending(store, &org, 9).await.len(), 1, "its case must end");
}

async fn a_late_transition_changes_nothing(store: &impl Ports) {
    let org = OrgId::new("late");
    open(store, &org, &finding("f", 2)).await;
    let late = Finding { status: FindingStatus::Resolved, ..finding("f", 1) };
    store.put_transition(&org, &FindingTransition::Resolve(late.clone())).await.unwrap();
    store.put_transition(&org, &FindingTransition::Open(late.clone())).await.unwrap();
    store.put_transition(&org, &FindingTransition::Change(late)).await.unwrap();
    assert_eq!(store.finding(&org, &"f".into()).await, Ok(Some(finding("f", 2))));
}

async fn a_changed_finding_stays_as_pending_as_it_was(store: &impl Ports) {
    let org = OrgId::new("changed");
    open(store, &org, &finding("f", 1)).await;
    let changed = Finding { severity: Severity::High, changed_at: at(50), ..finding("f", 1) };
    store.put_transition(&org, &FindingTransition::Change(changed.clone())).await.unwrap();
    assert_eq!(store.finding(&org, &"f".into()).await, Ok(Some(changed.clone())));
    assert_eq!(pending(store, &org, 1).await, [Pending::Finding("f".into())]);
    let handled = CaseChange { handled: Some(Pending::Finding("f".into())), ..CaseChange::default() };
    assert_eq!(apply(store, &org, handled).await, Written::Stored);
    store.put_transition(&org, &FindingTransition::Change(changed)).await.unwrap();
    assert_eq!(pending(store, &org, 99).await, []);
}

async fn an_action_is_pending_from_the_moment_at_which_it_wakes(store: &impl Ports) {
    let org = OrgId::new("actions");
    let planned = new(action("a #1", None, Some(at(10))));
    assert_eq!(apply(store, &org, with_action(planned.clone())).await, Written::Stored);
    assert_eq!(store.action(&org, &planned.value.id).await, Ok(Some(next(&planned))));
    assert_eq!(pending(store, &org, 9).await, []);
    assert_eq!(pending(store, &org, 10).await, [Pending::Action("a #1".into())]);
    let waits = Versioned { version: 1, value: Action { wake_at: None, ..planned.value.clone() } };
    assert_eq!(apply(store, &org, with_action(waits)).await, Written::Stored);
    assert_eq!(pending(store, &org, 99).await, [], "it waits for a person alone");
    let done = Versioned { version: 2, value: Action { state: ActionState::Done, ..planned.value } };
    assert_eq!(apply(store, &org, with_action(done)).await, Written::Stored);
    assert_eq!(pending(store, &org, 99).await, [], "it is final");
    let page = store.actions(&org, None, 5).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
}

async fn of_two_writers_of_an_action_one_wins(store: &impl Ports) {
    let org = OrgId::new("writers");
    let planned = with_action(new(action("a", None, None)));
    let both = futures::join!(store.apply(&org, &planned), store.apply(&org, &planned));
    let stored = [both.0, both.1].into_iter().filter(|written| *written == Ok(Written::Stored));
    assert_eq!(stored.count(), 1);
    assert_eq!(apply(store, &org, planned).await, Written::Contended);
}

async fn the_budget_holds_the_action_back(store: &impl Ports) {
    let org = OrgId::new("budget");
    let fresh = store.budget(&org).await.unwrap();
    assert_eq!((fresh.version, Budget { home: Home::Here, ..fresh.value }), (0, Budget::default()));
    let claim = |id: &str, version: u64| CaseChange {
        action: Some(new(action(id, None, None))),
        budget: Some(Versioned {
            version,
            value: Budget { holds: [(id.to_owned(), at(0))].into(), ..Budget::default() },
        }),
        ..CaseChange::default()
    };
    assert_eq!(apply(store, &org, claim("first", 0)).await, Written::Stored);
    let stop = Stop { by: "somebody".into(), at: at(0), reason: "enough".into() };
    let held = store.budget(&org).await.unwrap();
    let stopped = Versioned { version: 1, value: Budget { stopped: Some(stop), ..held.value } };
    let stopping = CaseChange { budget: Some(stopped.clone()), ..CaseChange::default() };
    assert_eq!(apply(store, &org, stopping).await, Written::Stored);
    assert_eq!(apply(store, &org, claim("second", 1)).await, Written::Contended, "the kill switch came between");
    assert_eq!(store.action(&org, &"second".into()).await, Ok(None), "nothing of it was written");
    assert_eq!(store.budget(&org).await, Ok(next(&stopped)));
}

async fn a_policy_follows_the_one_in_force(store: &impl Ports) {
    for org in odd_orgs() {
        let set = |version: u64| CaseChange { policy: Some(policy(version)), ..CaseChange::default() };
        assert_eq!(store.policy(&org).await, Ok(None));
        assert_eq!(apply(store, &org, set(2)).await, Written::Contended, "there is no version 1");
        assert_eq!(apply(store, &org, set(1)).await, Written::Stored);
        assert_eq!(apply(store, &org, set(1)).await, Written::Contended);
        assert_eq!(apply(store, &org, set(2)).await, Written::Stored);
        assert_eq!(store.policy(&org).await, Ok(Some(policy(2))));
        assert_eq!(store.policy_version(&org, 1).await, Ok(Some(policy(1))));
        assert_eq!(store.policy_version(&org, 3).await, Ok(None));
        let refused = store.apply(&org, &set(0)).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })));
    }
}

async fn a_decision_is_made_once(store: &impl Ports) {
    let org = OrgId::new("decisions");
    for id in ODD_IDS {
        let decide = || CaseChange { decision: Some(decision(id)), ..CaseChange::default() };
        let handled = || CaseChange { handled: Some(Pending::Decision(id.into())), ..CaseChange::default() };
        assert_eq!(store.decision(&org, id).await, Ok(None));
        assert_eq!(apply(store, &org, decide()).await, Written::Stored);
        assert_eq!(store.decision(&org, id).await, Ok(Some(decision(id))));
        assert_eq!(pending(store, &org, 5).await, [Pending::Decision(id.into())]);
        assert_eq!(apply(store, &org, handled()).await, Written::Stored);
        assert_eq!(apply(store, &org, decide()).await, Written::Stored);
        assert_eq!(pending(store, &org, 5).await, [], "made again, it is not pending again");
    }
}

async fn what_is_handled_and_gone_does_not_lose_the_change(store: &impl Ports) {
    let org = OrgId::new("gone");
    let change = CaseChange {
        action: Some(new(action("a", None, None))),
        handled: Some(Pending::Decision("never made".into())),
        ..CaseChange::default()
    };
    assert_eq!(apply(store, &org, change).await, Written::Stored);
    assert!(store.action(&org, &"a".into()).await.unwrap().is_some());
    assert_eq!(store.decision(&org, "never made").await, Ok(None));
}

async fn a_finding_opened_anew_is_not_handled_by_its_former_action(store: &impl Ports) {
    let org = OrgId::new("anew");
    open(store, &org, &finding("f", 1)).await;
    open(store, &org, &finding("f", 2)).await;
    let change = |finding_generation: u32| CaseChange {
        action: Some(new(Action { finding_generation, ..action("a", Some("f"), None) })),
        handled: Some(Pending::Finding("f".into())),
        ..CaseChange::default()
    };
    assert_eq!(apply(store, &org, change(1)).await, Written::Contended);
    assert_eq!(pending(store, &org, 9).await, [Pending::Finding("f".into())]);
    assert_eq!(apply(store, &org, change(2)).await, Written::Stored);
    assert_eq!(pending(store, &org, 9).await, []);
}

async fn a_change_whose_answer_was_lost_is_stored(world: &World) {
    let (store, lost) = world.losing_store();
    let org = OrgId::new("lost change");
    lost.lose(1);
    let change = with_action(new(action("a", None, None)));
    assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
    let empty = store.apply(&org, &CaseChange::default()).await;
    assert_eq!(empty, Ok(Written::Stored), "nothing to change is no error");
}

async fn what_is_pending_goes_beyond_one_page(store: &impl Ports) {
    let org = OrgId::new("many");
    for n in 0..12 {
        apply(store, &org, with_action(new(action(&format!("{n:02}"), None, Some(at(12 - n)))))).await;
    }
    let found = store.pending(&org, at(99), 5).await.unwrap();
    let oldest = ["11", "10", "09", "08", "07"].map(|id| Pending::Action(id.into()));
    assert_eq!(found, oldest);
    let (mut ids, mut cursor) = (vec![], None);
    loop {
        let page = store.actions(&org, cursor, 5).await.unwrap();
        ids.extend(page.items.into_iter().map(|action| action.id.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, (0..12).map(|n| format!("{n:02}")).collect::<Vec<_>>());
}

async fn a_finding_that_was_exempt_from_the_first_is_stored(store: &impl Ports) {
    let org = OrgId::new("exempt from the first");
    let exempt = Finding { status: FindingStatus::Exempt, ..finding("f", 1) };
    store.put_transition(&org, &FindingTransition::Change(exempt.clone())).await.unwrap();
    assert_eq!(store.finding(&org, &exempt.id).await, Ok(Some(exempt)));
    assert_eq!(store.pending(&org, at(1_000), 10).await, Ok(vec![]), "nothing follows from it");
}

fn entry(id: &str, purpose: &str) -> RegisterEntry {
    RegisterEntry {
        credential: CredentialRef { kind: CredentialKind::UserApiToken, id: id.into() },
        purpose: Some(purpose.into()),
        system: None,
        responsible: None,
        backup: None,
        review_by: None,
        registered: None,
        updated_by: "ann".into(),
        updated_at: at(0),
    }
}

async fn the_register_is_written_read_and_forgotten(store: &impl Ports) {
    for org in odd_orgs() {
        let entries: Vec<RegisterEntry> = ODD_IDS.iter().map(|id| entry(id, "payroll")).collect();
        let change = CaseChange { register: entries.clone(), ..CaseChange::default() };
        assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
        let changed = entry(ODD_IDS[0], "billing");
        let change = CaseChange { register: vec![changed.clone()], ..CaseChange::default() };
        assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored), "an entry replaces the one before");
        assert_eq!(store.register_entry(&org, &changed.credential).await, Ok(Some(changed.clone())));
        let all: Vec<CredentialRef> = entries.iter().map(|entry| entry.credential.clone()).collect();
        assert_eq!(store.register_of(&org, &all).await.unwrap().len(), ODD_IDS.len());
        let page = store.register(&org, None, 1).await.unwrap();
        assert_eq!((page.items.len(), page.next.is_some()), (1, true));
        let change = CaseChange { unregister: Some(changed.credential.clone()), ..CaseChange::default() };
        assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
        assert_eq!(store.register_entry(&org, &changed.credential).await, Ok(None));
    }
}

async fn exemptions_are_kept_and_ended(store: &impl Ports) {
    for org in odd_orgs() {
        let exemption = |until| Exemption {
            id: "x 1#".into(),
            scope: ExemptionScope { label: Some("payroll*".into()), ..ExemptionScope::default() },
            reason: "it must run".into(),
            author: "ann".into(),
            created_at: at(0),
            until,
        };
        for until in [at(1_000), at(10)] {
            let change = CaseChange { exemption: Some(exemption(until)), ..CaseChange::default() };
            assert_eq!(store.apply(&org, &change).await, Ok(Written::Stored));
            assert_eq!(store.exemptions(&org).await, Ok(vec![exemption(until)]));
        }
    }
}
