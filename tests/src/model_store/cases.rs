//! The ports over the table `cases`.

use super::{
    ModelStore, Reading, TRIES, Weather, Writing, lost, refused,
    tables::{Cases, Indexed, follows, page, stored},
    transaction::{Refusal, commit},
};
use shared::{
    error::{Error, Result},
    model::{
        AccountId, Action, ActionId, Budget, Campaign, CampaignId, CredentialRef, Decision, Erasure, Exemption,
        Finding, FindingId, FindingTransition, LedgerEntry, LedgerHead, MessageId, Org, OrgId, OrgState, Outgoing,
        Page, PolicyVersion, RegisterEntry, Seats, Sponsor, Timestamp, Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, FindingStore, OrgStates, Pending, Written},
};
use std::{borrow::Cow, cmp::Ordering, collections::HashMap};

impl<W: Weather> OrgStates for ModelStore<W> {
    async fn org_state(&self, org: &OrgId) -> Result<Option<OrgState>> {
        Ok(self.org(org).await?.map(|org| org.state))
    }
}

impl<W: Weather> CaseReader for ModelStore<W> {
    async fn orgs(&self) -> Result<Vec<Org>> {
        match self.weather.reading().await {
            Reading::Served => {
                let tables = self.tables();
                Ok(tables.values().filter_map(|org| org.cases.org.as_ref()).map(|org| org.value.clone()).collect())
            }
            Reading::Refused => Err(refused()),
        }
    }

    async fn org(&self, org: &OrgId) -> Result<Option<Org>> {
        Ok(self.org_entry(org).await?.map(|entry| entry.value))
    }

    async fn org_entry(&self, org: &OrgId) -> Result<Option<Versioned<Org>>> {
        self.read(org, |tables| tables.cases.org.clone()).await
    }

    async fn policy(&self, org: &OrgId) -> Result<Option<PolicyVersion>> {
        self.read(org, |tables| tables.cases.policies.values().next_back().cloned()).await
    }

    async fn policy_version(&self, org: &OrgId, version: u64) -> Result<Option<PolicyVersion>> {
        self.read(org, |tables| tables.cases.policies.get(&version).cloned()).await
    }

    async fn proposed_policy(&self, org: &OrgId) -> Result<Option<PolicyVersion>> {
        self.read(org, |tables| tables.cases.proposal.clone()).await
    }

    async fn finding(&self, org: &OrgId, id: &FindingId) -> Result<Option<Finding>> {
        self.read(org, |tables| tables.cases.findings.get(id).map(|item| item.value.clone())).await
    }

    async fn findings_of(&self, org: &OrgId, ids: &[FindingId]) -> Result<HashMap<FindingId, Finding>> {
        self.read(org, |tables| {
            let held = |id: &FindingId| tables.cases.findings.get_key_value(id);
            ids.iter().filter_map(held).map(|(id, item)| (id.clone(), item.value.clone())).collect()
        })
        .await
    }

    async fn findings(&self, org: &OrgId, after: Option<&FindingId>, limit: u32) -> Result<Page<Finding>> {
        self.read(org, |tables| page(&tables.cases.findings, after, limit, |item| item.value.clone())).await
    }

    async fn exemptions(&self, org: &OrgId) -> Result<Vec<Exemption>> {
        self.read(org, |tables| tables.cases.exemptions.values().cloned().collect()).await
    }

    async fn campaigns(&self, org: &OrgId) -> Result<Vec<Campaign>> {
        self.read(org, |tables| tables.cases.campaigns.values().map(|one| one.value.clone()).collect()).await
    }

    async fn campaign(&self, org: &OrgId, id: &CampaignId) -> Result<Option<Versioned<Campaign>>> {
        self.read(org, |tables| tables.cases.campaigns.get(id).cloned()).await
    }

    async fn seats(&self, org: &OrgId) -> Result<Versioned<Seats>> {
        let none = || Versioned { version: 0, value: Seats::default() };
        self.read(org, |tables| tables.cases.seats.clone().unwrap_or_else(none)).await
    }

    async fn sponsors(&self, org: &OrgId, accounts: &[AccountId]) -> Result<HashMap<AccountId, Sponsor>> {
        self.read(org, |tables| {
            let held = |account: &AccountId| tables.cases.sponsors.get_key_value(account);
            accounts.iter().filter_map(held).map(|(account, sponsor)| (account.clone(), sponsor.clone())).collect()
        })
        .await
    }

    async fn register_entry(&self, org: &OrgId, credential: &CredentialRef) -> Result<Option<RegisterEntry>> {
        self.read(org, |tables| tables.cases.register.get(credential).cloned()).await
    }

    async fn register_of(
        &self,
        org: &OrgId,
        credentials: &[CredentialRef],
    ) -> Result<HashMap<CredentialRef, RegisterEntry>> {
        self.read(org, |tables| {
            let held = |one: &CredentialRef| tables.cases.register.get_key_value(one);
            credentials.iter().filter_map(held).map(|(one, entry)| (one.clone(), entry.clone())).collect()
        })
        .await
    }

