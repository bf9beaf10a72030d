//! The body of an answer that is an error: `application/problem+json` (RFC 9457).

use crate::error::Error;
use serde::Serialize;

/// The content type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for whoever called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable: `urn:tokenwarden:problem:` and the code of the error.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words; the same for every problem of this type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This one, for people: what, why and what to do.
    pub detail: String,
    /// Which request, where there is an id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Problem {
    /// A problem that is no [`Error`], such as a method that a route does not have.
    pub fn new(code: &str, status: u16, detail: impl Into<String>) -> Self {
        let kind = format!("urn:tokenwarden:problem:{code}");
        Self { kind, title: title(code), status, detail: detail.into(), instance: None }
    }

    /// The same problem with the id of its request.
    pub fn of_request(self, request_id: &str) -> Self {
        Self { instance: Some(format!("urn:tokenwarden:request:{request_id}")), ..self }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| r#"{"type":"about:blank"}"#.to_owned())
    }
}

impl From<&Error> for Problem {
    /// With the text that is meant for the outside: failures of ours say no more than their kind.
    fn from(error: &Error) -> Self {
        let kind = error.kind();
        Self::new(kind.code, kind.status, error.public_text())
    }
}

fn title(code: &str) -> String {
    let words = code.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_a_stable_type_and_says_what_and_why() {
        let problem = Problem::from(&Error::TooLarge { limit_bytes: 1_048_576 }).of_request("r-1");
        assert_eq!(
            problem.to_json(),
            r#"{"type":"urn:tokenwarden:problem:too-large","title":"Too large","status":413,"detail":"the body has more than 1048576 bytes","instance":"urn:tokenwarden:request:r-1"}"#
        );
    }

    #[test]
    fn a_failure_of_ours_shows_nothing_of_its_inside() {
        let problem = Problem::from(&Error::Store("table history: AccessDenied".into()));
        assert!(!problem.to_json().contains("history"), "{}", problem.to_json());
    }
}
