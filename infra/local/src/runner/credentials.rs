//! The secrets of one machine: fixed against a simulated org, drawn once and kept in a file against a real one.

use super::{data_dir::DataDir, orgs::GovernedOrg};
use crate::{failure::Result, random};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::{
    error::Error,
    model::{OrgId, Role, Secret, stable_hash},
    ports::SecretSource,
    secrets::Purpose,
};
use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

const FILE: &str = "credentials.json";

/// What opens this runner's own routes.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// What deliveries bear after `Bearer `.
    pub webhook: String,
    /// The tokens of the API.
    pub tokens: Vec<ApiToken>,
}

/// A token of the API.
#[derive(Clone, Serialize, Deserialize)]
pub struct ApiToken {
    /// Whose it is, as the ledger shows it.
    pub subject: String,
    /// What is sent after `Bearer `.
    pub value: String,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// Whether credentials were drawn just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// They must be shown: nobody has seen them.
    Now,
    /// They were shown when they were drawn.
    Before,
}

impl Credentials {
    /// The well-known ones, for a simulated org.
    pub fn fixed() -> Self {
        let token = |(subject, roles): (&str, &[Role])| ApiToken {
            subject: subject.into(),
            value: subject.into(),
            roles: roles.to_vec(),
        };
        Self { webhook: "local-webhook".into(), tokens: PEOPLE.map(token).into() }
    }

    /// Those of the data directory, which only its owner can read; drawn at random if it has none.
    ///
    /// # Errors
    /// If they cannot be read or stored.
    pub fn kept(dir: &DataDir) -> Result<(Self, Drawn)> {
        if let Some(kept) = dir.read(FILE)? {
            return Ok((kept, Drawn::Before));
        }
        let mut drawn = Self::fixed();
        drawn.webhook = random::hex::<24>();
        drawn.tokens.iter_mut().for_each(|token| token.value = random::hex::<24>());
        dir.write(FILE, &drawn)?;
        Ok((drawn, Drawn::Now))
    }
}

impl Credentials {
    /// What links in mails are signed with: as secret as the credentials that it comes from.
    fn link_key(&self) -> String {
        let values = self.tokens.iter().map(|token| token.value.as_str());
        let all: Vec<&str> = ["links", self.webhook.as_str()].into_iter().chain(values).collect();
        stable_hash(&all)
    }
}

const PEOPLE: [(&str, &[Role]); 4] = [
    ("local-reader", &[Role::Reader]),
    ("local-approver", &[Role::Reader, Role::Approver]),
    ("local-approver-2", &[Role::Reader, Role::Approver]),
    ("local-admin", &[Role::Reader, Role::Approver, Role::Admin]),
];

/// The secrets by purpose, as Secrets Manager would hold them. The one with the endpoints of messages is a file of the data
/// directory that its user writes: `messages.json`, of the same shape. Where the org is simulated it has an entry `tickets`
/// for Jira besides, unless the file has one of that name.
#[derive(Clone)]
pub struct LocalSecrets {
    texts: Arc<HashMap<&'static str, Secret>>,
    messages: Arc<PathBuf>,
    orgs: Arc<[OrgId]>,
    tickets: Option<Arc<Value>>,
}

impl LocalSecrets {
    /// The secrets for these orgs.
    pub fn new(credentials: &Credentials, orgs: &[GovernedOrg], data_dir: &Path) -> Self {
        let webhook = format!("Bearer {}", credentials.webhook);
        let by_org = |entry: &dyn Fn(&GovernedOrg) -> Value| {
            Value::Object(orgs.iter().map(|org| (org.id.to_string(), entry(org))).collect::<Map<_, _>>())
        };
        let key = |org: &GovernedOrg, key: &Secret| json!({ "key": key.expose(), "own_key_ids": org.own_key_ids });
        let tokens = credentials.tokens.iter().map(|ApiToken { subject, value, roles }| {
            json!({ "subject": subject, "value": value, "roles": roles, "orgs": ["*"] })
        });
        let texts = [
            (Purpose::Webhook, by_org(&|_| json!({ "accepted": [{ "value": webhook, "not_after": null }] }))),
            (Purpose::AtlassianRead, by_org(&|org| key(org, &org.read_key))),
            (Purpose::AtlassianUnscoped, by_org(&|org| key(org, &org.unscoped_key))),
            (Purpose::ApiTokens, json!({ "tokens": tokens.collect::<Vec<_>>() })),
            (Purpose::Links, json!({ "key": credentials.link_key() })),
        ];
        let texts = texts.into_iter().map(|(is, text)| (is.as_str(), Secret::new(text.to_string()))).collect();
        let orgs = orgs.iter().map(|org| org.id.clone()).collect();
        Self { texts: Arc::new(texts), messages: Arc::new(data_dir.join("messages.json")), orgs, tickets: None }
    }

