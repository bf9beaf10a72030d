//! Asking one deployment how its orgs are.

use super::clients::Client;
use crate::{
    api::{Api, OrgRow},
    failure::Result,
};
use serde::Deserialize;
use shared::model::{ReportId, Severity};
use std::collections::BTreeMap;

/// A client, and what its deployment said.
pub(super) struct Watched {
    pub(super) client: String,
    pub(super) url: String,
    pub(super) seen: Seen,
}

/// What a deployment said.
pub(super) enum Seen {
    /// Its orgs.
    Orgs(Vec<OrgSeen>),
    /// It could not be asked.
    Nothing {
        /// Why.
        reason: String,
    },
}

/// An org of a client.
pub(super) struct OrgSeen {
    pub(super) row: OrgRow,
    /// Its latest report.
    pub(super) report: Option<Latest>,
    /// What became of the report's files, where they were asked for.
    pub(super) kept: Option<Result<Kept, String>>,
}

/// What became of the files of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// They were written now.
    Written,
    /// They are there already.
    Already,
    /// There is no report yet.
    NoReport,
}

/// What is read of a report's summary.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Latest {
    /// Its id.
    pub(super) id: ReportId,
    /// Its findings.
    #[serde(default)]
    pub(super) by_severity: BTreeMap<String, u64>,
}

impl Latest {
    /// How many findings of a severity it holds.
    pub(super) fn findings(&self, severity: Severity) -> u64 {
        self.by_severity.get(severity.as_str()).copied().unwrap_or(0)
    }
}

impl Watched {
    /// What a deployment said, or why it said nothing, without its token.
    pub(super) fn of(client: &Client, seen: Result<Vec<OrgSeen>>) -> Self {
        let seen = match seen {
            Ok(orgs) => Seen::Orgs(orgs),
            Err(failure) => Seen::Nothing { reason: client.without_token(&failure.to_string()) },
        };
        Self { client: client.name.clone(), url: client.url.clone(), seen }
    }

    /// Whether somebody should look at it.
    pub(super) fn needs_attention(&self) -> bool {
        match &self.seen {
            // A token that sees no org is of no use to a hub.
            Seen::Orgs(orgs) => orgs.is_empty() || orgs.iter().any(OrgSeen::needs_attention),
            Seen::Nothing { .. } => true,
        }
    }

    /// Whether a report of it could not be kept.
    pub(super) fn lacks_reports(&self) -> bool {
        match &self.seen {
            Seen::Orgs(orgs) => orgs.iter().any(|org| matches!(org.kept, Some(Err(_)))),
            Seen::Nothing { .. } => false,
        }
    }
}

impl OrgSeen {
    /// Whether somebody should look at it: an org that was paused or removed was so by somebody.
    pub(super) fn needs_attention(&self) -> bool {
        let rests = ["paused", "removed", "purging"].contains(&self.row.status.as_str());
        let high = self.report.as_ref().is_some_and(|report| report.findings(Severity::High) > 0);
        !rests && (self.row.status != "ok" || high)
    }
}

/// The orgs that a deployment shows, each with its latest report.
pub(super) async fn orgs(api: &Api) -> Result<Vec<OrgSeen>> {
    let rows: Vec<OrgRow> = api.all(&api.orgs_path()).await?;
    let mut seen = Vec::with_capacity(rows.len());
    for row in rows {
        let report = match row.last_report_at {
            Some(_) => Some(api.get(&api.org_path(&row.id, "reports/latest")).await?),
            None => None,
        };
        seen.push(OrgSeen { row, report, kept: None });
    }
    Ok(seen)
}
