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
//! policies are `sim-policy-default`, `sim-policy-no-tokens` (members' user API tokens are blocked) and `sim-policy-tokens`
//! (they are allowed), likewise numbered.
//!
//! Routes of the simulator itself, without a key:
//!
//! | route | does |
//! |---|---|
//! | `GET /_sim/orgs` | ids, names, keys, directories and policies of every org |
//! | `GET`, `DELETE /_sim/calls` | the calls received, in the order of arrival; status 0 where the connection was dropped |
//! | `GET /_sim/tokens?limit&cursor&org&kind` | every credential as it truly is |
//! | `POST /_sim/tokens` | `{"label", "owner"?, "kind"?, "org"?, "created_at"?, "expires_in_days"?, "last_used_at"?, "silent"?}` |
//! | `DELETE /_sim/tokens/{id}` | the owner removes a credential himself: 204; 409 where it is revoked already |
//! | `POST /_sim/use` | `{"token_id", "org"?, "ip"?, "country"?, "action"?, "at"?}`: a token is used; 409 where it would be refused |
//! | `POST /_sim/users/{account_id}` | `{"status"?, "admin"?, "relation"?, "org"?}`: an account changes |
//! | `POST /_sim/policies/{id}` | `{"tokens": "blocked" or "allowed"}`: an admin changes a policy in the console |
//! | `POST /_sim/external-policy` | `{"tokens": "blocked" or "allowed", "org"?}`: an admin changes the External user policy |
//! | `POST /_sim/external-policy/seats` | `{"account", "org"?}`: an external user is added to the Test policy; 409 for a sixth |
//! | `GET`, `POST`, `DELETE /_sim/faults` | `{"method"?, "path_prefix", "status"?, "retry_after"?, "delay_ms"?, "delay_after_ms"?, "drop"?, "times"?}` |
//! | `GET`, `POST /_sim/rate` | the limits per minute; POST sets them, absent ones to their defaults |
//! | `GET`, `POST /_sim/clock` | `{"advance_seconds"}`: time moves forward |
//!
//! `POST /_sim/tokens` makes a `user_api_token`, `org_api_key`, `service_account_token` or `external_token`, else the kind
//! that fits the owner, and without an owner for the first account that can have it; `"silent": true` leaves no event. An
//! account is `active`, `inactive` or `closed`, `"admin"` or not, and `managed` or `external`: the tokens of one that
//! becomes managed are listed from then on, with the ids that they had.
//!
//! In a company of the default size and more (70 owners, about 140 credentials) some credentials are set by hand, so that
//! whoever judges credentials meets each case with every seed; what is unconfirmed about Atlassian is marked (U):
//! - two owners were moved into the policy that blocks tokens twelve days ago, so theirs are `BLOCKED` and no longer used;
//! - one token expired hours ago and is listed for two days after its end (U: when lists drop expired tokens), while all
//!   others vanish when they expire;
//! - one user's token and one external user's are used from nine networks;
//! - one person holds six tokens; two tokens have `scopes: []` in their row (U: that this means all rights);
//! - three tokens may write, yet only view, each day of the history;
//! - a former admin has left API keys and tokens behind, and an active org admin's own token is in use;
//! - one token is made two hours after the start and no event says so (U: whether the log can miss one).
//!
//! Of the fixed keys `sim-tokens-key` ends in 29 days; those that programs work with last for 334. With several orgs one
//! contractor (`shared_contractor` in `GET /_sim/orgs`) is in each of them, with one token for all (U: one id in all logs).
//! Use of a product names the org, one of its two sites and the product as containers (U). That an account becomes
//! managed leaves no event, as none is documented (U).
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
