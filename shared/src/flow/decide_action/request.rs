//! A person asks for one action.

use super::{Decider, TRIES, about, decision};
use crate::{
    decide::{
        exempt::{self, Covered},
        owner_plan,
        plan::{self, Basis, Cause},
    },
    error::{Error, Result},
    flow::cases::generations,
    model::{
        Action, ActionKind, ActionState, Credential, CredentialKind, CredentialRow, DecisionKind, Exemption,
        LedgerKind, OrgId, PolicyVersion, Scope, Versioned,
    },
    ports::{CaseChange, CaseReader, CaseStore, Written},
};

/// What is asked for: the action, and the credential as the latest report shows it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What.
    pub action: ActionKind,
    /// To which credential.
    pub row: &'a CredentialRow,
    /// The report that shows it, and our own keys.
    pub basis: Basis<'a>,
    /// The policy in force.
    pub policy: &'a PolicyVersion,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A new action.
    New(Box<Action>),
    /// The one that was open already.
    Open(Box<Action>),
}

/// The policy that actions are planned by.
///
/// # Errors
/// [`Error::Conflict`] if none is in force; those of the store.
pub async fn policy_in_force(store: &impl CaseReader, org: &OrgId) -> Result<PolicyVersion> {
    let policy = store.policy(org).await?;
    policy.ok_or_else(|| Error::Conflict("no policy is in force yet; put one first".into()))
}

/// Asks for an action. Where one is open for this credential already, that one is the answer, unless a rule began it and
/// it is withheld: then a person's word takes its place, or a rule that observes would keep people from acting.
///
/// # Errors
/// [`Error::Invalid`] for a kind that cannot be acted on yet, [`Error::Conflict`] for our own keys and for what is done.
pub async fn request<S: CaseStore>(store: &S, org: &OrgId, asked: Request<'_>, who: Decider<'_>) -> Result<Asked> {
    acceptable(asked, who)?;
    if asked.action.scope() == Scope::Credential || asked.action.ends_use() {
        not_exempt(&store.exemptions(org).await?, asked.row, who)?;
    }
    for _ in 0..TRIES {
        let newest = of_kind(store, org, asked.action, &asked.row.credential).await?.pop();
        let open = newest.as_ref().filter(|action| !action.state.is_final());
        let version = match open {
            Some(open) if !yields(open) => return Ok(Asked::Open(Box::new(open.clone()))),
            Some(open) => store.action(org, &open.id).await?.filter(|now| yields(&now.value)).map(|now| now.version),
            None => Some(0),
        };
        let Some(version) = version else { continue };
        let action = planned(org, asked, newest.as_ref(), who)?;
        let change = CaseChange {
            decision: Some(decision(DecisionKind::Requested, Some(&action.id), action.id.as_str(), who)),
            record: Some(about(&action, LedgerKind::ActionRequested, "a person asked for the action", who)),
            action: Some(Versioned { version, value: action.clone() }),
            ..CaseChange::default()
        };
        if store.apply(org, &change).await? == Written::Stored {
            return Ok(Asked::New(Box::new(action)));
        }
    }
    Err(Error::Contended(format!("credential {}", asked.row.credential.reference)))
}

/// Whether an open action gives way to what a person asks for: it only records what a rule would have done.
fn yields(open: &Action) -> bool {
    open.state == ActionState::Withheld && open.requested_by.is_none()
}

/// The actions on one credential: for each kind the newest first.
///
/// # Errors
/// Those of the store.
pub async fn actions_of<S: CaseReader>(store: &S, org: &OrgId, credential: &Credential) -> Result<Vec<Action>> {
    let mut actions = Vec::new();
    for kind in ActionKind::ALL {
        actions.extend(of_kind(store, org, kind, credential).await?.into_iter().rev());
    }
    Ok(actions)
}

/// The actions of one kind on one credential, the oldest first.
async fn of_kind<S: CaseReader>(
    store: &S,
    org: &OrgId,
    kind: ActionKind,
    credential: &Credential,
) -> Result<Vec<Action>> {
    generations(store, org, &credential.reference, credential.owner.as_ref(), kind).await
}

fn planned(org: &OrgId, asked: Request<'_>, last: Option<&Action>, who: Decider<'_>) -> Result<Action> {
    if asked.action == ActionKind::Revoke && last.is_some_and(|last| last.state == ActionState::Done) {
        let credential = &asked.row.credential.reference;
        return Err(Error::Conflict(format!(
            "{credential} was revoked already; the next report will no longer list it"
        )));
    }
    let generation = match last {
        Some(open) if !open.state.is_final() => open.generation,
        Some(ended) => ended.generation + 1,
        None => 1,
    };
    let cause = cause(asked, who);
    let plan = plan::plan(asked.row, asked.basis, &cause, asked.policy, who.at);
    let plan = plan.ok_or_else(|| Error::Conflict("the policy has no answer to this".to_owned()))?;
    Ok(plan::action(org, &cause, plan, generation, who.at))
}

fn cause(asked: Request<'_>, who: Decider<'_>) -> Cause {
    Cause::Request { action: asked.action, by: who.by.to_owned(), reason: who.reason.to_owned() }
}

fn not_exempt(exemptions: &[Exemption], row: &CredentialRow, who: Decider<'_>) -> Result<()> {
    let Credential { reference, label, owner, .. } = &row.credential;
    let covered = Covered { finding: None, credential: reference, owner: owner.as_ref(), label, rule: None };
    match exempt::covering(exemptions, &covered, who.at) {
        None => Ok(()),
        Some(Exemption { id, until, reason, .. }) => Err(Error::Conflict(format!(
            "{reference} is exempt until {} ({reason}); end exemption {id} first",
            until.date_naive()
        ))),
    }
}

fn acceptable(asked: Request<'_>, who: Decider<'_>) -> Result<()> {
    match asked.action.scope() {
        Scope::Owner => {
            let refused = owner_plan::refused(asked.action, asked.row, &cause(asked, who), &asked.policy.policy);
            refused.map_or(Ok(()), |reason| Err(Error::Conflict(reason)))
        }
        Scope::Credential if asked.action == ActionKind::Ticket => has_a_tracker(asked),
        Scope::Credential if asked.action.only_tells() => Ok(()),
        Scope::Credential => can_be_revoked(asked),
    }
}

fn has_a_tracker(asked: Request<'_>) -> Result<()> {
    let missing = "the policy does not say where tickets are opened; add `recipients.tickets` to it";
    let tracker = asked.policy.policy.recipients.tickets.as_ref();
    tracker.map(drop).ok_or_else(|| Error::Conflict(missing.to_owned()))
}

fn can_be_revoked(asked: Request<'_>) -> Result<()> {
    let reference = &asked.row.credential.reference;
    match reference.kind {
        CredentialKind::UserApiToken | CredentialKind::OrgApiKey => {}
        CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient
        | CredentialKind::ObservedToken
        | CredentialKind::Registered => {
            let reason = format!("{} cannot be revoked one by one", reference.kind);
            return Err(Error::invalid("credential.kind", reason));
        }
    }
    match plan::cannot_be_revoked(asked.row, asked.basis.own_key_ids) {
        Some(reason) => Err(Error::Conflict(format!("{reference}: {reason}"))),
        None => Ok(()),
    }
}
