//! Who is told, and by which way.

use super::{ChannelKey, OrgId, RecipientKey, Tracker, short_hash};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected, Visitor},
};
use std::fmt;

/// What the policy says of messages. Owners are written by mail only, the security team by each of its channels; a
/// ladder may open a ticket besides.
///
/// Without it nobody is written to: a message is recorded and withheld at once, and says why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipients {
    /// The admin who answers questions, as the texts name him.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<String>,
    /// The address that mails come from; without it no mail is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<MailAddress>,
    /// Who gets what is for an owner without an address, and for an external without a sponsor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<MailAddress>,
    /// The security team's channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security: Vec<Channel>,
    /// Where the step `ticket` of a ladder opens an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<Tracker>,
}

impl Recipients {
    /// Whether the policy says nothing of messages.
    pub fn is_absent(&self) -> bool {
        *self == Self::default()
    }

    /// The security team's channels that are on.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.security.iter().filter(|channel| **channel != Channel::EventBus(Toggle::Off))
    }
}

/// A way to the security team, written as `{chat: slack, secret: NAME}`, `{mail: ADDRESS}`, `{webhook: NAME}` or
/// `{event_bus: on}`.
///
/// The address of a chat's or a webhook's endpoint lets whoever knows it write there, so it is a secret: the policy holds
/// its name in the secret `messages` only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Entry", into = "Entry")]
pub enum Channel {
    /// A chat by its incoming webhook.
    Chat(ChatKind, SecretName),
    /// A mailbox.
    Mail(MailAddress),
    /// A program, by the Standard Webhooks scheme.
    Webhook(SecretName),
    /// The event bus of the deployment.
    EventBus(Toggle),
}

/// Whose chat it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// Slack: an incoming webhook.
    Slack,
    /// Microsoft Teams: a workflow that begins with a webhook request.
    Teams,
}

/// On or off. YAML 1.1 reads the words as truth values and YAML 1.2 as texts, so both are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Toggle {
    /// On.
    On,
    /// Off.
    Off,
}

impl<'de> Deserialize<'de> for Toggle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ToggleVisitor)
    }
}

struct ToggleVisitor;

impl Visitor<'_> for ToggleVisitor {
    type Value = Toggle;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("on or off")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Toggle, E> {
        Ok(if on { Toggle::On } else { Toggle::Off })
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Toggle, E> {
        match word {
            "on" => Ok(Toggle::On),
            "off" => Ok(Toggle::Off),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

impl Channel {
    /// Under which name it is recorded that this channel took a message.
    pub fn key(&self) -> ChannelKey {
        ChannelKey::new(match self {
            Self::Chat(ChatKind::Slack, secret) => format!("slack/{secret}"),
            Self::Chat(ChatKind::Teams, secret) => format!("teams/{secret}"),
            Self::Mail(address) => format!("mail/{}", short_hash(&[&address.folded()])),
            Self::Webhook(secret) => format!("webhook/{secret}"),
            Self::EventBus(_) => "event_bus".to_owned(),
        })
    }
}

/// What people read of a channel: no address.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat(ChatKind::Slack, secret) => write!(f, "Slack ({secret})"),
            Self::Chat(ChatKind::Teams, secret) => write!(f, "Teams ({secret})"),
            Self::Mail(_) => f.write_str("mail"),
            Self::Webhook(secret) => write!(f, "webhook ({secret})"),
            Self::EventBus(_) => f.write_str("event bus"),
        }
    }
}

/// A channel as it is written.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<ChatKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SecretName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<MailAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<SecretName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_bus: Option<Toggle>,
}

impl TryFrom<Entry> for Channel {
    type Error = &'static str;

