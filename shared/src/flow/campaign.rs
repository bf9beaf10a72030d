//! Campaigns: begun and ended by people, read from the latest report each time, asked for in batches. What is done goes
//! through the plan, the approval and the budget of each action like any other.

use super::decide_action::{self, Asked, Decider, Request, record};
use crate::{
    decide::{
        campaign::{Member, Newest, Progress, Survey, action_of},
        impact::ImpactContext,
        plan::Basis,
    },
    error::{Error, Result},
    model::{
        AccountId, ActionId, Agreement, Campaign, CampaignId, CampaignKind, FactName, LedgerKind, LedgerRecord, Org,
        OrgId, PolicyVersion, PollState, Report, Stand, Timestamp, Versioned, short_hash,
    },
    ports::{CaseChange, CaseReader, CaseStore, ReportReader, Written},
};
use serde::Serialize;

/// Rows or actions a page.
const PAGE: u32 = 1_000;
/// Most that one call asks for.
pub const BATCH_MAX: u32 = 50;
/// Most that one call tries, those that are refused among them.
const TRIED_MAX: usize = 200;

/// Begins a campaign.
///
/// # Errors
/// [`Error::Invalid`] where somebody is to leave and no account is named, or the other way round.
pub async fn start<S: CaseStore>(
    store: &S,
    org: &OrgId,
    kind: CampaignKind,
    account: Option<AccountId>,
    who: Decider<'_>,
) -> Result<Campaign> {
    if (kind == CampaignKind::Leave) != account.is_some() {
        return Err(Error::invalid("account", "it names who leaves: give it for the kind leave, and only there"));
    }
    let subject = account.as_ref().map_or("", AccountId::as_str);
    let campaign = Campaign {
        id: CampaignId::new(short_hash(&[org.as_str(), kind.as_str(), subject, who.by, &who.at.to_rfc3339()])),
        kind,
        account,
        started_by: who.by.to_owned(),
        started_at: who.at,
        reason: who.reason.to_owned(),
        clicked: None,
        ended: None,
    };
    write(store, org, Versioned { version: 0, value: campaign.clone() }, LedgerKind::CampaignStarted, who).await?;
    Ok(campaign)
}

/// Stores that somebody did by hand what no API does.
///
/// # Errors
/// [`Error::Conflict`] for a campaign that has no such step, or has ended.
pub async fn clicked<S: CaseStore>(store: &S, org: &OrgId, id: &CampaignId, who: Decider<'_>) -> Result<Campaign> {
    let found = open(store, org, id).await?;
    if found.value.kind != CampaignKind::ClosePolicy {
        return Err(Error::Conflict("nothing in this campaign is done by a click".into()));
    }
    let clicked = Campaign { clicked: Some(said(who)), ..found.value };
    write(store, org, Versioned { value: clicked.clone(), ..found }, LedgerKind::CampaignClicked, who).await?;
    Ok(clicked)
}

/// Ends a campaign. Actions that it asked for go on.
///
/// # Errors
/// [`Error::Conflict`] if it has ended.
pub async fn end<S: CaseStore>(store: &S, org: &OrgId, id: &CampaignId, who: Decider<'_>) -> Result<Campaign> {
    let found = open(store, org, id).await?;
    let ended = Campaign { ended: Some(said(who)), ..found.value };
    write(store, org, Versioned { value: ended.clone(), ..found }, LedgerKind::CampaignEnded, who).await?;
    Ok(ended)
}

/// A campaign.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(store: &impl CaseReader, org: &OrgId, id: &CampaignId) -> Result<Versioned<Campaign>> {
    store.campaign(org, id).await?.ok_or_else(|| Error::NotFound(format!("campaign {id}")))
}

/// How a campaign stands by the latest report.
///
/// # Errors
/// [`Error::NotFound`] before the first report; those of the store.
pub async fn progress<S>(store: &S, org: &OrgId, campaign: &Campaign, now: Timestamp) -> Result<Progress>
where
    S: CaseReader + ReportReader,
{
    let report = store.latest_report(org).await?.ok_or_else(|| Error::NotFound("a report; take one first".into()))?;
    let newest = newest(store, org, campaign).await?;
    let policy = in_force(store, org).await?.policy;
    let mut survey = Survey::new(campaign, &newest, &policy, impact_context(store, org, &report).await?, now);
    let mut cursor = None;
    loop {
        let page = store.rows(org, &report, cursor, PAGE).await?;
        page.items.iter().for_each(|row| survey.add(row));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(survey.progress(report.generated_at)),
        }
    }
}

async fn in_force(store: &impl CaseReader, org: &OrgId) -> Result<PolicyVersion> {
    let policy = store.policy(org).await?;
    policy.ok_or_else(|| Error::Conflict("no policy is in force yet; put one first".into()))
}

