//! The four shapes of Atlassian's errors, read by one tolerant parser.

use crate::model::mask::mask;
use serde::Deserialize;
use serde_json::Value;

/// Longer texts are cut, in characters.
const TEXT_CHARS: usize = 300;

/// An error body in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtlassianError {
    /// `ADMIN-400-1`, `accountNotFound`, `429`, …; `None` where the body names none.
    pub code: Option<String>,
    /// What it says, for people: secrets masked, at most 300 characters.
    pub text: String,
}

impl AtlassianError {
    /// Whether the body names this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

/// Everything that the four shapes hold.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    errors: Vec<ErrorItem>,
    code: Option<Value>,
    message: Option<Value>,
    error: Option<Value>,
    key: Option<String>,
    context: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorItem {
    code: Option<String>,
    title: Option<String>,
    detail: Option<Value>,
}

/// Reads an error body of any shape; what is no JSON becomes the text itself.
///
/// Organizations API: `{"errors":[{code,title,detail}]}`; its proxy on 401 and 429: `{code,message}` with a number; on
/// 403: `{status,error,message,path}` (all Organizations API spec); user management: `{key,context}` (its spec).
pub fn parse_error(body: &str) -> AtlassianError {
    let parsed = serde_json::from_str::<ErrorBody>(body).ok();
    let (code, text) = parsed.and_then(ErrorBody::code_and_text).unwrap_or_else(|| (None, body.to_owned()));
    AtlassianError { code: code.map(|code| bounded(&code)), text: bounded(&text) }
}

impl ErrorBody {
    fn code_and_text(self) -> Option<(Option<String>, String)> {
        if let Some(key) = self.key {
            let context = self.context.as_ref().and_then(context_text);
            return Some((Some(key.clone()), joined([Some(key), context])));
        }
        if !self.errors.is_empty() {
            let code = self.errors.iter().find_map(|item| item.code.clone());
            return Some((code, self.errors.into_iter().map(ErrorItem::text).collect::<Vec<_>>().join("; ")));
        }
        let (code, message, error) = (self.code.and_then(word), self.message.and_then(word), self.error.and_then(word));
        (code.is_some() || message.is_some() || error.is_some()).then(|| (code, joined([error, message])))
    }
}

impl ErrorItem {
    fn text(self) -> String {
        joined([self.code, self.title, self.detail.and_then(word)])
    }
}

/// The parts of a user management context that say why: its message, the reason's key, the codes of a 409.
fn context_text(context: &Value) -> Option<String> {
    let reason = context.pointer("/reason/key").cloned().and_then(word);
    let codes = context.pointer("/errorCodes").and_then(Value::as_array).map(|codes| {
        let codes: Vec<_> = codes.iter().filter_map(|code| code.get("code")?.as_str()).collect();
        codes.join(", ")
    });
    let text = joined([context.get("message").cloned().and_then(word), reason, codes]);
    (!text.is_empty()).then_some(text)
}

fn word(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) => None,
        nested @ (Value::Array(_) | Value::Object(_)) => Some(nested.to_string()),
    }
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(": ")
}

/// Masked first, so that no cut can hide a secret from the mask.
fn bounded(text: &str) -> String {
    let text = mask(text.trim());
    match text.char_indices().nth(TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> (Option<String>, String) {
        let AtlassianError { code, text } = parse_error(body);
        (code, text)
    }

    #[test]
    fn the_organizations_api() {
        let body = r#"{"errors":[{"id":"1","status":"400","code":"ADMIN-400-1","title":"Bad cursor","detail":"Use another"}]}"#;
        assert_eq!(parsed(body), (Some("ADMIN-400-1".into()), "ADMIN-400-1: Bad cursor: Use another".into()));
    }

    #[test]
    fn its_proxy() {
        assert_eq!(parsed(r#"{"code":429,"message":"Slow down"}"#), (Some("429".into()), "Slow down".into()));
    }

    #[test]
    fn its_403() {
        let body =
            r#"{"timestamp":"t","status":403,"error":"Forbidden","message":"No scope","path":"/x","requestId":"r"}"#;
        assert_eq!(parsed(body), (None, "Forbidden: No scope".into()));
    }

    #[test]
    fn user_management() {
        assert!(parse_error(r#"{"key":"accountNotFound"}"#).is("accountNotFound"));
        let body = r#"{"key":"forbidden.action","context":{"allowed":false,"reason":{"key":"managedAccount"}}}"#;
        assert_eq!(parsed(body), (Some("forbidden.action".into()), "forbidden.action: managedAccount".into()));
        let body =
            r#"{"key":"conflict.lifecycleErrors","context":{"message":"m","errorCodes":[{"code":"a"},{"code":"b"}]}}"#;
        assert_eq!(parsed(body).1, "conflict.lifecycleErrors: m: a, b");
    }

    #[test]
    fn what_is_no_error_body_becomes_a_short_text_without_secrets() {
        assert_eq!(parsed("<h1>Bad gateway</h1>"), (None, "<h1>Bad gateway</h1>".into()));
        assert_eq!(parsed(""), (None, String::new()));
        assert_eq!(parsed("[1]"), (None, "[1]".into()));
        let long = parse_error(&format!("{} Bearer abcdef", "ä".repeat(290))).text;
        assert_eq!((long.chars().count(), long.contains("abc")), (301, false));
    }
}
