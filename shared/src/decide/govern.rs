//! Which orgs are governed: adding, pausing, continuing and removing one.

use crate::{
    error::{Error, Result},
    model::{LedgerKind, Org, OrgId, OrgState, Purge, SectionName, Timestamp},
};
use std::collections::BTreeSet;

/// The most characters of an org's name.
const NAME_CHARS: usize = 200;
/// The most characters of an org's id.
const ID_CHARS: usize = 64;

/// What is to be changed about an org; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrgChange {
    /// Its name, for people.
    pub name: Option<String>,
    /// Whether it is governed now.
    pub governing: Option<Governing>,
    /// The sections that its reports leave out.
    pub out_of_scope: Option<BTreeSet<SectionName>>,
}

/// Whether an org that is one of ours is governed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Governing {
    /// It is.
    On,
    /// Not until it is continued.
    Paused,
}

/// What becomes of the data of an org that is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// They stay until they expire.
    Keep,
    /// They are deleted.
    Purge,
}

/// An org as it is to be, and what the ledger says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The entry of the registry.
    pub org: Org,
    /// The kind of the ledger's entry.
    pub kind: LedgerKind,
    /// Its sentence, without names.
    pub detail: String,
}

/// An org added to those governed; one that was removed comes back with its data.
///
/// # Errors
/// [`Error::Invalid`] for a name that is none; [`Error::Conflict`] if it is one of ours already.
pub fn added(known: Option<&Org>, id: &OrgId, name: Option<&str>, now: Timestamp) -> Result<Step> {
    let name = name.map(checked_name).transpose()?;
    let step = |org, detail: &str| Step { org, kind: LedgerKind::OrgAdded, detail: detail.to_owned() };
    let Some(known) = known else {
        let name = name.unwrap_or_else(|| id.to_string());
        return Ok(step(Org::new(id.clone(), name, now), "the org was added to those governed"));
    };
    match known.state {
        OrgState::Active => Err(Error::Conflict(format!("the org {id} is governed already"))),
        OrgState::Paused => {
            Err(Error::Conflict(format!("the org {id} is governed already, and paused; set its state to active")))
        }
        OrgState::Purging => Err(being_purged(id)),
        OrgState::Removed => {
            let name = name.unwrap_or_else(|| known.name.clone());
            let org = Org { name, state: OrgState::Active, purge: None, ..known.clone() };
            Ok(step(org, "the org, removed before, was added again"))
        }
    }
}

/// An org, changed; `None` if it is so already.
///
/// # Errors
/// [`Error::Invalid`] for a name that is none; [`Error::Conflict`] if it was removed.
pub fn changed(known: &Org, change: &OrgChange) -> Result<Option<Step>> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let state = match (known.state, change.governing) {
        (OrgState::Removed, _) => return Err(was_removed(&known.id)),
        (OrgState::Purging, _) => return Err(being_purged(&known.id)),
        (OrgState::Active | OrgState::Paused, Some(Governing::On)) => OrgState::Active,
        (OrgState::Active | OrgState::Paused, Some(Governing::Paused)) => OrgState::Paused,
        (state @ (OrgState::Active | OrgState::Paused), None) => state,
    };
    let org = Org {
        name: name.unwrap_or_else(|| known.name.clone()),
        out_of_scope: change.out_of_scope.clone().unwrap_or_else(|| known.out_of_scope.clone()),
        state,
        ..known.clone()
    };
    Ok((org != *known).then(|| told(known, org)))
}

fn told(before: &Org, org: Org) -> Step {
    let (kind, governing) = match (before.state == org.state, org.state) {
        (false, OrgState::Active) => (LedgerKind::OrgContinued, Some("the org is governed again".to_owned())),
        (false, OrgState::Paused) => (LedgerKind::OrgPaused, Some("the org was paused".to_owned())),
        (true, _) | (false, OrgState::Removed | OrgState::Purging) => (LedgerKind::OrgChanged, None),
    };
    let name = (before.name != org.name).then(|| "its name was changed".to_owned());
    let sections: Vec<&str> = org.out_of_scope.iter().map(|section| section.as_str()).collect();
    let scope = (before.out_of_scope != org.out_of_scope).then(|| match sections.is_empty() {
        true => "no section is out of its scope any more".to_owned(),
        false => format!("out of its scope are now: {}", sections.join(", ")),
    });
    let detail = [governing, name, scope].into_iter().flatten().collect::<Vec<_>>().join("; ");
    Step { org, kind, detail }
}

