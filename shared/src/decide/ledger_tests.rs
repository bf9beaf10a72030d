use super::*;
use crate::decide::plan::tests::planned_action;
use crate::model::{LedgerKind, Means};
use chrono::DateTime;

fn org() -> OrgId {
    OrgId::new("org-1")
}

fn record(n: u32) -> LedgerRecord {
    LedgerRecord {
        at: DateTime::from_timestamp(1_790_000_000, n).unwrap(),
        kind: LedgerKind::ActionDone,
        principal: "policy".into(),
        action: None,
        credential: None,
        plan_hash: None,
        policy_version: Some(3),
        detail: format!("entry {n}"),
        evidence_digest: None,
        answer: None,
    }
}

fn entries(count: u32) -> (Vec<LedgerEntry>, LedgerHead) {
    let mut head = LedgerHead::default();
    let entries = (0..count).map(|n| {
        let entry = chain(&org(), &head, record(n));
        head = LedgerHead { seq: entry.seq, hash: entry.hash.clone() };
        entry
    });
    (entries.collect(), head)
}

fn verified(entries: &[LedgerEntry]) -> Result<LedgerHead, BadEntry> {
    verify(&org(), entries.iter(), &LedgerHead::default())
}

fn bad(seq: u64, reason: BadReason) -> Result<LedgerHead, BadEntry> {
    Err(BadEntry { seq, reason })
}

#[test]
fn an_untouched_chain_leads_to_its_head() {
    let (entries, head) = entries(5);
    assert_eq!(verified(&entries), Ok(head.clone()));
    let from = LedgerHead { seq: 3, hash: entries[2].hash.clone() };
    assert_eq!(verify(&org(), entries[3..].iter(), &from), Ok(head));
}

#[test]
fn one_changed_field_is_found_in_its_entry() {
    let (mut entries, _) = entries(5);
    entries[2].record.principal = "somebody else".into();
    assert_eq!(verified(&entries), bad(3, BadReason::Changed));
}

#[test]
fn a_changed_entry_with_a_recomputed_hash_unlinks_the_next() {
    let (mut entries, _) = entries(5);
    entries[2].record.detail = "nothing happened".into();
    entries[2].hash = hash(&org(), 3, &entries[2].previous_hash, &entries[2].record);
    assert_eq!(verified(&entries), bad(4, BadReason::Unlinked));
}

#[test]
fn a_removed_entry_is_missed() {
    let (mut entries, _) = entries(5);
    entries.remove(1);
    assert_eq!(verified(&entries), bad(2, BadReason::Missing));
}

#[test]
fn swapped_entries_are_found() {
    let (mut entries, _) = entries(5);
    entries.swap(1, 2);
    assert_eq!(verified(&entries), bad(2, BadReason::Missing));
}

#[test]
fn entries_that_swapped_their_contents_are_found() {
    let (mut entries, _) = entries(5);
    let second = entries[1].record.clone();
    entries[1].record = std::mem::replace(&mut entries[2].record, second);
    assert_eq!(verified(&entries), bad(2, BadReason::Changed));
}

#[test]
fn a_cut_tail_shows_against_the_published_head() {
    let (entries, head) = entries(5);
    let against = |entries: &[LedgerEntry], published: &LedgerHead| {
        verify_against(&org(), entries.iter(), &LedgerHead::default(), std::slice::from_ref(published))
    };
    assert_eq!(against(&entries, &head), Ok(head.clone()));
    assert_eq!(against(&entries[..3], &head), bad(4, BadReason::Missing));
    let forged = LedgerHead { seq: 4, hash: "f".repeat(64) };
    assert_eq!(against(&entries, &forged), bad(4, BadReason::Replaced));
}

#[test]
fn the_chain_of_another_org_does_not_pass() {
    let (entries, _) = entries(1);
    let other = verify(&OrgId::new("org-2"), entries.iter(), &LedgerHead::default());
    assert_eq!(other, bad(1, BadReason::Changed));
}

/// An entry as it was written before entries had a digest of the evidence and an answer.
const OLD: &str = r#"{"seq":1,"previous_hash":"0000000000000000000000000000000000000000000000000000000000000000","hash":"d3c80678c06def7df6f4d07df630519f538f89b35c9665fa57a0e32467daef31","at":"2026-09-21T15:33:20Z","kind":"action_done","principal":"ann","action":"0123456789abcdef","credential":{"kind":"user_api_token","id":"t-1"},"plan_hash":null,"policy_version":3,"detail":"revoked, and seen to be gone"}"#;

