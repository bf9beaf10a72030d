//! A report in the making: where it stands, so that the next tick goes on from there.

use super::{Changes, CredentialId, Facts, FindingId, Observations, ReportId, Section, SectionName, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// In how many shards owners and their credentials are staged, by hash of the owner.
pub const SHARDS: u32 = 64;

/// What is to be done next. Every step can be repeated without harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Pass 1: stage a page of every section that is not at its end.
    Stage,
    /// Look for a token id that an event and a list share, unless one was found before.
    Prove {
        /// In which shard.
        shard: u32,
    },
    /// Pass 2: join and judge a shard, write its rows.
    Judge {
        /// Which.
        shard: u32,
    },
    /// Find what was removed since the last report.
    Compare,
    /// Write the findings' transitions, in the order of their ids.
    Settle {
        /// The last finding that was settled.
        after: Option<FindingId>,
    },
    /// Sum up and move `latest`.
    Publish,
}

/// How far a section was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which reading of it: rows of older attempts do not count.
    pub attempt: u32,
    /// Where its list goes on; `None` at its beginning.
    pub cursor: Option<String>,
}

/// Whether the token ids of events are the ids of the lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinState {
    /// No event's token id has equalled a listed id yet.
    #[default]
    Unproven,
    /// One has.
    Proven,
}

/// The checkpoint of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The report that it makes.
    pub report: ReportId,
    /// When it began; the rules judge as of this moment.
    pub started_at: Timestamp,
    /// The policy that it judges by.
    pub policy_version: u64,
    /// Whether events are known to name tokens by the ids of the lists.
    pub join: JoinState,
    /// The ids of our own keys as known when it began.
    pub own_key_ids: Option<BTreeSet<CredentialId>>,
    /// What next.
    pub phase: Phase,
    /// What was read.
    pub sections: Vec<Section>,
    /// How far each section was read.
    pub readings: BTreeMap<SectionName, Reading>,
    /// The report before this one, which rows are compared with.
    pub previous: Option<ReportId>,
    /// What was known about the org when it began.
    #[serde(default)]
    pub facts: Facts,
    /// In how many partitions the rows go; set when staging ends.
    pub parts: u32,
    /// What differs from the last report.
    pub changes: Changes,
    /// Not before this, because Atlassian asked to wait.
    pub wait_until: Option<Timestamp>,
    /// Nobody else works on it before this.
    pub lease_until: Timestamp,
}

/// What a schedule should do for an org now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Begin a report.
    Start,
    /// Go on with the one that is open.
    Resume,
    /// Nothing.
    Nothing,
}

/// What `due` needs to know of an org.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSchedule {
    /// When the newest whole report was begun.
    pub last_started_at: Option<Timestamp>,
    /// When somebody asked for a report, until one begins.
    pub requested_at: Option<Timestamp>,
    /// The id that the asked-for report will bear.
    pub requested_id: Option<ReportId>,
    /// Whether events were seen to name tokens by the ids of the lists.
    #[serde(default)]
    pub join: JoinState,
    /// What is known about the org.
    #[serde(default)]
    pub facts: Facts,
    /// What all reports counted, from which the facts are drawn.
    #[serde(default)]
    pub observed: Observations,
    /// The last report whose counts are in it.
    #[serde(default)]
    pub observed_in: Option<ReportId>,
}
