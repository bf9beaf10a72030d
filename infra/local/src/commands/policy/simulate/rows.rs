//! The latest report, as the API shows it, back in our words.

use serde::Deserialize;
use shared::model::{
    AccountId, Changes, Credential, CredentialId, CredentialKind, CredentialRef, CredentialRow, CredentialStatus,
    Facts, LastUsedSource, Owner, OwnerStatus, ProfileKey, Relation, Report, ReportId, ReportStatus, RowHistory,
    Timestamp, Totals, UsageProfile, Use, UsedDays,
};

/// A report's summary.
#[derive(Deserialize)]
pub(super) struct ApiReport {
    id: ReportId,
    generated_at: Timestamp,
    status: ReportStatus,
    facts: Facts,
}

impl ApiReport {
    /// As far as a simulation needs it.
    pub(super) fn report(self) -> Report {
        Report {
            id: self.id,
            generated_at: self.generated_at,
            status: self.status,
            facts: self.facts,
            sections: Vec::new(),
            notices: Vec::new(),
            totals: Totals::default(),
            changes: Changes::default(),
            parts: 1,
            quarantined: 0,
            ignored_events: 0,
        }
    }
}

/// A row of a report.
#[derive(Deserialize)]
pub(super) struct ApiRow {
    kind: CredentialKind,
    id: CredentialId,
    label: String,
    owner: Option<ApiOwner>,
    scopes: Option<Vec<String>>,
    created_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    never_expires: bool,
    last_used_at: Option<Timestamp>,
    last_used_source: LastUsedSource,
    listed_last_used_at: Option<Timestamp>,
    used_days: Option<UsedDays>,
    #[serde(rename = "use")]
    usage: Use,
    own: bool,
    status: CredentialStatus,
}

#[derive(Deserialize)]
struct ApiOwner {
    account_id: AccountId,
    name: Option<String>,
    email: Option<String>,
    status: OwnerStatus,
    relation: Relation,
    org_admin: Option<bool>,
}

impl ApiRow {
    /// As far as a simulation needs it.
    pub(super) fn row(self) -> CredentialRow {
        let account = self.owner.as_ref().map(|owner| owner.account_id.clone());
        let profile = self.used_days.map(|days| {
            let key = ProfileKey::of_label(account.as_ref(), &self.label);
            UsageProfile { days, ..UsageProfile::empty(key) }
        });
        let credential = Credential {
            reference: CredentialRef { kind: self.kind, id: self.id },
            label: self.label,
            owner: account,
            owner_name: self.owner.as_ref().and_then(|owner| owner.name.clone()),
            owner_email: self.owner.as_ref().and_then(|owner| owner.email.clone()),
            scopes: self.scopes,
            created_at: self.created_at,
            expires_at: self.expires_at,
            never_expires: self.never_expires,
            last_used_at: self.listed_last_used_at,
            status: self.status,
        };
        CredentialRow {
            credential,
            owner: self.owner.map(ApiOwner::owner),
            last_used_at: self.last_used_at,
            last_used_source: self.last_used_source,
            usage: self.usage,
            owner_made_our_key: false,
            own: self.own,
            profile,
            findings: Vec::new(),
            notes: Vec::new(),
            unjudged: Vec::new(),
            history: RowHistory::default(),
            register: None,
        }
    }
}

impl ApiOwner {
    fn owner(self) -> Owner {
        Owner {
            name: self.name,
            email: self.email,
            status: self.status,
            org_admin: self.org_admin,
            ..Owner::new(self.account_id, self.relation)
        }
    }
}

/// The first day on which any use is known: the log that is held reaches back at least so far.
pub(super) fn first_use(rows: &[CredentialRow]) -> Option<Timestamp> {
    let days = rows.iter().filter_map(|row| row.profile.as_ref()).filter_map(|profile| profile.days.days().last());
    days.min().and_then(|day| Timestamp::from_timestamp(day * 86_400, 0))
}
