//! Handles what is pending: findings become actions, decisions take effect, actions advance.

use super::{
    advance_case::advance_case,
    cases::{Cases, generations, plan_of, retry_later},
    restored::notice_restored,
};
use crate::{
    decide::plan::{self, Cause},
    error::Result,
    model::{Action, ActionId, ActionKind, DecisionKind, Finding, FindingId, FindingStatus, Org, Timestamp, Versioned},
    ports::{CaseChange, CaseStore, Clock, Deadline, Pending, ReportReader, ReportStore, TokenRevoker, Written},
};

/// Rows a page of findings or actions.
const PAGE: u32 = 200;

/// What a sweep came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// How many pending things were handled.
    pub handled: u64,
    /// How many could not be, and stay pending.
    pub failed: u64,
}

/// Handles everything that is pending now but messages, oldest first. What fails is logged, stays pending and stops
/// nothing else. Messages are sent by [`super::deliver`].
///
/// # Errors
/// [`crate::error::Error::Store`] if what is pending cannot be read.
pub async fn sweep<S, R, C>(cases: &Cases<'_, S, R, C>, org: &Org, deadline: &impl Deadline) -> Result<Swept>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    let mut swept = Swept::default();
    notice_restored(cases.store, &org.id, cases.clock.now()).await?;
    let pending = cases.store.pending(&org.id, cases.clock.now(), 1_000).await?;
    for pending in pending.into_iter().filter(|pending| !matches!(pending, Pending::Message(_))) {
        if deadline.reached() {
            break;
        }
        match handle(cases, org, &pending, deadline).await {
            Ok(()) => swept.handled += 1,
            Err(error) => {
                tracing::error!(org = %org.id, %pending, error = %error, "stays pending");
                swept.failed += 1;
            }
        }
    }
    Ok(swept)
}

/// Handles one pending thing. Doing it again changes nothing more.
///
/// # Errors
/// Whatever kept it from being handled; it stays pending.
pub async fn handle<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    pending: &Pending,
    deadline: &impl Deadline,
) -> Result<()>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    match pending {
        Pending::Finding(id) => {
            let Some(action) = open_case(cases.store, org, id, cases.clock.now()).await? else { return Ok(()) };
            advance_case(cases, org, &action, deadline).await.map(drop)
        }
        Pending::Decision(id) => decided(cases, org, id, deadline).await,
        Pending::Action(id) => advance_case(cases, org, id, deadline).await.map(drop),
        // Sent by `deliver`, which collects them.
        Pending::Message(_) => Ok(()),
    }
}

/// Makes the action that answers a finding, once. Gives its id, or `None` where nothing is to be done (yet).
async fn open_case<S>(store: &S, org: &Org, id: &FindingId, now: Timestamp) -> Result<Option<ActionId>>
where
    S: CaseStore + ReportReader,
{
    let Some(finding) = store.finding(&org.id, id).await? else { return Ok(None) };
    // The findings of a report are settled before it is whole; until it is, they wait for it.
    let whole = store.latest_report(&org.id).await?.is_some_and(|latest| latest.generated_at >= finding.changed_at);
    if !whole {
        return Ok(None);
    }
    let (cause, policy) = (Cause::finding(&finding), store.policy(&org.id).await?);
    let plan = match (finding.status, &policy) {
        (FindingStatus::Open, Some(policy)) => plan_of(store, org, &finding.subject, &cause, policy, now).await?,
        (FindingStatus::Resolved | FindingStatus::Exempt | FindingStatus::Accepted, _)
        | (FindingStatus::Open, None) => None,
    };
    let mut change = CaseChange { handled: Some(Pending::Finding(id.clone())), ..CaseChange::default() };
    let Some(plan) = plan else {
        store.apply(&org.id, &change).await?;
        return open_action(store, org, &finding).await;
    };
    let id = match place(store, org, &finding, plan.action).await? {
        Place::Taken(action) => action,
        Place::Answered => {
            store.apply(&org.id, &change).await?;
            return Ok(None);
        }
        Place::Free(generation) => {
            let action = plan::action(&org.id, &cause, plan, generation, now);
            let id = action.id.clone();
            change.action = Some(Versioned { version: 0, value: action });
            id
        }
    };
    match store.apply(&org.id, &change).await? {
        Written::Stored => Ok(Some(id)),
        Written::Contended => Err(retry_later("a case")),
    }
}

