//! Webhooks to programs by the Standard Webhooks scheme: the body is signed together with the message's id and the time
//! (Standard Webhooks specification, Signature scheme), so that a receiver can tell a forgery and a repetition.

use crate::{
    model::Secret,
    ports::{Dispatch, Refusal},
    secrets::Endpoint,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// The prefix of a symmetric signing secret (Standard Webhooks specification).
const PREFIX: &str = "whsec_";

/// A signed request.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) body: Value,
    pub(super) headers: [(&'static str, String); 3],
}

/// The request that brings a message to an endpoint.
pub(super) fn request(endpoint: &Endpoint, dispatch: Dispatch<'_>) -> Result<Signed, Refusal> {
    let Some(signing) = &endpoint.signing else {
        return Err(Refusal::new("its entry in the secret messages has no `signing` secret (whsec_…)"));
    };
    let (body, id, at) = (payload(dispatch), dispatch.message.id.to_string(), dispatch.now.timestamp());
    let signature = sign(signing, &id, at, &body.to_string())
        .ok_or_else(|| Refusal::new("its `signing` secret is not `whsec_` followed by base64"))?;
    let headers = [("webhook-id", id), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)];
    Ok(Signed { body, headers })
}

/// `type`, `timestamp` and `data`, as the specification recommends a payload.
fn payload(Dispatch { org, message, .. }: Dispatch<'_>) -> Value {
    json!({
        "type": format!("tokenwarden.{}", message.kind.as_str()),
        "timestamp": message.at,
        "data": {
            "org": org,
            "action": message.action,
            "credential": message.credential,
            "rule": message.rule,
            "subject": message.subject,
            "text": message.text,
        },
    })
}

/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; `None` if the secret is not `whsec_` and base64.
pub fn sign(secret: &Secret, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok().filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::OrgId, notify::tests::message};

    /// The vector of the specification's own library (standard-webhooks, libraries/rust).
    #[test]
    fn the_published_vector_is_met() {
        let secret = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = sign(&secret, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body);
        assert_eq!(signed.as_deref(), Some("v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="));
    }

    #[test]
    fn a_secret_of_another_form_signs_nothing_and_is_not_repeated() {
        let (org, message) = (OrgId::from("org-1"), message());
        let dispatch = Dispatch { org: &org, message: &message, now: message.at };
        for signing in [None, Some("plain"), Some("whsec_???"), Some("whsec_")] {
            let endpoint =
                Endpoint { url: Secret::new("https://e.example"), signing: signing.map(Secret::new), key: None };
            let refused = request(&endpoint, dispatch).unwrap_err();
            assert!(!refused.reason.contains("plain") && !refused.reason.contains("???"), "{refused:?}");
        }
    }
}
