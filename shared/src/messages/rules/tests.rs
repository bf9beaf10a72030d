//! Every sentence once, with facts as they may be.

use super::*;
use crate::model::{CredentialKind, OwnerStatus, Timestamp};
use crate::rules::{Of, RULES, Rule};
use std::fmt::Write;

fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

/// What every rule says, by its id, in the order of the rules.
fn sentences() -> Vec<(&'static str, String)> {
    [expiry(), lists(), people(), usage()].concat()
}

fn expiry() -> Vec<(&'static str, String)> {
    vec![
        ("expired-still-listed", expired_still_listed(at("2026-11-01"))),
        ("expires-soon", expires_soon(at("2027-02-01"), 7, Some(at("2026-11-20")))),
        ("expires-soon", expires_soon(at("2027-02-01"), 0, None)),
        ("expiry-unknown", expiry_unknown()),
        ("lifetime-over-policy", lifetime_over_policy(at("2026-02-01"), 365, 180)),
        ("lifetime-over-policy", age_over_policy(at("2025-01-01"), 689, 365)),
        ("no-expiry", no_expiry(None)),
        ("no-expiry", no_expiry(Some(at("2024-05-01")))),
        ("own-key-expiring", own_key_expiring(at("2027-02-01"), 1)),
    ]
}

fn lists() -> Vec<(&'static str, String)> {
    let gone = |kind, expired| disappeared("jenkins nightly", kind, expired, Some(at("2026-11-20")));
    vec![
        ("appeared-without-event", appeared_without_event(at("2026-11-19"))),
        ("blocked-but-listed", blocked_but_listed()),
        ("disappeared", gone(CredentialKind::UserApiToken, None)),
        ("disappeared", gone(CredentialKind::OrgApiKey, Some(at("2026-11-21")))),
        ("disappeared", gone(CredentialKind::ObservedToken, None)),
        ("disappeared", disappeared("", CredentialKind::Registered, None, None)),
        ("key-attributed", key_attributed("api_key_created", at("2026-02-01"), "Alice Ngo")),
        ("over-scoped", over_scoped(&["write:jira-work", "manage:jira-project"])),
        ("reaches-many-orgs", reaches_many_orgs(1)),
        ("reaches-many-orgs", reaches_many_orgs(2)),
        ("unscoped", unscoped()),
    ]
}

fn people() -> Vec<(&'static str, String)> {
    let by = "2026-11-06".parse().unwrap();
    vec![
        ("admin-owned-token", admin_owned_token()),
        ("external-owner", external_owner()),
        ("orphan-key", orphan_key_no_admin()),
        ("orphan-key", orphan_key_left(Some(OwnerStatus::Inactive))),
        ("orphan-key", orphan_key_left(None)),
        ("owner-deactivated", owner_deactivated(OwnerStatus::Closed)),
        ("owner-not-permitted", owner_not_permitted("zoe@contractor.example")),
        ("owner-reactivated", owner_reactivated(at("2026-11-19"), 2)),
        ("owner-reactivated", creator_reactivated(at("2026-11-19"), 2)),
        ("owner-unknown", owner_unknown()),
        ("owner-unknown", owner_not_listed()),
        ("review-due", review_due(by, Some("Finance IT"))),
        ("review-due", review_not_answered(by, 15, None)),
        ("too-many-per-owner", too_many_per_owner(7, 3)),
    ]
}

fn usage() -> Vec<(&'static str, String)> {
    let (last, countries) = (at("2026-08-12"), ["DE".to_owned(), "NL".to_owned()]);
    let reading = ["confluence_page_viewed", "jira_issue_viewed"];
    vec![
        ("inventory-gap", inventory_gap("7f3a", Some("backup"), at("2026-11-20"))),
        ("inventory-gap", inventory_gap("7f3a", None, at("2026-11-20"))),
        ("never-used", never_used(at("2026-10-01"), 51, at("2026-09-30"))),
        ("scope-unused", scope_unused(&["write:jira-work"], 412, 61, &reading)),
        ("service-account-quiet", service_account_quiet(last, 101)),
        ("shared-use", shared_use(4, &countries)),
        ("shared-use", shared_use(9, &[])),
        ("superseded", superseded(at("2026-10-12"), 40, "Jenkins nightly v2", at("2026-10-10"))),
        ("unused", unused(last, 101, 100, None)),
        ("unused", unused(last, 101, 30, Some(31))),
    ]
}

#[test]
fn every_sentence_reads_as_it_was_agreed() {
    let mut all = sentences();
    all.sort_by_key(|(id, _)| *id);
    let text: Vec<String> = all.iter().map(|(id, sentence)| format!("{id}\n    {sentence}")).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn every_rule_says_what_it_looks_for_and_what_a_person_does_about_it() {
    let mut text = String::new();
    for Rule { id, about, begins, of, advice, tags, needs, .. } in RULES {
        let of = if *of == Of::Gone { ", of what is gone" } else { "" };
        writeln!(text, "{id} ({begins:?}{of})\n    {about}\n    {advice}\n    {}", tags.join(", ")).unwrap();
        needs.iter().for_each(|need| writeln!(text, "    needs {}", need.missing()).unwrap());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn every_rule_has_its_sentence_and_every_sentence_its_rule() {
    let said: std::collections::BTreeSet<&str> = sentences().iter().map(|(id, _)| *id).collect();
    assert_eq!(said.into_iter().collect::<Vec<_>>(), RULES.iter().map(|rule| rule.id).collect::<Vec<_>>());
}

#[test]
fn no_sentence_blames_a_person_or_calls_a_removal_harmless() {
    let advice = RULES.iter().map(|rule| rule.advice.to_owned());
    for text in sentences().into_iter().map(|(_, text)| text).chain(advice) {
        let lower = text.to_lowercase();
        let unwanted = ["safe to", "violat", "harmless", "rogue"].iter().find(|word| lower.contains(**word));
        assert_eq!(unwanted, None, "{text}");
        assert!(text.ends_with(['.', '?']), "{text}");
    }
}