    /// With an entry `tickets` that leads to the Jira of a simulated org at this address; any credential opens it.
    #[must_use]
    pub fn opening_tickets_at(self, atlassian: &str) -> Self {
        let jira = json!({ "url": atlassian, "key": "tokenwarden@example.com:local-jira" });
        Self { tickets: Some(Arc::new(jira)), ..self }
    }

    fn messages(&self) -> shared::error::Result<Secret> {
        let text = match (std::fs::read_to_string(&*self.messages), &self.tickets) {
            (Ok(text), _) => text,
            (Err(error), Some(_)) if error.kind() == ErrorKind::NotFound => "{}".to_owned(),
            (Err(error), _) => {
                return Err(Error::SecretUnavailable {
                    name: Purpose::Messages.as_str().to_owned(),
                    reason: format!("{} cannot be read ({error}); put the endpoints there", self.messages.display()),
                });
            }
        };
        Ok(Secret::new(self.with_tickets(text)))
    }

    /// The file's text with the entry for tickets; as it is where it is no JSON, which whoever reads it says.
    fn with_tickets(&self, text: String) -> String {
        let Some(jira) = &self.tickets else { return text };
        let Ok(Value::Object(mut all)) = serde_json::from_str(&text) else { return text };
        for org in &*self.orgs {
            if let Value::Object(entries) = all.entry(org.as_str()).or_insert_with(|| json!({})) {
                entries.entry("tickets").or_insert_with(|| Value::clone(jira));
            }
        }
        Value::Object(all).to_string()
    }
}

impl SecretSource for LocalSecrets {
    async fn fetch(&self, name: &str) -> shared::error::Result<Secret> {
        if name == Purpose::Messages.as_str() {
            return self.messages();
        }
        let missing = || Error::SecretUnavailable { name: name.to_owned(), reason: "there is no such secret".into() };
        self.texts.get(name).cloned().ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_org_s_jira_is_there_unless_the_file_names_another() {
        let dir = DataDir::temporary().unwrap();
        let org = GovernedOrg {
            id: "o-1".into(),
            name: None,
            read_key: Secret::new("r"),
            unscoped_key: Secret::new("u"),
            own_key_ids: None,
        };
        let real = LocalSecrets::new(&Credentials::fixed(), &[org], dir.path());
        let simulated = real.clone().opening_tickets_at("http://127.0.0.1:1");
        let url = || -> Value {
            let text = simulated.messages().unwrap();
            serde_json::from_str::<Value>(text.expose()).unwrap()["o-1"]["tickets"]["url"].clone()
        };
        assert_eq!(url(), "http://127.0.0.1:1");
        assert!(real.messages().is_err(), "nothing leads a real org's tickets anywhere");
        let file = json!({ "o-1": { "tickets": { "url": "https://acme.atlassian.net" } } });
        std::fs::write(dir.path().join("messages.json"), file.to_string()).unwrap();
        assert_eq!(url(), "https://acme.atlassian.net");
    }

    #[test]
    fn credentials_for_a_real_org_are_drawn_once_and_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = DataDir::temporary().unwrap();
        let (first, drawn) = Credentials::kept(&dir).unwrap();
        assert_eq!(drawn, Drawn::Now);
        assert!(first.tokens.iter().all(|token| token.value.len() == 48 && token.value != first.webhook));
        let (second, drawn) = Credentials::kept(&dir).unwrap();
        assert_eq!((drawn, &second.webhook), (Drawn::Before, &first.webhook));
        let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
