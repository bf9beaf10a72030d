//! What was read, and the sums.

use super::{super::frame::home, filters};
use crate::{ask::Ask, paging::encoded, view::word};
use shared::model::{OrgId, Report, SectionName, SectionStatus};
use std::collections::BTreeMap;

/// A section.
pub(crate) struct SectionLine {
    pub(crate) name: &'static str,
    pub(crate) chip: String,
    pub(crate) status: &'static str,
    pub(crate) count: String,
    pub(crate) reason: String,
}

pub(super) fn sections(report: &Report) -> Vec<SectionLine> {
    let line = |section: &shared::model::Section| SectionLine {
        name: list_name(section.name),
        chip: word(&section.status),
        status: status(section.status),
        count: if section.status == SectionStatus::Complete { section.count.to_string() } else { "–".to_owned() },
        reason: section.reason.clone().unwrap_or_default(),
    };
    report.sections.iter().map(line).collect()
}

fn list_name(section: SectionName) -> &'static str {
    match section {
        SectionName::Users => "Managed accounts",
        SectionName::UserApiTokens => "API tokens of managed users",
        SectionName::OrgApiKeys => "API keys of the org",
        SectionName::ServiceAccounts => "Service accounts",
        SectionName::ServiceAccountTokens => "API tokens of service accounts",
        SectionName::OauthClients => "OAuth clients of service accounts",
        SectionName::ExternalUsers => "External users",
        SectionName::OrgAdmins => "Org admins",
        SectionName::Registered => "Entered by hand",
    }
}

fn status(status: SectionStatus) -> &'static str {
    match status {
        SectionStatus::Pending => "not read",
        SectionStatus::Complete => "complete",
        SectionStatus::Failed => "failed",
        SectionStatus::NotPermitted => "not permitted",
        SectionStatus::OutOfScope => "out of scope",
    }
}

/// How far the log was read, and what could not be understood.
pub(super) fn log(report: &Report, lag: &str) -> String {
    let quarantined = match report.quarantined {
        0 => "nothing in it was put aside".to_owned(),
        1 => "one body could not be understood and is in quarantine".to_owned(),
        many => format!("{many} bodies could not be understood and are in quarantine"),
    };
    format!("{lag}; {quarantined}; {} events that concern no credential were counted only", report.ignored_events)
}

/// A number with its meaning, linked to what it counts.
pub(crate) struct Figure {
    pub(crate) number: u64,
    pub(crate) text: &'static str,
    pub(crate) href: String,
}

pub(super) fn figures(org: &OrgId, report: &Report) -> Vec<Figure> {
    let totals = &report.totals;
    let figure = |number, text, anchor: &str| Figure { number, text, href: format!("{}#{anchor}", home(org)) };
    vec![
        figure(totals.credentials, "credentials", "credentials"),
        figure(totals.owners, "owners of them", "read"),
        figure(totals.credentials_with_findings, "credentials with findings", "findings"),
        figure(totals.expiring_within_30_days, "expire within 30 days", "expiring"),
        figure(totals.use_unknown, "whose use cannot be judged", "credentials"),
    ]
}

pub(super) fn kinds(report: &Report) -> String {
    let listed = joined(&report.totals.by_kind, |kind, count| {
        let words = kind.parse().ok().map(super::super::line::kind);
        format!("{count} × {}", words.unwrap_or(kind))
    });
    if listed.is_empty() { "No credential was read.".to_owned() } else { format!("{listed}.") }
}

fn joined(counts: &BTreeMap<String, u64>, show: impl Fn(&str, u64) -> String) -> String {
    counts.iter().map(|(key, count)| show(key, *count)).collect::<Vec<_>>().join(", ")
}

fn by_rule(counts: &BTreeMap<String, u64>) -> String {
    joined(counts, |rule, count| format!("{rule} on {count}"))
}

pub(super) fn changes(report: &Report) -> String {
    let changes = &report.changes;
    if changes.against.is_none() {
        return format!("This is the first report; {} findings were opened.", changes.new_findings);
    }
    format!(
        "Since the report before: {} new and {} gone; findings: {} opened, {} resolved.",
        changes.added, changes.removed, changes.new_findings, changes.resolved
    )
}

/// The year ahead: how many expire in each month, by the Mondays of their weeks.
pub(super) fn forecast(report: &Report) -> Option<String> {
    let mut months: BTreeMap<String, u64> = BTreeMap::new();
    for (monday, count) in &report.totals.expiring_by_week {
        *months.entry(monday.chars().take(7).collect()).or_default() += count;
    }
    let told = joined(&months, |month, count| format!("{count} in {month}"));
    (!told.is_empty()).then(|| format!("The year ahead, by the month in which the week of expiry begins: {told}."))
}

/// What rules have seen that the policy does not name.
pub(super) fn notes(report: &Report) -> Option<String> {
    let counts = by_rule(&report.totals.notes_by_rule);
    (!counts.is_empty()).then(|| format!("Worth knowing, and no finding until the policy names the rule: {counts}."))
}

/// What the rules could not judge.
pub(super) fn unjudged(report: &Report) -> Option<String> {
    let counts = by_rule(&report.totals.unjudged_by_rule);
    (!counts.is_empty()).then(|| {
        format!("Could not be judged, because a fact is missing: {counts}. Unknown is not clean, and not guilty.")
    })
}

/// Something of a report in the API.
pub(super) fn report_href(org: &OrgId, report: &Report, what: &str) -> String {
    format!("/v1/orgs/{}/reports/{}{what}", encoded(org.as_str()), encoded(report.id.as_str()))
}

/// The same rows in the API.
pub(super) fn list_href(org: &OrgId, report: &Report, ending: &str, ask: &Ask<'_>) -> String {
    let (org, report) = (encoded(org.as_str()), encoded(report.id.as_str()));
    format!("/v1/orgs/{org}/reports/{report}/credentials{ending}?limit=1000{}", filters::query(ask))
}
