//! The JSON Schema of policy files, from what the code itself knows: rules, parameters, bounds, words.
//!
//! It says less than the check where a schema cannot say more: the order of a ladder's steps, names of time zones.

mod recipients;

use crate::decide::ladder;
use crate::model::{ActionKind, Approval, DayOfWeek, Mode};
use crate::rules::{Begins, Parameter, RULES, Rule, Takes};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The JSON Schema (2020-12) of policy files.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of Tokenwarden",
        "description": "What is judged, what is answered, how much, and in which mode. `tokenwarden policy check FILE` checks more than a schema can.",
        "type": "object",
        "additionalProperties": false,
        "required": ["limits"],
        "properties": {
            "mode": { "$ref": "#/$defs/mode", "default": Mode::default(), "description": "The mode of the org. In observe nothing is done; what would be done is recorded." },
            "protected": texts("Account ids that are never acted on without a person's approval. Must not be empty in enforce.", 0),
            "limits": limits(),
            "approval_valid_days": whole((1, 365), 30, "How long a plan waits for an approval after it is due, in days, before it expires."),
            "keep_days": whole((0, 365), 90, "For how many days whoever answers for a credential may keep it by the link in his mail; 0: not at all."),
            "in_use_days": whole((1, 365), 30, "Used within so many days before the plan is \"in use\": nothing of its owner is ended as a whole."),
            "auth_policies": { "anyOf": [auth_policies(), { "type": "null" }], "description": "Where people are moved; without it nobody is. No API lists the policies: copy their ids from the admin console." },
            "recipients": recipients::recipients(),
            "calendar": calendar(),
            "rules": rules(),
        },
        "if": { "properties": { "mode": { "const": Mode::Enforce } }, "required": ["mode"] },
        "then": { "properties": { "protected": { "minItems": 1 } }, "required": ["protected"] },
        "allOf": [recipients::tickets_go_somewhere()],
        "$defs": { "mode": one_of(&[Mode::Observe, Mode::Enforce], "Whether anything is done. The stricter of the org's and a rule's mode wins."), "respond": respond() },
    })
}

fn limits() -> Value {
    json!({
        "description": "The budget: how many actions a rolling window allows. Both bounds hold at once; zero means zero.",
        "type": "object",
        "additionalProperties": false,
        "required": ["max_actions", "max_share_percent", "window_hours"],
        "properties": {
            "max_actions": bounded((0, 1000), "At most so many actions in a window."),
            "max_share_percent": { "type": "number", "minimum": 0, "maximum": 100, "description": "At most so many percent of the credentials that the last complete report lists." },
            "window_hours": bounded((1, 720), "The length of the window, in hours."),
        }
    })
}

fn auth_policies() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["blocking", "allowing"],
        "properties": {
            "blocking": { "type": "string", "pattern": "\\S", "description": "The id of the one whose members' API tokens are blocked." },
            "allowing": { "type": "string", "pattern": "\\S", "description": "The id of the one whose members' API tokens are allowed." },
        }
    })
}

fn calendar() -> Value {
    json!({
        "description": "The working days on which steps fall due. A step that would fall on another day moves to the next that is one.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "time_zone": { "type": "string", "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", "default": "UTC", "examples": ["Europe/Berlin"], "description": "A name of the IANA time zone database." },
            "weekend": { "type": "array", "items": { "enum": days_of_the_week() }, "maxItems": 6, "default": [DayOfWeek::Saturday, DayOfWeek::Sunday], "description": "The days of the week on which nothing falls due; at least one must be left out." },
            "holidays": { "type": "array", "items": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }, "default": [], "description": "Single days on which nothing falls due, as 2026-12-25." },
            "from_hour": whole((0, 23), 9, "The hour of a working day before which nothing falls due."),
        }
    })
}

