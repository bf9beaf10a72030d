//! Every setting of every function, read once when the process starts.

use crate::error::{Error, Result};
use crate::model::OrgId;
use std::time::Duration;

/// The settings that exist: name, default (`None`: required where it is used), meaning.
pub const SETTINGS: &[(&str, Option<&str>, &str)] = &[
    ("HISTORY_TABLE", None, "name of the table for events, profiles, quarantine, checkpoints and reports"),
    ("CASES_TABLE", None, "name of the table for orgs, findings, actions, policies, budget and ledger"),
    ("LOG_LEVEL", Some("info"), "what is logged: error, warn, info, debug or trace"),
    ("ORGS", Some(""), "ids of the governed orgs, separated by commas; registered at the next report"),
    ("WEBHOOK_SECRET_ID", None, "secret with the accepted webhook credentials, JSON by org"),
    ("ATLASSIAN_READ_SECRET_ID", None, "secret with the scoped, reading API keys, JSON by org"),
    ("ATLASSIAN_UNSCOPED_SECRET_ID", None, "secret with the API keys that revoke, JSON by org"),
    ("API_TOKENS_SECRET_ID", None, "secret with the tokens of this API"),
    (
        "LEDGER_KEY_ID",
        Some(""),
        "KMS key that signs the heads of the ledgers; where it is empty they are published unsigned",
    ),
    ("MESSAGES_SECRET_ID", None, "secret with the endpoints of chats and webhooks, JSON by org and name"),
    ("LINKS_SECRET_ID", None, "secret with the key that signs links in mails"),
    (
        "PUBLIC_URL",
        Some(""),
        "address of the API and the pages, for links in messages; where it is empty they bear none",
    ),
    ("EVENT_BUS", None, "name of the event bus that messages for programs go to"),
    ("ATLASSIAN_BASE_URL", Some("https://api.atlassian.com"), "where Atlassian's API is"),
    ("ATLASSIAN_CALL_TIMEOUT_SECS", Some("20"), "how long one call to Atlassian may take"),
    (
        "KEEP_EVENTS",
        Some("relevant"),
        "relevant: what bears a token or concerns credentials, policies, owners, admin rights; all: everything",
    ),
    ("EVENT_RETENTION_DAYS", Some("120"), "how long events are kept; at least BACKFILL_DAYS plus 14"),
    ("BACKFILL_DAYS", Some("30"), "how far back before the installation the poll reads"),
    ("EVENTS_STREAM_PER_MINUTE", Some("50"), "Atlassian's limit on events-stream, requests a minute"),
    ("RATE_SHARE_PERCENT", Some("50"), "how much of that limit the poll may use"),
    ("REPORT_EVERY_HOURS", Some("24"), "how often a report is taken"),
    ("REPORT_RETENTION_DAYS", Some("400"), "how long reports are kept"),
];

/// Which events are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepEvents {
    /// Those that bear a token or concern credentials, policies, owners or admin rights.
    Relevant,
    /// All.
    All,
}

/// Where a setting is looked up: the environment, or a test's map.
pub struct Settings<'a>(&'a dyn Fn(&str) -> Option<String>);

