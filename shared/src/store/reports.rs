//! Reports in the making.

use super::{
    DAY_SECS, Store,
    item::{Draft, Entity, Item, body, number, read_number, read_text, versioned},
    keys::{self, Single},
    profile,
    select::{Range, Select},
};
use crate::{
    error::{Error, Result},
    model::{
        CredentialRow, Finding, FindingId, OrgId, OwnerRow, Page, Report, ReportId, ReportSchedule, Run, SectionName,
        Totals, UsageProfile, Versioned,
    },
    ports::{ReportStore, Staged, StagedRow, Written},
};
use chrono::NaiveDate;

/// How long the traces of a run are kept: long enough to look at one that failed.
const RUN_DAYS: i64 = 7;
const MOST_COUNTED: u64 = 1000;

impl ReportStore for Store {
    async fn schedule(&self, org: &OrgId) -> Result<Versioned<ReportSchedule>> {
        let item = self.get(&self.tables.history, keys::single(org, Single::Schedule)).await?;
        item.map_or_else(|| Ok(Versioned { version: 0, value: ReportSchedule::default() }), versioned)
    }

    async fn put_schedule(&self, org: &OrgId, schedule: &Versioned<ReportSchedule>) -> Result<Written> {
        let draft = Draft::new(keys::single(org, Single::Schedule), Entity::Schedule).body(&schedule.value)?;
        self.put_next(&self.tables.history, draft, schedule.version).await
    }

    async fn run(&self, org: &OrgId) -> Result<Option<Versioned<Run>>> {
        self.get(&self.tables.history, keys::single(org, Single::Run)).await?.map(versioned).transpose()
    }

    async fn put_run(&self, org: &OrgId, run: &Versioned<Run>) -> Result<Written> {
        let draft = Draft::new(keys::single(org, Single::Run), Entity::Run).body(&run.value)?;
        self.put_next(&self.tables.history, draft.text("of", run.value.report.as_str()), run.version).await
    }

    async fn end_run(&self, org: &OrgId, run: &Versioned<Run>) -> Result<Written> {
        let key = keys::single(org, Single::Run);
        self.delete_at(&self.tables.history, key, run.version, run.value.report.as_str()).await
    }

    async fn stage(&self, org: &OrgId, report: &ReportId, rows: &[StagedRow]) -> Result<()> {
        let drafts = rows.iter().map(|row| Ok(staged_draft(org, report, row)?.build()));
        self.put_all(&self.tables.history, drafts.collect::<Result<_>>()?).await
    }

    async fn staged(
        &self,
        org: &OrgId,
        report: &ReportId,
        shard: u32,
        cursor: Option<String>,
    ) -> Result<Page<StagedRow>> {
        let select = Select::all(&self.tables.history, keys::staged_shard(org, report, shard));
        self.page(&select, cursor.as_deref(), read_staged).await
    }

    async fn profiles(&self, org: &OrgId, shard: u32, cursor: Option<String>) -> Result<Page<UsageProfile>> {
        let select = Select::all(&self.tables.history, keys::profile_shard(org, shard));
        self.page(&select, cursor.as_deref(), profile::read).await
    }

    async fn put_rows(&self, org: &OrgId, report: &ReportId, parts: u32, rows: &[CredentialRow]) -> Result<()> {
        let expires = report_day(report).map(|at| at + i64::from(self.retention.report_days) * DAY_SECS);
        let draft = |row: &CredentialRow| {
            let key = keys::row(org, report, parts, &row.credential.reference);
            Ok(Draft::new(key, Entity::Row).expires(expires).body(row)?.build())
        };
        self.put_all(&self.tables.history, rows.iter().map(draft).collect::<Result<_>>()?).await
    }

    async fn put_owner_rows(&self, org: &OrgId, report: &ReportId, parts: u32, owners: &[OwnerRow]) -> Result<()> {
        let expires = report_day(report).map(|at| at + i64::from(self.retention.report_days) * DAY_SECS);
        let draft = |owner: &OwnerRow| {
            let key = keys::owner_row(org, report, parts, &owner.account);
            Ok(Draft::new(key, Entity::OwnerRow).expires(expires).body(owner)?.build())
        };
        self.put_all(&self.tables.history, owners.iter().map(draft).collect::<Result<_>>()?).await
    }

    async fn put_run_findings(&self, org: &OrgId, report: &ReportId, findings: &[Finding]) -> Result<()> {
        let draft = |finding: &Finding| {
            let key = keys::run_finding(org, report, &finding.id);
            Ok(Draft::new(key, Entity::RunFinding).expires(run_expiry(report)).body(finding)?.build())
        };
        self.put_all(&self.tables.history, findings.iter().map(draft).collect::<Result<_>>()?).await
    }

