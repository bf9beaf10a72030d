//! Audit events, and what tells two of them apart.

use super::{AccountId, EventId, EventTokenId, Timestamp, ids::short_hash};
use serde::{Deserialize, Serialize};

/// By which way an event reached us; the same event by two ways is one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSource {
    /// The org's audit log, by webhook or by poll.
    AuditLog,
    /// A Guard Detect alert.
    GuardDetect,
}

/// Who did it, as the event says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account, or a word such as `confluence` for a system actor.
    pub id: Option<AccountId>,
    /// Display name.
    pub name: Option<String>,
    /// Mail address, or a text such as `Atlassian app`.
    pub email: Option<String>,
}

/// What a token-bearing event says of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenRole {
    /// The token with which the actor acted: a use.
    Used,
    /// The token that was made, changed or revoked: no use.
    Subject,
}

/// The token that an event bears (`actor.auth`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMark {
    /// `api-token`, `container-token`, `session`, …: an open list, kept as text.
    pub auth_type: Option<String>,
    /// Its id, where the event names one.
    pub id: Option<EventTokenId>,
    /// Its label, where the event names one.
    pub label: Option<String>,
    /// Used, or the subject of the event.
    pub role: TokenRole,
}

/// From where, as the event says. Any part may be missing or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Address, IPv4 or IPv6, as text.
    pub ip: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// The site, product or space in which it happened: the names (else ids) of the event's containers but the org.
    #[serde(default)]
    pub places: Vec<String>,
}

/// What an event is about, which decides whether it is kept by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// It bears a token.
    TokenUse,
    /// A credential was made, changed or revoked.
    Credential,
    /// A policy or a setting of the org changed.
    Policy,
    /// An account that may own credentials changed its state.
    Owner,
    /// Admin rights were given or taken.
    AdminRights,
    /// A Guard Detect alert.
    Alert,
    /// Its action is in no list that we have; kept, because unknown is not harmless.
    Unknown,
    /// Anything else: counted, not kept, unless a setting keeps all.
    Other,
}

/// One audit event, understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Atlassian's id of it.
    pub id: EventId,
    /// The action id: an open list.
    pub action: String,
    /// When it happened.
    pub time: Timestamp,
    /// When Atlassian processed it; on the event stream only.
    pub processed_at: Option<Timestamp>,
    /// Who.
    pub actor: Actor,
    /// With which token, or about which.
    pub token: Option<TokenMark>,
    /// From where.
    pub location: Location,
    /// Audit log or alert.
    pub source: EventSource,
    /// What it is about.
    pub topic: Topic,
    /// The event as it was received, as JSON text.
    pub raw: String,
}

/// The identity of a stored event: its id, and a hash, because two different events may bear one id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// When it happened, in whole seconds since 1970.
    pub epoch_secs: i64,
    /// Atlassian's id.
    pub id: EventId,
    /// Hash of (whole second, action, actor id, token id or empty).
    pub hash: String,
}

impl AuditEvent {
    /// The identity under which the event is stored once.
    pub fn key(&self) -> EventKey {
        let epoch_secs = self.time.timestamp();
        let actor = self.actor.id.as_ref().map_or("", AccountId::as_str);
        let token = self.token.as_ref().and_then(|token| token.id.as_ref()).map_or("", EventTokenId::as_str);
        let hash = short_hash(&[&epoch_secs.to_string(), &self.action, actor, token]);
        EventKey { epoch_secs, id: self.id.clone(), hash }
    }

    /// The token that was used, where the event is a use of one.
    pub fn used_token(&self) -> Option<&TokenMark> {
        self.token.as_ref().filter(|token| token.role == TokenRole::Used)
    }
}
