//! Reads the org event stream from its checkpoint.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use poll_audit::{App, MARGIN, Settings as Orgs, time_left};
use shared::clock::{InstantDeadline, SystemClock};
use shared::config::{Settings, environment};
use shared::secrets::{Purpose, SecretCache, SecretsManagerSource};
use shared::store::Store;
use shared::{http, ports::Clock, source::AtlassianReader, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::new(&environment);
    telemetry::init(&settings.text("LOG_LEVEL")?);
    let aws = http::sdk_config();
    let (events, atlassian) = (settings.events()?, settings.atlassian()?);
    let store = Store::connect(&aws, settings.tables()?, settings.retention()?);
    let key = settings.text("ATLASSIAN_READ_SECRET_ID")?;
    let keys = SecretsManagerSource::connect(&aws, Purpose::AtlassianRead, key);
    let client = http::atlassian_http_client(atlassian.call_timeout);
    let source = AtlassianReader::new(client, &atlassian, SecretCache::new(keys, SystemClock).into())?;
    let orgs = Orgs { orgs: settings.orgs()?, events, limits: settings.poll()? };
    let app = &App::new(store, source, SystemClock, orgs);
    let tick = |event: LambdaEvent<serde_json::Value>| async move {
        let left = time_left(event.context.deadline, SystemClock.now());
        Ok::<_, Error>(app.run(&InstantDeadline::before_end(left, MARGIN)).await?)
    };
    run(service_fn(tick)).await
}