    async fn run_findings(&self, org: &OrgId, report: &ReportId, after: Option<&FindingId>) -> Result<Page<Finding>> {
        let select = Select::all(&self.tables.history, keys::run_findings(org, report));
        self.findings_page(select, after).await
    }

    async fn put_shard_totals(&self, org: &OrgId, report: &ReportId, shard: u32, totals: &Totals) -> Result<()> {
        let draft = Draft::new(keys::shard_total(org, report, shard), Entity::Totals);
        self.put(&self.tables.history, draft.expires(run_expiry(report)).body(totals)?).await
    }

    async fn shard_totals(&self, org: &OrgId, report: &ReportId) -> Result<Vec<Totals>> {
        let select = Select::all(&self.tables.history, keys::shard_totals(org, report));
        self.fetch_all(&select).await?.into_iter().map(body).collect()
    }

    /// `latest` never moves to a report whose id sorts before the one that it names.
    async fn publish(&self, org: &OrgId, report: &Report) -> Result<()> {
        let expires = super::expiry(report.generated_at, self.retention.report_days);
        let draft = Draft::new(keys::report(org, &report.id), Entity::Report).expires(Some(expires)).body(report)?;
        self.put(&self.tables.history, draft).await?;
        let latest = Draft::new(keys::single(org, Single::Latest), Entity::Latest).text("of", report.id.as_str());
        self.put_latest(latest, &report.id).await
    }

    async fn intake_counts(&self, org: &OrgId) -> Result<(u64, u64)> {
        let ignored = self.get(&self.tables.history, keys::single(org, Single::Ignored)).await?;
        let ignored = ignored.map_or(Ok(0), |item| read_number(&item, "ignored"))?;
        Ok((self.count(keys::quarantine(org), MOST_COUNTED).await?, ignored))
    }
}

impl Store {
    /// A page of findings in the order of their ids; its `next` is the id of its last.
    pub(super) async fn findings_page(&self, select: Select<'_>, after: Option<&FindingId>) -> Result<Page<Finding>> {
        let select = select.range(after.map_or(Range::All, |id| Range::After(keys::ordered(id.as_str()))));
        let fetched = self.fetch(&select, None).await?;
        let items = fetched.items.into_iter().map(body).collect::<Result<_>>()?;
        Ok(Page { items, next: fetched.last.map(|sk| keys::unordered(&sk)) })
    }
}

fn staged_draft(org: &OrgId, report: &ReportId, row: &StagedRow) -> Result<Draft> {
    let draft = match &row.row {
        Staged::Owner(owner) => {
            let key = keys::staged_owner(org, report, &owner.account_id, row.section);
            Draft::new(key, Entity::StagedOwner).body(owner)?
        }
        Staged::OrgAdmin(account) => {
            Draft::new(keys::staged_owner(org, report, account, row.section), Entity::StagedAdmin).body(account)?
        }
        Staged::Credential(credential) => {
            Draft::new(keys::staged_credential(org, report, credential), Entity::StagedCredential).body(credential)?
        }
    };
    let draft = draft.text("section", row.section.as_str()).attribute("attempt", number(row.attempt));
    Ok(draft.expires(run_expiry(report)))
}

fn read_staged(item: Item) -> Result<StagedRow> {
    let section = read_text(&item, "section")?;
    let section = SectionName::ALL.into_iter().find(|name| name.as_str() == section);
    let attempt = read_number(&item, "attempt")? as u32;
    let row = match read_text(&item, "entity")? {
        owner if owner == Entity::StagedOwner.as_str() => Staged::Owner(body(item)?),
        admin if admin == Entity::StagedAdmin.as_str() => Staged::OrgAdmin(body(item)?),
        _credential => Staged::Credential(body(item)?),
    };
    let section = section.ok_or_else(|| Error::Store("a staged row is of an unknown section".into()))?;
    Ok(StagedRow { section, attempt, row })
}

/// When the traces of a run expire, as seconds since 1970.
pub(super) fn run_expiry(report: &ReportId) -> Option<i64> {
    report_day(report).map(|at| at + RUN_DAYS * DAY_SECS)
}

/// The end of the day with which a report's id begins (`20260131…` or `2026-01-31…`), as seconds since 1970.
/// What belongs to a report of another name never expires.
fn report_day(report: &ReportId) -> Option<i64> {
    let digits: String = report.as_str().chars().filter(|c| *c != '-').take(8).collect();
    let day = NaiveDate::parse_from_str(&digits, "%Y%m%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp() + DAY_SECS)
}
