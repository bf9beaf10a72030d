//! What a simulator is started with.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::dialect::Dialects;
use crate::error::SimError;

/// The options of a simulator; `Default` gives the company of 1,200 users and about 150 credentials.
#[derive(Clone, Debug)]
pub struct SimOptions {
    /// The same seed, sizes and base time give the same population.
    pub seed: u64,
    /// Users of each org, external and service accounts included; at least 10.
    pub users: usize,
    /// Credentials of each org, of every kind; the four fixed API keys come on top.
    pub tokens: usize,
    /// Orgs in this one program, 1 to 1000.
    pub orgs: usize,
    /// The dialects that it speaks.
    pub dialects: Dialects,
    /// Where changes, calls and the clock are kept; nothing survives a restart without it.
    pub data_dir: Option<PathBuf>,
    /// The instant at which the clock stands until it is advanced; none follows the machine's clock.
    pub now: Option<DateTime<Utc>>,
    /// The most audit events that each org begins with, spread over 90 days.
    pub max_events: usize,
    /// Further `Host` values to accept, with port, besides the listen address and localhost.
    pub allowed_hosts: Vec<String>,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            users: 1200,
            tokens: 150,
            orgs: 1,
            dialects: Dialects::default(),
            data_dir: None,
            now: None,
            max_events: 20_000,
            allowed_hosts: Vec::new(),
        }
    }
}

impl SimOptions {
    pub(crate) fn check(&self) -> Result<(), SimError> {
        within("users", self.users, 10, 10_000_000, "10 to 10,000,000")?;
        within("tokens", self.tokens, 0, 10_000_000, "0 to 10,000,000")?;
        within("orgs", self.orgs, 1, 1000, "1 to 1,000")?;
        within("max_events", self.max_events, 0, 10_000_000, "0 to 10,000,000")
    }
}

fn within(option: &'static str, value: usize, low: usize, high: usize, bounds: &'static str) -> Result<(), SimError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(SimError::Option { option, bounds, value: value.to_string() })
}