fn days_of_the_week() -> Vec<String> {
    let all = [
        DayOfWeek::Monday,
        DayOfWeek::Tuesday,
        DayOfWeek::Wednesday,
        DayOfWeek::Thursday,
        DayOfWeek::Friday,
        DayOfWeek::Saturday,
        DayOfWeek::Sunday,
    ];
    let names = all.iter().filter_map(|day| json!(day).as_str().map(str::to_owned));
    names.flat_map(|name| [name.chars().take(3).collect(), name]).collect()
}

fn rules() -> Value {
    let known: Map<String, Value> = RULES.iter().map(|known| (known.id.to_owned(), rule(known))).collect();
    json!({
        "description": "The rules by id. One that is not named judges with its defaults and is answered by nothing.",
        "type": "object",
        "additionalProperties": false,
        "properties": known,
    })
}

fn rule(rule: &Rule) -> Value {
    let begins = match rule.begins {
        Begins::AsFinding => "It makes findings, named here or not.",
        Begins::AsNote => "Not named here it makes notes only; naming it makes findings.",
    };
    let parameters: Map<String, Value> =
        rule.parameters.iter().map(|parameter| (parameter.name.to_owned(), self::parameter(parameter))).collect();
    json!({
        "description": format!("Finds what {}. {begins} {}", rule.about, rule.advice),
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "enabled": { "type": "boolean", "default": true, "description": "Whether the rule judges at all." },
            "mode": { "anyOf": [{ "$ref": "#/$defs/mode" }, { "type": "null" }], "description": "The rule's own mode; the org's applies where it is stricter." },
            "parameters": { "type": "object", "additionalProperties": false, "properties": parameters, "description": "What the rule lets a policy set." },
            "respond": { "anyOf": [{ "$ref": "#/$defs/respond" }, { "type": "null" }], "description": "What follows from a finding; nothing where it is absent." },
        }
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let Parameter { about, takes, .. } = parameter;
    let mut schema = match *takes {
        Takes::Number { bounds, .. } => bounded(bounds, about),
        Takes::Numbers { bounds: (least, most), .. } => {
            json!({ "type": "array", "minItems": 1, "description": about,
                "items": { "type": "integer", "minimum": least, "maximum": most } })
        }
        Takes::Texts { least, without, .. } => {
            let mut list = texts(about, least);
            if let Some(letter) = without {
                list["items"]["not"] = json!({ "pattern": letter.to_string() });
            }
            list
        }
    };
    schema["default"] = parameter.default_value();
    schema
}

fn respond() -> Value {
    json!({
        "description": "A ladder: one step after the other, in the order of their days. What changes something in Atlassian stands last.",
        "type": "object",
        "additionalProperties": false,
        "required": ["steps"],
        "properties": {
            "steps": { "type": "array", "minItems": 1, "maxItems": 10, "items": step() },
            "approval": one_of_default(&[Approval::Required, Approval::Waived, Approval::TwoPersons], "Who must agree to what changes something. Protected people's credentials need an approval even where it is waived."),
        }
    })
}

fn step() -> Value {
    let steps: Vec<ActionKind> = ActionKind::ALL.into_iter().filter(|kind| !ladder::only_asked_for(*kind)).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["do", "after_days"],
        "properties": {
            "do": one_of(&steps, "What to do: tell whoever answers for it, tell them again, open a ticket (`recipients.tickets` says where), or change something in Atlassian."),
            "after_days": bounded((0, 365), "So many days after the plan was made, and not on a day on which nobody works."),
        }
    })
}

fn one_of<T: Serialize>(words: &[T], about: &str) -> Value {
    json!({ "enum": words, "description": about })
}

fn one_of_default<T: Serialize + Default>(words: &[T], about: &str) -> Value {
    json!({ "enum": words, "default": T::default(), "description": about })
}

fn bounded((least, most): (i64, i64), about: &str) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most, "description": about })
}

fn whole(bounds: (i64, i64), default: i64, about: &str) -> Value {
    let mut schema = bounded(bounds, about);
    schema["default"] = json!(default);
    schema
}

fn texts(about: &str, least: usize) -> Value {
    json!({ "type": "array", "items": { "type": "string", "pattern": "\\S" }, "minItems": least, "description": about })
}

#[cfg(test)]
mod tests;