async fn newest(store: &impl CaseReader, org: &OrgId, campaign: &Campaign) -> Result<Newest> {
    let (mut newest, mut cursor) = (Newest::default(), None);
    loop {
        let page = store.actions(org, cursor, PAGE).await?;
        page.items.into_iter().for_each(|action| newest.add(campaign, action));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(newest),
        }
    }
}

/// What is true of the org's log, for sentences about use.
///
/// # Errors
/// Those of the store.
pub async fn impact_context<S: ReportReader>(store: &S, org: &OrgId, report: &Report) -> Result<ImpactContext> {
    let poll = store.poll_lag(org).await?;
    let log_since = poll.as_ref().and_then(PollState::covered_now).map(|covered| covered.from);
    Ok(ImpactContext { log_since, uses_leave_events: report.facts.knowledge(FactName::UsesLeaveEvents) })
}

/// Which members a batch takes.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// At most so many.
    pub limit: u32,
    /// Also those of which nobody knows whether they would break.
    pub include_unclear: bool,
}

/// A member that an action was asked for, or why it was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The member.
    #[serde(flatten)]
    pub member: Member,
    /// The action.
    pub asked: Option<ActionId>,
    /// Why there is none.
    pub refused: Option<String>,
}

/// Asks for the next members' actions. Each has a plan of its own and waits for what the policy asks.
///
/// # Errors
/// [`Error::Conflict`] if the campaign has ended or no policy is in force; those of the store.
pub async fn ask<S>(store: &S, org: &Org, id: &CampaignId, batch: Batch, who: Decider<'_>) -> Result<Vec<Outcome>>
where
    S: CaseStore + ReportReader,
{
    let campaign = open(store, &org.id, id).await?.value;
    let policy = in_force(store, &org.id).await?;
    let wanted = |member: &Member| match member.stand {
        Stand::Todo => true,
        Stand::Unclear => batch.include_unclear,
        Stand::NotDone | Stand::ByHand | Stand::Asked | Stand::Silent | Stand::Stays | Stand::Done => false,
    };
    let members = progress(store, &org.id, &campaign, who.at).await?.members;
    let (mut outcomes, mut asked) = (Vec::new(), 0);
    // Whoever is refused takes no place in the batch, or a few of them would block all others.
    for member in members.into_iter().filter(wanted).take(TRIED_MAX) {
        let outcome = ask_for(store, org, &campaign, member, &policy, who).await?;
        asked += u32::from(outcome.asked.is_some());
        outcomes.push(outcome);
        if asked >= batch.limit.min(BATCH_MAX) {
            break;
        }
    }
    Ok(outcomes)
}

async fn ask_for<S>(
    store: &S,
    org: &Org,
    campaign: &Campaign,
    member: Member,
    policy: &PolicyVersion,
    who: Decider<'_>,
) -> Result<Outcome>
where
    S: CaseStore + ReportReader,
{
    let gone = || Error::NotFound(format!("{} in the latest report", member.credential));
    let report = store.latest_report(&org.id).await?.ok_or_else(gone)?;
    let row = store.row(&org.id, &report, &member.credential).await?.ok_or_else(gone)?;
    let basis = Basis { report: &report, own_key_ids: org.own_key_ids.as_ref() };
    let request = Request { action: action_of(campaign.kind), row: &row, basis, policy };
    match decide_action::request(store, &org.id, request, who).await {
        Ok(Asked::New(action) | Asked::Open(action)) => Ok(Outcome { member, asked: Some(action.id), refused: None }),
        // What one of them is refused for stops no other.
        Err(error @ (Error::Conflict(_) | Error::Invalid { .. })) => {
            Ok(Outcome { member, asked: None, refused: Some(error.to_string()) })
        }
        Err(error) => Err(error),
    }
}

async fn open(store: &impl CaseReader, org: &OrgId, id: &CampaignId) -> Result<Versioned<Campaign>> {
    let found = find(store, org, id).await?;
    match &found.value.ended {
        Some(ended) => Err(Error::Conflict(format!("campaign {id} was ended by {}", ended.by))),
        None => Ok(found),
    }
}

fn said(who: Decider<'_>) -> Agreement {
    Agreement { by: who.by.to_owned(), at: who.at, reason: who.reason.to_owned() }
}

async fn write<S: CaseStore>(
    store: &S,
    org: &OrgId,
    campaign: Versioned<Campaign>,
    kind: LedgerKind,
    who: Decider<'_>,
) -> Result<()> {
    let Campaign { id, kind: what, account, .. } = &campaign.value;
    let of = account.as_ref().map(|account| format!(" for account {account}")).unwrap_or_default();
    let record: LedgerRecord = record(kind, &format!("campaign {id} ({}{of})", what.as_str()), who);
    let change = CaseChange { campaign: Some(campaign), record: Some(record), ..CaseChange::default() };
    match store.apply(org, &change).await? {
        Written::Stored => Ok(()),
        Written::Contended => Err(Error::Contended("a campaign".into())),
    }
}
