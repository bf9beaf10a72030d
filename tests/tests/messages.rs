//! Messages from their cause to whoever is told: over HTTP to a program of the test's, mails and events by its ports.

#[path = "messages/answers.rs"]
mod answers;
#[path = "messages/heads.rs"]
mod heads;
#[path = "messages/owners.rs"]
mod owners;
#[path = "messages/security.rs"]
mod security;
#[path = "messages/setup.rs"]
mod setup;
#[path = "messages/tickets.rs"]
mod tickets;
