//! What an Atlassian API key can do, found out by asking, and by what the list of keys says of it.

use crate::failure::{Failure, Result};
use shared::{
    clock::SystemClock,
    config::AtlassianSettings,
    error::Error,
    model::{Credential, OrgId, Secret, SectionName, Timestamp},
    ports::{EventQuery, EventSource, SecretSource, Staged, TokenReader},
    secrets::SecretCache,
    source::AtlassianReader,
};
use std::{sync::Arc, time::Duration};

/// The environment variable with the reading key.
pub(crate) const READ_KEY: &str = "ATLASSIAN_API_KEY";
/// The environment variable with the key without scopes.
pub(crate) const UNSCOPED_KEY: &str = "ATLASSIAN_UNSCOPED_KEY";
/// Where keys are made (unconfirmed wording of the menu: Atlassian changes it).
pub(crate) const WHERE: &str = "admin.atlassian.com, your organization, Organization settings, API keys";
/// A key must live at least so long: whoever sets it up must not be called back at once.
pub(crate) const LEAST_DAYS: i64 = 90;
const TIMEOUT: Duration = Duration::from_secs(20);
/// Pages of keys that are looked through.
const PAGES: usize = 20;

/// What can be read, with the scope that Atlassian's documentation names for it, and what needs it.
const READS: [(Read, &str, &str); 9] = [
    (Read::Events, "read:events:admin", "poll-audit: the audit log, without which no use of a token is seen"),
    (Read::Section(SectionName::Users), "read:accounts:admin", "report-tokens: who answers for a token"),
    (Read::Section(SectionName::UserApiTokens), "read:tokens:admin", "report-tokens: the users' API tokens"),
    (Read::Section(SectionName::OrgApiKeys), "read:keys:admin", "report-tokens: the org's API keys, ours among them"),
    (Read::Section(SectionName::ServiceAccounts), "read:service-accounts:admin", "report-tokens: service accounts"),
    (
        Read::Section(SectionName::ServiceAccountTokens),
        "read:service-accounts-tokens:admin",
        "report-tokens: their tokens",
    ),
    (
        Read::Section(SectionName::OauthClients),
        "read:service-accounts-tokens:admin",
        "report-tokens: their OAuth clients",
    ),
    (Read::Section(SectionName::ExternalUsers), "read:directories:admin", "report-tokens: external users"),
    (Read::Section(SectionName::OrgAdmins), "read:directories:admin", "report-tokens: who is an org admin"),
];

#[derive(Debug, Clone, Copy)]
enum Read {
    Events,
    Section(SectionName),
}

/// What asking with a key showed of one thing that is read.
pub(crate) struct Tried {
    /// The scope that is documented for it.
    pub(crate) scope: &'static str,
    /// What needs it.
    pub(crate) for_what: &'static str,
    /// What came of it.
    pub(crate) outcome: std::result::Result<(), Error>,
}

/// An Atlassian org, asked with one key.
pub(crate) struct Asked {
    reader: AtlassianReader<Given>,
    org: OrgId,
}

impl Asked {
    /// The org at this address, by this key.
    ///
    /// # Errors
    /// [`Failure::Function`] if the address is none.
    pub(crate) fn by(key: &Secret, url: &str, org: &OrgId) -> Result<Self> {
        let settings = AtlassianSettings { base_url: url.to_owned(), call_timeout: TIMEOUT };
        let text = serde_json::json!({ org.as_str(): { "key": key.expose() } }).to_string();
        let secrets = SecretCache::new(Given(Secret::new(text)), SystemClock);
        let reader = AtlassianReader::new(shared::http::atlassian_http_client(TIMEOUT), &settings, Arc::new(secrets))
            .map_err(Failure::function("Atlassian's address"))?;
        Ok(Self { reader, org: org.clone() })
    }

    /// Tries all that a reading key is needed for; each costs one request.
    pub(crate) async fn tried(&self, now: Timestamp) -> Vec<Tried> {
        let mut tried = Vec::new();
        for (read, scope, for_what) in READS {
            let outcome = match read {
                Read::Section(section) => self.reader.section(&self.org, section, None).await.map(drop),
                Read::Events => {
                    let query = EventQuery::Range { from: now - chrono::TimeDelta::minutes(5), to: Some(now) };
                    self.reader.events(&self.org, &query).await.map(drop)
                }
            };
            tried.push(Tried { scope, for_what, outcome });
        }
        tried
    }

    /// The org's API keys, as their list shows them.
    ///
    /// # Errors
    /// [`Failure::Function`] with what Atlassian said.
    pub(crate) async fn listed(&self) -> Result<Vec<Credential>> {
        let (mut keys, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = self.reader.section(&self.org, SectionName::OrgApiKeys, cursor.take()).await;
            let page = page.map_err(Failure::function("the list of API keys"))?;
            keys.extend(page.rows.into_iter().filter_map(|row| match row {
                Staged::Credential(key) => Some(key),
                Staged::Owner(_) | Staged::OrgAdmin(_) => None,
            }));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        Ok(keys)
    }
}

/// Our key among those of the list, by the name that was given to it.
///
/// # Errors
/// [`Failure::Option`] if none or several have that name, or it does not live long enough.
pub(crate) fn ours<'a>(
    listed: &'a [Credential],
    option: &'static str,
    label: &str,
    now: Timestamp,
) -> Result<&'a Credential> {
    let refuse = |reason: String| Err(Failure::Option { name: option, reason });
    let named: Vec<&Credential> = listed.iter().filter(|key| key.label == label).collect();
    let [key] = named.as_slice() else {
        let names: Vec<&str> = listed.iter().map(|key| key.label.as_str()).collect();
        let known = crate::console::printable(&names.join(", "));
        return refuse(match named.len() {
            0 => format!("is `{label}`, but no key has that name; the names are: {known}"),
            count => format!("is `{label}`, but {count} keys have that name; rename one of them ({WHERE})"),
        });
    };
    match key.expires_at.map(|end| (end - now).num_days()) {
        Some(days @ ..LEAST_DAYS) => refuse(format!(
            "is `{label}`, which expires in {} days; make a key that lives at least {LEAST_DAYS} days, best a year ({WHERE})",
            days.max(0)
        )),
        Some(_) | None => Ok(key),
    }
}

/// A secret that was given by hand.
struct Given(Secret);

impl SecretSource for Given {
    async fn fetch(&self, _name: &str) -> shared::error::Result<Secret> {
        Ok(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(label: &str, expires_at: Option<&str>) -> Credential {
        serde_json::from_value(
            json!({"kind": "org_api_key", "id": label, "label": label, "owner": null, "owner_name": null,
            "owner_email": null, "scopes": null, "created_at": null, "expires_at": expires_at, "last_used_at": null,
            "status": "allowed"}),
        )
        .unwrap()
    }

    #[test]
    fn our_key_is_found_by_its_name_and_must_live_90_days() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let keys =
            [key("long", Some("2027-11-01T00:00:00Z")), key("short", Some("2027-01-01T00:00:00Z")), key("long ", None)];
        let found = |label: &str| ours(&keys, "--read-key-name", label, now).map_err(|failure| failure.to_string());
        assert_eq!(found("long").unwrap().label, "long");
        assert!(found("short").unwrap_err().contains("expires in 40 days"));
        assert!(found("none").unwrap_err().contains("the names are: long, short, long "));
        let twice = [key("a", None), key("a", None)];
        assert!(ours(&twice, "--read-key-name", "a", now).is_err());
    }
}
