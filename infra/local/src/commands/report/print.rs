//! Findings on standard output.

use super::{Format, findings::Found};
use crate::{
    console::{columns, printable, say},
    failure::{Failure, Result},
    runner::{bundle::Bundle, orgs::GovernedOrg},
};
use lambda_http::{Body, Request};
use serde_json::json;
use shared::model::Report;
use std::io;

/// The widest column of the table; a longer text is cut off.
const WIDEST: usize = 36;

/// Prints them in a format.
pub(super) async fn all(
    bundle: &Bundle,
    format: Format,
    reports: &[(GovernedOrg, Report)],
    found: &[Found],
) -> Result<()> {
    match format {
        Format::Table => say(&table(found)),
        Format::Json => say(&json_text(reports, found)),
        Format::Csv => say(csv_text(found)?.trim_end()),
        Format::Html => say(&page(bundle).await?),
    }
    Ok(())
}

fn table(found: &[Found]) -> String {
    if found.is_empty() {
        return "No findings.".into();
    }
    let header = ["SEVERITY", "RULE", "CREDENTIAL", "LABEL", "OWNER", "WHY"];
    let row = |one: &Found| {
        let owner = if one.owner.is_empty() { "unknown" } else { one.owner.as_str() };
        [one.severity, &one.rule, &format!("{}/{}", one.kind, one.id), &one.label, owner, &one.reason]
            .map(str::to_owned)
    };
    let lines = columns(header, found.iter().map(row), WIDEST);
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

fn json_text(reports: &[(GovernedOrg, Report)], found: &[Found]) -> String {
    let report = |(org, report): &(GovernedOrg, Report)| json!({ "org": org.id, "name": org.name, "report": report });
    format!("{:#}", json!({ "reports": reports.iter().map(report).collect::<Vec<_>>(), "findings": found }))
}

fn csv_text(found: &[Found]) -> Result<String> {
    let failed =
        |error: csv::Error| Failure::System { what: "the findings cannot be written as CSV", source: error.into() };
    let mut writer = csv::Writer::from_writer(Vec::new());
    if found.is_empty() {
        writer.write_record(COLUMNS).map_err(failed)?;
    }
    found.iter().try_for_each(|one| writer.serialize(harmless(one))).map_err(failed)?;
    let bytes = writer.into_inner().map_err(|error| failed(io::Error::other(error.to_string()).into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

const COLUMNS: [&str; 12] = [
    "org",
    "severity",
    "rule",
    "kind",
    "id",
    "label",
    "owner",
    "owner_email",
    "created_at",
    "expires_at",
    "last_used_at",
    "reason",
];

/// A spreadsheet takes a text that begins like a formula for one; a quote before it keeps it a text.
fn harmless(one: &Found) -> Found {
    let Found { label, owner, owner_email, reason, .. } = one.clone();
    Found {
        label: serve_reports::harmless(label),
        owner: serve_reports::harmless(owner),
        owner_email: serve_reports::harmless(owner_email),
        reason: serve_reports::harmless(reason),
        ..one.clone()
    }
}

/// The page that serve-reports makes; it holds everything that it needs.
async fn page(bundle: &Bundle) -> Result<String> {
    let response = bundle.serve(Request::new(Body::Empty)).await;
    Ok(String::from_utf8_lossy(response.body()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(label: &str) -> Found {
        Found {
            org: "o1".into(),
            severity: "high",
            rule: "unused".into(),
            kind: "user_api_token",
            id: "1".into(),
            label: label.into(),
            owner: "Ann".into(),
            owner_email: "ann@example.com".into(),
            created_at: None,
            expires_at: None,
            last_used_at: None,
            reason: "not used for 200 days".into(),
        }
    }

    #[test]
    fn a_label_can_neither_steer_the_terminal_nor_be_a_formula() {
        assert!(!table(&[found("\u{1b}[2Jevil")]).contains('\u{1b}'));
        assert!(csv_text(&[found("=HYPERLINK(1)")]).unwrap().contains(",'=HYPERLINK(1),"));
    }

    #[test]
    fn the_columns_of_an_empty_list_are_those_of_a_full_one() {
        let (empty, full) = (csv_text(&[]).unwrap(), csv_text(&[found("x")]).unwrap());
        assert_eq!(empty.lines().next(), full.lines().next());
    }
}
