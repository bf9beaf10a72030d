//! Where tickets are opened: a project of Jira.

use super::SecretName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many characters an issue type's name has at most.
pub const ISSUE_TYPE_CHARS: usize = 60;

/// The project in which tickets are opened, written as `{secret: NAME, project: SEC, issue_type: Task}`.
///
/// Address and credential of Jira stand in the entry of that name in the secret `messages`, never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracker {
    /// The entry in the secret `messages`.
    pub secret: SecretName,
    /// The project.
    pub project: ProjectKey,
    /// What kind of issue is opened, by its name: each project has types of its own.
    pub issue_type: String,
}

impl Tracker {
    /// Whether the issue type can be one: a short line of plain text.
    pub fn has_sound_type(&self) -> bool {
        let name = &self.issue_type;
        let fits = (1..=ISSUE_TYPE_CHARS).contains(&name.chars().count());
        fits && !name.trim().is_empty() && !name.chars().any(char::is_control)
    }
}

/// What people read of a tracker: no address.
impl fmt::Display for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tickets ({})", self.secret)
    }
}

/// The key of a project of Jira.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectKey(String);

impl ProjectKey {
    /// Wraps a key as it was written.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be a key: an upper-case letter, then one to nine upper-case letters and digits (Jira Cloud REST API
    /// v3: Create project); an underscore passes as well, since older sites have keys with one (unconfirmed).
    pub fn is_sound(&self) -> bool {
        let allowed = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        let [first, rest @ ..] = self.0.as_bytes() else { return false };
        first.is_ascii_uppercase() && (1..=9).contains(&rest.len()) && rest.iter().all(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_s_key_is_told_from_what_is_none() {
        let sound = |key: &str| ProjectKey::new(key).is_sound();
        assert!(["SEC", "S2", "IT_SEC", "ABCDEFGHIJ"].into_iter().all(sound));
        let unsound = ["", "S", "sec", "2SEC", "_SEC", "SEC-1", "SEC\" OR 1", "ABCDEFGHIJK", "SÉC"];
        assert!(!unsound.into_iter().any(sound));
    }

    #[test]
    fn an_issue_type_is_a_short_line() {
        let of = |issue_type: &str| Tracker {
            secret: SecretName::new("jira"),
            project: ProjectKey::new("SEC"),
            issue_type: issue_type.to_owned(),
        };
        assert!(of("Task").has_sound_type() && of("Sub-task für IT").has_sound_type());
        assert!(["", "  ", "Ta\nsk", &"x".repeat(61)].into_iter().all(|name| !of(name).has_sound_type()));
    }
}
