//! Actions on everything of one account: their facts and their effects.

use super::facts::last_uses;
use crate::{
    decide::{
        case::{Facts, HitNow, OwnerState, Seen},
        owner_plan::{self, OwnerView, ReadMeans},
    },
    error::{Error, Result},
    flow::cases::{Cases, generations},
    model::{
        Access, AccountId, Action, ActionKind, ActionState, AuthPolicyId, Claim, CredentialKind, CredentialRow, Means,
        Membership, Order, Org, Plan, PolicyVersion, TaskId, TaskState, Timestamp, Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, Clock, ReportReader, ReportStore, TokenRevoker, TokenSnapshot},
};

/// Rows a page of a report.
const PAGE: u32 = 1_000;

/// What reading the rest of a plan came to.
pub(super) enum Completed {
    /// The whole plan.
    Plan(Box<Plan>),
    /// Atlassian could not be asked, for this reason: try again later.
    Unread(Error),
}

/// The plan with what it hits and works with, read now.
pub(super) async fn complete<S, R, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    plan: Plan,
    policy: &PolicyVersion,
) -> Result<Completed>
where
    S: CaseReader + ReportReader,
    R: TokenRevoker,
    C: Clock,
{
    let Some(account) = plan.target.owner.clone() else { return Ok(Completed::Plan(Box::new(plan))) };
    let memberships = match memberships(cases.revoker, org, &plan, &account).await {
        Ok(memberships) => memberships,
        Err(error) => return Ok(Completed::Unread(error)),
    };
    let rows = rows_of(cases.store, org, &account).await?;
    let read = View { account: &account, rows: &rows, memberships };
    let means = means(cases, org, &plan, policy, read).await?;
    let exemptions = cases.store.exemptions(&org.id).await?;
    let own_key_ids = org.own_key_ids.as_ref();
    let view = OwnerView { rows: &rows, own_key_ids, exemptions: &exemptions, means: &means };
    let whole = owner_plan::complete(plan, view, &policy.policy, cases.clock.now());
    Ok(Completed::Plan(Box::new(whole)))
}

/// Everything that the latest report shows of an account. Its rows stand in the order of their hashes, so all are read.
async fn rows_of(store: &impl ReportReader, org: &Org, account: &AccountId) -> Result<Vec<CredentialRow>> {
    let Some(report) = store.latest_report(&org.id).await? else { return Ok(Vec::new()) };
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.rows(&org.id, &report, cursor, PAGE).await?;
        rows.extend(page.items.into_iter().filter(|row| row.credential.owner.as_ref() == Some(account)));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

/// What was read of an account.
struct View<'a> {
    account: &'a AccountId,
    rows: &'a [CredentialRow],
    memberships: Vec<Membership>,
}

async fn means<S: CaseReader, R: TokenRevoker, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    plan: &Plan,
    policy: &PolicyVersion,
    View { account, rows, memberships }: View<'_>,
) -> Result<ReadMeans> {
    let policies = policy.policy.auth_policies.as_ref();
    match plan.action {
        ActionKind::RevokeAll => Ok(ReadMeans::Found(Means::Tokens)),
        ActionKind::Suspend => Ok(open_directories(memberships)),
        ActionKind::Restore => {
            let done = undone(cases.store, org, plan, account, ActionKind::Suspend).await?;
            Ok(done.map_or_else(|| missing("nothing of the account was suspended from here"), ReadMeans::Found))
        }
        ActionKind::Block => into_policy(cases, org, account, rows, policies.map(|one| &one.blocking)).await,
        ActionKind::Allow => into_policy(cases, org, account, rows, policies.map(|one| &one.allowing)).await,
        ActionKind::Release => {
            let done = undone(cases.store, org, plan, account, ActionKind::Block).await?;
            Ok(match done {
                Some(Means::Policy { to, earlier: Some(earlier), email }) => {
                    ReadMeans::Found(Means::Policy { to: earlier, earlier: Some(to), email })
                }
                Some(Means::Policy { earlier: None, .. } | Means::Tokens | Means::Directories(_)) => {
                    missing("the policy from before the block could not be read then, so nobody knows the way back")
                }
                None => missing("the account was not blocked from here"),
            })
        }
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket | ActionKind::Revoke => {
            Ok(missing("it hits one credential alone"))
        }
    }
}

fn missing(reason: &str) -> ReadMeans {
    ReadMeans::Missing(reason.to_owned())
}

/// Where a suspension would be made; nothing else needs to know it.
async fn memberships<R: TokenRevoker>(
    revoker: &R,
    org: &Org,
    plan: &Plan,
    account: &AccountId,
) -> Result<Vec<Membership>> {
    match plan.action {
        ActionKind::Suspend => revoker.memberships(&org.id, account).await,
        ActionKind::Notify
        | ActionKind::Remind
        | ActionKind::Ticket
        | ActionKind::Revoke
        | ActionKind::RevokeAll
        | ActionKind::Restore
        | ActionKind::Block
        | ActionKind::Allow
        | ActionKind::Release => Ok(Vec::new()),
    }
}

fn open_directories(memberships: Vec<Membership>) -> ReadMeans {
    let open: Vec<_> = memberships.into_iter().filter(|one| one.access == Access::Open).collect();
    if open.is_empty() {
        return missing("the account can use no directory of the org");
    }
    ReadMeans::Found(Means::Directories(open.into_iter().map(|one| one.directory).collect()))
}

