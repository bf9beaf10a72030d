//! Newtypes for every id, so that no two of them can be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! string_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id as it was received; ids are opaque and are not checked.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )*};
}

string_ids! {
    /// An authentication policy, as the admin console shows its id (no API lists them).
    AuthPolicyId;
    /// A directory of an org (Organizations API v2).
    DirectoryId;
    /// A task that moves people between authentication policies.
    TaskId;
    /// An issue of Jira, such as `SEC-12`.
    TicketKey;
    /// An Atlassian organization: the UUID that admin.atlassian.com shows.
    OrgId;
    /// An Atlassian account: opaque, 1 to 128 characters of `[a-zA-Z0-9_|:-]` (Organizations API spec).
    AccountId;
    /// A credential, as the API that lists it names it. Unique within its kind only.
    CredentialId;
    /// An audit event, as Atlassian names it: opaque, and not proven unique.
    EventId;
    /// The id of a token as an audit event bears it; whether it equals a listed id is unproven until one matches.
    EventTokenId;
    /// A report.
    ReportId;
    /// A finding: hash of (org, rule, subject), so it is the same in every report.
    FindingId;
    /// An action: hash of (org, credential, action, case generation), so triggering twice makes one.
    ActionId;
    /// A campaign: hash of who began it, when, and what for.
    CampaignId;
    /// The erasure of an account: hash of (org, account), so an account has one at a time.
    ErasureId;
    /// A message: hash of (org, kind, cause, audience), so the same cause sends one.
    MessageId;
    /// A channel of the security team, as deliveries are recorded: its kind and the name of its secret, no address.
    ChannelKey;
    /// Who gets mails: the hash of (org, address), so that no address is stored beside what was sent.
    RecipientKey;
    /// A quarantined body: the hash of its bytes.
    QuarantineId;
}

impl ReportId {
    /// The id of a report that is begun or asked for now: sorts by date.
    pub fn at(now: super::Timestamp) -> Self {
        Self(now.format("%Y%m%dT%H%M%S%3fZ").to_string())
    }
}

/// Hex SHA-256 over the parts, each preceded by its length, so that no two lists of parts give the same text.
pub fn stable_hash(parts: &[&str]) -> String {
    hex::encode(digest(parts))
}

/// The first 64 bits of [`stable_hash`], as a number.
pub(super) fn stable_number(parts: &[&str]) -> u64 {
    let digest = digest(parts);
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

fn digest(parts: &[&str]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

/// The first 16 hex digits (64 bits) of [`stable_hash`]: enough to name things inside one org.
pub fn short_hash(parts: &[&str]) -> String {
    let mut hash = stable_hash(parts);
    hash.truncate(16);
    hash
}

/// The shard (0 to `shards - 1`) that a text belongs to.
pub fn shard_of(text: &str, shards: u32) -> u32 {
    (stable_number(&[text]) >> 32) as u32 % shards
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(stable_hash(&["ab", "c"]), stable_hash(&["a", "bc"]));
    }

    #[test]
    fn a_shard_is_below_the_number_of_shards() {
        assert!((0..1000).all(|n| shard_of(&format!("owner-{n}"), 64) < 64));
    }
}
