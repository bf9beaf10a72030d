//! All state: the orgs, the issues of Jira, the clock, the calls received, the faults ordered and the rate counters.

pub(crate) mod calls;
pub(crate) mod change;
pub(crate) mod credentials;
pub(crate) mod faults;
pub(crate) mod issues;
pub(crate) mod org;
pub(crate) mod rates;
pub(crate) mod tasks;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::error::SimError;
use crate::journal::{Head, Journal};
use crate::options::SimOptions;
use calls::Calls;
use change::Change;
use faults::Faults;
use issues::Issues;
use org::Org;
use rates::Rates;

/// A change with what must be known to make it again: when, in which org (by its place), by whose account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) org: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<u32>,
    pub(crate) change: Change,
}

/// The state of a running simulator.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: SimOptions,
    pub(crate) orgs: Vec<Org>,
    pub(crate) issues: Issues,
    pub(crate) clock: Clock,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    pub(crate) rates: Rates,
    journal: Option<Journal>,
}

impl World {
    /// A new world, or the one that the data directory holds.
    pub(crate) fn open(options: SimOptions) -> Result<Self, SimError> {
        options.check()?;
        let mut clock = Clock::new(options.now.map(|now| now.timestamp_millis()));
        let base_ms = clock.now_ms();
        let stored =
            options.data_dir.as_deref().map(|dir| Journal::open(dir, &Head::of(&options, base_ms))).transpose()?;
        let base_ms = stored.as_ref().map_or(base_ms, |stored| stored.base_ms);
        if options.now.is_some() {
            clock = Clock::new(Some(base_ms));
        }
        let orgs = (1..=options.orgs).map(|number| Org::new(&options, number, base_ms)).collect();
        let mut world = Self {
            options,
            orgs,
            issues: Issues::default(),
            clock,
            calls: Calls::default(),
            faults: Faults::default(),
            rates: Rates::default(),
            journal: None,
        };
        if let Some(stored) = stored {
            stored.entries.iter().for_each(|entry| world.replay(entry));
            stored.calls.into_iter().for_each(|call| world.replay_call(call));
            world.journal = Some(stored.journal);
        }
        Ok(world)
    }

    /// Makes a change now, after it is written down.
    pub(crate) fn make(&mut self, org: usize, by: Option<u32>, change: Change) -> Result<(), SimError> {
        let entry = Entry { at: self.clock.now_ms(), org, by, change };
        if let Some(journal) = &mut self.journal {
            journal.change(&entry)?;
        }
        self.apply(&entry);
        Ok(())
    }

    /// Notes a call, after it is written down.
    pub(crate) fn note(&mut self, call: calls::Call) -> Result<(), SimError> {
        if let Some(journal) = &mut self.journal {
            journal.call(&call)?;
        }
        self.note_key_use(&call);
        self.calls.push(call);
        Ok(())
    }

    /// Forgets all calls.
    pub(crate) fn clear_calls(&mut self) -> Result<(), SimError> {
        if let Some(journal) = &mut self.journal {
            journal.clear_calls()?;
        }
        self.calls.clear();
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) {
        if let Change::Advance { millis } = entry.change {
            self.clock.advance(millis);
        } else if let Change::OpenIssue { issue } = &entry.change {
            self.issues.open(issue.clone(), entry.at);
        } else if let Some(org) = self.orgs.get_mut(entry.org) {
            org.apply(entry);
        }
    }

    fn replay(&mut self, entry: &Entry) {
        self.apply(entry);
        self.clock.not_before(entry.at);
    }

    fn replay_call(&mut self, call: calls::Call) {
        self.clock.not_before(call.at_ms);
        self.note_key_use(&call);
        self.calls.push(call);
    }

    /// A key's last use is shown by the day, so that it moves once a day at most (unconfirmed).
    fn note_key_use(&mut self, call: &calls::Call) {
        if let Some((org, key)) = call.key
            && let Some(org) = self.orgs.get_mut(org)
        {
            org.key_called(key, call.at_ms);
        }
    }
}