    fn try_from(entry: Entry) -> Result<Self, Self::Error> {
        match entry {
            Entry { chat: Some(kind), secret: Some(name), mail: None, webhook: None, event_bus: None } => {
                Ok(Self::Chat(kind, name))
            }
            Entry { chat: None, secret: None, mail: Some(address), webhook: None, event_bus: None } => {
                Ok(Self::Mail(address))
            }
            Entry { chat: None, secret: None, mail: None, webhook: Some(name), event_bus: None } => {
                Ok(Self::Webhook(name))
            }
            Entry { chat: None, secret: None, mail: None, webhook: None, event_bus: Some(toggle) } => {
                Ok(Self::EventBus(toggle))
            }
            Entry { .. } => Err("a channel is one of {chat: slack, secret: NAME}, {chat: teams, secret: NAME}, \
                                 {mail: ADDRESS}, {webhook: NAME}, {event_bus: on}"),
        }
    }
}

impl From<Channel> for Entry {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Chat(kind, name) => Self { chat: Some(kind), secret: Some(name), ..Self::default() },
            Channel::Mail(address) => Self { mail: Some(address), ..Self::default() },
            Channel::Webhook(name) => Self { webhook: Some(name), ..Self::default() },
            Channel::EventBus(toggle) => Self { event_bus: Some(toggle), ..Self::default() },
        }
    }
}

/// The name of an entry in the secret `messages`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretName(String);

impl SecretName {
    /// Wraps a name as it was written.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be a name: an endpoint's address, pasted here by mistake, cannot.
    pub fn is_sound(&self) -> bool {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=64).contains(&self.0.len()) && self.0.bytes().all(allowed)
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mail address. Never shown by `Debug`, because logs hold no addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailAddress(String);

impl MailAddress {
    /// Wraps an address as it was written.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The address; only where a mail is sent.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a mail can be addressed to it: printable ASCII without a display name (Amazon SES takes 7-bit ASCII), one
    /// `@`, and a domain with a dot.
    pub fn is_sound(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte);
        let Some((local, domain)) = self.0.split_once('@') else { return false };
        let inner_dot = domain.trim_matches('.') == domain && domain.contains('.');
        self.0.len() <= 254 && !local.is_empty() && inner_dot && !domain.contains('@') && self.0.bytes().all(plain)
    }

    /// The first address that stands in a text of people's: `Bo Boss <bo@example.com>`.
    pub fn within(text: &str) -> Option<Self> {
        let words = text.split(|c: char| c.is_whitespace() || "<>()[],;:\"".contains(c));
        words.map(|word| Self::new(word.trim_end_matches('.'))).find(Self::is_sound)
    }

    /// Whether both lead to the same mailbox; upper and lower case are not told apart.
    pub fn is_same(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }

    /// Under which key it is remembered when this address was last written to.
    pub fn key(&self, org: &OrgId) -> RecipientKey {
        RecipientKey::new(short_hash(&[org.as_str(), "mail", &self.folded()]))
    }

    fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_what_only_looks_like_one() {
        let sound = |text: &str| MailAddress::new(text).is_sound();
        assert!(["a@b.example", "ann.admin+tokens@mail.example.com"].into_iter().all(sound));
        let unsound =
            ["", "ann", "@b.example", "a@b", "a@b@c.example", "a b@c.example", "Ann <a@b.example>", "a@b.c\n"];
        assert!(!unsound.into_iter().any(sound));
    }

    #[test]
    fn an_address_is_found_in_what_people_write() {
        let found = |text: &str| MailAddress::within(text).map(|address| address.expose().to_owned());
        assert_eq!(found("Bo Boss <bo@example.com>, vendor desk").as_deref(), Some("bo@example.com"));
        assert_eq!(found("ask bo@example.com.").as_deref(), Some("bo@example.com"));
        assert_eq!(found("the vendor desk"), None);
    }

    #[test]
    fn an_address_is_not_shown_by_debug_and_case_does_not_tell_two_apart() {
        let address = MailAddress::new("Ann@Example.com");
        assert_eq!(format!("{address:?}"), "MailAddress(…)");
        assert!(address.is_same(&MailAddress::new("ann@example.com")));
        assert_eq!(address.key(&"o".into()), MailAddress::new("ann@example.com").key(&"o".into()));
    }

    #[test]
    fn an_endpoint_s_address_is_no_name_of_a_secret() {
        assert!(SecretName::new("security-chat").is_sound());
        assert!(!SecretName::new("https://hooks.example.com/T0/B0").is_sound() && !SecretName::new("").is_sound());
    }
}
