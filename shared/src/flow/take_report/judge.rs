//! Pass 2: walks a shard, joins each owner's credentials with his profiles, judges them and writes their rows.

use super::{context::Context, groups::Group, groups::Groups, next_shard};
use crate::{
    decide::{
        holdings::Holdings,
        judge::{self, Frame, LookedUp},
        tally::{self, Tally},
    },
    error::Result,
    model::{
        CredentialKind, CredentialRef, CredentialRow, Finding, JoinState, Org, Owner, OwnerRow, Phase, ProfileKey,
        Relation, Run, SectionName, Totals,
    },
    ports::{CaseReader, EventReader, FindingStore, ReportReader, ReportStore},
    rules::Accounts,
};
use futures::future::try_join3;
use std::collections::HashSet;

/// About so many rows are looked up, judged and written at once, and held in memory.
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
        if holdings(group, run).shared_ids > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Judges one shard.
pub(super) async fn step<S>(store: &S, org: &Org, context: &Context, mut run: Run, shard: u32) -> Result<Run>
where
    S: ReportStore + ReportReader + FindingStore + CaseReader + EventReader,
{
    let frame = context.frame(&run);
    let mut shard_rows = ShardRows {
        store,
        org,
        run: &run,
        context,
        frame,
        held: Vec::new(),
        totals: Totals::default(),
        tally: Tally::default(),
    };
    let mut groups = Groups::new(store, org, &run, shard);
    while let Some(group) = groups.next().await? {
        shard_rows.add(holdings(group, &run)).await?;
    }
    shard_rows.end(shard).await?;
    run.phase = next_shard(shard, |shard| Phase::Judge { shard }, Phase::Compare);
    Ok(run)
}

fn holdings(group: Group, run: &Run) -> Holdings {
    let owner = group.owner.map(|owner| Owner { org_admin: org_admin(&owner, group.org_admin, run), ..owner });
    Holdings::new(owner, group.credentials, group.profiles, accounts(run))
}

/// Who is not in the list of org admins is none only if that list was read to its end.
fn org_admin(owner: &Owner, listed: bool, run: &Run) -> Option<bool> {
    match run.is_complete(SectionName::OrgAdmins) {
        _ if listed => Some(true),
        true => Some(false),
        false => owner.org_admin,
    }
}

/// Whether who is in no list of accounts is not managed.
pub(super) fn accounts(run: &Run) -> Accounts {
    let whole = run.is_complete(SectionName::Users) && run.is_complete(SectionName::ServiceAccounts);
    if whole { Accounts::Whole } else { Accounts::NotWhole }
}

/// A shard's rows on their way to the table.
struct ShardRows<'a, S> {
    store: &'a S,
    org: &'a Org,
    run: &'a Run,
    context: &'a Context,
    frame: Frame<'a>,
    held: Vec<Holdings>,
    totals: Totals,
    tally: Tally,
}

