//! The secrets of a world.

use super::ORG;
use serde_json::{Value, json};
use shared::{
    error::{Error, Result},
    model::Secret,
    ports::SecretSource,
};

/// The secrets of a world: fixed texts by purpose.
#[derive(Debug, Clone)]
pub struct FixedSecrets {
    read: String,
    unscoped: String,
}

impl FixedSecrets {
    /// The keys of the simulated org: which one reads, and what the secret says of our own keys' ids.
    pub fn new(read_key: &str, own: &Value) -> Self {
        Self::of(ORG, (read_key, "sim-admin-key"), own)
    }

    /// The keys of an org: the one that reads and the one without scopes.
    pub fn of(org: &str, (read, unscoped): (&str, &str), own: &Value) -> Self {
        let secret = |key: &str| json!({ org: { "key": key, "own_key_ids": own } }).to_string();
        Self { read: secret(read), unscoped: secret(unscoped) }
    }
}

impl SecretSource for FixedSecrets {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        match name {
            "atlassian-read" => Ok(Secret::new(&self.read)),
            "atlassian-unscoped" => Ok(Secret::new(&self.unscoped)),
            other => Err(Error::SecretUnavailable { name: other.into(), reason: "not in this world".into() }),
        }
    }
}
