//! What the functions share: the words, the decisions, the flows and their ports.
//!
//! `model <- wire <- decide, rules <- flow -> ports <- source, store, notify, secrets, signing`

pub mod clock;
pub mod config;
pub mod decide;
pub mod error;
pub mod flow;
pub mod http;
pub mod messages;
pub mod model;
pub mod notify;
pub mod ports;
pub mod problem;
pub mod rules;
pub mod secrets;
pub mod signing;
pub mod source;
pub mod store;
pub mod telemetry;
pub mod wire;