    async fn register(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<RegisterEntry>> {
        let page = |cases: &Cases| {
            let after = cases.register.keys().find(|one| cursor.as_ref() == Some(&one.to_string()));
            page(&cases.register, after, limit, RegisterEntry::clone)
        };
        self.read(org, |tables| page(&tables.cases)).await
    }

    async fn action(&self, org: &OrgId, id: &ActionId) -> Result<Option<Versioned<Action>>> {
        self.read(org, |tables| tables.cases.actions.get(id).cloned()).await
    }

    async fn actions(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Action>> {
        let after = cursor.map(ActionId::new);
        self.read(org, |tables| page(&tables.cases.actions, after.as_ref(), limit, |item| item.value.clone())).await
    }

    async fn erasures(&self, org: &OrgId) -> Result<Vec<Versioned<Erasure>>> {
        self.read(org, |tables| tables.cases.erasures.values().cloned().collect()).await
    }

    async fn message(&self, org: &OrgId, id: &MessageId) -> Result<Option<Versioned<Outgoing>>> {
        self.read(org, |tables| tables.cases.messages.get(id).cloned()).await
    }

    async fn budget(&self, org: &OrgId) -> Result<Versioned<Budget>> {
        let none = || Versioned { version: 0, value: Budget::default() };
        self.read(org, |tables| tables.cases.budget.clone().unwrap_or_else(none)).await
    }

    async fn ledger_head(&self, org: &OrgId) -> Result<LedgerHead> {
        self.read(org, |tables| tables.cases.head()).await
    }

    async fn ledger(&self, org: &OrgId, after_seq: u64, limit: u32) -> Result<Page<LedgerEntry>> {
        let limit = limit.clamp(1, 1000) as usize;
        self.read(org, |tables| {
            let after = tables.cases.ledger.get(after_seq as usize..).unwrap_or_default();
            let items = after[..after.len().min(limit)].to_vec();
            let next = (after.len() > limit).then(|| (after_seq + limit as u64).to_string());
            Page { items, next }
        })
        .await
    }
}

impl<W: Weather> FindingStore for ModelStore<W> {
    async fn put_org(&self, org: &Versioned<Org>) -> Result<Written> {
        self.write(&org.value.id, |tables| {
            if !follows(tables.cases.org.as_ref(), org) {
                return Written::Contended;
            }
            tables.cases.org = Some(stored(org));
            Written::Stored
        })
        .await
    }

    async fn put_transition(&self, org: &OrgId, transition: &FindingTransition) -> Result<()> {
        self.write(org, |tables| settle(&mut tables.cases, transition)).await
    }
}

/// A generation is opened once, and a later one is not resolved by an earlier one.
fn settle(cases: &mut Cases, transition: &FindingTransition) {
    let (FindingTransition::Open(finding) | FindingTransition::Change(finding) | FindingTransition::Resolve(finding)) =
        transition;
    let standing = cases.findings.get(&finding.id);
    let pending = standing.and_then(|item| item.pending_since);
    let changed = Some(finding.changed_at.timestamp());
    let order = standing.map(|item| item.value.generation.cmp(&finding.generation));
    let (fits, pending_since) = match transition {
        FindingTransition::Open(_) => (order.is_none_or(Ordering::is_lt), changed),
        FindingTransition::Change(_) => (order.is_none_or(Ordering::is_eq), pending),
        FindingTransition::Resolve(_) => (order.is_none_or(Ordering::is_le), changed),
    };
    if !fits {
        return;
    }
    cases.findings.insert(finding.id.clone(), Indexed { value: finding.clone(), pending_since });
    cases.stream.extend(pending_since.map(|_| Pending::Finding(finding.id.clone())));
}

impl<W: Weather> CaseStore for ModelStore<W> {
    async fn apply(&self, org: &OrgId, change: &CaseChange) -> Result<Written> {
        if change.policy.as_ref().is_some_and(|policy| policy.version == 0) {
            return Err(Error::invalid("policy version", "the first version is 1"));
        }
        let mut change = Cow::Borrowed(change);
        for tries in 0..TRIES {
            let head = match change.record {
                Some(_) => self.ledger_head(org).await?,
                None => LedgerHead::default(),
            };
            match self.attempt(org, &change, &head).await? {
                None | Some(Refusal::Decided) => return Ok(Written::Stored),
                Some(Refusal::Moved | Refusal::OpenedAnew) => return Ok(Written::Contended),
                Some(Refusal::HandledGone) => change.to_mut().handled = None,
                Some(Refusal::LedgerMoved) => {}
            }
            self.weather.back_off(tries).await;
        }
        Err(Error::Contended("the ledger".into()))
    }

    async fn pending(&self, org: &OrgId, until: Timestamp, limit: u32) -> Result<Vec<Pending>> {
        let mut found = self.read(org, |tables| tables.cases.pending(until.timestamp())).await?;
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn decision(&self, org: &OrgId, id: &str) -> Result<Option<Decision>> {
        self.read(org, |tables| tables.cases.decisions.get(id).map(|item| item.value.clone())).await
    }
}

impl<W: Weather> ModelStore<W> {
    /// One try; why it did not happen, or `None` if it did.
    async fn attempt(&self, org: &OrgId, change: &CaseChange, head: &LedgerHead) -> Result<Option<Refusal>> {
        let commit = || self.look(org, |tables| commit(&mut tables.cases, org, change, head)).err();
        match self.weather.writing().await {
            Writing::Served => Ok(commit()),
            // As when the ledger's head moved: nothing happened, and it is tried again.
            Writing::Conflict => Ok(Some(Refusal::LedgerMoved)),
            Writing::Refused => Err(refused()),
            Writing::AnswerLost => {
                commit();
                Err(lost())
            }
        }
    }
}
