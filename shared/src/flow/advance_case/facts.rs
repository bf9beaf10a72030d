//! The facts that [`crate::decide::case::next`] asks for.

use super::owner;
use crate::{
    decide::{
        case::{Answer, Delivery, Facts, LogLag, Look, Need, OwnKey, Standing},
        exempt::{self, Covered},
        join::last_use_of,
    },
    error::Result,
    flow::cases::Cases,
    model::{
        Action, Budget, CredentialKind, Exemption, FindingStatus, Hit, MessageState, Org, ReportStatus, Scope, Target,
        Timestamp, Versioned,
    },
    ports::{CaseReader, CaseStore, Clock, ReportReader, ReportStore, TokenRevoker},
};

/// Fetches one fact.
pub(super) async fn fetch<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Action,
    need: Need,
    facts: &mut Facts,
) -> Result<()>
where
    S: CaseStore + ReportReader + ReportStore,
    R: TokenRevoker,
    C: Clock,
{
    match need {
        Need::Standing => facts.standing = Some(standing(cases.store, org, action, cases.clock.now()).await?),
        Need::AdminRole => facts.admin_role = Some(admin_role(cases.revoker, org, action).await),
        Need::Log => facts.log = Some(log_lag(cases.store, org, cases.clock.now()).await?),
        Need::EventUse => facts.event_use = Some(event_use(cases.store, org, action).await?),
        Need::OwnKey => facts.own_key = Some(own_key(cases.store, org, action).await?),
        Need::Reread => facts.look = Some(look(cases.revoker, org, action).await),
        Need::Delivery => facts.delivery = Some(delivery(cases.store, org, action).await?),
        Need::Hits => facts.hits = Some(owner::hits(cases, org, action).await?),
        Need::Owner => facts.owner = Some(owner::state(cases.revoker, org, action).await),
        Need::Task => facts.task = owner::task(cases.revoker, org, action).await,
        Need::Budget => facts.budget = Some(budget(cases.store, org).await?),
    }
    Ok(())
}

async fn standing(store: &impl CaseStore, org: &Org, action: &Action, now: Timestamp) -> Result<Standing> {
    if let Some(exemption) = exemption(store, org, action, now).await? {
        let until = exemption.until.date_naive();
        return Ok(Standing::Fallen(format!("it is exempt until {until}: {}", exemption.reason)));
    }
    let Some(id) = &action.finding else { return Ok(Standing::Stands) };
    let Some(finding) = store.finding(&org.id, id).await? else {
        return Ok(Standing::Fallen("its finding is not stored any more".into()));
    };
    Ok(match finding.status {
        FindingStatus::Resolved => Standing::Fallen(format!("its finding was resolved: {}", finding.reason)),
        FindingStatus::Exempt => Standing::Fallen("its finding is exempt".into()),
        FindingStatus::Accepted => Standing::Fallen("the risk of its finding was accepted".into()),
        FindingStatus::Open if finding.generation != action.finding_generation => {
            Standing::Fallen("its finding was resolved and opened anew".into())
        }
        FindingStatus::Open => Standing::Stands,
    })
}

/// The exemption that covers an action's credential now, also one granted since the last report.
async fn exemption(store: &impl CaseStore, org: &Org, action: &Action, now: Timestamp) -> Result<Option<Exemption>> {
    let Target { credential, label, owner, .. } = &action.plan.target;
    let rule = action.plan.rule.as_deref();
    let covered = Covered { finding: action.finding.as_ref(), credential, owner: owner.as_ref(), label, rule };
    let exemptions = store.exemptions(&org.id).await?;
    if action.plan.scope == Scope::Credential {
        return Ok(exempt::covering(&exemptions, &covered, now).cloned());
    }
    if !action.plan.action.ends_use() {
        return Ok(None);
    }
    let of_hit = |hit: &Hit| {
        let covered = Covered { finding: None, credential: &hit.credential, label: &hit.label, rule: None, ..covered };
        exempt::covering(&exemptions, &covered, now).cloned()
    };
    Ok(action.plan.hits.iter().filter(|hit| hit.exempt.is_none()).find_map(of_hit))
}

