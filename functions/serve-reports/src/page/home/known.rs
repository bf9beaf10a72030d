//! What is known about the org, the reports of the past, and whom to talk to.

use super::super::moment::When;
use crate::{paging::encoded, view::word};
use shared::{
    messages::owners::{ANSWER_WITHIN, talk_to},
    model::{Fact, FactName, OrgId, OwnerRow, Report, Timestamp},
};

/// What is known about the org, a line each.
pub(crate) struct FactLine {
    pub(crate) chip: &'static str,
    pub(crate) what: &'static str,
    pub(crate) evidence: String,
}

pub(super) fn facts(report: &Report) -> Vec<FactLine> {
    let line = |fact: &Fact| FactLine {
        chip: fact.knowledge.as_str(),
        what: fact_name(fact.name),
        evidence: fact.evidence.clone(),
    };
    report.facts.0.iter().map(line).collect()
}

fn fact_name(name: FactName) -> &'static str {
    match name {
        FactName::EventsNameTokens => "Events name the token that was used",
        FactName::EventIdsAreListIds => "Token ids in events are those of the lists",
        FactName::UsesLeaveEvents => "Uses leave events",
        FactName::ExternalUsesLeaveEvents => "External users' uses leave events",
        FactName::CreationsLeaveEvents => "Making a credential leaves an event",
        FactName::ActionsKnown => "The org's list of actions is known",
        FactName::EventsComeInTime => "Events come within 15 minutes",
        FactName::ListsReadable => "Our key may read every list",
    }
}

/// A report of the past, in numbers.
pub(crate) struct PastLine {
    pub(crate) taken: Option<When>,
    pub(crate) href: String,
    pub(crate) status: String,
    pub(crate) credentials: u64,
    pub(crate) findings: u64,
    pub(crate) high: u64,
    pub(crate) changes: String,
}

pub(super) fn past(org: &OrgId, reports: &[Report], now: Timestamp) -> Vec<PastLine> {
    let line = |report: &Report| PastLine {
        taken: Some(When::of(report.generated_at, now)),
        href: format!("/v1/orgs/{}/reports/{}", encoded(org.as_str()), encoded(report.id.as_str())),
        status: word(&report.status),
        credentials: report.totals.credentials,
        findings: report.totals.findings,
        high: report.totals.by_severity.get("high").copied().unwrap_or_default(),
        changes: format!("{} new, {} gone", report.changes.added, report.changes.removed),
    };
    reports.iter().map(line).collect()
}

/// Somebody to talk to, with a text.
pub(crate) struct OwnerLine {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) text: String,
}

/// Those of whose credentials most is held, first.
pub(super) fn owners(rows: &[OwnerRow], most: usize, now: Timestamp) -> Vec<OwnerLine> {
    let mut held: Vec<&OwnerRow> = rows.iter().filter(|row| !row.held.is_empty()).collect();
    held.sort_by_key(|row| std::cmp::Reverse(row.held.len()));
    held.into_iter().take(most).map(|row| owner(row, now)).collect()
}

fn owner(row: &OwnerRow, now: Timestamp) -> OwnerLine {
    let known = row.owner.as_ref().and_then(|owner| owner.name.clone());
    let count = row.held.len();
    OwnerLine {
        name: known.clone().unwrap_or_else(|| row.account.to_string()),
        about: format!("{count} {} with findings", if count == 1 { "credential" } else { "credentials" }),
        text: talk_to(known.as_deref(), &row.held, Some(now + ANSWER_WITHIN)),
    }
}
