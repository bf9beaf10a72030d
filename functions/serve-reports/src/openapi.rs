//! This API, described (OpenAPI 3.1).

use serde_json::{Value, json};

/// The document.
pub fn document() -> Value {
    json!({ "openapi": "3.1.0" })
}
