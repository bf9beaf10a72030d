//! One credential that a person ends: what it is, and what its list, the register and the log say of it since.

use super::{Known, settled::by_log};
use crate::{
    messages::campaign::by_hand::{ToEnd, What},
    model::{
        Campaign, CredentialKind, CredentialRow, Knowledge, ListSays, LogSays, RegisterEntry, RegisteredExpiry,
        SectionName, SectionStatus, Settled, Timestamp,
    },
};

/// What is to end, as far as it decides on who ends it where.
pub(super) fn to_end(row: &CredentialRow) -> ToEnd {
    let what = match row.credential.reference.kind {
        CredentialKind::OauthClient => What::OauthClient,
        CredentialKind::ObservedToken => What::ObservedToken,
        CredentialKind::Registered if speaks_of_scim(row) => What::ScimKey,
        CredentialKind::Registered
        | CredentialKind::UserApiToken
        | CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken => {
            What::Registered(row.register.as_ref().and_then(|entry| entry.system.clone()))
        }
    };
    ToEnd { what, label: row.credential.label.clone() }
}

/// The register has no field for the type of a credential: people write what it is into its texts.
fn speaks_of_scim(row: &CredentialRow) -> bool {
    let entered = row.register.as_ref();
    let texts = [entered.and_then(|entry| entry.purpose.as_deref()), entered.and_then(|entry| entry.system.as_deref())];
    let own = [row.credential.label.as_str(), row.credential.reference.id.as_str()];
    own.into_iter().chain(texts.into_iter().flatten()).any(|text| text.to_lowercase().contains("scim"))
}

/// What the list that holds it, or the register, says of it.
pub(super) fn list_says(row: &CredentialRow, campaign: &Campaign) -> ListSays {
    match row.credential.reference.kind {
        CredentialKind::ObservedToken => ListSays::HasNone,
        CredentialKind::Registered if row.register.as_ref().is_some_and(|entry| is_renewed(entry, campaign)) => {
            ListSays::Renewed
        }
        CredentialKind::Registered
        | CredentialKind::UserApiToken
        | CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken
        | CredentialKind::OauthClient => ListSays::Stands,
    }
}

/// Whether another expiry, still to come, was entered since the click.
fn is_renewed(entry: &RegisterEntry, campaign: &Campaign) -> bool {
    let since = campaign.clicked.as_ref().is_some_and(|clicked| entry.updated_at > clicked.at);
    match entry.registered.as_ref().map(|registered| registered.expires) {
        Some(RegisteredExpiry::At(at)) => since && Some(at) != campaign.expires_at && at > entry.updated_at,
        Some(RegisteredExpiry::Never | RegisteredExpiry::NotSaid) | None => false,
    }
}

/// What list and log show of it; `list` is what the list says where the report holds it.
pub(super) fn settled(
    settled: Settled,
    campaign: &Campaign,
    list: Option<ListSays>,
    known: &Known<'_>,
    holds_from: Option<Timestamp>,
) -> Settled {
    let Some(kind) = campaign.credential.as_ref().map(|one| one.kind) else { return settled };
    let list = list.unwrap_or_else(|| missing(kind, known));
    let shows = match kind {
        CredentialKind::ObservedToken => known.external_uses(),
        // Whether anything that these do leaves an event is documented nowhere.
        CredentialKind::Registered
        | CredentialKind::OauthClient
        | CredentialKind::UserApiToken
        | CredentialKind::OrgApiKey
        | CredentialKind::ServiceAccountToken => Knowledge::Unknown,
    };
    let log = by_log(settled.used.is_some(), shows, known.covered, holds_from, known.report.generated_at);
    let ended = match list {
        ListSays::Gone | ListSays::Renewed => true,
        ListSays::HasNone => log == LogSays::NoUse,
        ListSays::NotAsked | ListSays::NotRead | ListSays::Stands => false,
    };
    Settled { list, log, verified: settled.reported && ended, ..settled }
}

/// What it means that the report does not hold it.
fn missing(kind: CredentialKind, known: &Known<'_>) -> ListSays {
    let Some(section) = SectionName::listing(kind) else { return ListSays::HasNone };
    let read = known.report.sections.iter().find(|one| one.name == section).map(|one| one.status);
    match read {
        Some(SectionStatus::Complete) => ListSays::Gone,
        Some(
            SectionStatus::Pending | SectionStatus::Failed | SectionStatus::NotPermitted | SectionStatus::OutOfScope,
        )
        | None => ListSays::NotRead,
    }
}
