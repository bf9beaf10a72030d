//! Campaigns: begun and ended by people, read from the latest report each time, asked for in batches. What is done goes
//! through the plan, the approval and the budget of each action like any other.

use super::decide_action::{self, Asked, Decider, Request, policy_in_force, record};
use crate::{
    decide::{
        campaign::{Known, Member, Newest, Progress, Survey, action_of, is_clicked},
        impact::ImpactContext,
        plan::Basis,
    },
    error::{Error, Result},
    messages::campaign::by_hand::has_an_action,
    model::{
        AccountId, ActionId, ActionKind, Agreement, Campaign, CampaignId, CampaignKind, CredentialKind, CredentialRef,
        FactName, Interval, LedgerKind, LedgerRecord, Org, OrgId, PolicyVersion, PollState, RegisteredExpiry, Report,
        Stand, Timestamp, Versioned, short_hash,
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

/// What a campaign is begun for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// What it is for.
    pub kind: CampaignKind,
    /// Who leaves; where somebody does, and only there.
    pub account: Option<AccountId>,
    /// Which credential a person is to end; where it is about one, and only there.
    pub credential: Option<CredentialRef>,
}

/// Begins a campaign.
///
/// # Errors
/// [`Error::Invalid`] where who leaves or what is to end is missing, or named where it does not belong;
/// [`Error::NotFound`] for a credential that neither the latest report nor the register holds.
pub async fn start<S>(store: &S, org: &OrgId, beginning: Beginning, who: Decider<'_>) -> Result<Campaign>
where
    S: CaseStore + ReportReader,
{
    let Beginning { kind, account, credential } = beginning;
    if (kind == CampaignKind::Leave) != account.is_some() {
        return Err(Error::invalid("account", "it names who leaves: give it for the kind leave, and only there"));
    }
    if (kind == CampaignKind::ByHand) != credential.is_some() {
        return Err(Error::invalid("credential", "it names what ends: give it for the kind by_hand, and only there"));
    }
    let expires_at = match &credential {
        Some(credential) => expiry(store, org, credential).await?,
        None => None,
    };
    let of = credential.as_ref().map(ToString::to_string).or(account.as_ref().map(ToString::to_string));
    let of = of.unwrap_or_default();
    let campaign = Campaign {
        id: CampaignId::new(short_hash(&[org.as_str(), kind.as_str(), &of, who.by, &who.at.to_rfc3339()])),
        kind,
        account,
        credential,
        expires_at,
        started_by: who.by.to_owned(),
        started_at: who.at,
        reason: who.reason.to_owned(),
        clicked: None,
        ended: None,
    };
    write(store, org, Versioned { version: 0, value: campaign.clone() }, LedgerKind::CampaignStarted, who).await?;
    Ok(campaign)
}

/// When a credential that a person is to end expires, as far as that is known.
async fn expiry<S>(store: &S, org: &OrgId, credential: &CredentialRef) -> Result<Option<Timestamp>>
where
    S: CaseReader + ReportReader,
{
    let unknown = || Error::NotFound(format!("{credential} in the latest report or the register"));
    match credential.kind {
        CredentialKind::Registered => {
            let entry = store.register_entry(org, credential).await?.ok_or_else(unknown)?;
            Ok(match entry.registered.map(|registered| registered.expires) {
                Some(RegisteredExpiry::At(at)) => Some(at),
                Some(RegisteredExpiry::Never | RegisteredExpiry::NotSaid) | None => None,
            })
        }
        CredentialKind::OauthClient | CredentialKind::ObservedToken => {
            let report = store.latest_report(org).await?.ok_or_else(unknown)?;
            let row = store.row(org, &report, credential).await?.ok_or_else(unknown)?;
            Ok(row.credential.expires_at)
        }
        kind @ (CredentialKind::UserApiToken | CredentialKind::OrgApiKey | CredentialKind::ServiceAccountToken) => {
            Err(Error::invalid("credential", has_an_action(kind)))
        }
    }
}

/// Stores that somebody did by hand what no API does.
///
/// # Errors
/// [`Error::Conflict`] for a campaign that has no such step, or has ended.
pub async fn clicked<S: CaseStore>(store: &S, org: &OrgId, id: &CampaignId, who: Decider<'_>) -> Result<Campaign> {
    let found = open(store, org, id).await?;
    if !is_clicked(found.value.kind) {
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
    let (policy, seats) = (policy_in_force(store, org).await?.policy, store.seats(org).await?.value);
    let covered = covered_now(store, org).await?;
    let context = context(covered, &report);
    let known = Known { newest: &newest, policy: &policy, seats: &seats, report: &report, covered, context, now };
    let mut survey = Survey::new(campaign, known);
    let mut cursor = None;
    loop {
        let page = store.rows(org, &report, cursor, PAGE).await?;
        page.items.iter().for_each(|row| survey.add(row));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return with_sponsors(store, org, campaign, survey.progress()).await,
        }
    }
}

/// Says of external users who in the org answers for them.
async fn with_sponsors(
    store: &impl CaseReader,
    org: &OrgId,
    campaign: &Campaign,
    mut progress: Progress,
) -> Result<Progress> {
    if campaign.kind != CampaignKind::CloseExternal {
        return Ok(progress);
    }
    let accounts: Vec<AccountId> = progress.members.iter().filter_map(|member| member.account.clone()).collect();
    let sponsors = store.sponsors(org, &accounts).await?;
    for member in &mut progress.members {
        let sponsor = member.account.as_ref().and_then(|account| sponsors.get(account));
        member.sponsor = sponsor.map(|sponsor| sponsor.sponsor.clone());
    }
    Ok(progress)
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
    Ok(context(covered_now(store, org).await?, report))
}

/// Which time the log was last read over without a gap.
async fn covered_now<S: ReportReader>(store: &S, org: &OrgId) -> Result<Option<Interval>> {
    Ok(store.poll_lag(org).await?.as_ref().and_then(PollState::covered_now))
}

fn context(covered: Option<Interval>, report: &Report) -> ImpactContext {
    let uses_leave_events = report.facts.knowledge(FactName::UsesLeaveEvents);
    ImpactContext { log_since: covered.map(|covered| covered.from), uses_leave_events }
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
/// [`Error::Conflict`] if the campaign has ended, if nothing in it is done by an action, or if no policy is in force; those
/// of the store.
pub async fn ask<S>(store: &S, org: &Org, id: &CampaignId, batch: Batch, who: Decider<'_>) -> Result<Vec<Outcome>>
where
    S: CaseStore + ReportReader,
{
    let campaign = open(store, &org.id, id).await?.value;
    let action = action_of(campaign.kind).ok_or_else(by_hand)?;
    let policy = policy_in_force(store, &org.id).await?;
    let wanted = |member: &Member| match member.stand {
        Stand::Todo => true,
        Stand::Unclear => batch.include_unclear,
        Stand::NotDone | Stand::ByHand | Stand::Asked | Stand::Silent | Stand::Stays | Stand::Done => false,
    };
    let members = progress(store, &org.id, &campaign, who.at).await?.members;
    let report = store.latest_report(&org.id).await?.ok_or_else(|| Error::NotFound("the latest report".into()))?;
    let basis = Basis { report: &report, own_key_ids: org.own_key_ids.as_ref() };
    let (mut outcomes, mut asked) = (Vec::new(), 0);
    // Whoever is refused takes no place in the batch, or a few of them would block all others.
    for member in members.into_iter().filter(wanted).take(TRIED_MAX) {
        let outcome = ask_for(store, &org.id, action, member, (basis, &policy), who).await?;
        asked += u32::from(outcome.asked.is_some());
        outcomes.push(outcome);
        if asked >= batch.limit.min(BATCH_MAX) {
            break;
        }
    }
    Ok(outcomes)
}

fn by_hand() -> Error {
    let told = "nothing in this campaign is asked for through an API: it is done by hand, and its `next_steps` say how";
    Error::Conflict(told.into())
}

async fn ask_for<S>(
    store: &S,
    org: &OrgId,
    action: ActionKind,
    member: Member,
    (basis, policy): (Basis<'_>, &PolicyVersion),
    who: Decider<'_>,
) -> Result<Outcome>
where
    S: CaseStore + ReportReader,
{
    let gone = || Error::NotFound(format!("{} in the latest report", member.credential));
    let row = store.row(org, basis.report, &member.credential).await?.ok_or_else(gone)?;
    let request = Request { action, row: &row, basis, policy };
    match decide_action::request(store, org, request, who).await {
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
    let Campaign { id, kind: what, account, credential, .. } = &campaign.value;
    let of = account.as_ref().map(|account| format!(" for account {account}")).unwrap_or_default();
    let written = record(kind, &format!("campaign {id} ({}{of})", what.as_str()), who);
    let record = LedgerRecord { credential: credential.clone(), ..written };
    let change = CaseChange { campaign: Some(campaign), record: Some(record), ..CaseChange::default() };
    match store.apply(org, &change).await? {
        Written::Stored => Ok(()),
        Written::Contended => Err(Error::Contended("a campaign".into())),
    }
}
