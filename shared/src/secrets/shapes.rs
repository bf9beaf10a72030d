//! The shapes of the secrets' JSON. A secret that does not have its shape is unavailable, and nothing of it is shown.

use crate::{
    decide::verify::Accepted,
    error::{Error, Result},
    model::{CredentialId, OrgId, Principal, Role, Secret, SecretName, Timestamp},
    wire::time::parse_time,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use std::collections::{BTreeSet, HashMap};

/// What a secret is for. Each is a secret of its own, so that a function can be given one without the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// What webhooks present: `{"<org>":{"accepted":[{"value","not_after"}]}}`.
    Webhook,
    /// Scoped keys that only read: `{"<org>":{"key","own_key_ids"}}`.
    AtlassianRead,
    /// Keys without scopes, which can do everything: the same shape.
    AtlassianUnscoped,
    /// The tokens of our own API: `{"tokens":[{"subject","value","roles","orgs","not_after"}]}`.
    ApiTokens,
    /// Where chats, programs and Jira take messages: `{"<org>":{"<name>":{"url","signing","key"}}}`.
    ///
    /// A chat has a `url`, a program `url` and `signing`, Jira `url` and `key`.
    Messages,
    /// What links in mails are signed with: `{"key","previous"}`; the key before it still opens what it signed.
    Links,
}

impl Purpose {
    /// The name under which a [`crate::ports::SecretSource`] knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::AtlassianRead => "atlassian-read",
            Self::AtlassianUnscoped => "atlassian-unscoped",
            Self::ApiTokens => "api-tokens",
            Self::Messages => "messages",
            Self::Links => "links",
        }
    }
}

/// The secret with the endpoints of messages.
pub(super) type MessagesSecret = HashMap<OrgId, HashMap<SecretName, Endpoint>>;
/// The webhook secret.
pub(super) type WebhookSecret = HashMap<OrgId, WebhookOrg>;
/// An Atlassian key secret.
pub(super) type KeySecret = HashMap<OrgId, OrgKey>;

/// The secret that signs links.
#[derive(Deserialize)]
pub(super) struct LinkSecret {
    pub(super) key: Secret,
    #[serde(default)]
    pub(super) previous: Option<Secret>,
}

/// What one org's webhooks may present.
#[derive(Deserialize)]
pub(super) struct WebhookOrg {
    #[serde(deserialize_with = "accepted_values")]
    pub(super) accepted: Vec<Accepted>,
}

/// One org's Atlassian key.
#[derive(Deserialize)]
pub(super) struct OrgKey {
    pub(super) key: Secret,
    #[serde(default)]
    pub(super) own_key_ids: Option<Vec<CredentialId>>,
}

/// Where a chat, a program or Jira takes messages. Whoever knows the address of a chat can write there.
///
/// Jira's `url` is that of the site (`https://SITE.atlassian.net`), or `https://api.atlassian.com/ex/jira/{cloudId}` for a
/// token with scopes; its `key` is `EMAIL:TOKEN` (Atlassian Support: Manage API tokens for your Atlassian account).
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoint {
    /// The address.
    pub url: Secret,
    /// With what webhooks are signed: `whsec_` and base64 (Standard Webhooks specification); chats need none.
    #[serde(default)]
    pub signing: Option<Secret>,
    /// With what Jira is asked: `EMAIL:TOKEN`, or a bearer token; chats and webhooks need none.
    #[serde(default)]
    pub key: Option<Secret>,
}

/// The secret with the tokens of our own API.
#[derive(Deserialize)]
pub(super) struct ApiTokenSecret {
    pub(super) tokens: Vec<ApiToken>,
}

/// A token of our own API.
#[derive(Deserialize)]
pub(super) struct ApiToken {
    subject: String,
    #[serde(flatten)]
    pub(super) accepted: AcceptedJson,
    roles: BTreeSet<Role>,
    orgs: BTreeSet<OrgId>,
}

impl ApiToken {
    /// Who presents it. `*` among the orgs stands for all of them.
    pub(super) fn principal(&self) -> Principal {
        let all = self.orgs.contains(&OrgId::from("*"));
        Principal { subject: self.subject.clone(), roles: self.roles.clone(), orgs: (!all).then(|| self.orgs.clone()) }
    }
}

/// A value with its end, as the JSON holds it.
#[derive(Deserialize)]
pub(super) struct AcceptedJson {
    value: Secret,
    #[serde(default, deserialize_with = "time_or_none")]
    not_after: Option<Timestamp>,
}

impl AcceptedJson {
    /// The value with its end, in our words.
    pub(super) fn accepted(&self) -> Accepted {
        Accepted { value: self.value.clone(), not_after: self.not_after }
    }
}

fn accepted_values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Accepted>, D::Error> {
    let values = Vec::<AcceptedJson>::deserialize(deserializer)?;
    Ok(values.iter().map(AcceptedJson::accepted).collect())
}

/// A date that is there but cannot be read must not mean "no end".
fn time_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) => parse_time(&text).map(Some).ok_or_else(|| D::Error::custom("not_after is no time")),
    }
}

/// Reads a secret's JSON. The error tells where it is wrong, never what stands there.
pub(super) fn parse<T: DeserializeOwned>(purpose: Purpose, secret: &Secret) -> Result<T> {
    serde_json::from_str(secret.expose()).map_err(|error| Error::SecretUnavailable {
        name: purpose.as_str().to_owned(),
        reason: format!("is not JSON of the documented shape (line {}, column {})", error.line(), error.column()),
    })
}
