//! Orgs, policies, findings, actions and the ledger: reading them.

use super::{
    Store,
    item::{Item, body, home, read_number, read_text, versioned},
    keys,
    orgs::entry,
    select::{Range, Select},
};
use crate::{
    error::{Error, Result},
    model::{
        AccountId, Action, ActionId, Budget, Campaign, CampaignId, CredentialRef, Erasure, Exemption, Finding,
        FindingId, LedgerEntry, LedgerHead, MessageId, Org, OrgId, Outgoing, Page, PolicyVersion, RegisterEntry, Seats,
        Sponsor, Timestamp, Versioned,
    },
    ports::CaseReader,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

impl CaseReader for Store {
    async fn orgs(&self) -> Result<Vec<Org>> {
        let select = Select::all(&self.tables.cases, keys::ORGS.to_owned());
        self.fetch_all(&select).await?.into_iter().map(body).collect()
    }

    async fn org(&self, org: &OrgId) -> Result<Option<Org>> {
        self.get(&self.tables.cases, keys::org(org)).await?.map(body).transpose()
    }

    async fn org_entry(&self, org: &OrgId) -> Result<Option<Versioned<Org>>> {
        self.get(&self.tables.cases, keys::org(org)).await?.map(entry).transpose()
    }

    async fn policy(&self, org: &OrgId) -> Result<Option<PolicyVersion>> {
        let Some(pointer) = self.get(&self.tables.cases, keys::policy_pointer(org)).await? else { return Ok(None) };
        self.policy_version(org, read_number(&pointer, "version")?).await
    }

    async fn policy_version(&self, org: &OrgId, version: u64) -> Result<Option<PolicyVersion>> {
        self.get(&self.tables.cases, keys::policy_version(org, version)).await?.map(read_policy).transpose()
    }

    async fn proposed_policy(&self, org: &OrgId) -> Result<Option<PolicyVersion>> {
        self.get(&self.tables.cases, keys::policy_proposal(org)).await?.map(read_policy).transpose()
    }

    async fn finding(&self, org: &OrgId, id: &FindingId) -> Result<Option<Finding>> {
        self.get(&self.tables.cases, keys::finding(org, id)).await?.map(body).transpose()
    }

    async fn findings_of(&self, org: &OrgId, ids: &[FindingId]) -> Result<HashMap<FindingId, Finding>> {
        let keys = ids.iter().map(|id| keys::finding(org, id)).collect();
        let items = self.read_all(&self.tables.cases, &keys).await?;
        let finding = |item| body(item).map(|finding: Finding| (finding.id.clone(), finding));
        items.into_iter().map(finding).collect()
    }

    async fn findings(&self, org: &OrgId, after: Option<&FindingId>, limit: u32) -> Result<Page<Finding>> {
        self.findings_page(Select::all(&self.tables.cases, keys::findings(org)).limit(limit), after).await
    }

    async fn exemptions(&self, org: &OrgId) -> Result<Vec<Exemption>> {
        let select = Select::all(&self.tables.cases, keys::exemptions(org));
        self.fetch_all(&select).await?.into_iter().map(body).collect()
    }

    async fn sponsors(&self, org: &OrgId, accounts: &[AccountId]) -> Result<HashMap<AccountId, Sponsor>> {
        let keys = accounts.iter().map(|account| keys::sponsor(org, account)).collect();
        let items = self.read_all(&self.tables.cases, &keys).await?;
        let entry = |item| body(item).map(|sponsor: Sponsor| (sponsor.account.clone(), sponsor));
        items.into_iter().map(entry).collect()
    }

    async fn register_entry(&self, org: &OrgId, credential: &CredentialRef) -> Result<Option<RegisterEntry>> {
        self.get(&self.tables.cases, keys::register_entry(org, credential)).await?.map(body).transpose()
    }

    async fn register_of(
        &self,
        org: &OrgId,
        credentials: &[CredentialRef],
    ) -> Result<HashMap<CredentialRef, RegisterEntry>> {
        let keys = credentials.iter().map(|one| keys::register_entry(org, one)).collect();
        let items = self.read_all(&self.tables.cases, &keys).await?;
        let entry = |item| body(item).map(|entry: RegisterEntry| (entry.credential.clone(), entry));
        items.into_iter().map(entry).collect()
    }

    async fn register(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<RegisterEntry>> {
        let select = Select::all(&self.tables.cases, keys::register(org)).limit(limit);
        self.page(&select, cursor.as_deref(), body).await
    }

    async fn action(&self, org: &OrgId, id: &ActionId) -> Result<Option<Versioned<Action>>> {
        self.get(&self.tables.cases, keys::action(org, id)).await?.map(versioned).transpose()
    }

    async fn actions(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Action>> {
        let select = Select::all(&self.tables.cases, keys::actions(org)).limit(limit);
        self.page(&select, cursor.as_deref(), body).await
    }

    async fn campaigns(&self, org: &OrgId) -> Result<Vec<Campaign>> {
        let select = Select::all(&self.tables.cases, keys::campaigns(org));
        self.fetch_all(&select).await?.into_iter().map(body).collect()
    }

    async fn campaign(&self, org: &OrgId, id: &CampaignId) -> Result<Option<Versioned<Campaign>>> {
        self.get(&self.tables.cases, keys::campaign(org, id)).await?.map(versioned).transpose()
    }

    async fn seats(&self, org: &OrgId) -> Result<Versioned<Seats>> {
        let item = self.get(&self.tables.cases, keys::seats(org)).await?;
        item.map_or_else(|| Ok(Versioned { version: 0, value: Seats::default() }), versioned)
    }

    async fn erasures(&self, org: &OrgId) -> Result<Vec<Versioned<Erasure>>> {
        let select = Select::all(&self.tables.cases, keys::erasures(org));
        self.fetch_all(&select).await?.into_iter().map(versioned).collect()
    }

    async fn message(&self, org: &OrgId, id: &MessageId) -> Result<Option<Versioned<Outgoing>>> {
        self.get(&self.tables.cases, keys::message(org, id)).await?.map(versioned).transpose()
    }

    async fn budget(&self, org: &OrgId) -> Result<Versioned<Budget>> {
        let item = self.get(&self.tables.cases, keys::budget(org)).await?;
        let home = home(item.as_ref(), &self.tables.cases);
        let stored = item.map_or_else(|| Ok(Versioned { version: 0, value: Budget::default() }), versioned)?;
        Ok(Versioned { value: Budget { home, ..stored.value }, ..stored })
    }

    async fn ledger_head(&self, org: &OrgId) -> Result<LedgerHead> {
        let item = self.get(&self.tables.cases, keys::ledger_head(org)).await?;
        item.map_or_else(|| Ok(LedgerHead::default()), body)
    }

    /// The page's `next` is the number of its last entry.
    async fn ledger(&self, org: &OrgId, after_seq: u64, limit: u32) -> Result<Page<LedgerEntry>> {
        let (from, to) =
            (keys::ledger_entry(org, after_seq.saturating_add(1)).sk, keys::ledger_entry(org, u64::MAX).sk);
        let select = Select::all(&self.tables.cases, keys::ledger(org)).range(Range::Between(from, to)).limit(limit);
        let fetched = self.fetch(&select, None).await?;
        let items: Vec<LedgerEntry> = fetched.items.into_iter().map(ledger_entry).collect::<Result<_>>()?;
        let next = fetched.last.and_then(|_| items.last()).map(|entry| entry.seq.to_string());
        Ok(Page { items, next })
    }
}

/// An entry; one that cannot be read is named, because somebody changed it.
fn ledger_entry(item: Item) -> Result<LedgerEntry> {
    let sk = read_text(&item, "sk")?.to_owned();
    let number = sk.strip_prefix("entry ").unwrap_or(&sk).trim_start_matches('0').to_owned();
    body(item).map_err(|error| error.or_damaged(|| format!("entry {number} of the ledger")))
}

/// A version of the policy as it is stored. The policy itself is JSON text, because its digest is over that text and
/// its free parameters would not come back the same from DynamoDB's numbers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredPolicy {
    version: u64,
    author: String,
    at: Timestamp,
    digest: String,
    policy: String,
}

impl StoredPolicy {
    pub(super) fn of(policy: &PolicyVersion) -> Result<Self> {
        let text = serde_json::to_string(&policy.policy).map_err(|_| Error::invalid("policy", "it is not JSON"))?;
        let PolicyVersion { version, author, at, digest, .. } = policy.clone();
        Ok(Self { version, author, at, digest, policy: text })
    }
}

fn read_policy(item: Item) -> Result<PolicyVersion> {
    let entity = read_text(&item, "entity")?.to_owned();
    let StoredPolicy { version, author, at, digest, policy } = body(item)?;
    let policy = serde_json::from_str(&policy).map_err(|_| Error::Store(format!("a {entity} could not be read")))?;
    Ok(PolicyVersion { version, author, at, digest, policy })
}
