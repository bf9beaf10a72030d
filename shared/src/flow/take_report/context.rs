//! What an invocation reads once for all rows that it judges: the policy, what people entered, what the log says of
//! credentials.

use crate::{
    decide::{
        history::Log,
        judge::{Frame, Judges},
    },
    error::Result,
    model::{
        CredentialEvent, CredentialRef, Exemption, FactName, Facts, Interval, JoinState, Knowledge, Org, OrgId,
        PollState, RegisterEntry, Report, Run,
    },
    ports::{CaseReader, EventReader, FindingStore, ReportReader},
};
use std::collections::HashMap;

/// Entries of the register a page.
const PAGE: u32 = 1_000;

/// Read once an invocation.
pub(super) struct Context {
    judges: Judges,
    pub(super) exemptions: Vec<Exemption>,
    register: HashMap<CredentialRef, RegisterEntry>,
    events: Vec<CredentialEvent>,
    covered: Option<Interval>,
    facts: Facts,
    /// The report before, whole.
    pub(super) previous: Option<Report>,
    /// The other governed orgs.
    pub(super) other_orgs: Vec<OrgId>,
}

impl Context {
    /// What a run needs to judge.
    pub(super) async fn read<S>(store: &S, org: &Org, run: &Run) -> Result<Self>
    where
        S: FindingStore + CaseReader + ReportReader + EventReader,
    {
        let policy = super::policy(store, org, Some(run.policy_version)).await?;
        let covered = store.poll_lag(&org.id).await?.as_ref().and_then(PollState::covered_now);
        let events = match covered {
            Some(covered) => store.credential_events(&org.id, covered).await?,
            None => Vec::new(),
        };
        let previous = match &run.previous {
            Some(previous) => store.report(&org.id, previous).await?,
            None => None,
        };
        let orgs = store.orgs().await?.into_iter().filter(|other| other.state.is_kept()).map(|other| other.id);
        Ok(Self {
            judges: Judges::new(&policy.policy)?,
            exemptions: store.exemptions(&org.id).await?,
            register: register(store, &org.id).await?,
            events,
            covered,
            facts: known(&run.facts, run.join),
            previous,
            other_orgs: orgs.filter(|other| *other != org.id).collect(),
        })
    }

    /// What is true for every row of the run.
    pub(super) fn frame<'a>(&'a self, run: &'a Run) -> Frame<'a> {
        Frame {
            judges: &self.judges,
            own_key_ids: run.own_key_ids.as_ref(),
            join: run.join,
            accounts: super::judge::accounts(run),
            facts: &self.facts,
            exemptions: &self.exemptions,
            log: Log { events: &self.events, covered: self.covered },
            register: &self.register,
            now: run.started_at,
        }
    }
}

/// What earlier reports knew; that an event named a listed id proves two of the facts at once.
fn known(facts: &Facts, join: JoinState) -> Facts {
    let mut facts = facts.clone();
    let proven = [FactName::EventsNameTokens, FactName::EventIdsAreListIds];
    if join == JoinState::Proven {
        facts.0.retain(|fact| !proven.contains(&fact.name));
        let evidence = "An event named a token by the id of the lists.".to_owned();
        facts.0.extend(proven.map(|name| crate::model::Fact {
            name,
            knowledge: Knowledge::Proven,
            evidence: evidence.clone(),
        }));
    }
    facts
}

async fn register(store: &impl CaseReader, org: &OrgId) -> Result<HashMap<CredentialRef, RegisterEntry>> {
    let (mut register, mut cursor) = (HashMap::new(), None);
    loop {
        let page = store.register(org, cursor, PAGE).await?;
        register.extend(page.items.into_iter().map(|entry| (entry.credential.clone(), entry)));
        match page.next {
            None => return Ok(register),
            next => cursor = next,
        }
    }
}
