//! What is said to the owner of credentials.

use super::{day, noun, one_line, plain, quoted};
use crate::model::{Held, Timestamp};
use chrono::TimeDelta;
use std::fmt::Write;

/// How long an owner has to answer.
pub const ANSWER_WITHIN: TimeDelta = TimeDelta::days(14);

/// A text to send to an owner: each of his credentials with findings, what was seen, what he is asked to do and by
/// when. Plain text.
///
/// `by` is the day for an answer; a credential that expires sooner has its own. Empty if there is nothing to ask.
pub fn talk_to(owner: Option<&str>, held: &[Held], by: Option<Timestamp>) -> String {
    if held.is_empty() {
        return String::new();
    }
    let name = owner.map(plain).filter(|name| !name.is_empty()).map_or(String::new(), |name| format!(" {name}"));
    let items: String = held.iter().enumerate().map(|(at, one)| item(at + 1, one, by)).collect();
    format!(
        "Hello{name},\n\n\
         these credentials for Atlassian bear your name, and we would like to know more about them before anything is \
         decided.\n\n\
         {items}\
         If you do not know one of them, or if a job that matters uses it, please say so in your answer: that helps too.\n\n\
         Thank you.\n"
    )
}

fn item(number: usize, held: &Held, by: Option<Timestamp>) -> String {
    let made = held.created_at.map_or(String::new(), |at| format!(", made on {}", day(at)));
    let mut text = format!("{number}. {} ({}{made})\n", quoted(&held.label), noun(held.credential.kind));
    let mut asks: Vec<&str> = Vec::new();
    for found in &held.findings {
        let _ = writeln!(text, "   What we saw: {}", one_line(&found.reason));
        let ask = ask(&found.rule);
        if !asks.contains(&ask) {
            asks.push(ask);
        }
    }
    asks.iter().for_each(|ask| text.extend(["   What we ask of you: ", ask, "\n"]));
    if let Some(by) = due(held, by) {
        let _ = writeln!(text, "   By when: {}", day(by));
    }
    text.push('\n');
    text
}

/// The day for an answer, or the day on which its work will stop if that comes first.
fn due(held: &Held, by: Option<Timestamp>) -> Option<Timestamp> {
    let expires_soon = held.findings.iter().any(|found| found.rule == "expires-soon");
    let stops = held.expires_at.filter(|_| expires_soon);
    by.into_iter().chain(stops).min()
}

/// What an owner is asked to do about a rule's finding.
fn ask(rule: &str) -> &'static str {
    match rule {
        "never-used" | "service-account-quiet" | "superseded" | "unused" => {
            "If you do not need it any more, revoke it. If you do, tell us what it is for and how often it runs."
        }
        "expires-soon" => "If you still need it, make a new one and put it into use before that day.",
        "expiry-unknown" | "no-expiry" => "Tell us when it expires. If it never does, replace it by one that does.",
        "lifetime-over-policy" => "Replace it by one with a shorter life.",
        "admin-owned-token" | "over-scoped" | "scope-unused" | "unscoped" => {
            "Tell us what it has to do. If fewer rights are enough, replace it by one that has only those."
        }
        "reaches-many-orgs" | "shared-use" | "too-many-per-owner" => {
            "Tell us where it is used. Each job should have its own, so that one can be ended without the others."
        }
        "appeared-without-event" | "inventory-gap" | "owner-reactivated" => {
            "Tell us whether you made it and still use it. If not, revoke it and tell us."
        }
        _other => "Tell us whether it is still needed, and what for.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::judge::tests::row;
    use crate::model::{RowFinding, Severity};
    use crate::rules::{RULES, tests::at};

    fn found(rule: &'static str, reason: &str) -> RowFinding {
        RowFinding { rule: rule.into(), severity: Severity::Low, reason: reason.into() }
    }

    fn with(label: &str, findings: Vec<RowFinding>) -> Held {
        Held { label: label.into(), findings, ..Held::of(&row()).unwrap() }
    }

    #[test]
    fn the_text_names_each_credential_what_was_seen_what_is_asked_and_by_when() {
        let unused = "Atlassian last saw it used on 2026-02-10, 284 days ago; the window is 100 days.";
        let quiet = with("jenkins\nnightly", vec![found("unused", unused), found("unscoped", "It shows no scopes.")]);
        let mut ending = with("zapier", vec![found("expires-soon", "It expires on 2026-11-28, in 7 days.")]);
        ending.expires_at = Some(at("2026-11-28"));
        insta::assert_snapshot!(talk_to(Some("Alice"), &[quiet, ending], Some(at("2026-12-05"))));
        insta::assert_snapshot!(talk_to(None, &[with("", vec![found("review-due", "Nobody answered.")])], None));
        assert_eq!(talk_to(Some("Alice"), &[], None), "");
    }

    #[test]
    fn every_rule_has_an_ask() {
        let asks: Vec<String> = RULES.iter().map(|rule| format!("{}: {}", rule.id, ask(rule.id))).collect();
        insta::assert_snapshot!(asks.join("\n"));
    }
}