async fn admin_role(revoker: &impl TokenRevoker, org: &Org, action: &Action) -> Answer {
    let Some(owner) = &action.plan.target.owner else { return Answer::Unknown };
    match revoker.is_org_admin(&org.id, owner).await {
        Ok(true) => Answer::Yes,
        Ok(false) => Answer::No,
        Err(error) => {
            tracing::warn!(org = %org.id, action = %action.id, error = %error, "the owner's role could not be read");
            Answer::Unknown
        }
    }
}

/// As the registry says it now: an id may have been added since the action was planned.
async fn own_key(store: &impl CaseReader, org: &Org, action: &Action) -> Result<OwnKey> {
    let org = store.org_entry(&org.id).await?;
    Ok(match org.and_then(|org| org.value.own_key_ids) {
        None => OwnKey::NotKnown,
        Some(own) if own.contains(&action.plan.target.credential.id) => OwnKey::Ours,
        Some(_) => OwnKey::NotOurs,
    })
}

async fn log_lag(store: &impl ReportReader, org: &Org, now: Timestamp) -> Result<LogLag> {
    let state = store.poll_lag(&org.id).await?;
    let caught_up = state.and_then(|state| state.live.caught_up_at);
    Ok(caught_up.map_or(LogLag::NeverRead, |at| LogLag::Late(now - at)))
}

async fn event_use<S: ReportReader + ReportStore>(store: &S, org: &Org, action: &Action) -> Result<Option<Timestamp>> {
    let target = &action.plan.target;
    let Some(owner) = &target.owner else { return Ok(None) };
    let profiles = store.profiles_of(&org.id, owner).await?;
    let join = store.schedule(&org.id).await?.value.join;
    let judged_at = action.plan.evidence.judged_at;
    Ok(last_use_of(&target.credential.id, &target.label, &profiles, join, judged_at))
}

async fn look(revoker: &impl TokenRevoker, org: &Org, action: &Action) -> Look {
    let target = &action.plan.target;
    match target.credential.kind {
        CredentialKind::UserApiToken | CredentialKind::OrgApiKey => {}
        CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => return Look::NotPossible,
    }
    match revoker.reread(&org.id, target).await {
        Ok(seen) => Look::Seen(seen),
        Err(error) => Look::Failed(error.to_string()),
    }
}

/// The budget, and how many credentials the last complete report lists.
async fn budget<S: CaseStore + ReportReader>(store: &S, org: &Org) -> Result<(Versioned<Budget>, Option<u64>)> {
    let reports = store.reports(&org.id, None, 50).await?.items;
    let complete = reports.iter().find(|report| report.status == ReportStatus::Complete);
    Ok((store.budget(&org.id).await?, complete.map(|report| report.totals.credentials)))
}

/// How far the messages of an action came. One that is not stored (any more) was not sent as far as anybody knows.
async fn delivery(store: &impl CaseStore, org: &Org, action: &Action) -> Result<Delivery> {
    let mut last = action.planned_at;
    for told in &action.told {
        let Some(Versioned { value: outgoing, .. }) = store.message(&org.id, &told.message).await? else {
            return Ok(Delivery::Dead("it is not stored any more".to_owned()));
        };
        match (outgoing.state, outgoing.sent_at) {
            (MessageState::Sent, Some(at)) => last = last.max(at),
            (MessageState::Sent, None) => last = last.max(told.at),
            (MessageState::Waiting, _) => return Ok(Delivery::Waiting(outgoing.next_at)),
            (MessageState::Dead | MessageState::Withheld, _) => {
                return Ok(Delivery::Dead(outgoing.reason.unwrap_or_default()));
            }
        }
    }
    Ok(Delivery::Sent(last))
}
