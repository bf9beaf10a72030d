//! Pass 2: walks a shard, joins each owner's credentials with his profiles, judges them and writes their rows.

use super::{groups::Group, groups::Groups, next_shard};
use crate::{
    decide::{join::join, judge},
    error::Result,
    model::{CredentialRow, Finding, JoinState, Org, Phase, Run, SectionName, Totals},
    ports::{FindingStore, ReportStore},
    rules::Accounts,
};

/// So many rows are written at once, and held in memory.
const ROWS_HELD: usize = 200;

/// Looks for a token id that an event and a list share; ends at the first one.
pub(super) async fn prove(store: &impl ReportStore, org: &Org, mut run: Run, shard: u32) -> Result<Run> {
    if run.join == JoinState::Unproven && shares_an_id(store, org, &run, shard).await? {
        run.join = JoinState::Proven;
    }
    run.phase = match run.join {
        JoinState::Proven => Phase::Judge { shard: 0 },
        JoinState::Unproven => next_shard(shard, |shard| Phase::Prove { shard }, Phase::Judge { shard: 0 }),
    };
    Ok(run)
}

async fn shares_an_id(store: &impl ReportStore, org: &Org, run: &Run, shard: u32) -> Result<bool> {
    let mut groups = Groups::new(store, org, run, shard);
    while let Some(group) = groups.next().await? {
        if join(&group.credentials, &group.profiles).proves_ids() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Judges one shard.
pub(super) async fn step<S: ReportStore + FindingStore>(store: &S, org: &Org, mut run: Run, shard: u32) -> Result<Run> {
    let policy = super::policy(store, org, Some(run.policy_version)).await?;
    let judges = judge::Judges::new(&policy.policy)?;
    let frame = judge::Frame {
        judges: &judges,
        own_key_ids: run.own_key_ids.as_ref(),
        join: run.join,
        accounts: accounts(&run),
        now: run.started_at,
    };
    let mut written = Rows { store, org, run: &run, rows: Vec::new(), totals: Totals::default() };
    let mut groups = Groups::new(store, org, &run, shard);
    while let Some(Group { owner, credentials, profiles }) = groups.next().await? {
        written.totals.owners += 1;
        for row in judge::rows(owner.as_ref(), credentials, profiles, &frame) {
            written.add(row).await?;
        }
    }
    written.end(shard).await?;
    run.phase = next_shard(shard, |shard| Phase::Judge { shard }, Phase::Compare);
    Ok(run)
}

fn accounts(run: &Run) -> Accounts {
    let mut lists = SectionName::ALL.into_iter().filter(|section| section.lists_owners());
    if lists.all(|section| run.is_complete(section)) { Accounts::Whole } else { Accounts::NotWhole }
}

/// Rows on their way to the table.
struct Rows<'a, S> {
    store: &'a S,
    org: &'a Org,
    run: &'a Run,
    rows: Vec<CredentialRow>,
    totals: Totals,
}

impl<S: ReportStore> Rows<'_, S> {
    async fn add(&mut self, row: CredentialRow) -> Result<()> {
        judge::count(&mut self.totals, &row, self.run.started_at);
        self.rows.push(row);
        if self.rows.len() >= ROWS_HELD { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        let (org, run) = (&self.org.id, self.run);
        let found = |row: &CredentialRow| judge::findings(org, row, run.started_at);
        let findings: Vec<Finding> = self.rows.iter().flat_map(found).collect();
        self.store.put_run_findings(org, &run.report, &findings).await?;
        self.store.put_rows(org, &run.report, run.parts, &self.rows).await?;
        self.rows.clear();
        Ok(())
    }

    async fn end(mut self, shard: u32) -> Result<()> {
        self.flush().await?;
        self.store.put_shard_totals(&self.org.id, &self.run.report, shard, &self.totals).await
    }
}
