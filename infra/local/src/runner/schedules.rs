//! The schedules of the template, by the virtual clock.

use super::bundle::{Bundle, Function};
use chrono::TimeDelta;
use shared::ports::Clock;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the virtual clock is looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether functions are started by the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Schedules {
    /// As deployed.
    #[default]
    On,
    /// Only when somebody asks.
    Off,
}

/// Invokes a function whenever it is due, until it is told to stop. However far the clock was moved, what is overdue is
/// due once.
pub(crate) async fn keep(bundle: Arc<Bundle>, function: Function, mut stop: watch::Receiver<bool>) {
    let period = period(function);
    let mut due = bundle.clock.now() + period;
    while !*stop.borrow() {
        let now = bundle.clock.now();
        if now >= due {
            due = now + period;
            if let Err(error) = bundle.invoke(function).await {
                tracing::error!(function = function.name(), %error, "the scheduled invocation failed");
            }
        }
        let _ended = tokio::time::timeout(PAUSE, stop.changed()).await;
    }
}

fn period(function: Function) -> TimeDelta {
    match function {
        Function::PollAudit => TimeDelta::minutes(1),
        Function::ReportTokens | Function::RemediateTokens => TimeDelta::minutes(5),
    }
}
