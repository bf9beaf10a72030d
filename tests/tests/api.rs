//! The HTTP API over the real store on an embedded DynamoDB.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "api/server.rs"]
mod server;

#[path = "api/credentials.rs"]
mod credentials;
#[path = "api/decisions.rs"]
mod decisions;
#[path = "api/doors.rs"]
mod doors;
#[path = "api/entered.rs"]
mod entered;
#[path = "api/erasures.rs"]
mod erasures;
#[path = "api/ledger.rs"]
mod ledger;
#[path = "api/logs.rs"]
mod logs;
#[path = "api/messages.rs"]
mod messages;
#[path = "api/orgs.rs"]
mod orgs;
#[path = "api/shapes.rs"]
mod shapes;
