//! Takes the inventory, judges it and writes a dated report.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use report_tokens::App;
use shared::{clock::InstantDeadline, config, ports::Clock, telemetry};
use std::time::Duration;

/// What is left of the invocation's time when no further step is begun.
const RESERVE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = config::Settings::new(&config::environment);
    telemetry::init(&settings.text("LOG_LEVEL")?);
    let app = &App::connect(&settings)?;
    let tick = |event: LambdaEvent<serde_json::Value>| async move {
        let deadline = InstantDeadline::before(event.context.deadline(), RESERVE);
        let ticks = app.run(&deadline).await;
        telemetry::measured(&app.measures(&ticks).await, app.clock.now());
        Ok::<_, Error>(ticks?)
    };
    lambda_runtime::run(service_fn(tick)).await
}
