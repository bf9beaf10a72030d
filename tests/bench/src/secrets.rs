//! The secrets of the benchmarks' org.

use serde_json::json;
use tokenwarden_tests::lambda::SecretsManager;

/// The org of every benchmark: the first one of every simulated company.
pub(crate) const ORG: &str = tokenwarden_tests::world::ORG;
/// What the org's webhook presents.
pub(crate) const WEBHOOK: &str = "Bearer bench-webhook";
/// What a reader of the API presents.
pub(crate) const READER: &str = "Bearer bench-reader";

/// A Secrets Manager that holds them.
pub(crate) async fn manager() -> SecretsManager {
    let secrets = SecretsManager::start().await;
    let own = json!(["sim-admin-key-id", "sim-read-key-id", "sim-tokens-key-id", "sim-events-key-id"]);
    secrets.put("webhook", &json!({ ORG: { "accepted": [{ "value": WEBHOOK, "not_after": null }] } }));
    secrets.put("read", &json!({ ORG: { "key": "sim-read-key", "own_key_ids": own } }));
    secrets.put("unscoped", &json!({ ORG: { "key": "sim-admin-key", "own_key_ids": own } }));
    let reader = json!({ "subject": "bench", "value": READER.trim_start_matches("Bearer "), "roles": ["reader"],
                         "orgs": ["*"], "not_after": null });
    secrets.put("api", &json!({ "tokens": [reader] }));
    secrets
}
