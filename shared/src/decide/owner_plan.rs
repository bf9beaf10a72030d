//! The plan of an action on everything of one account: whom it may meet, what it hits, and how it is undone.

use super::{
    exempt::{self, Covered},
    plan::Cause,
};
use crate::model::{
    ActionKind, Approval, CredentialId, CredentialKind, CredentialRow, Exemption, Hit, Means, Plan, Policy, Relation,
    Timestamp, Use,
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// What was read of an account, so that its plan can be made whole.
#[derive(Debug, Clone, Copy)]
pub struct OwnerView<'a> {
    /// Everything that the latest report shows of it.
    pub rows: &'a [CredentialRow],
    /// The ids of our own keys, if somebody said them.
    pub own_key_ids: Option<&'a BTreeSet<CredentialId>>,
    /// The exemptions, in force and ended.
    pub exemptions: &'a [Exemption],
    /// What the action works with.
    pub means: &'a ReadMeans,
}

/// What reading the means came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadMeans {
    /// These.
    Found(Means),
    /// There are none, for this reason.
    Missing(String),
}

/// Whether an action moves, suspends or disables a person, which protected people are spared.
pub fn touches_a_person(kind: ActionKind) -> bool {
    match kind {
        ActionKind::Suspend | ActionKind::Block | ActionKind::Allow => true,
        ActionKind::Notify
        | ActionKind::Remind
        | ActionKind::Ticket
        | ActionKind::Revoke
        | ActionKind::RevokeAll
        | ActionKind::Restore
        | ActionKind::Release => false,
    }
}

/// Why an action is never done to the owner of this credential, as far as the report and the policy tell.
pub fn refused(kind: ActionKind, row: &CredentialRow, cause: &Cause, policy: &Policy) -> Option<String> {
    let Some(account) = &row.credential.owner else { return Some("the account of its owner is not known".into()) };
    let relation = relation_of(row);
    let protected = policy.protected.contains(account) && touches_a_person(kind);
    let asked = matches!(cause, Cause::Request { .. });
    if protected {
        return Some("its owner is on the list of protected people, who are never moved or suspended".into());
    }
    if touches_a_person(kind) && is_admin_or_ours(row) {
        return Some(format!("{ADMIN_OR_OURS}; they are never moved or suspended"));
    }
    match (kind, relation) {
        (ActionKind::RevokeAll, Relation::Service) => None,
        (ActionKind::RevokeAll, _) => Some("only a service account's tokens can be revoked all at once".into()),
        (ActionKind::Suspend, Relation::External) if !asked => {
            Some("an external account is suspended only where a person asks for it".into())
        }
        (ActionKind::Suspend | ActionKind::Restore, Relation::Managed | Relation::External) => None,
        (ActionKind::Block | ActionKind::Allow, Relation::Managed) if policy.auth_policies.is_none() => {
            Some("the policy does not name the org's `auth_policies`, and no API lists them".into())
        }
        (ActionKind::Block | ActionKind::Allow | ActionKind::Release, Relation::Managed) => None,
        (ActionKind::Suspend | ActionKind::Restore, Relation::Service | Relation::System | Relation::Unknown) => {
            Some("only managed and external people are suspended and restored".into())
        }
        (
            ActionKind::Block | ActionKind::Allow | ActionKind::Release,
            Relation::External | Relation::Service | Relation::System | Relation::Unknown,
        ) => Some("only managed accounts are in an authentication policy that an API reaches".into()),
        (ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket | ActionKind::Revoke, _) => None,
    }
}

/// Who must agree: somebody always, but for the undoing of what somebody agreed to, unless the account is protected.
pub fn approval(kind: ActionKind, wanted: Approval, protected: Option<&String>) -> Approval {
    match (kind, wanted, protected) {
        (ActionKind::Release, _, None) => Approval::Waived,
        (_, Approval::TwoPersons, _) => Approval::TwoPersons,
        (_, Approval::Waived | Approval::Required, _) => Approval::Required,
    }
}

/// Why an undoing needs a person although the policy does not name the account: whoever became an admin or made one of
/// our keys since the suspension or the block is moved by no machine, not even back.
pub fn guarded(kind: ActionKind, row: &CredentialRow) -> Option<String> {
    (kind.undoes() && is_admin_or_ours(row)).then(|| ADMIN_OR_OURS.to_owned())
}

