//! The credentials of the benchmarks' org: those of the tests' secrets.

use tokenwarden_tests::lambda::{SecretsManager, put_secrets};

/// The org of every benchmark: the first one of every simulated company.
pub(crate) const ORG: &str = tokenwarden_tests::world::ORG;
/// What the org's webhook presents.
pub(crate) const WEBHOOK: &str = "webhook-credential";
/// What a reader of the API presents.
pub(crate) const READER: &str = "Bearer reader-token";

/// A Secrets Manager that holds them.
pub(crate) async fn manager() -> SecretsManager {
    let secrets = SecretsManager::start().await;
    put_secrets(&secrets);
    secrets
}
