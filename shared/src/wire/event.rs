//! An org audit event as Atlassian sends it, by webhook and on `events-stream` (Organizations API, schema `EventModel`).
//!
//! Deliveries in the field break that schema (fields absent, `[]` or `""`, enums with further members), so nothing is
//! required here and a field of an unexpected type counts as absent; `decide::parse` says what an event cannot lack.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// The event. Fields that are not used stay in its raw text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct WireEvent {
    /// Opaque; not always a UUID.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// What the event says.
    pub attributes: Option<WireAttributes>,
}

/// `attributes` of an event.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WireAttributes {
    /// When it happened; text or a number.
    pub time: Value,
    /// When Atlassian processed it; on `events-stream` only.
    pub processed_at: Value,
    /// The action id: an open list, which `event-actions` serves.
    #[serde(deserialize_with = "text")]
    pub action: Option<String>,
    /// Who.
    #[serde(deserialize_with = "open")]
    pub actor: WireActor,
    /// From where.
    #[serde(deserialize_with = "open")]
    pub location: WireLocation,
    /// Where it happened: the org, a site, a space, …
    #[serde(deserialize_with = "list")]
    pub container: Vec<WireContainer>,
}

/// An item of `attributes.container`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WireContainer {
    /// Its id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// `orgs`, `sites`, …: an open list.
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
    /// What is said of it.
    #[serde(deserialize_with = "open")]
    pub attributes: WireContainerAttributes,
}

/// `attributes` of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WireContainerAttributes {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
}

/// `attributes.actor`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct WireActor {
    /// The account id, or a word such as `confluence` for a system actor.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Display name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// An address, or a text such as `Atlassian app`.
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
    /// The token, where the event bears one.
    #[serde(deserialize_with = "open")]
    pub auth: Option<WireAuth>,
}

/// `attributes.actor.auth`: of the specification only `authType` is required, and in the field not even that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WireAuth {
    /// `container-token`, `api-token`, `connect-token`, `auth-token-for-2LO`, `auth-token-for-3LO`, `session`, …
    #[serde(deserialize_with = "text")]
    pub auth_type: Option<String>,
    /// Id of the token.
    #[serde(deserialize_with = "text")]
    pub token_id: Option<String>,
    /// Label of the token.
    #[serde(deserialize_with = "text")]
    pub token_label: Option<String>,
    /// A second name of the label that other parsers of these events know; never required.
    #[serde(deserialize_with = "text")]
    pub token_name: Option<String>,
}

/// `attributes.location`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WireLocation {
    /// The address; may be no address at all (`00.00.00.00`).
    #[serde(deserialize_with = "text")]
    pub ip: Option<String>,
    /// The country's name.
    #[serde(deserialize_with = "text")]
    pub country_name: Option<String>,
}

/// A text, or a number as text; anything else, and a blank text, counts as absent.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// An object of the expected shape; anything else (`[]`, `""`, null) counts as absent.
pub(super) fn open<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    // A derived struct would read `[]` as its fields in order.
    if !value.is_object() {
        return Ok(T::default());
    }
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// A list of objects; what is no list is empty, and what is no object in it is left out.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let object = |item: &&Value| item.is_object();
    Ok(items.iter().filter(object).filter_map(|item| serde_json::from_value(item.clone()).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> WireEvent {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn everything_that_may_be_missing_may_be_missing() {
        let event = read(r#"{"id":"e1","attributes":{"action":"user_login","time":"2026-05-19T10:00:00Z"}}"#);
        assert_eq!(event.id.as_deref(), Some("e1"));
        assert_eq!(event.attributes.unwrap().actor, WireActor::default());
    }

    #[test]
    fn fields_of_an_unexpected_type_count_as_absent() {
        let event = read(
            r#"{"id":7,"attributes":{"action":"a","time":1,"actor":["u1"],"location":"","context":[],"container":{}},
                "relations":null}"#,
        );
        let attributes = event.attributes.unwrap();
        assert_eq!(event.id.as_deref(), Some("7"));
        assert_eq!(attributes.actor, WireActor::default());
        assert_eq!(attributes.location, WireLocation::default());
    }

    #[test]
    fn blank_texts_count_as_absent_and_an_auth_of_another_type_too() {
        let event = read(
            r#"{"id":"e","attributes":{"action":"a","time":1,
                "actor":{"id":"","email":"Atlassian app","auth":"none"},"location":{"ip":"","countryName":" "}}}"#,
        );
        let attributes = event.attributes.unwrap();
        assert_eq!(attributes.actor.id, None);
        assert_eq!(attributes.actor.email.as_deref(), Some("Atlassian app"));
        assert_eq!(attributes.actor.auth, None);
        assert_eq!(attributes.location, WireLocation::default());
    }
}