/// Why nothing is planned or done for an account that is in the policy already.
pub const IN_POLICY_ALREADY: &str = "the account is in that policy already";
/// Why nothing is done where nothing is left to do.
pub const SO_ALREADY: &str = "it is so already";

/// Whether an action came to nothing because there was nothing left to do.
pub fn is_so_already(reason: &str) -> bool {
    [IN_POLICY_ALREADY, SO_ALREADY].iter().any(|said| reason.contains(said))
}

const ADMIN_OR_OURS: &str = "its owner is an org admin or made one of our keys";

fn is_admin_or_ours(row: &CredentialRow) -> bool {
    row.own || row.owner.as_ref().and_then(|owner| owner.org_admin) == Some(true)
}

fn relation_of(row: &CredentialRow) -> Relation {
    match (&row.owner, row.credential.reference.kind) {
        (Some(owner), _) => owner.relation,
        (None, CredentialKind::UserApiToken) => Relation::Managed,
        (None, CredentialKind::ServiceAccountToken) => Relation::Service,
        (
            None,
            CredentialKind::OrgApiKey
            | CredentialKind::OauthClient
            | CredentialKind::ObservedToken
            | CredentialKind::Registered,
        ) => Relation::Unknown,
    }
}

/// The plan with all that it hits and works with; withheld where that forbids it.
pub fn complete(plan: Plan, view: OwnerView<'_>, policy: &Policy, now: Timestamp) -> Plan {
    let hits: Vec<Hit> = view
        .rows
        .iter()
        .filter(|row| is_hit(plan.action, row.credential.reference.kind))
        .map(|row| hit(row, view.exemptions, now))
        .collect();
    let kept = kept(&plan, view).or_else(|| in_the_way(plan.action, &hits, policy, now));
    let protected = plan.protected.clone().or_else(|| guards_a_key(&plan, view));
    let (means, missing) = match view.means {
        ReadMeans::Found(means) => (Some(means.clone()), None),
        ReadMeans::Missing(reason) => (None, Some(reason.clone())),
    };
    Plan {
        effects: effects(plan.action, view, &hits),
        reversible: means.as_ref().is_some_and(|means| is_reversible(plan.action, means)),
        approval: approval(plan.action, plan.approval, protected.as_ref()),
        protected,
        withheld: plan.withheld.clone().or(kept).or(missing),
        hits,
        means,
        ..plan
    }
}

fn is_hit(kind: ActionKind, credential: CredentialKind) -> bool {
    match kind {
        ActionKind::RevokeAll => credential == CredentialKind::ServiceAccountToken,
        ActionKind::Block | ActionKind::Allow | ActionKind::Release => credential == CredentialKind::UserApiToken,
        ActionKind::Suspend | ActionKind::Restore => {
            matches!(credential, CredentialKind::UserApiToken | CredentialKind::ObservedToken)
        }
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket | ActionKind::Revoke => false,
    }
}

fn hit(row: &CredentialRow, exemptions: &[Exemption], now: Timestamp) -> Hit {
    let credential = &row.credential;
    let covered = Covered {
        finding: None,
        credential: &credential.reference,
        owner: credential.owner.as_ref(),
        label: &credential.label,
        rule: None,
    };
    let exempt = exempt::covering(exemptions, &covered, now);
    Hit {
        credential: credential.reference.clone(),
        label: credential.label.clone(),
        last_used_at: row.last_used_at,
        usage: row.usage,
        exempt: exempt.map(|one| format!("until {}: {}", one.until.date_naive(), one.reason)),
    }
}

/// Whoever made one of our keys would take our access along.
fn kept(plan: &Plan, view: OwnerView<'_>) -> Option<String> {
    (touches_a_person(plan.action) && may_have_made_our_key(view))
        .then(|| "the account made a key that is or may be one of ours; it is never moved or suspended".to_owned())
}

fn guards_a_key(plan: &Plan, view: OwnerView<'_>) -> Option<String> {
    (plan.action.undoes() && may_have_made_our_key(view))
        .then(|| "the account made a key that is or may be one of ours".to_owned())
}

