//! Lines of the tables: credentials and actions, ready to be shown.

use super::{
    frame,
    moment::{When, age},
};
use crate::view::word;
use shared::model::{
    Action, ActionId, ActionKind, ActionState, CredentialKind, CredentialRow, CredentialStatus, LastUsedSource, OrgId,
    OwnerStatus, PlanState, Relation, RowFinding, Severity, Timestamp, Use,
};

/// A credential.
pub(crate) struct RowLine {
    pub(crate) href: String,
    pub(crate) label: String,
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) own: bool,
    pub(crate) status: String,
    pub(crate) owner: String,
    /// Shown where the owner is not simply active.
    pub(crate) owner_state: Option<String>,
    pub(crate) owner_note: Option<String>,
    pub(crate) created: Option<When>,
    pub(crate) expires: Option<When>,
    pub(crate) last_used: Option<When>,
    pub(crate) use_unknown: bool,
    pub(crate) job: String,
    pub(crate) chips: Vec<RowFinding>,
}

impl RowLine {
    /// The line of a row.
    pub(crate) fn of(org: &OrgId, row: &CredentialRow, now: Timestamp) -> Self {
        let credential = &row.credential;
        let when = |at: Option<Timestamp>| at.map(|at| When::of(at, now));
        Self {
            href: frame::credential(org, &credential.reference),
            label: named(&credential.label),
            kind: kind(credential.reference.kind),
            id: credential.reference.id.to_string(),
            own: row.own,
            status: if credential.status == CredentialStatus::Blocked { "blocked".into() } else { String::new() },
            owner: owner(row),
            owner_state: owner_state(row),
            owner_note: owner_note(row),
            created: when(credential.created_at),
            expires: when(credential.expires_at),
            last_used: when(row.last_used_at),
            use_unknown: row.usage == Use::Unknown,
            job: job(row, now),
            chips: by_severity(row),
        }
    }
}

fn by_severity(row: &CredentialRow) -> Vec<RowFinding> {
    let mut findings = row.findings.clone();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// A label, or words where there is none.
pub(crate) fn named(label: &str) -> String {
    if label.trim().is_empty() { "(no label)".to_owned() } else { label.to_owned() }
}

/// A kind in words.
pub(crate) fn kind(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::UserApiToken => "API token of a user",
        CredentialKind::OrgApiKey => "API key of the org",
        CredentialKind::ServiceAccountToken => "token of a service account",
        CredentialKind::OauthClient => "OAuth client",
        CredentialKind::ObservedToken => "token in no list, seen in use",
        CredentialKind::Registered => "entered by hand",
    }
}

fn owner(row: &CredentialRow) -> String {
    let read = row.owner.as_ref().and_then(|owner| owner.name.clone());
    let id = || row.credential.owner.as_ref().map(ToString::to_string);
    read.or_else(|| row.credential.owner_name.clone()).or_else(id).unwrap_or_else(|| "owner unknown".to_owned())
}

fn owner_state(row: &CredentialRow) -> Option<String> {
    let status = row.owner.as_ref()?.status;
    match status {
        OwnerStatus::Active => None,
        OwnerStatus::Inactive | OwnerStatus::Closed => Some(word(&status)),
        OwnerStatus::Unknown => None,
    }
}

fn owner_note(row: &CredentialRow) -> Option<String> {
    let email = row.owner.as_ref().and_then(|owner| owner.email.clone()).or_else(|| row.credential.owner_email.clone());
    let relation = row.owner.as_ref().and_then(|owner| match owner.relation {
        Relation::Managed | Relation::Unknown => None,
        Relation::External => Some("external"),
        Relation::Service => Some("service account"),
        Relation::System => Some("Atlassian or an app"),
    });
    let parts: Vec<&str> = email.as_deref().into_iter().chain(relation).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// What depends on a credential, as far as it can be known.
fn job(row: &CredentialRow, now: Timestamp) -> String {
    let uses = row.profile.as_ref().map_or(0, |profile| profile.uses);
    let from = row.profile.as_ref().map_or(0, |profile| profile.networks.distinct());
    let seen = match (uses, from) {
        (0, _) => String::new(),
        (_, 0) => format!(" {uses} uses are in the log."),
        (_, 1) => format!(" {uses} uses are in the log, from one network."),
        (_, many) => format!(" {uses} uses are in the log, from {many} networks."),
    };
    match row.last_used_at {
        Some(at) if (now - at).num_days() < 31 => format!("Something that ran {}.{seen}", age(at, now)),
        Some(at) => format!("Perhaps something that runs rarely: its last use was {}.{seen}", age(at, now)),
        None => format!("Not known: no date of use is known.{seen}"),
    }
}

/// From where a date of use came, in words.
pub(crate) fn source(source: LastUsedSource) -> Option<&'static str> {
    match source {
        LastUsedSource::Inventory => Some("from Atlassian's own list"),
        LastUsedSource::Event => Some("from an event of the audit log"),
        LastUsedSource::None => None,
    }
}

