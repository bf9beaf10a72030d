//! The findings of a report, with what they are about.

use crate::failure::{Failure, Result};
use serde::Serialize;
use shared::{
    model::{CredentialRow, OrgId, Report, RowFinding, Severity, Timestamp},
    ports::ReportReader,
    store::Store,
};

const PAGE: u32 = 500;

/// One finding, as it is printed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Found {
    pub(super) org: String,
    pub(super) severity: &'static str,
    pub(super) rule: String,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) owner: String,
    pub(super) owner_email: String,
    pub(super) created_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) reason: String,
}

/// The findings of a report, the gravest first.
pub(super) async fn of(store: &Store, org: &OrgId, report: &Report) -> Result<Vec<Found>> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.rows(org, report, cursor, PAGE).await.map_err(Failure::function("reading the report"))?;
        found.extend(page.items.iter().flat_map(|row| row.findings.iter().map(|finding| shown(org, row, finding))));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    found.sort_by(|(a, one), (b, other)| {
        b.cmp(a).then_with(|| (&one.rule, &one.label).cmp(&(&other.rule, &other.label)))
    });
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

fn shown(org: &OrgId, row: &CredentialRow, finding: &RowFinding) -> (Severity, Found) {
    let (credential, owner) = (&row.credential, row.owner.as_ref());
    let name = owner.and_then(|owner| owner.name.clone()).or_else(|| credential.owner_name.clone());
    let email = owner.and_then(|owner| owner.email.clone()).or_else(|| credential.owner_email.clone());
    let account = || credential.owner.as_ref().map(ToString::to_string);
    let found = Found {
        org: org.to_string(),
        severity: finding.severity.as_str(),
        rule: finding.rule.to_string(),
        kind: credential.reference.kind.as_str(),
        id: credential.reference.id.to_string(),
        label: credential.label.clone(),
        owner: name.or_else(account).unwrap_or_default(),
        owner_email: email.unwrap_or_default(),
        created_at: credential.created_at,
        expires_at: credential.expires_at,
        last_used_at: row.last_used_at,
        reason: finding.reason.clone(),
    };
    (finding.severity, found)
}
