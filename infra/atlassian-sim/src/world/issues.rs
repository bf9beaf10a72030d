//! The issues that were opened in the simulated Jira: one site, whichever org's people look at it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The projects that there are.
pub(crate) const PROJECTS: [&str; 2] = ["SEC", "OPS"];
/// The issue types that each of them has.
pub(crate) const TYPES: [&str; 3] = ["Task", "Bug", "Story"];

/// An issue, as it was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Issue {
    pub(crate) project: String,
    pub(crate) issue_type: String,
    pub(crate) summary: String,
    pub(crate) description: Value,
    pub(crate) labels: Vec<String>,
}

/// An issue with the names that Jira gave it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) at_ms: i64,
    pub(crate) issue: Issue,
}

/// All issues, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Issues(Vec<Opened>);

impl Issues {
    /// Numbers count by project, ids over all.
    pub(crate) fn open(&mut self, issue: Issue, at_ms: i64) {
        let number = self.0.iter().filter(|opened| opened.issue.project == issue.project).count() + 1;
        let key = format!("{}-{number}", issue.project);
        self.0.push(Opened { id: 10_000 + self.0.len() as u64, key, at_ms, issue });
    }

    pub(crate) fn all(&self) -> &[Opened] {
        &self.0
    }

    /// Those with a label, the newest first.
    pub(crate) fn labelled(&self, label: &str) -> impl Iterator<Item = &Opened> {
        self.0.iter().rev().filter(move |opened| opened.issue.labels.iter().any(|one| one == label))
    }
}
