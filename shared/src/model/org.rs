//! Orgs, and who may ask what about them.

use super::{CredentialId, OrgId, Purge, SectionName, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An org that is governed, with its settings. Written by the first run; each function reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// Its id.
    pub id: OrgId,
    /// Its name, for people.
    pub name: String,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The ids of the API keys that Tokenwarden itself uses; `None` until somebody says them.
    pub own_key_ids: Option<BTreeSet<CredentialId>>,
    /// Sections that this org declares out of scope: not read, and no reason for a partial report.
    #[serde(default)]
    pub out_of_scope: BTreeSet<SectionName>,
    /// Whether it is polled, reported on and acted on.
    #[serde(default)]
    pub state: OrgState,
    /// How far the deletion of its data has come; only while it is [`OrgState::Purging`].
    #[serde(default)]
    pub purge: Option<Purge>,
}

impl Org {
    /// A new one, active and with nothing set.
    pub fn new(id: OrgId, name: String, registered_at: Timestamp) -> Self {
        Self {
            id,
            name,
            registered_at,
            own_key_ids: None,
            out_of_scope: BTreeSet::new(),
            state: OrgState::Active,
            purge: None,
        }
    }

    /// Whether it is polled, reported on and acted on.
    pub fn is_active(&self) -> bool {
        self.state == OrgState::Active
    }
}

/// Whether an org is governed now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgState {
    /// It is.
    #[default]
    Active,
    /// Nothing is read, reported or done; what is stored stays, and deliveries are still taken.
    Paused,
    /// It is no longer governed, nor are its deliveries taken; what is stored can be read until it expires.
    Removed,
    /// As removed, and what is stored is being deleted.
    Purging,
}

impl OrgState {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Removed => "removed",
            Self::Purging => "purging",
        }
    }

    /// Whether the org is one of ours: governed, or paused for a while.
    pub fn is_kept(self) -> bool {
        match self {
            Self::Active | Self::Paused => true,
            Self::Removed | Self::Purging => false,
        }
    }
}

/// What a principal may do; each role is given by itself, none contains another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Reader,
    /// Decides on actions, stops, asks for reports.
    Approver,
    /// Changes the policy, releases the stop.
    Admin,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// A stable name, as the ledger shows it.
    pub subject: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// For which orgs; `None` means all.
    pub orgs: Option<BTreeSet<OrgId>>,
}

impl Principal {
    /// Whether it holds the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether it may see the org.
    pub fn sees(&self, org: &OrgId) -> bool {
        self.orgs.as_ref().is_none_or(|orgs| orgs.contains(org))
    }
}