/// Both hashes are those that a program of ten lines in another language computes from docs/ledger.md.
#[test]
fn an_old_entry_keeps_its_hash_and_a_new_one_follows_it() {
    let old: LedgerEntry = serde_json::from_str(OLD).unwrap();
    assert_eq!(serde_json::to_string(&old).unwrap(), OLD);
    let head = verified(std::slice::from_ref(&old)).unwrap();
    let (evidence_digest, answer) = (Some("e".repeat(64)), Some(LedgerAnswer::AlreadyGone));
    let new = chain(&org(), &head, LedgerRecord { evidence_digest, answer, ..old.record.clone() });
    assert_eq!(new.hash, "3ffe33cd98c31411d70c65aceda795cf793132c5edf77631f0992fae1379fc44");
    let text = serde_json::to_string(&new).unwrap();
    assert!(text.ends_with(&format!(r#","evidence_digest":"{}","answer":"already_gone"}}"#, "e".repeat(64))), "{text}");
}

#[test]
fn what_atlassian_answered_is_recorded_where_a_call_was_claimed_and_only_there() {
    let claimed = Action { state: ActionState::Claimed, ..planned_action() };
    let called = |call| Facts { call: Some(call), ..Facts::default() };
    let answered = |call| answer_of(&claimed, &called(call)).unwrap();
    assert_eq!(answered(Call::Answered(Revoked::Now)), LedgerAnswer::Revoked);
    assert_eq!(answered(Call::Answered(Revoked::Already)), LedgerAnswer::AlreadyGone);
    assert_eq!(answered(Call::Answered(Revoked::AccountUnknown)), LedgerAnswer::AccountUnknown);
    assert_eq!(answered(Call::Refused("Ann may not".into())), LedgerAnswer::Refused);
    assert_eq!(answered(Call::RateLimited(chrono::TimeDelta::seconds(1))), LedgerAnswer::RateLimited);
    assert_eq!(answered(Call::Unclear("timeout".into())), LedgerAnswer::Unclear);
    assert_eq!(answer_of(&claimed, &Facts::default()), Some(LedgerAnswer::Unclear));
    for state in ActionState::ALL.into_iter().filter(|state| *state != ActionState::Claimed) {
        let action = Action { state, ..claimed.clone() };
        assert_eq!(answer_of(&action, &called(Call::Answered(Revoked::Now))), None, "{state:?}");
    }
}

#[test]
fn an_order_for_an_account_is_answered_at_once_or_by_the_task_that_followed() {
    let mut claimed = Action { state: ActionState::Claimed, ..planned_action() };
    claimed.plan.scope = Scope::Owner;
    let email = "a@x.example".to_owned();
    claimed.plan.means = Some(Means::Policy { to: "b".into(), earlier: None, email: email.clone() });
    let of = |acted, task, call| answer_of(&claimed, &Facts { acted, task, call, ..Facts::default() }).unwrap();
    let started = || Some(Acted::Started("t".into()));
    let ended = |failed: &str| Some(Seen::Is(TaskState::Ended(vec![(failed.to_owned(), "no".to_owned())])));
    assert_eq!(of(Some(Acted::Now), None, None), LedgerAnswer::Done);
    assert_eq!(of(Some(Acted::AccountUnknown), None, None), LedgerAnswer::AccountUnknown);
    assert_eq!(of(started(), None, None), LedgerAnswer::Unclear);
    assert_eq!(of(None, Some(Seen::Is(TaskState::Ended(vec![]))), None), LedgerAnswer::Done);
    assert_eq!(of(None, ended("somebody-else@x.example"), None), LedgerAnswer::Done);
    assert_eq!(of(None, ended(&email), None), LedgerAnswer::TaskFailed);
    assert_eq!(of(None, Some(Seen::Is(TaskState::Running(1))), None), LedgerAnswer::Unclear);
    assert_eq!(of(None, None, Some(Call::Refused("403".into()))), LedgerAnswer::Refused);
    assert_eq!(of(None, None, None), LedgerAnswer::Unclear, "the answer went with its process");
}

#[test]
fn every_published_head_must_fit() {
    let (entries, newest) = entries(5);
    let older = LedgerHead { seq: 2, hash: entries[1].hash.clone() };
    let against = |published: &[LedgerHead]| verify_against(&org(), entries.iter(), &LedgerHead::default(), published);
    assert_eq!(against(&[newest.clone(), older.clone()]), Ok(newest.clone()));
    let beyond = LedgerHead { seq: 7, hash: "7".repeat(64) };
    assert_eq!(against(&[older.clone(), beyond]), bad(6, BadReason::Missing));
    let forged = LedgerHead { hash: "f".repeat(64), ..older };
    assert_eq!(against(&[newest, forged]), bad(2, BadReason::Replaced));
}

#[test]
fn the_words_of_others_stay_out_of_the_ledger() {
    assert_eq!(own_words("it is exempt until 2026-12-01: Ann needs it for the audit"), "it is exempt until 2026-12-01");
    assert_eq!(own_words("not permitted: revoking: ann@example.com may not"), "not permitted");
    let ours = "it was used on 2026-11-20 10:00 UTC, after it was judged";
    assert_eq!(own_words(ours), ours);
}