/// An org removed from those governed; `None` if it is so already.
///
/// # Errors
/// [`Error::Conflict`] if its data are to be kept and are being deleted already.
pub fn removed(known: &Org, removal: Removal, now: Timestamp) -> Result<Option<Step>> {
    let (state, purge, detail) = match (known.state, removal) {
        (OrgState::Removed, Removal::Keep) | (OrgState::Purging, Removal::Purge) => return Ok(None),
        (OrgState::Purging, Removal::Keep) => return Err(being_purged(&known.id)),
        (OrgState::Active | OrgState::Paused, Removal::Keep) => {
            (OrgState::Removed, None, "the org was removed; its data stay until they expire")
        }
        (OrgState::Active | OrgState::Paused | OrgState::Removed, Removal::Purge) => {
            (OrgState::Purging, Some(Purge::asked(now)), "the org was removed; its data are being deleted")
        }
    };
    let org = Org { state, purge, ..known.clone() };
    Ok(Some(Step { org, kind: LedgerKind::OrgRemoved, detail: detail.to_owned() }))
}

/// The refusal of what an org that is not one of ours any more does not allow.
///
/// # Errors
/// [`Error::Conflict`] that says how it comes back.
pub fn check_kept(org: &Org) -> Result<()> {
    match org.state {
        OrgState::Active | OrgState::Paused => Ok(()),
        OrgState::Removed => Err(was_removed(&org.id)),
        OrgState::Purging => Err(being_purged(&org.id)),
    }
}

fn was_removed(id: &OrgId) -> Error {
    Error::Conflict(format!("the org {id} was removed; POST /v1/orgs adds it again, with the data that it has left"))
}

fn being_purged(id: &OrgId) -> Error {
    let mend = "it can be added again when GET /v1/orgs no longer lists it";
    Error::Conflict(format!("the org {id} was removed and its data are being deleted; {mend}"))
}

/// Whether this can be an org's id: they are UUIDs so far, and the setting ORGS lists them separated by commas.
///
/// # Errors
/// [`Error::Invalid`] that says what it must be like.
pub fn check_id(id: &OrgId) -> Result<()> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    match (1..=ID_CHARS).contains(&id.as_str().len()) && id.as_str().chars().all(allowed) {
        true => Ok(()),
        false => {
            let shape =
                "it must have 1 to 64 letters, digits and hyphens, as in the address admin.atlassian.com/o/ORG_ID";
            Err(Error::invalid("id", shape))
        }
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    match fits {
        true => Ok(name.to_owned()),
        false => Err(Error::invalid("name", "it must have 1 to 200 characters, none of them a control character")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn org(state: OrgState) -> Org {
        Org { state, ..Org::new("o-1".into(), "before".into(), now()) }
    }

    #[test]
    fn what_was_removed_comes_back_and_what_is_ours_or_being_purged_does_not_twice() {
        let back = added(Some(&org(OrgState::Removed)), &"o-1".into(), None, now()).unwrap();
        assert_eq!((back.org.state, back.org.name.as_str()), (OrgState::Active, "before"));
        for state in [OrgState::Active, OrgState::Paused, OrgState::Purging] {
            assert!(
                matches!(added(Some(&org(state)), &"o-1".into(), None, now()), Err(Error::Conflict(_))),
                "{state:?}"
            );
        }
    }

    #[test]
    fn ids_and_names_that_are_none_are_refused() {
        for id in ["", "a,b", "a b", "a/b", &"x".repeat(65)] {
            assert!(matches!(check_id(&id.into()), Err(Error::Invalid { .. })), "{id}");
        }
        for name in ["", " ", "a\nb", &"x".repeat(201)] {
            assert!(matches!(added(None, &"o".into(), Some(name), now()), Err(Error::Invalid { .. })), "{name}");
        }
    }

    #[test]
    fn a_change_is_told_once_with_all_that_it_does_and_no_change_is_not_told() {
        let change = OrgChange {
            name: Some("after".into()),
            governing: Some(Governing::Paused),
            out_of_scope: Some([SectionName::Users].into()),
        };
        let step = changed(&org(OrgState::Active), &change).unwrap().unwrap();
        let sentence = "the org was paused; its name was changed; out of its scope are now: users";
        assert_eq!((step.kind, step.detail.as_str()), (LedgerKind::OrgPaused, sentence));
        assert_eq!(changed(&step.org, &change), Ok(None));
        assert!(changed(&org(OrgState::Removed), &change).is_err());
    }

    #[test]
    fn a_purge_is_asked_for_once_and_cannot_be_taken_back() {
        let purging = removed(&org(OrgState::Removed), Removal::Purge, now()).unwrap().unwrap().org;
        assert_eq!((purging.state, purging.purge.is_some()), (OrgState::Purging, true));
        assert_eq!(removed(&purging, Removal::Purge, now()), Ok(None));
        assert!(removed(&purging, Removal::Keep, now()).is_err());
        assert_eq!(removed(&org(OrgState::Removed), Removal::Keep, now()), Ok(None));
    }
}