/// The policy from before is the way back. Where it cannot be read, there is none, and the plan says so.
async fn into_policy<S, R: TokenRevoker, C>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    account: &AccountId,
    rows: &[CredentialRow],
    to: Option<&AuthPolicyId>,
) -> Result<ReadMeans> {
    let Some(to) = to else { return Ok(missing("the policy does not name the org's `auth_policies`")) };
    let email = rows.iter().find_map(|row| {
        let listed = row.owner.as_ref().and_then(|owner| owner.email.clone());
        listed.or_else(|| row.credential.owner_email.clone())
    });
    let Some(email) = email else {
        return Ok(missing("the account's address is not known, and Atlassian moves people by their address"));
    };
    let earlier = match cases.revoker.auth_policy(&org.id, account).await {
        Ok(earlier) => earlier,
        Err(error) => {
            tracing::warn!(org = %org.id, account = %account, error = %error, "the policy of an account is not known");
            None
        }
    };
    if earlier.as_ref() == Some(to) {
        return Ok(missing(owner_plan::IN_POLICY_ALREADY));
    }
    Ok(ReadMeans::Found(Means::Policy { to: to.clone(), earlier, email }))
}

/// The means of the newest action of this kind on the account that was done.
async fn undone(
    store: &impl CaseReader,
    org: &Org,
    plan: &Plan,
    account: &AccountId,
    kind: ActionKind,
) -> Result<Option<Means>> {
    let actions = generations(store, &org.id, &plan.target.credential, Some(account), kind).await?;
    let newest = actions.into_iter().rfind(|action| action.state == ActionState::Done);
    Ok(newest.and_then(|action| action.plan.means))
}

/// How the account stands where the action would change it.
pub(super) async fn state<R: TokenRevoker>(revoker: &R, org: &Org, action: &Action) -> Seen<OwnerState> {
    let (Some(account), Some(means)) = (&action.plan.target.owner, &action.plan.means) else {
        return Seen::AccountUnknown;
    };
    let read = match means {
        Means::Tokens => revoker.service_tokens(&org.id, account).await.map(OwnerState::Tokens),
        Means::Directories(_) => revoker.memberships(&org.id, account).await.map(OwnerState::Directories),
        Means::Policy { .. } => revoker.auth_policy(&org.id, account).await.map(OwnerState::Policy),
    };
    read.map_or_else(|error| Seen::Failed(error.to_string()), Seen::Is)
}

/// Every credential of the account: the listed ones, and those of the plan with their last use in the events.
pub(super) async fn hits<S, R, C>(cases: &Cases<'_, S, R, C>, org: &Org, action: &Action) -> Result<Seen<Vec<HitNow>>>
where
    S: ReportReader + ReportStore,
    R: TokenRevoker,
{
    let Some(account) = &action.plan.target.owner else { return Ok(Seen::AccountUnknown) };
    let listed = match listed(cases.revoker, org, action, account).await {
        Ok(Some(listed)) => listed,
        Ok(None) => return Ok(Seen::AccountUnknown),
        Err(error) => return Ok(Seen::Failed(error.to_string())),
    };
    let last_use = last_uses(cases.store, org, action, account).await?;
    let listed = listed.into_iter().map(|token| (token.id, token.label, token.last_access_at));
    let planned = action.plan.hits.iter().map(|hit| (hit.credential.id.clone(), hit.label.clone(), None));
    let now = |(id, label, used): (_, String, Option<Timestamp>)| {
        let last_used_at = used.max(last_use(&id, &label));
        HitNow { id, label, last_used_at }
    };
    Ok(Seen::Is(listed.chain(planned).map(now).collect()))
}

/// The tokens that a list shows now. No list shows those of an external account.
async fn listed<R: TokenRevoker>(
    revoker: &R,
    org: &Org,
    action: &Action,
    account: &AccountId,
) -> Result<Option<Vec<TokenSnapshot>>> {
    let has = |kind| action.plan.hits.iter().any(|hit| hit.credential.kind == kind);
    if action.plan.action == ActionKind::RevokeAll {
        return revoker.service_tokens(&org.id, account).await.map(Some);
    }
    if !has(CredentialKind::UserApiToken) {
        return Ok(Some(Vec::new()));
    }
    revoker.user_tokens(&org.id, account).await
}

/// How far Atlassian's task came.
pub(super) async fn task<R: TokenRevoker>(revoker: &R, org: &Org, action: &Action) -> Option<Seen<TaskState>> {
    let task = action.claim.as_ref()?.task.as_ref()?;
    Some(match revoker.task(&org.id, task).await {
        Ok(state) => Seen::Is(state),
        Err(error) => Seen::Failed(error.to_string()),
    })
}

/// Gives an order. Only [`crate::decide::case::next`] leads here, and only for a claim of this invocation.
pub(super) async fn act<S, R: TokenRevoker, C>(cases: &Cases<'_, S, R, C>, org: &Org, order: Order, facts: &mut Facts) {
    (facts.owner, facts.acted, facts.call) = (None, None, None);
    facts.ordered.push(order.clone());
    match cases.revoker.act(&org.id, &order).await {
        Ok(acted) => facts.acted = Some(acted),
        Err(error) => facts.call = Some(super::failed_call(error)),
    }
}

/// Stores the task that Atlassian began. If that fails, the account's policy tells later what came of it.
pub(super) async fn store_task<S: CaseStore, R, C: Clock>(
    cases: &Cases<'_, S, R, C>,
    org: &Org,
    action: &Versioned<Action>,
    task: TaskId,
) -> Result<()> {
    let claim = action.value.claim.clone().map(|claim| Claim { task: Some(task), ..claim });
    let reason = Some("Atlassian began a task for it".to_owned());
    let next = Action { claim, reason, changed_at: cases.clock.now(), ..action.value.clone() };
    let change =
        CaseChange { action: Some(Versioned { version: action.version, value: next }), ..CaseChange::default() };
    cases.store.apply(&org.id, &change).await.map(drop)
}