impl<S: ReportStore + ReportReader + EventReader> ShardRows<'_, S> {
    async fn add(&mut self, holdings: Holdings) -> Result<()> {
        self.observe(&holdings);
        let is_external = holdings.owner.as_ref().is_some_and(|owner| owner.relation == Relation::External);
        if holdings.credentials.is_empty() && !is_external {
            return Ok(());
        }
        self.totals.owners += u64::from(!holdings.credentials.is_empty());
        self.held.push(holdings);
        let held: usize = self.held.iter().map(|holdings| holdings.credentials.len().max(1)).sum();
        if held >= ROWS_HELD { self.flush().await } else { Ok(()) }
    }

    /// Counts what tells facts about the org.
    fn observe(&mut self, holdings: &Holdings) {
        let seen = &mut self.totals.observed;
        let used = holdings.profiles.iter().filter(|profile| profile.uses > 0);
        for profile in used {
            let with_id = profile.key.has_token_id();
            seen.used_with_id += u64::from(with_id);
            seen.used_without_id += u64::from(!with_id);
        }
        let observed = |kind: &CredentialKind| *kind == CredentialKind::ObservedToken;
        seen.external_used += holdings.credentials.iter().map(|one| one.reference.kind).filter(observed).count() as u64;
        let relation = holdings.owner.as_ref().map(|owner| owner.relation);
        seen.external_accounts += u64::from(relation == Some(Relation::External));
        seen.ids_listed += u64::from(holdings.shared_ids);
        seen.ids_not_listed += holdings.unlisted().filter(|profile| profile.key.has_token_id()).count() as u64;
    }

    async fn flush(&mut self) -> Result<()> {
        let (org, run) = (&self.org.id, self.run);
        let held = std::mem::take(&mut self.held);
        let looked_up = self.look_up(&held).await?;
        let (mut rows, mut owners) = (Vec::new(), Vec::new());
        for holdings in held {
            let owner = holdings.owner.clone();
            let of = judge::rows(holdings, &looked_up, &self.frame);
            let first = of.first().and_then(|row| row.credential.owner.clone());
            let account = owner.as_ref().map(|owner| owner.account_id.clone()).or(first);
            owners.extend(account.and_then(|account| OwnerRow::of(account, owner.as_ref(), &of)));
            rows.extend(of);
        }
        rows.iter().for_each(|row| self.count(row, &looked_up));
        let found = |row: &CredentialRow| judge::findings(org, row, &self.context.exemptions, run.started_at);
        let findings: Vec<Finding> = rows.iter().flat_map(found).collect();
        // Nobody reads an unfinished run, so their order does not matter.
        try_join3(
            self.store.put_run_findings(org, &run.report, &findings),
            self.store.put_owner_rows(org, &run.report, run.parts, &owners),
            self.store.put_rows(org, &run.report, run.parts, &rows),
        )
        .await?;
        Ok(())
    }

    fn count(&mut self, row: &CredentialRow, looked_up: &LookedUp) {
        self.tally.count(row, self.run.started_at);
        let before = looked_up.before(&row.credential.reference);
        self.totals.seen_before += u64::from(before.is_some());
        tally::observe(&mut self.totals.observed, before, row, self.frame.log.covered);
    }

    async fn look_up(&self, held: &[Holdings]) -> Result<LookedUp> {
        let all: Vec<CredentialRef> =
            held.iter().flat_map(|one| &one.credentials).map(|credential| credential.reference.clone()).collect();
        Ok(LookedUp { before: self.before(&all).await?, other_orgs: self.other_orgs(held).await? })
    }

    async fn before(&self, all: &[CredentialRef]) -> Result<std::collections::HashMap<CredentialRef, CredentialRow>> {
        let Some(previous) = &self.context.previous else { return Ok(Default::default()) };
        let mut rows = self.store.rows_of(&self.org.id, previous, all).await?;
        let found: HashSet<CredentialRef> = rows.iter().map(|row| row.credential.reference.clone()).collect();
        // What is new as a user's token may have been seen in use before its owner became managed.
        let new = all.iter().filter(|one| one.kind == CredentialKind::UserApiToken && !found.contains(one));
        let observed: Vec<CredentialRef> =
            new.map(|one| CredentialRef { kind: CredentialKind::ObservedToken, id: one.id.clone() }).collect();
        rows.extend(self.store.rows_of(&self.org.id, previous, &observed).await?);
        Ok(rows.into_iter().map(|row| (row.credential.reference.clone(), row)).collect())
    }

    /// Token ids are Atlassian's own, so the same actor with the same id in another org is the same token.
    async fn other_orgs(
        &self,
        held: &[Holdings],
    ) -> Result<std::collections::HashMap<CredentialRef, Vec<crate::model::OrgId>>> {
        let mut found = std::collections::HashMap::new();
        if self.context.other_orgs.is_empty() {
            return Ok(found);
        }
        let joined = held.iter().flat_map(|one| {
            one.credentials
                .iter()
                .zip(&one.places)
                .map(move |(credential, place)| (credential, place.map(|at| &one.profiles[at].key)))
        });
        let named: Vec<(&CredentialRef, &ProfileKey)> = joined
            .filter_map(|(credential, key)| Some((&credential.reference, key.filter(|key| key.has_token_id())?)))
            .collect();
        let keys: Vec<ProfileKey> = named.iter().map(|(_, key)| (*key).clone()).collect();
        for other in &self.context.other_orgs {
            let there = self.store.existing_profiles(other, &keys).await?;
            for (credential, _) in named.iter().filter(|(_, key)| there.contains(*key)) {
                found.entry((*credential).clone()).or_insert_with(Vec::new).push(other.clone());
            }
        }
        Ok(found)
    }

    async fn end(mut self, shard: u32) -> Result<()> {
        self.flush().await?;
        self.tally.add_to(&mut self.totals);
        self.store.put_shard_totals(&self.org.id, &self.run.report, shard, &self.totals).await
    }
}
