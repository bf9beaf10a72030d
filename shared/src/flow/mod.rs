//! Flows: read facts, ask one decision, write. Generic over the ports.

pub mod advance_case;
pub mod announce_head;
pub mod campaign;
pub mod cases;
pub mod decide_action;
pub mod deliver;
pub mod enter;
pub mod erase;
pub mod govern;
pub mod health;
pub mod poll_events;
pub mod publish_head;
pub mod purge;
pub mod record_events;
pub mod register;
pub mod replay;
pub mod restored;
pub mod seats;
pub mod sweep;
pub mod take_in;
pub mod take_report;

/// How much is written at the same time: enough to hide the round trips, few enough for a small Lambda.
const AT_A_TIME: usize = 8;

#[cfg(test)]
mod testing;
