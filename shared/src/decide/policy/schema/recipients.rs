//! The part of the schema that tells who is told.

use crate::model::{ChatKind, Toggle};
use serde_json::{Value, json};

pub(super) fn recipients() -> Value {
    json!({
        "description": "Who is told. Without it nobody is: a message is recorded, withheld, and says why.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "questions": { "type": "string", "pattern": "\\S", "maxLength": 200, "description": "The admin who answers questions, as the texts name him, without a link." },
            "sender": address("The address that mails come from; without it no mail is sent. Amazon SES must have verified it or its domain."),
            "fallback": address("Who gets what is for an owner without an address, and for an external without a sponsor."),
            "security": { "type": "array", "items": channel(), "maxItems": 10, "default": [], "description": "The security team's channels." },
        },
        "dependentRequired": { "sender": ["fallback"], "fallback": ["sender"] },
    })
}

/// One of four; the names are those of entries in the secret `messages`.
fn channel() -> Value {
    let chat = json!({ "enum": [ChatKind::Slack, ChatKind::Teams], "description": "A chat by its incoming webhook." });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "chat": chat,
            "secret": name("The entry of the secret `messages` that holds the chat's endpoint."),
            "mail": address("A mailbox."),
            "webhook": name("The entry of the secret `messages` that holds a program's endpoint and key (Standard Webhooks)."),
            "event_bus": { "enum": [Toggle::On, Toggle::Off, true, false], "description": "The event bus of the deployment." },
        },
        "oneOf": [
            { "required": ["chat", "secret"], "maxProperties": 2 },
            { "required": ["mail"], "maxProperties": 1 },
            { "required": ["webhook"], "maxProperties": 1 },
            { "required": ["event_bus"], "maxProperties": 1 },
        ],
    })
}

fn address(about: &str) -> Value {
    json!({ "type": "string", "pattern": "^[^\\s@]+@[^\\s@]+$", "description": about })
}

fn name(about: &str) -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9-]+$", "description": about })
}
