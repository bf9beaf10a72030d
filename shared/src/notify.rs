//! The ways out to people and programs: chats, webhooks and issues of Jira over HTTP, mail by Amazon SES, events by Amazon
//! EventBridge.
//!
//! Each send is one try. What was refused is told by its status or code, never by what was sent or to where.

mod chat;
#[cfg(feature = "aws-messages")]
mod event_bus;
mod http;
#[cfg(feature = "aws-messages")]
mod mail;
mod ticket;
mod webhook;

pub use crate::ports::Event;
#[cfg(feature = "aws-messages")]
pub use event_bus::EventBridge;
#[cfg(feature = "aws-messages")]
pub use mail::SesMailer;
pub use webhook::sign;

use crate::{
    model::{ActionId, AnswerLink, ChatKind, MessageKind, OrgId, SecretName, SignedHead, TicketKey, Tracker},
    ports::{Clock, Delivery, Dispatch, EventBus, Mail, Mailer, Notifier, Refusal, SecretSource},
    secrets::{Endpoint, SecretCache},
};
use serde_json::json;

/// Every way out: HTTP endpoints by the secret `messages`, a mailer and a bus.
pub struct Notifiers<S, C, M, B> {
    http: reqwest::Client,
    secrets: SecretCache<S, C>,
    mailer: M,
    bus: B,
    public_url: Option<String>,
}

impl<S: SecretSource, C: Clock, M: Mailer, B: EventBus> Notifiers<S, C, M, B> {
    /// The ways out. `http` must follow no redirect: an endpoint's address is a secret. No message bears a link.
    pub fn new(http: reqwest::Client, secrets: SecretCache<S, C>, mailer: M, bus: B) -> Self {
        Self { http, secrets, mailer, bus, public_url: None }
    }

    /// With links to pages under this address; those at which somebody answers are signed by the secret `links`.
    #[must_use]
    pub fn answered_at(self, public_url: impl Into<String>) -> Self {
        let url: String = public_url.into();
        Self { public_url: Some(url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty()), ..self }
    }

    async fn endpoint(&self, org: &OrgId, name: &SecretName) -> Result<Endpoint, Refusal> {
        self.secrets.endpoint(org, name).await.map_err(|error| Refusal::new(error.to_string()))
    }
}

impl<S: SecretSource, C: Clock, M: Mailer, B: EventBus> Notifier for Notifiers<S, C, M, B> {
    async fn answer_address(&self, link: &AnswerLink) -> Result<Option<String>, Refusal> {
        let Some(url) = &self.public_url else { return Ok(None) };
        let sealed = self.secrets.sealed(link).await.map_err(|error| Refusal::new(error.to_string()))?;
        Ok(Some(format!("{url}/answers/{sealed}")))
    }

    fn action_page(&self, org: &OrgId, action: &ActionId) -> Option<String> {
        let mut page = reqwest::Url::parse(self.public_url.as_deref()?).ok()?;
        page.path_segments_mut().ok()?.pop_if_empty().extend(["orgs", org.as_str(), "actions", action.as_str()]);
        Some(page.into())
    }

    async fn mail(&self, mail: &Mail) -> Delivery {
        self.mailer.mail(mail).await
    }

    async fn chat(&self, kind: ChatKind, endpoint: &SecretName, dispatch: Dispatch<'_>) -> Delivery {
        let endpoint = self.endpoint(dispatch.org, endpoint).await?;
        http::post(&self.http, &endpoint.url, chat::body(kind, dispatch.message), &[]).await
    }

    async fn webhook(&self, endpoint: &SecretName, dispatch: Dispatch<'_>) -> Delivery {
        let endpoint = self.endpoint(dispatch.org, endpoint).await?;
        let signed = webhook::request(&endpoint, dispatch)?;
        http::post(&self.http, &endpoint.url, signed.body, &signed.headers).await
    }

    async fn event(&self, dispatch: Dispatch<'_>) -> Delivery {
        self.bus.put(Event::of(dispatch)).await
    }

    async fn head(&self, head: &SignedHead) -> Delivery {
        self.bus.put(Event::head(head)).await
    }

    async fn ticket(&self, tracker: &Tracker, dispatch: Dispatch<'_>) -> Result<TicketKey, Refusal> {
        let endpoint = self.endpoint(dispatch.org, &tracker.secret).await?;
        ticket::open(&self.http, &endpoint, tracker, dispatch.message).await
    }
}

/// Who says what is put on the bus.
const SOURCE: &str = "tokenwarden";

impl Event {
    /// The event of a message.
    pub fn of(Dispatch { org, message, .. }: Dispatch<'_>) -> Self {
        let detail = json!({
            "id": message.id,
            "org": org,
            "kind": message.kind,
            "action": message.action,
            "credential": message.credential,
            "rule": message.rule,
        });
        Self { source: SOURCE, detail_type: MessageKind::as_str(message.kind), at: message.at, detail }
    }

    /// The event of a published head: what the API gives of it.
    pub fn head(head: &SignedHead) -> Self {
        Self { source: SOURCE, detail_type: "ledger head", at: head.at, detail: json!(head) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Audience, CredentialKind, CredentialRef, Message};

    pub(super) fn message() -> Message {
        let credential = CredentialRef { kind: CredentialKind::UserApiToken, id: "tok-1".into() };
        Message {
            id: "m-1".into(),
            audience: Audience::Security,
            kind: MessageKind::ApprovalWanted,
            action: Some("act-1".into()),
            credential: Some(credential),
            rule: Some("unused".into()),
            subject: "An approval is wanted: 'a <b> & c'".into(),
            text: "It is <!channel> & more.\n\nSecond *paragraph*.".into(),
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn an_event_holds_ids_only() {
        let (org, message) = (OrgId::from("org-1"), message());
        let event = Event::of(Dispatch { org: &org, message: &message, now: message.at });
        assert_eq!((event.source, event.detail_type), ("tokenwarden", "approval_wanted"));
        let credential = json!({ "kind": "user_api_token", "id": "tok-1" });
        let detail = json!({ "id": "m-1", "org": "org-1", "kind": "approval_wanted", "action": "act-1",
            "credential": credential, "rule": "unused" });
        assert_eq!(event.detail, detail);
    }
}