/// The order of the tables: the gravest finding first, then what expires first, then by label.
pub(crate) fn rank(row: &CredentialRow) -> (std::cmp::Reverse<Option<Severity>>, bool, Option<Timestamp>, String) {
    let gravest = row.findings.iter().map(|finding| finding.severity).max();
    let expires = row.credential.expires_at;
    (std::cmp::Reverse(gravest), expires.is_none(), expires, row.credential.label.to_lowercase())
}

/// An action.
pub(crate) struct ActionLine {
    pub(crate) href: String,
    pub(crate) state: &'static str,
    pub(crate) note: Option<String>,
    pub(crate) verb: &'static str,
    pub(crate) label: String,
    pub(crate) credential: String,
    pub(crate) owner: String,
    pub(crate) why: String,
    pub(crate) held: Option<String>,
    pub(crate) when: Option<When>,
}

/// The page of an action.
pub(crate) fn action_page(org: &OrgId, id: &ActionId) -> String {
    format!("{}/actions/{}", frame::base(org), crate::paging::encoded(id.as_str()))
}

impl ActionLine {
    /// The line of an action.
    pub(crate) fn of(org: &OrgId, action: &Action, now: Timestamp) -> Self {
        let target = &action.plan.target;
        Self {
            href: action_page(org, &action.id),
            state: action.state.as_str(),
            note: note(action),
            verb: verb(action.plan.action),
            label: named(&target.label),
            credential: format!("{} {}", kind(target.credential.kind), target.credential.id),
            owner: target.owner_name.clone().unwrap_or_else(|| "an unknown owner".to_owned()),
            why: action.plan.why.clone(),
            held: held(action),
            when: Some(When::of(moment(action), now)),
        }
    }
}

fn verb(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Notify => "Tell the owner of",
        ActionKind::Remind => "Remind the owner of",
        ActionKind::Ticket => "Open a ticket for",
        ActionKind::Revoke => "Revoke",
        ActionKind::RevokeAll => "Revoke all tokens of the service account of",
        ActionKind::Suspend => "Suspend the owner of",
        ActionKind::Restore => "Restore the owner of",
        ActionKind::Block => "Block API tokens for the owner of",
        ActionKind::Allow => "Allow API tokens for the owner of",
        ActionKind::Release => "Undo the block of the owner of",
    }
}

/// For what is to come, the day on which it is due; for what is past, when it ended.
fn moment(action: &Action) -> Timestamp {
    match action.state {
        ActionState::Planned | ActionState::Waiting => action.plan.due_at,
        ActionState::Withheld
        | ActionState::Claimed
        | ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => action.changed_at,
    }
}

fn note(action: &Action) -> Option<String> {
    if action.state.is_final() || action.state == ActionState::Withheld {
        return None;
    }
    if action.plan.state() == PlanState::Reading {
        return Some("its plan is being read".to_owned());
    }
    let by: Vec<&str> = action.agreed.iter().map(|agreed| agreed.by.as_str()).collect();
    match (by.len(), action.plan.approval.persons()) {
        (0, 0) => None,
        (0, 1) => Some("needs an approval".to_owned()),
        (0, _) => Some("needs two approvals".to_owned()),
        (given, wanted) if given < wanted => Some(format!("approved by {}, needs one more", by.join(", "))),
        (_, _) => Some(format!("approved by {}", by.join(", "))),
    }
}

fn held(action: &Action) -> Option<String> {
    match action.state {
        ActionState::Withheld => action.plan.withheld.as_ref().map(|why| format!("Withheld: {why}.")),
        ActionState::Planned
        | ActionState::Waiting
        | ActionState::Claimed
        | ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => action.reason.clone(),
    }
}
