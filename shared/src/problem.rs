//! An error as an RFC 9457 problem document: the one form in which errors leave by HTTP.

use crate::error::Error;
use serde_json::{Value, json};

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The HTTP status and the problem document of an error. Failures of ours say no more than their kind.
pub fn problem(error: &Error) -> (u16, Value) {
    let kind = error.kind();
    (kind.status, document(kind.code, kind.status, &error.public_text()))
}

/// A problem document with a stable code, which is the end of its `type`.
pub fn document(code: &str, status: u16, detail: &str) -> Value {
    json!({
        "type": format!("urn:tokenwarden:problem:{code}"),
        "title": code.replace('-', " "),
        "status": status,
        "detail": detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_ours_says_no_more_than_its_kind() {
        let (status, body) = problem(&Error::Store("table history: secret detail".into()));
        assert_eq!((status, body["type"].as_str()), (503, Some("urn:tokenwarden:problem:store")));
        assert!(!body.to_string().contains("secret detail"), "{body}");
    }

    #[test]
    fn a_caller_reads_what_to_mend() {
        let (status, body) = problem(&Error::invalid("limit", "it must be a number from 1 to 1000"));
        assert_eq!(status, 400);
        assert_eq!(body["detail"], "limit is not valid: it must be a number from 1 to 1000");
    }
}
