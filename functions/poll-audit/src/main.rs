//! Reads the org event stream from its checkpoint.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use poll_audit::{App, MARGIN, time_left};
use shared::{
    clock::{InstantDeadline, SystemClock},
    config,
    ports::Clock,
    telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = config::Settings::new(&config::environment);
    telemetry::init(&settings.text("LOG_LEVEL")?);
    let app = &App::connect(&settings)?;
    let tick = |event: LambdaEvent<serde_json::Value>| async move {
        let left = time_left(event.context.deadline, SystemClock.now());
        let outcome = app.run(&InstantDeadline::before_end(left, MARGIN)).await;
        telemetry::measured(&app.measures(&outcome).await, SystemClock.now());
        Ok::<_, Error>(outcome?)
    };
    run(service_fn(tick)).await
}