fn may_have_made_our_key(view: OwnerView<'_>) -> bool {
    let key = |row: &&CredentialRow| row.credential.reference.kind == CredentialKind::OrgApiKey;
    view.rows.iter().filter(key).any(|row| row.own || view.own_key_ids.is_none())
}

/// The first credential that is exempt or in use.
fn in_the_way(kind: ActionKind, hits: &[Hit], policy: &Policy, now: Timestamp) -> Option<String> {
    let since = now - TimeDelta::days(policy.in_use_days.into());
    let reason = |hit: &Hit| match (&hit.exempt, hit.last_used_at) {
        (Some(exempt), _) => Some(format!("'{}' ({}) is exempt {exempt}", hit.label, hit.credential)),
        (None, Some(used)) if used > since => {
            let used = used.format("%Y-%m-%d");
            Some(format!("'{}' ({}) is in use: it was last used on {used}", hit.label, hit.credential))
        }
        (None, Some(_) | None) => None,
    };
    if kind.ends_use() { hits.iter().find_map(reason) } else { None }
}

fn is_reversible(kind: ActionKind, means: &Means) -> bool {
    match (kind, means) {
        (ActionKind::RevokeAll, _) => false,
        (_, Means::Tokens) => false,
        (_, Means::Directories(_)) => true,
        (_, Means::Policy { earlier, .. }) => earlier.is_some(),
    }
}

fn effects(kind: ActionKind, view: OwnerView<'_>, hits: &[Hit]) -> Vec<String> {
    let (count, unknown) = (hits.len(), hits.iter().filter(|hit| hit.usage == Use::Unknown).count());
    let mut effects = vec![format!("It hits every credential of the account: {count} in all, listed below.")];
    effects.extend(what_follows(kind, view));
    if unknown > 0 && kind.ends_use() {
        effects.push(format!("Of {unknown} of them it is not known for certain whether and when they were used."));
    }
    effects
}

fn what_follows(kind: ActionKind, view: OwnerView<'_>) -> Vec<String> {
    let undo = match view.means {
        ReadMeans::Found(Means::Policy { earlier: Some(earlier), .. }) => {
            format!("Undo: move back to the policy {earlier}, in which the account is now.")
        }
        ReadMeans::Found(Means::Policy { earlier: None, .. }) => {
            "It cannot be undone from here: the policy in which the account is now could not be read.".to_owned()
        }
        ReadMeans::Found(Means::Tokens | Means::Directories(_)) | ReadMeans::Missing(_) => String::new(),
    };
    match kind {
        ActionKind::RevokeAll => {
            vec!["Revoking cannot be undone. New tokens must be made and pasted into the jobs.".into()]
        }
        ActionKind::Suspend => vec![
            format!("It also ends the sign-in to {}.", sites(view.rows)),
            "It does not delete the tokens (that they do not work meanwhile is unconfirmed). Undo: restore.".into(),
        ],
        ActionKind::Restore => {
            vec!["The account can use its sites again, and its tokens with it (unconfirmed).".into()]
        }
        ActionKind::Block => vec!["API tokens of the account stop working while it is in that policy.".into(), undo],
        ActionKind::Allow => vec!["API tokens of the account may be used and made in that policy.".into(), undo],
        ActionKind::Release => vec!["The account is moved back to the policy from before the block.".into()],
        ActionKind::Notify | ActionKind::Remind | ActionKind::Ticket | ActionKind::Revoke => Vec::new(),
    }
}

fn sites(rows: &[CredentialRow]) -> String {
    let access = rows.iter().find_map(|row| row.owner.as_ref().and_then(|owner| owner.access.as_ref()));
    let place = |product: &String| product.rsplit(" at ").next().unwrap_or_default().to_owned();
    match access.map(|products| products.iter().map(place).collect::<BTreeSet<_>>().len()) {
        None => "every site of the org that the account may use (which is not known)".to_owned(),
        Some(1) => "1 site".to_owned(),
        Some(several) => format!("{several} sites"),
    }
}

#[cfg(test)]
#[path = "owner_plan_tests.rs"]
mod tests;