impl<'a> Settings<'a> {
    /// Settings from any lookup.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(lookup)
    }

    /// A setting's text, or its default.
    ///
    /// # Errors
    /// [`Error::Setting`] if it has no default and is not set.
    pub fn text(&self, name: &str) -> Result<String> {
        let Some((_, default, meaning)) = SETTINGS.iter().find(|(known, ..)| *known == name) else {
            return Err(Error::Setting { name: name.into(), reason: "is not a setting of this program".into() });
        };
        (self.0)(name)
            .filter(|value| !value.is_empty())
            .or(default.map(str::to_owned))
            .ok_or_else(|| Error::Setting { name: name.into(), reason: format!("is not set; it is the {meaning}") })
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// [`Error::Setting`] if it is no number or out of bounds.
    pub fn number(&self, name: &str, bounds: std::ops::RangeInclusive<u32>) -> Result<u32> {
        let text = self.text(name)?;
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| Error::Setting {
            name: name.into(),
            reason: format!("is `{text}`; it must be a whole number from {} to {}", bounds.start(), bounds.end()),
        })
    }

    /// The tables' names.
    ///
    /// # Errors
    /// [`Error::Setting`] if one is missing.
    pub fn tables(&self) -> Result<Tables> {
        Ok(Tables { history: self.text("HISTORY_TABLE")?, cases: self.text("CASES_TABLE")? })
    }

    /// How long what expires is kept.
    ///
    /// # Errors
    /// [`Error::Setting`] if a value is out of bounds.
    pub fn retention(&self) -> Result<Retention> {
        let event_days = self.number("EVENT_RETENTION_DAYS", 21..=3650)?;
        Ok(Retention { event_days, report_days: self.report_days()? })
    }

    /// How events are kept.
    ///
    /// # Errors
    /// [`Error::Setting`] if a value is out of bounds or the retention is shorter than the back-fill needs.
    pub fn events(&self) -> Result<EventSettings> {
        let retention_days = self.number("EVENT_RETENTION_DAYS", 21..=3650)?;
        let backfill_days = self.number("BACKFILL_DAYS", 0..=180)?;
        if retention_days < backfill_days + 14 {
            return Err(Error::Setting {
                name: "EVENT_RETENTION_DAYS".into(),
                reason: format!("is {retention_days}; it must be at least BACKFILL_DAYS ({backfill_days}) plus 14"),
            });
        }
        Ok(EventSettings { keep: self.keep()?, retention_days, backfill_days })
    }

    fn keep(&self) -> Result<KeepEvents> {
        match self.text("KEEP_EVENTS")?.as_str() {
            "relevant" => Ok(KeepEvents::Relevant),
            "all" => Ok(KeepEvents::All),
            other => Err(Error::Setting {
                name: "KEEP_EVENTS".into(),
                reason: format!("is `{other}`; it must be `relevant` or `all`"),
            }),
        }
    }

    /// How the poll uses the rate limit.
    ///
    /// # Errors
    /// [`Error::Setting`] if a value is out of bounds.
    pub fn poll(&self) -> Result<PollSettings> {
        let limit = self.number("EVENTS_STREAM_PER_MINUTE", 1..=10_000)?;
        let share = self.number("RATE_SHARE_PERCENT", 1..=100)?;
        Ok(PollSettings { requests_per_minute: (limit * share / 100).max(1) })
    }

    /// How reports are taken and kept.
    ///
    /// # Errors
    /// [`Error::Setting`] if a value is out of bounds.
    pub fn reports(&self) -> Result<ReportSettings> {
        Ok(ReportSettings {
            every_hours: self.number("REPORT_EVERY_HOURS", 1..=744)?,
            retention_days: self.report_days()?,
        })
    }

    fn report_days(&self) -> Result<u32> {
        self.number("REPORT_RETENTION_DAYS", 2..=3650)
    }

    /// Where Atlassian is and how long to wait for it.
    ///
    /// # Errors
    /// [`Error::Setting`] if a value is out of bounds.
    pub fn atlassian(&self) -> Result<AtlassianSettings> {
        let timeout = self.number("ATLASSIAN_CALL_TIMEOUT_SECS", 1..=60)?;
        Ok(AtlassianSettings {
            base_url: self.text("ATLASSIAN_BASE_URL")?.trim_end_matches('/').to_owned(),
            call_timeout: Duration::from_secs(timeout.into()),
        })
    }

    /// The orgs to register.
    ///
    /// # Errors
    /// [`Error::Setting`] never in practice: the setting has a default.
    pub fn orgs(&self) -> Result<Vec<OrgId>> {
        Ok(self.text("ORGS")?.split(',').map(str::trim).filter(|id| !id.is_empty()).map(OrgId::from).collect())
    }
}

/// The environment of the process, as the functions' mains pass it.
pub fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    std::env::var(name).ok()
}

/// The names of the two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Events, profiles, quarantine, checkpoints, reports.
    pub history: String,
    /// Orgs, findings, actions, policies, budget, ledger.
    pub cases: String,
}

/// How long what expires is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Events and quarantined bodies, in days.
    pub event_days: u32,
    /// Reports and their rows, in days.
    pub report_days: u32,
}

/// How events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSettings {
    /// Which.
    pub keep: KeepEvents,
    /// How long.
    pub retention_days: u32,
    /// How far back the poll reads.
    pub backfill_days: u32,
}

/// How the poll uses the rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollSettings {
    /// Our share, requests a minute.
    pub requests_per_minute: u32,
}

/// How reports are taken and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportSettings {
    /// How often.
    pub every_hours: u32,
    /// How long they are kept.
    pub retention_days: u32,
}

/// Where Atlassian is and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtlassianSettings {
    /// Without a slash at its end.
    pub base_url: String,
    /// For one call.
    pub call_timeout: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |asked| (asked == name).then(|| value.to_owned())
    }

    #[test]
    fn a_retention_shorter_than_the_backfill_needs_is_refused() {
        let lookup = with("EVENT_RETENTION_DAYS", "30");
        let error = Settings::new(&lookup).events().unwrap_err();
        assert!(error.to_string().contains("at least BACKFILL_DAYS (30) plus 14"), "{error}");
    }

    #[test]
    fn a_missing_setting_is_named_with_its_meaning() {
        let error = Settings::new(&|_| None).tables().unwrap_err();
        assert!(error.to_string().starts_with("setting HISTORY_TABLE: is not set"), "{error}");
    }

    #[test]
    fn half_of_the_limit_is_the_default_share() {
        assert_eq!(Settings::new(&|_| None).poll().unwrap().requests_per_minute, 25);
    }
}
