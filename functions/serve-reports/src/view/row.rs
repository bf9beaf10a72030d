//! A credential's row, as JSON and as CSV.

use super::{register, table::table};
use serde::Serialize;
use serde_json::Value;
use shared::{
    error::Result,
    model::{
        AccountId, CredentialId, CredentialKind, CredentialRow, CredentialStatus, LastUsedSource, Owner, OwnerStatus,
        Relation, RowFinding, Timestamp, Unjudged, Use, UsedDays,
    },
};

/// A row as the API shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Row<'a> {
    kind: CredentialKind,
    id: &'a CredentialId,
    label: &'a str,
    owner: Option<RowOwner<'a>>,
    scopes: Option<&'a [String]>,
    created_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    last_used_source: LastUsedSource,
    /// The date of Atlassian's own list, also where an event is later.
    listed_last_used_at: Option<Timestamp>,
    /// The days with an event of use, so that another program can replay them.
    used_days: Option<&'a UsedDays>,
    #[serde(rename = "use")]
    usage: Use,
    never_expires: bool,
    /// What people entered about it.
    register: Option<Value>,
    status: &'a CredentialStatus,
    findings: &'a [RowFinding],
    own: bool,
    notes: &'a [RowFinding],
    unjudged: &'a [Unjudged],
    first_seen_at: Option<Timestamp>,
}

/// Who answers for it.
#[derive(Debug, Serialize)]
pub(super) struct RowOwner<'a> {
    account_id: &'a AccountId,
    name: Option<&'a str>,
    email: Option<&'a str>,
    status: OwnerStatus,
    relation: Relation,
    last_active_at: Option<Timestamp>,
    org_admin: Option<bool>,
    groups: Option<&'a [String]>,
    access: Option<&'a [String]>,
}

impl<'a> Row<'a> {
    /// The view of a row.
    pub(crate) fn of(row: &'a CredentialRow, now: Timestamp) -> Self {
        let credential = &row.credential;
        Self {
            kind: credential.reference.kind,
            id: &credential.reference.id,
            label: &credential.label,
            owner: RowOwner::of(row),
            scopes: credential.scopes.as_deref(),
            created_at: credential.created_at,
            expires_at: credential.expires_at,
            last_used_at: row.last_used_at,
            last_used_source: row.last_used_source,
            listed_last_used_at: credential.last_used_at,
            used_days: row.profile.as_ref().map(|profile| &profile.days),
            usage: row.usage,
            never_expires: credential.never_expires,
            register: row.register.as_ref().map(|entry| register(entry, now)),
            status: &credential.status,
            findings: &row.findings,
            own: row.own,
            notes: &row.notes,
            unjudged: &row.unjudged,
            first_seen_at: row.history.first_seen_at,
        }
    }
}

impl<'a> RowOwner<'a> {
    /// The owner as the users' list shows him, completed by what the credential's own list says.
    fn of(row: &'a CredentialRow) -> Option<Self> {
        let credential = &row.credential;
        let read = row.owner.as_ref();
        let account = read.map(|owner| &owner.account_id).or(credential.owner.as_ref())?;
        let listed = Self::listed(account, read);
        Some(Self {
            name: listed.name.or(credential.owner_name.as_deref()),
            email: listed.email.or(credential.owner_email.as_deref()),
            ..listed
        })
    }

    /// An account as the lists of accounts show it, if one does.
    pub(super) fn listed(account_id: &'a AccountId, read: Option<&'a Owner>) -> Self {
        Self {
            account_id,
            name: read.and_then(|owner| owner.name.as_deref()),
            email: read.and_then(|owner| owner.email.as_deref()),
            status: read.map_or(OwnerStatus::Unknown, |owner| owner.status),
            relation: read.map_or(Relation::Unknown, |owner| owner.relation),
            last_active_at: read.and_then(|owner| owner.last_active_at),
            org_admin: read.and_then(|owner| owner.org_admin),
            groups: read.and_then(|owner| owner.groups.as_deref()),
            access: read.and_then(|owner| owner.access.as_deref()),
        }
    }
}

const COLUMNS: [&str; 26] = [
    "kind",
    "id",
    "label",
    "owner_account_id",
    "owner_name",
    "owner_email",
    "owner_status",
    "owner_relation",
    "scopes",
    "created_at",
    "expires_at",
    "last_used_at",
    "last_used_source",
    "use",
    "status",
    "own",
    "findings",
    "unjudged",
    "notes",
    "owner_last_active_at",
    "owner_org_admin",
    "purpose",
    "system",
    "responsible",
    "backup",
    "review_by",
];

/// Rows as CSV (RFC 4180) with a line of names.
pub(crate) fn csv(rows: &[CredentialRow], now: Timestamp) -> Result<String> {
    table(|writer| {
        writer.write_record(COLUMNS)?;
        rows.iter().try_for_each(|row| writer.write_record(cells(&Row::of(row, now)).map(harmless)))
    })
}

fn cells(row: &Row<'_>) -> [String; 26] {
    let owner = row.owner.as_ref();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let time = |at: Option<Timestamp>| {
        at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)).unwrap_or_default()
    };
    let entered = |name: &str| {
        let entry = row.register.as_ref().and_then(|entry| entry[name].as_str());
        entry.unwrap_or_default().to_owned()
    };
    let findings = row.findings.iter().map(|one| format!("{} ({}): {}", one.rule, one.severity, one.reason));
    let notes = row.notes.iter().map(|one| format!("{}: {}", one.rule, one.reason));
    let unjudged = row.unjudged.iter().map(|one| format!("{}: {} is missing", one.rule, one.missing));
    [
        row.kind.to_string(),
        row.id.to_string(),
        row.label.to_owned(),
        text(owner.map(|owner| owner.account_id.as_str())),
        text(owner.and_then(|owner| owner.name)),
        text(owner.and_then(|owner| owner.email)),
        owner.map(|owner| word(&owner.status)).unwrap_or_default(),
        owner.map(|owner| word(&owner.relation)).unwrap_or_default(),
        row.scopes.map(|scopes| scopes.join(" ")).unwrap_or_default(),
        time(row.created_at),
        time(row.expires_at),
        time(row.last_used_at),
        word(&row.last_used_source),
        word(&row.usage),
        word(row.status),
        row.own.to_string(),
        findings.collect::<Vec<_>>().join(" | "),
        unjudged.collect::<Vec<_>>().join(" | "),
        notes.collect::<Vec<_>>().join(" | "),
        time(owner.and_then(|owner| owner.last_active_at)),
        owner.and_then(|owner| owner.org_admin).map(|admin| admin.to_string()).unwrap_or_default(),
        entered("purpose"),
        entered("system"),
        entered("responsible"),
        entered("backup"),
        entered("review_by"),
    ]
}

/// A cell that no spreadsheet takes for a formula.
pub fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

/// Undoes [`harmless`].
pub(crate) fn harmed(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(formula) if formula.starts_with(['=', '+', '-', '@', '\t', '\r']) => formula,
        Some(_) | None => cell,
    }
}

/// The word under which the API knows a value of one of our enums.
pub(crate) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_looks_like_a_formula_is_neutralised() {
        for cell in ["=1+1", "+1", "-1", "@x", "\tx"] {
            assert_eq!(harmless(cell.into()), format!("'{cell}"));
        }
        assert_eq!(harmless("zapier = sync".into()), "zapier = sync");
    }
}