/// The action that is open for a finding: with the finding, what asked for it may have fallen.
async fn open_action(store: &impl CaseStore, org: &Org, finding: &Finding) -> Result<Option<ActionId>> {
    for kind in ActionKind::ALL {
        if let Place::Taken(action) = place(store, org, finding, kind).await? {
            return Ok(Some(action));
        }
    }
    Ok(None)
}

enum Place {
    /// An action on this credential is open; it answers this finding too.
    Taken(ActionId),
    /// This opening of the finding had its action, which has ended.
    Answered,
    /// No action of this generation exists.
    Free(u32),
}

async fn place(store: &impl CaseStore, org: &Org, finding: &Finding, kind: ActionKind) -> Result<Place> {
    let actions = generations(store, &org.id, &finding.subject, finding.owner.as_ref(), kind).await?;
    let free = actions.last().map_or(0, |last| last.generation) + 1;
    let withdrawn = |action: &Action| action.reason.as_deref() == Some(plan::NOT_ASKED_FOR);
    let answers = |action: &Action| {
        let same = action.finding.as_ref() == Some(&finding.id) && action.finding_generation == finding.generation;
        same && !withdrawn(action)
    };
    let placed = actions.into_iter().find_map(|action| match action.state.is_final() {
        false => Some(Place::Taken(action.id)),
        true => answers(&action).then_some(Place::Answered),
    });
    Ok(placed.unwrap_or(Place::Free(free)))
}

async fn decided<S, R, C>(cases: &Cases<'_, S, R, C>, org: &Org, id: &str, deadline: &impl Deadline) -> Result<()>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    let Some(decision) = cases.store.decision(&org.id, id).await? else { return Ok(()) };
    let whole = match decision.kind {
        DecisionKind::Approved | DecisionKind::Rejected | DecisionKind::Requested | DecisionKind::Answered => {
            if let Some(action) = &decision.action {
                advance_case(cases, org, action, deadline).await?;
            }
            true
        }
        DecisionKind::PolicyChanged => {
            open_cases(cases, org, deadline).await? && advance_all(cases, org, deadline).await?
        }
        DecisionKind::Resumed | DecisionKind::Exempted => advance_all(cases, org, deadline).await?,
        DecisionKind::Stopped => true,
    };
    if whole {
        let handled = Some(Pending::Decision(id.to_owned()));
        cases.store.apply(&org.id, &CaseChange { handled, ..CaseChange::default() }).await?;
    }
    Ok(())
}

/// Makes the actions of open findings that the new policy answers and the old one did not. False if time ran out.
async fn open_cases<S, R, C>(cases: &Cases<'_, S, R, C>, org: &Org, deadline: &impl Deadline) -> Result<bool>
where
    S: CaseStore + ReportReader,
    C: Clock,
{
    let mut after = None;
    loop {
        let page = cases.store.findings(&org.id, after.as_ref(), PAGE).await?;
        for finding in page.items.iter().filter(|finding| finding.status == FindingStatus::Open) {
            if deadline.reached() {
                return Ok(false);
            }
            open_case(cases.store, org, &finding.id, cases.clock.now()).await?;
        }
        match (page.next, page.items.last()) {
            (Some(_), Some(last)) => after = Some(last.id.clone()),
            (Some(_), None) | (None, _) => return Ok(true),
        }
    }
}

/// Looks at every open action. False if time ran out.
async fn advance_all<S, R, C>(cases: &Cases<'_, S, R, C>, org: &Org, deadline: &impl Deadline) -> Result<bool>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    let mut cursor = None;
    loop {
        let page = cases.store.actions(&org.id, cursor, PAGE).await?;
        for action in page.items.iter().filter(|action| !action.state.is_final()) {
            if deadline.reached() {
                return Ok(false);
            }
            advance_case(cases, org, &action.id, deadline).await?;
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(true),
        }
    }
}
