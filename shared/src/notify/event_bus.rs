//! Events by Amazon EventBridge (`PutEvents`).

use crate::ports::{Delivery, Event, EventBus, Refusal};
use aws_sdk_eventbridge::{
    Client, Config,
    config::retry::RetryConfig,
    error::ProvideErrorMetadata,
    primitives::DateTime,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};

/// Puts events on a bus of Amazon EventBridge.
#[derive(Debug, Clone)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The bus of this name, by the process's AWS settings. The SDK repeats nothing, as for mails.
    pub fn connect(sdk: &aws_config::SdkConfig, bus: String) -> Self {
        let once = Config::from(sdk).to_builder().retry_config(RetryConfig::disabled());
        Self::new(Client::from_conf(once.build()), bus)
    }

    /// The bus of this name, over a client.
    pub fn new(client: Client, bus: String) -> Self {
        Self { client, bus }
    }
}

impl EventBus for EventBridge {
    async fn put(&self, Event { source, detail_type, at, detail }: Event) -> Delivery {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(source)
            .detail_type(detail_type)
            .time(DateTime::from_secs(at.timestamp()))
            .detail(detail.to_string());
        let answer =
            self.client.put_events().entries(entry.build()).send().await.map_err(|error| {
                Refusal::new(format!("EventBridge: {}", error.code().unwrap_or("no answer in time")))
            })?;
        // A refused entry is no error of the call (Amazon EventBridge API: PutEvents).
        match answer.failed_entry_count() {
            0 => Ok(()),
            _refused => Err(Refusal::new(format!("EventBridge: {}", code(answer.entries())))),
        }
    }
}

fn code(entries: &[PutEventsResultEntry]) -> &str {
    entries.iter().find_map(PutEventsResultEntry::error_code).unwrap_or("the event was refused")
}
