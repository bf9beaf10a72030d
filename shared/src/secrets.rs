//! Secrets by purpose: read once, kept for the process, read again when something does not match.

mod aws;
mod cache;
mod shapes;

pub use aws::SecretsManagerSource;
pub use cache::{KeyScope, SecretCache, WebhookAuth};
pub use shapes::{Endpoint, Purpose};
