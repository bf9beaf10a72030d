//! Stores every audit event that Atlassian pushes, once.

use ingest_audit::App;
use lambda_http::{Error, Request, run, service_fn};
use shared::{clock::SystemClock, config, ports::Clock, telemetry};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = config::Settings::new(&config::environment);
    telemetry::init(&settings.text("LOG_LEVEL")?);
    let app = &App::connect(&settings)?;
    let answer = |request: Request| async move {
        let (response, measures) = app.measured(request).await;
        telemetry::measured(&measures, SystemClock.now());
        Ok::<_, Infallible>(response)
    };
    run(service_fn(answer)).await
}
