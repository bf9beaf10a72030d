//! What no API does: external users' tokens, and one credential that a person ends.

use super::*;
use crate::{
    messages::campaign::by_hand::What,
    model::{Fact, Facts, LogSays, Registered, RegisteredExpiry, Seat, Section, SectionName, SectionStatus},
};

/// What the tests vary of what is known.
struct World {
    seats: Seats,
    report: Report,
    covered: Option<Interval>,
}

impl World {
    /// The log was read for 90 days up to now, and is known so far to show what external users do.
    fn where_external_uses_are(knowledge: Knowledge) -> Self {
        let fact = Fact { name: FactName::ExternalUsesLeaveEvents, knowledge, evidence: String::new() };
        let report = Report { generated_at: ago(0), facts: Facts(vec![fact]), ..report() };
        Self { seats: Seats::default(), report, covered: Some(Interval { from: ago(90), to: ago(0) }) }
    }

    fn with_seat(mut self, account: &str, until: Timestamp) -> Self {
        let (reason, by) = ("the nightly export".to_owned(), "bo".to_owned());
        let seat = Seat { name: None, reason, until, by, at: ago(9), told_at: None };
        self.seats.seats.insert(account.into(), seat);
        self
    }

    fn progress(&self, campaign: &Campaign, rows: &[CredentialRow]) -> Progress {
        let (newest, policy) = (Newest::default(), policy(Mode::Enforce, Approval::Required).policy);
        let Self { seats, report, covered } = self;
        let context = ImpactContext { log_since: covered.map(|log| log.from), uses_leave_events: Knowledge::Unknown };
        let known = Known { newest: &newest, policy: &policy, seats, report, covered: *covered, context, now: now() };
        let mut survey = Survey::new(campaign, known);
        rows.iter().for_each(|row| survey.add(row));
        survey.progress()
    }
}

/// A token of an external user, seen in use so many days ago.
fn external(id: &str, owner: &str, used_days_ago: i64) -> CredentialRow {
    let mut row = token(id, owner, used_days_ago);
    row.credential.reference.kind = CredentialKind::ObservedToken;
    (row.credential.last_used_at, row.credential.status) = (None, CredentialStatus::Unknown);
    row.credential.owner_name = None;
    row.owner.as_mut().unwrap().relation = Relation::External;
    row
}

fn clicked(kind: CampaignKind, days_ago: i64) -> Campaign {
    let clicked = Some(Agreement { by: "bo".into(), at: ago(days_ago), reason: "done".into() });
    Campaign { clicked, ..campaign(kind) }
}

#[test]
fn an_external_account_needs_a_seat_or_stops_or_is_quiet_or_cannot_be_told() {
    let campaign = campaign(CampaignKind::CloseExternal);
    let rows =
        [external("t1", "ann", 1), external("t2", "ben", 15), external("t3", "cay", 70), external("t4", "dan", 1)];
    let managed = token("t5", "eve", 1);
    let rows = [&rows[..], &[managed]].concat();
    let found = World::where_external_uses_are(Knowledge::Proven).with_seat("dan", ago(-9)).progress(&campaign, &rows);
    let wanted = [("ann", Stand::Todo), ("ben", Stand::Unclear), ("cay", Stand::Stays), ("dan", Stand::Done)];
    assert_eq!(stands(&found), wanted);
    assert!(found.next.iter().any(|step| step.contains("(4 of 5 are free)")), "{:?}", found.next);
    let unproven = World::where_external_uses_are(Knowledge::Unknown).progress(&campaign, &rows);
    let wanted = [("ann", Stand::Todo), ("dan", Stand::Todo), ("ben", Stand::Unclear), ("cay", Stand::Unclear)];
    assert_eq!(stands(&unproven), wanted);
    assert!(unproven.sentence.contains("whoever is not listed here may use one"), "{}", unproven.sentence);
}

#[test]
fn a_seat_that_has_ended_is_a_step_for_a_person() {
    let world = World::where_external_uses_are(Knowledge::Proven).with_seat("ann", ago(1));
    let found = world.progress(&campaign(CampaignKind::CloseExternal), &[external("t1", "ann", 0)]);
    assert_eq!(stands(&found), [("ann", Stand::ByHand)]);
    assert!(found.members[0].reason.as_ref().unwrap().contains("take the account out"), "{:?}", found.members);
}

