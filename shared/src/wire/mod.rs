//! Atlassian's JSON, exactly as it is sent. Everything optional that is not proven.

pub mod alert;
pub mod control;
pub mod delivery;
pub mod errors;
pub mod event;
pub mod org;
pub mod row;
pub mod services;
pub mod time;
pub mod tokens;
pub mod users;
