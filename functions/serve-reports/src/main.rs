//! Serves the reports, the pages and the decisions over HTTP.

use lambda_http::{Error, Request, run, service_fn};
use serve_reports::{App, Pages, Serving};
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
    http::install_crypto();
    let aws = http::sdk_config();
    let store = Store::connect(&aws, settings.tables()?, settings.retention()?);
    let tokens = (Purpose::ApiTokens, settings.text("API_TOKENS_SECRET_ID")?);
    let secrets = SecretsManagerSource::of(&aws, [tokens, (Purpose::Links, settings.text("LINKS_SECRET_ID")?)]);
    let serving = Serving { pages: Pages::SignIn, events: settings.events()? };
    let app = &App::new(store, SecretCache::new(secrets, SystemClock), SystemClock, serving);
    run(service_fn(|request: Request| async move { Ok::<_, Infallible>(app.handle(request).await) })).await
}
