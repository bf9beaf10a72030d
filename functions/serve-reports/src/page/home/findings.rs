//! The findings by severity, the gravest first.

use super::super::{frame::home, line::RowLine};
use shared::model::{CredentialRow, OrgId, Report, RowFinding, Severity, Timestamp};

/// Lines of one severity.
const LINES: usize = 8;

/// The findings of one severity.
pub(crate) struct Group {
    pub(crate) severity: &'static str,
    pub(crate) count: u64,
    pub(crate) noun: &'static str,
    pub(crate) lines: Vec<FindingLine>,
    pub(crate) more: u64,
    pub(crate) href: String,
}

/// One finding.
pub(crate) struct FindingLine {
    pub(crate) row: RowLine,
    pub(crate) rule: String,
    pub(crate) reason: String,
}

pub(super) fn groups(org: &OrgId, report: &Report, rows: &[CredentialRow], now: Timestamp) -> Vec<Group> {
    let groups = Severity::ALL.iter().rev().map(|severity| group(org, report, rows, *severity, now));
    groups.filter(|group| group.count > 0).collect()
}

fn group(org: &OrgId, report: &Report, rows: &[CredentialRow], severity: Severity, now: Timestamp) -> Group {
    let line = |(row, finding): (&CredentialRow, &RowFinding)| FindingLine {
        row: RowLine::of(org, row, now),
        rule: finding.rule.to_string(),
        reason: finding.reason.clone(),
    };
    let found = rows.iter().flat_map(|row| row.findings.iter().map(move |finding| (row, finding)));
    let lines: Vec<_> = found.filter(|(_, finding)| finding.severity == severity).take(LINES).map(line).collect();
    let count = report.totals.by_severity.get(severity.as_str()).copied().unwrap_or(0);
    Group {
        severity: severity.as_str(),
        count,
        noun: if count == 1 { "finding" } else { "findings" },
        more: count.saturating_sub(lines.len() as u64),
        lines,
        href: format!("{}&severity={severity}#credentials", home(org)),
    }
}
