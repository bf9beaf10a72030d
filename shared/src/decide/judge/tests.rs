use super::*;
use crate::decide::plan::tests::{now, policy};
use crate::model::{Approval, Changes, Mode, Phase, ProfileKey, Report, ReportStatus, Run, Totals};
use crate::rules::tests::{at, token};
use std::collections::BTreeMap;

pub(crate) fn row() -> CredentialRow {
    let credential = Credential { last_used_at: Some(at("2026-02-10")), ..token() };
    judged(credential, &policy(Mode::Observe, Approval::Required).policy)
}

fn judged(credential: Credential, policy: &Policy) -> CredentialRow {
    let mut rows = rows_of(vec![credential], None, policy);
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// The rows of what one account holds.
pub(crate) fn rows_of(
    credentials: Vec<Credential>,
    own_key_ids: Option<&BTreeSet<CredentialId>>,
    policy: &Policy,
) -> Vec<CredentialRow> {
    let judges = Judges::new(policy).unwrap();
    let frame = Frame {
        judges: &judges,
        own_key_ids,
        join: JoinState::Proven,
        accounts: Accounts::Whole,
        facts: &Facts::default(),
        exemptions: &[],
        log: Log { events: &[], covered: None },
        register: &HashMap::new(),
        now: now(),
    };
    rows(Holdings::new(None, credentials, Vec::new(), Accounts::Whole), &LookedUp::default(), &frame)
}

pub(crate) fn report() -> Report {
    Report {
        id: "20261121T120000Z".into(),
        generated_at: now(),
        status: ReportStatus::Complete,
        sections: Vec::new(),
        notices: Vec::new(),
        totals: Totals { credentials: 150, ..Totals::default() },
        facts: Facts::default(),
        changes: Changes::default(),
        parts: 1,
        quarantined: 0,
        ignored_events: 0,
    }
}

pub(crate) fn run(started_at: Timestamp) -> Run {
    Run {
        report: "r1".into(),
        started_at,
        policy_version: 1,
        join: JoinState::Unproven,
        own_key_ids: None,
        phase: Phase::Stage,
        sections: Vec::new(),
        readings: BTreeMap::new(),
        previous: None,
        facts: Facts::default(),
        parts: 1,
        changes: Changes::default(),
        wait_until: None,
        lease_until: started_at,
    }
}

pub(crate) fn finding() -> Finding {
    findings(&"o1".into(), &row(), &[], now()).remove(0)
}

#[test]
fn a_long_unused_token_has_its_finding_and_what_could_not_be_judged() {
    let row = row();
    assert_eq!(row.findings.iter().map(|found| found.rule.as_ref()).collect::<Vec<_>>(), ["unused"]);
    let unjudged: Vec<&str> = row.unjudged.iter().map(|rule| rule.rule.as_ref()).collect();
    assert_eq!(unjudged, ["owner-deactivated", "owner-reactivated"]);
    assert_eq!(finding().severity, Severity::Medium);
}

#[test]
fn the_later_of_list_and_event_is_the_last_use() {
    let mut profile = UsageProfile::empty(ProfileKey::of_token(None, &"t1".into()));
    assert_eq!(last_use(&token(), Some(&profile)).1, LastUsedSource::Inventory);
    profile.last_used_at = Some(at("2026-11-21"));
    assert_eq!(last_use(&token(), Some(&profile)), (Some(at("2026-11-21")), LastUsedSource::Event));
}

#[test]
fn an_unjoined_use_makes_the_owner_s_tokens_use_unknown_while_ids_are_unproven() {
    let mut stranger = UsageProfile::empty(ProfileKey::of_token(Some(&"a1".into()), &"x".into()));
    stranger.uses = 1;
    let owner = Some(crate::rules::tests::owner(crate::model::OwnerStatus::Active));
    let holdings = Holdings::new(owner, vec![token()], vec![stranger], Accounts::Whole);
    let (_, source) = last_use(&token(), None);
    let of = |join| usage(&token(), source, None, holdings.is_ambiguous(join));
    assert_eq!((of(JoinState::Unproven), of(JoinState::Proven)), (Use::Unknown, Use::Known));
}

#[test]
fn our_own_keys_are_known_by_their_ids_and_no_user_s_token_is_one() {
    let own = Some(BTreeSet::from([CredentialId::new("t1")]));
    let mut key = token();
    assert_eq!(super::own(&key, own.as_ref()), Own::No);
    key.reference.kind = CredentialKind::OrgApiKey;
    assert_eq!(super::own(&key, own.as_ref()), Own::Yes);
    assert_eq!((super::own(&key, None), super::own(&key, Some(&BTreeSet::new()))), (Own::NotKnown, Own::No));
}

#[test]
fn a_rule_that_the_policy_does_not_name_may_begin_as_a_note_and_naming_it_makes_findings() {
    let blocked = Credential { status: crate::model::CredentialStatus::Blocked, ..token() };
    let has = |list: &[RowFinding]| list.iter().find(|one| one.rule == "blocked-but-listed").map(|one| one.severity);
    let mut policy = policy(Mode::Observe, Approval::Required).policy;
    let row = judged(blocked.clone(), &policy);
    assert_eq!((has(&row.findings), has(&row.notes)), (None, Some(Severity::Note)));
    assert!(findings(&"acme".into(), &row, &[], now()).iter().all(|finding| finding.rule != "blocked-but-listed"));
    policy.rules.insert("blocked-but-listed".into(), Default::default());
    let row = judged(blocked.clone(), &policy);
    assert_eq!((has(&row.findings), has(&row.notes)), (Some(Severity::Low), None));
}
