//! Requests per minute, counted in the simulator's own clock by whole minutes.
//! Documented are 10 per path and per user for `events`, and 50 per path and 60 per user for `events-stream`;
//! the other limits are not published, so their defaults are generous.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::time::{MINUTE, SECOND};

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    Events,
    EventsStream,
    Org,
    Directory,
    ApiAccess,
    Control,
    UserManagement,
}

/// The limits in force, in requests per minute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) events_per_path: u32,
    pub(crate) events_per_user: u32,
    pub(crate) stream_per_path: u32,
    pub(crate) stream_per_user: u32,
    pub(crate) org: u32,
    pub(crate) directory: u32,
    pub(crate) api_access: u32,
    pub(crate) control: u32,
    pub(crate) user_management: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events_per_path: 10,
            events_per_user: 10,
            stream_per_path: 50,
            stream_per_user: 60,
            org: 100_000,
            directory: 100_000,
            api_access: 100_000,
            control: 100_000,
            user_management: 100_000,
        }
    }
}

impl Limits {
    /// The limit per path and the limit per user of a group.
    const fn of(&self, group: Group) -> (u32, u32) {
        match group {
            Group::Events => (self.events_per_path, self.events_per_user),
            Group::EventsStream => (self.stream_per_path, self.stream_per_user),
            Group::Org => (self.org, self.org),
            Group::Directory => (self.directory, self.directory),
            Group::ApiAccess => (self.api_access, self.api_access),
            Group::Control => (self.control, self.control),
            Group::UserManagement => (self.user_management, self.user_management),
        }
    }
}

/// How a request stands against its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// The end of the window, in epoch milliseconds; a whole minute.
    pub(crate) reset_ms: i64,
    /// Seconds to wait, where the limit is passed.
    pub(crate) retry_after_secs: Option<i64>,
}

/// The counters of the current minute.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    pub(crate) limits: Limits,
    minute: i64,
    paths: HashMap<(Group, usize), u32>,
    users: HashMap<(Group, usize, u32), u32>,
}

impl Rates {
    /// Counts a request to a group of one org by one user.
    pub(crate) fn count(&mut self, group: Group, org: usize, user: u32, now_ms: i64) -> Standing {
        let minute = now_ms.div_euclid(MINUTE);
        if minute != self.minute {
            self.minute = minute;
            self.paths.clear();
            self.users.clear();
        }
        let (per_path, per_user) = self.limits.of(group);
        let path = self.paths.entry((group, org)).or_default();
        *path = path.saturating_add(1);
        let own = self.users.entry((group, org, user)).or_default();
        *own = own.saturating_add(1);
        let remaining = per_path.saturating_sub(*path).min(per_user.saturating_sub(*own));
        let passed = *path > per_path || *own > per_user;
        let reset_ms = (minute + 1) * MINUTE;
        let wait_secs = (reset_ms - now_ms + SECOND - 1).div_euclid(SECOND);
        Standing { limit: per_path.min(per_user), remaining, reset_ms, retry_after_secs: passed.then_some(wait_secs) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, Rates};
    use crate::time::MINUTE;

    #[test]
    fn a_new_minute_opens_a_new_window() {
        let mut rates = Rates::default();
        let passed: Vec<bool> =
            (0..51).map(|_| rates.count(Group::EventsStream, 0, 1, 30_000).retry_after_secs.is_some()).collect();
        assert_eq!(passed.iter().filter(|passed| **passed).count(), 1);
        assert_eq!(rates.count(Group::EventsStream, 0, 1, 30_000).retry_after_secs, Some(30));
        assert_eq!(rates.count(Group::EventsStream, 0, 1, MINUTE).remaining, 49);
    }
}
