//! What people decide about the orgs: which are governed. Each is one transaction with its ledger entry.

use super::decide_action::{Decider, TRIES, record};
use crate::{
    decide::govern::{OrgChange, Removal, Step, added, changed, check_id, removed},
    error::{Error, Result},
    model::{Org, OrgId, Versioned},
    ports::{CaseChange, CaseStore, Written},
};

/// Adds an org to those governed; one that was removed comes back.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Conflict`] if it is one of ours already or being purged.
pub async fn add_org<S: CaseStore>(store: &S, id: &OrgId, name: Option<&str>, who: Decider<'_>) -> Result<Org> {
    check_id(id)?;
    stepped(store, id, who, |known| added(known, id, name, who.at).map(Some)).await
}

/// Renames, pauses or continues an org, or changes what its reports leave out. The same again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`], [`Error::Conflict`] if it was removed.
pub async fn change_org<S: CaseStore>(store: &S, id: &OrgId, change: &OrgChange, who: Decider<'_>) -> Result<Org> {
    stepped(store, id, who, |known| changed(known.ok_or_else(|| unknown(id))?, change)).await
}

/// Removes an org from those governed. The same again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] if its data are to be kept and are being deleted already.
pub async fn remove_org<S: CaseStore>(store: &S, id: &OrgId, removal: Removal, who: Decider<'_>) -> Result<Org> {
    stepped(store, id, who, |known| removed(known.ok_or_else(|| unknown(id))?, removal, who.at)).await
}

/// Decides on the entry as it stands, and again when it moved.
async fn stepped<S: CaseStore>(
    store: &S,
    id: &OrgId,
    who: Decider<'_>,
    decide: impl Fn(Option<&Org>) -> Result<Option<Step>>,
) -> Result<Org> {
    for _ in 0..TRIES {
        let known = store.org_entry(id).await?;
        let version = known.as_ref().map_or(0, |known| known.version);
        let Some(Step { org, kind, detail }) = decide(known.as_ref().map(|known| &known.value))? else {
            return known.map(|known| known.value).ok_or_else(|| unknown(id));
        };
        let entry = Some(Versioned { version, value: org.clone() });
        let change = CaseChange { org: entry, record: Some(record(kind, &detail, who)), ..CaseChange::default() };
        if store.apply(id, &change).await? == Written::Stored {
            return Ok(org);
        }
    }
    Err(Error::Contended(format!("the org {id}")))
}

fn unknown(id: &OrgId) -> Error {
    Error::NotFound(format!("the org {id}"))
}
