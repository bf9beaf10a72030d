//! Advances cases: plans, asks, waits, re-checks, acts within a budget, records.

#![recursion_limit = "256"] // the types of nested futures are deep

use lambda_runtime::{Error, LambdaEvent, service_fn};
use remediate_tokens::{App, Trigger};
use shared::{clock::InstantDeadline, config, ports::Clock, telemetry};
use std::time::Duration;

/// What is left of the invocation's time when no further effect is begun: the longest call and the writes after it.
const RESERVE: Duration = Duration::from_secs(70);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = config::Settings::new(&config::environment);
    telemetry::init(&settings.text("LOG_LEVEL")?);
    let app = &App::connect(&settings)?;
    let advance = |event: LambdaEvent<serde_json::Value>| async move {
        let deadline = InstantDeadline::before(event.context.deadline(), RESERVE);
        let outcome = Box::pin(app.run(Trigger::from_event(&event.payload), &deadline)).await?;
        telemetry::measured(&outcome.measures(), app.clock.now());
        Ok::<_, Error>(outcome)
    };
    lambda_runtime::run(service_fn(advance)).await
}
