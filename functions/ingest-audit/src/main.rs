//! Stores every audit event that Atlassian pushes, once.

use ingest_audit::App;
use lambda_http::{Error, Request, run, service_fn};
use shared::{
    clock::SystemClock,
    config::{Settings, environment},
    http,
    secrets::{Purpose, SecretCache, SecretsManagerSource},
    store::Store,
    telemetry,
};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::new(&environment);
    telemetry::init(&settings.text("LOG_LEVEL")?);
    let aws = http::sdk_config();
    let events = settings.events()?;
    let store = Store::connect(&aws, settings.tables()?, settings.retention()?);
    let webhook = SecretsManagerSource::connect(&aws, Purpose::Webhook, settings.text("WEBHOOK_SECRET_ID")?);
    let app = &App::new(store, SecretCache::new(webhook, SystemClock), SystemClock, events);
    run(service_fn(|request: Request| async move { Ok::<_, Infallible>(app.handle(request).await) })).await
}
