//! A simulated Atlassian Cloud organization over HTTP: Atlassian's API as far as its documents describe it, so that a
//! program that governs tokens can be tried without a real org. It shares no code with that program.
//!
//! The parts, from the inside out:
//! - `draw` and `ids`: seeded draws, and opaque ids that lead back to their row without a table.
//! - `population`: sizes, users and credentials as pure functions of (seed, index); a million cost no memory.
//! - `events`: 90 days of audit events, kept compactly, and their JSON in the dialects spoken.
//! - `world`: what has changed since, as data (`Change`); calls, faults, rate counters, policy tasks.
//! - `journal`: changes and calls as JSON lines in the data directory, written before the answer.
//! - `http`: one file per group of operations; `guard` is what every request passes, `refusal` holds the four error bodies.
//! - `server`: [`Sim`], a running simulator.
//!
//! Each org has four API keys: `sim-admin-key` (without scopes), `sim-read-key` (every reading scope), `sim-tokens-key`
//! (made before the scopes of keys and tokens were split) and `sim-events-key` (events alone); org 2 has `sim-admin-key-2`
//! and so on. Their ids in the list of keys are `sim-admin-key-id`, `sim-admin-key-id-2` and so on. The authentication
//! policies are `sim-policy-default` and `sim-policy-no-tokens` (members' user API tokens are blocked), likewise numbered.
//!
//! Routes of the simulator itself, without a key:
//!
//! | route | does |
//! |---|---|
//! | `GET /_sim/orgs` | ids, names, keys, directories and policies of every org |
//! | `GET`, `DELETE /_sim/calls` | the calls received, in the order of arrival; status 0 where the connection was dropped |
//! | `GET /_sim/tokens?limit&cursor&org&kind` | every credential as it truly is |
//! | `POST /_sim/tokens` | `{"owner", "label", "created_at"?, "expires_in_days"?, "last_used_at"?}`: a user makes an API token |
//! | `POST /_sim/use` | `{"token_id", "ip"?, "country"?, "action"?, "at"?}`: a token is used; 409 where it would be refused |
//! | `POST /_sim/users/{account_id}` | `{"status"?, "admin"?}`: an account changes |
//! | `GET`, `POST`, `DELETE /_sim/faults` | `{"method"?, "path_prefix", "status"?, "retry_after"?, "delay_ms"?, "delay_after_ms"?, "drop"?, "times"?}` |
//! | `GET`, `POST /_sim/rate` | the limits per minute; POST sets them, absent ones to their defaults |
//! | `GET`, `POST /_sim/clock` | `{"advance_seconds"}`: time moves forward |
//!
//! A credential that was used in the last 90 days has an audit event at exactly its last-used date, as long as there is
//! room for one per credential among the events that the org begins with. Time that is advanced brings no use of its own.

mod clock;
mod dialect;
mod draw;
mod error;
mod events;
mod http;
mod ids;
mod journal;
mod keys;
mod options;
mod population;
mod server;
mod time;
mod world;

pub use dialect::{Dialect, Dialects};
pub use error::SimError;
pub use options::SimOptions;
pub use server::{OrgInfo, Sim};
