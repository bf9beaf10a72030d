//! The ways out of a world: real HTTP to where a test says, mails and events kept for it to look at.

use super::TestClock;
use serde_json::{Value, json};
use shared::{
    error::{Error, Result},
    model::Secret,
    notify::{Event, Notifiers},
    ports::{Delivery, EventBus, Mail, Mailer, Refusal, SecretSource},
    secrets::SecretCache,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// What remediate-tokens of a world sends by.
pub type WorldNotifiers = Notifiers<Ways, TestClock, Ways, Ways>;

/// Where the readers of a world's mails answer.
pub const PUBLIC_URL: &str = "https://tokens.example.com";
/// What the links in a world's mails are signed with.
pub const LINK_KEY: &str = "the key of the links in the mails of a world";

#[derive(Debug, Default)]
struct Inside {
    endpoints: Value,
    mails: Vec<Mail>,
    events: Vec<Event>,
    refusing: Option<String>,
    refusing_events: Option<String>,
}

/// The ways out, shared by everything that sends.
#[derive(Debug, Clone, Default)]
pub struct Ways(Arc<Mutex<Inside>>);

impl Ways {
    fn with<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.0.lock().expect("nobody panicked"))
    }

    /// What a function sends by. Its memory of the secret is its own.
    pub fn notifiers(&self, clock: &TestClock) -> WorldNotifiers {
        let http = shared::http::messages_http_client(Duration::from_secs(5));
        let secrets = SecretCache::new(self.clone(), clock.clone());
        Notifiers::new(http, secrets, self.clone(), self.clone()).answered_at(PUBLIC_URL)
    }

    /// The endpoints of an org, as the secret `messages` holds them: `{"<name>":{"url","signing","key"}}`.
    pub fn set_endpoints(&self, org: &str, endpoints: &Value) {
        self.with(|inside| inside.endpoints = json!({ org: endpoints }));
    }

    /// From now on every mail is refused for this reason; `None` ends that.
    pub fn refuse_mails(&self, reason: Option<&str>) {
        self.with(|inside| inside.refusing = reason.map(str::to_owned));
    }

    /// From now on every event is refused for this reason; `None` ends that.
    pub fn refuse_events(&self, reason: Option<&str>) {
        self.with(|inside| inside.refusing_events = reason.map(str::to_owned));
    }

    /// The mails that were taken, in their order.
    pub fn mails(&self) -> Vec<Mail> {
        self.with(|inside| inside.mails.clone())
    }

    /// The addresses that mails went to.
    pub fn written_to(&self) -> Vec<String> {
        self.mails().iter().map(|mail| mail.to.expose().to_owned()).collect()
    }

    /// The events of messages that were taken.
    pub fn events(&self) -> Vec<Event> {
        self.with(|inside| inside.events.iter().filter(|event| !is_head(event)).cloned().collect())
    }

    /// The events of published heads that were taken, in their order.
    pub fn heads(&self) -> Vec<Event> {
        self.with(|inside| inside.events.iter().filter(|event| is_head(event)).cloned().collect())
    }
}

fn is_head(event: &Event) -> bool {
    event.detail_type == "ledger head"
}

impl SecretSource for Ways {
    async fn fetch(&self, name: &str) -> Result<Secret> {
        match name {
            "links" => Ok(Secret::new(json!({ "key": LINK_KEY }).to_string())),
            "messages" => Ok(Secret::new(self.with(|inside| inside.endpoints.to_string()))),
            other => Err(Error::SecretUnavailable { name: other.into(), reason: "not in this world".into() }),
        }
    }
}

impl Mailer for Ways {
    async fn mail(&self, mail: &Mail) -> Delivery {
        self.with(|inside| match &inside.refusing {
            Some(reason) => Err(Refusal::new(reason.clone())),
            None => {
                inside.mails.push(mail.clone());
                Ok(())
            }
        })
    }
}

impl EventBus for Ways {
    async fn put(&self, event: Event) -> Delivery {
        self.with(|inside| match &inside.refusing_events {
            Some(reason) => Err(Refusal::new(reason.clone())),
            None => {
                inside.events.push(event);
                Ok(())
            }
        })
    }
}