#[test]
fn silence_since_the_click_verifies_it_only_in_a_log_that_would_show_a_use() {
    let campaign = clicked(CampaignKind::CloseExternal, 3);
    let rows = [external("t1", "ann", 4), external("t2", "ben", 1)];
    let settled = |world: &World, rows: &[CredentialRow]| world.progress(&campaign, rows).settled.unwrap();
    let seated = World::where_external_uses_are(Knowledge::Proven).with_seat("ben", ago(-9));
    assert!(settled(&seated, &rows).verified, "who has a seat may use a token");
    assert_eq!(stands(&seated.progress(&campaign, &rows)), [("ann", Stand::Stays), ("ben", Stand::Done)]);
    let nobody = World::where_external_uses_are(Knowledge::Proven);
    let used = settled(&nobody, &rows);
    assert_eq!((used.verified, used.log, used.used_by), (false, LogSays::Used, vec!["ben".to_owned()]));
    let unproven = settled(&World::where_external_uses_are(Knowledge::Unknown), &rows[..1]);
    assert_eq!((unproven.verified, unproven.log), (false, LogSays::CannotShow));
    let gap = World { covered: Some(Interval { from: ago(2), to: ago(0) }), ..seated };
    assert_eq!(settled(&gap, &rows).log, LogSays::NotReadYet, "the log has a gap after the click");
    let soon = World::where_external_uses_are(Knowledge::Proven);
    let soon = soon.progress(&clicked(CampaignKind::CloseExternal, 1), &rows[..1]).settled.unwrap();
    assert_eq!((soon.reported, soon.log), (true, LogSays::NotReadYet), "not a day of log yet");
}

/// A campaign that ends one credential, clicked three days ago.
fn by_hand(row: &CredentialRow) -> Campaign {
    let credential = Some(row.credential.reference.clone());
    Campaign { credential, expires_at: Some(ago(-9)), ..clicked(CampaignKind::ByHand, 3) }
}

fn registered(label: &str, expires: Timestamp, updated_at: Timestamp) -> CredentialRow {
    let mut row = token("r1", "ann", 1);
    row.credential.reference.kind = CredentialKind::Registered;
    row.credential.label = label.into();
    row.last_used_at = None;
    row.register = Some(RegisterEntry {
        credential: row.credential.reference.clone(),
        purpose: None,
        system: Some("billing".into()),
        responsible: None,
        backup: None,
        review_by: None,
        registered: Some(Registered { label: label.into(), owner: None, expires: RegisteredExpiry::At(expires) }),
        updated_by: "ann".into(),
        updated_at,
    });
    row
}

#[test]
fn a_registered_credential_is_replaced_once_another_expiry_was_entered_since() {
    let world = World::where_external_uses_are(Knowledge::Unknown);
    let says = |row: &CredentialRow| world.progress(&by_hand(row), &[row.clone(), token("t9", "ben", 1)]);
    let renewed = says(&registered("Okta SCIM key", ago(-365), ago(1)));
    assert_eq!(renewed.settled.as_ref().map(|settled| settled.list), Some(ListSays::Renewed));
    assert_eq!(renewed.counts, BTreeMap::from([(Stand::Done, 1)]));
    for stands in
        [registered("k", ago(-9), ago(1)), registered("k", ago(-365), ago(5)), registered("k", ago(2), ago(1))]
    {
        let found = says(&stands);
        assert_eq!(
            found.settled.as_ref().map(|settled| (settled.list, settled.verified)),
            Some((ListSays::Stands, false))
        );
        assert_eq!(found.counts, BTreeMap::from([(Stand::ByHand, 1)]));
    }
}

#[test]
fn what_a_complete_list_holds_no_more_is_ended() {
    let mut client = token("c1", "ann", 1);
    client.credential.reference.kind = CredentialKind::OauthClient;
    let campaign = by_hand(&client);
    let mut world = World::where_external_uses_are(Knowledge::Unknown);
    let says = |world: &World, rows: &[CredentialRow]| world.progress(&campaign, rows).settled.unwrap();
    assert_eq!(says(&world, &[]).list, ListSays::NotRead);
    let section = |status| Section { status, ..Section::pending(SectionName::OauthClients) };
    world.report.sections = vec![section(SectionStatus::Complete)];
    let gone = says(&world, &[]);
    assert_eq!((gone.list, gone.verified), (ListSays::Gone, true));
    assert!(!says(&world, &[client]).verified);
    world.report.sections = vec![section(SectionStatus::Failed)];
    assert_eq!(says(&world, &[]).list, ListSays::NotRead);
}

#[test]
fn a_token_that_no_list_holds_is_judged_by_the_log() {
    let world = World::where_external_uses_are(Knowledge::Proven);
    let says = |row: &CredentialRow| world.progress(&by_hand(row), std::slice::from_ref(row)).settled.unwrap();
    let (silent, used) = (says(&external("t1", "ann", 4)), says(&external("t1", "ann", 1)));
    assert_eq!((silent.list, silent.log, silent.verified), (ListSays::HasNone, LogSays::NoUse, true));
    assert_eq!((used.log, used.verified), (LogSays::Used, false));
}

#[test]
fn what_a_registered_credential_is_stands_in_its_texts() {
    let what = |label| super::super::by_hand::to_end(&registered(label, ago(-9), ago(1))).what;
    assert_eq!(what("Okta scim key"), What::ScimKey);
    assert_eq!(what("webhook secret"), What::Registered(Some("billing".into())));
}
