//! What the table `history` holds of one org, as far as reports and the poll write it.

use shared::model::{
    AccountId, CredentialRef, CredentialRow, Finding, FindingId, OwnerRow, PollState, ProfileKey, Report, ReportId,
    ReportSchedule, Run, Totals, UsageProfile, Versioned, shard_of,
};
use shared::ports::{Staged, StagedRow};
use std::collections::BTreeMap;

/// Where a row of a report stands: the partition, and its place there.
pub(super) type Place = (u32, String);

/// The table `history`.
#[derive(Default)]
pub(super) struct History {
    pub(super) schedule: Option<Versioned<ReportSchedule>>,
    pub(super) run: Option<Versioned<Run>>,
    pub(super) poll: Option<Versioned<PollState>>,
    pub(super) latest: Option<ReportId>,
    pub(super) reports: BTreeMap<ReportId, Report>,
    pub(super) profiles: BTreeMap<ProfileKey, UsageProfile>,
    pub(super) of_reports: BTreeMap<ReportId, OfReport>,
}

/// What stands below one report, made or in the making.
#[derive(Default)]
pub(super) struct OfReport {
    pub(super) staged: BTreeMap<(String, Rank), StagedRow>,
    pub(super) rows: BTreeMap<Place, CredentialRow>,
    pub(super) places: BTreeMap<CredentialRef, Place>,
    pub(super) owners: BTreeMap<Place, OwnerRow>,
    pub(super) findings: BTreeMap<FindingId, Finding>,
    pub(super) totals: BTreeMap<u32, Totals>,
}

/// An owner, by the section that told of him, comes before his credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Owner(String),
    Credential(CredentialRef),
}

impl OfReport {
    pub(super) fn put(&mut self, parts: u32, row: &CredentialRow) {
        let place = row_place(parts, &row.credential.reference);
        self.places.insert(row.credential.reference.clone(), place.clone());
        self.rows.insert(place, row.clone());
    }

    pub(super) fn row(&self, credential: &CredentialRef) -> Option<&CredentialRow> {
        self.rows.get(self.places.get(credential)?)
    }
}

impl History {
    pub(super) fn of(&mut self, report: &ReportId) -> &mut OfReport {
        self.of_reports.entry(report.clone()).or_default()
    }
}

/// The owner under whom a row is staged, and its place there.
pub(super) fn staged_place(row: &StagedRow) -> (String, Rank) {
    match &row.row {
        Staged::Owner(owner) => (owner.account_id.to_string(), Rank::Owner(row.section.to_string())),
        Staged::OrgAdmin(account) => (account.to_string(), Rank::Owner(row.section.to_string())),
        Staged::Credential(credential) => {
            let owner = credential.owner.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            (owner, Rank::Credential(credential.reference.clone()))
        }
    }
}

/// Rows stand in the order of their hashes, whatever the number of partitions.
fn row_place(parts: u32, credential: &CredentialRef) -> Place {
    let order = credential.order();
    let first = u64::from_str_radix(&order[..8], 16).unwrap_or(0);
    (((first * u64::from(parts.max(1))) >> 32) as u32, order)
}

pub(super) fn owner_place(parts: u32, account: &AccountId) -> Place {
    (shard_of(account.as_str(), parts.max(1)), account.to_string())
}
