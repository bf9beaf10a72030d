//! The Atlassian client over real HTTP: against the simulated org, and against a server that answers what a test says.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod against_the_sim;
mod answers;
mod aws;
mod scripted;

use shared::{
    clock::SystemClock,
    config::AtlassianSettings,
    error::{Error, Result},
    http::atlassian_http_client,
    model::{Credential, CredentialKind, CredentialRef, Secret, Target},
    ports::SecretSource,
    secrets::SecretCache,
    source::{AtlassianReader, TokenRevokerClient},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// Secrets that a test holds in its hand.
#[derive(Clone, Default)]
struct Secrets(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Secrets {
    fn put(&self, purpose: &'static str, text: String) {
        let mut secrets = self.0.lock().unwrap();
        secrets.retain(|(name, _)| *name != purpose);
        secrets.push((purpose, text));
    }

    /// One key for one org and both purposes.
    fn keys(org: &str, read: &str, unscoped: &str) -> Self {
        let secrets = Self::default();
        secrets.put("atlassian-read", format!(r#"{{"{org}":{{"key":"{read}","own_key_ids":["mine"]}}}}"#));
        secrets.put("atlassian-unscoped", format!(r#"{{"{org}":{{"key":"{unscoped}"}}}}"#));
        secrets
    }
}

impl SecretSource for Secrets {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        let secrets = self.0.lock().unwrap();
        let found = secrets.iter().find(|(purpose, _)| *purpose == name).map(|(_, text)| Secret::new(text));
        found.ok_or_else(|| Error::SecretUnavailable { name: name.into(), reason: "the test has none".into() })
    }
}

type Reader = AtlassianReader<Secrets>;
type Revoker = TokenRevokerClient<Secrets>;

/// Both clients with a timeout of one second.
fn clients(base_url: &str, secrets: Secrets) -> (Reader, Revoker) {
    let settings = AtlassianSettings { base_url: base_url.to_owned(), call_timeout: Duration::from_secs(1) };
    let cache = Arc::new(SecretCache::new(secrets, SystemClock));
    let http = atlassian_http_client(settings.call_timeout);
    let reader = Reader::new(http.clone(), &settings, Arc::clone(&cache)).unwrap();
    (reader, Revoker::new(http, &settings, cache).unwrap())
}

/// A user's token, as a plan names it.
fn token_of(owner: &str, id: &str) -> Target {
    Target {
        credential: CredentialRef { kind: CredentialKind::UserApiToken, id: id.into() },
        label: String::new(),
        owner: Some(owner.into()),
        owner_name: None,
        created_at: None,
        expires_at: None,
    }
}

/// A listed credential, as a plan names it.
fn target_of(credential: &Credential) -> Target {
    let owner = credential.owner.as_ref().unwrap().as_str();
    Target { credential: credential.reference.clone(), ..token_of(owner, "") }
}
