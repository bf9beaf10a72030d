//! The part of the schema that tells who is told.

use crate::model::{ActionKind, ChatKind, ISSUE_TYPE_CHARS, Toggle};
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
            "tickets": tracker(),
        },
        "dependentRequired": { "sender": ["fallback"], "fallback": ["sender"] },
    })
}

/// Where tickets are opened; the name is that of an entry in the secret `messages`.
fn tracker() -> Value {
    json!({
        "description": "The project of Jira in which the step `ticket` opens an issue.",
        "type": "object",
        "additionalProperties": false,
        "required": ["secret", "project", "issue_type"],
        "properties": {
            "secret": name("The entry of the secret `messages` that holds Jira's address and a token."),
            "project": { "type": "string", "pattern": "^[A-Z][A-Z0-9_]{1,9}$", "description": "The project's key, such as SEC where its issues are SEC-1, SEC-2." },
            "issue_type": { "type": "string", "pattern": "\\S", "maxLength": ISSUE_TYPE_CHARS, "description": "What kind of issue is opened, by its name in the project, such as Task." },
        }
    })
}

/// Either no ladder has the step `ticket`, or the policy says where tickets are opened.
pub(super) fn tickets_go_somewhere() -> Value {
    let other_step = json!({ "properties": { "do": { "not": { "const": ActionKind::Ticket } } } });
    let ladder = json!({ "properties": { "steps": { "items": other_step } } });
    let no_ladder = json!({ "additionalProperties": { "properties": { "respond": ladder } } });
    json!({
        "if": { "properties": { "rules": no_ladder } },
        "else": { "properties": { "recipients": { "required": ["tickets"] } }, "required": ["recipients"] },
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
