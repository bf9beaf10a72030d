//! A Guard Detect (Beacon) alert as its webhook sends it: the schema and a sample that the Azure integration publishes,
//! and one sample of 2026. Whether every alert bears every field is unconfirmed, so nothing is required here.

use super::event::{open, text};
use serde::Deserialize;
use serde_json::Value;

/// Beginnings of `type` that an alert may bear. Only `beacon:create:test` was ever seen; the product was renamed since,
/// so the two other families are a guess, and unconfirmed. A type outside of them is quarantined, not dropped.
pub const ALERT_TYPES: &[&str] = &["beacon:create:", "detect:create:", "guard-detect:create:"];

/// The end of `type` that marks a test alert.
pub const TEST_TYPE_END: &str = ":test";

/// The beginning of the title that marks a test alert.
pub const TEST_TITLE_START: &str = "[SAMPLE]";

/// The alert. Fields that are not used stay in its raw text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WireAlert {
    /// Of the delivery or of the alert: unconfirmed.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Of the alert.
    #[serde(deserialize_with = "text")]
    pub alert_id: Option<String>,
    /// Such as `User API token created: <label>`.
    #[serde(deserialize_with = "text")]
    pub alert_title: Option<String>,
    /// Such as `beacon:create:test`.
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: Option<String>,
    /// Epoch milliseconds; others have seen seconds.
    pub detection_time: Value,
    /// Epoch milliseconds; others have seen seconds.
    pub timestamp: Value,
    /// What happened; sometimes only when.
    #[serde(deserialize_with = "open")]
    pub activity: WireActivity,
    /// Who.
    #[serde(deserialize_with = "open")]
    pub actor: WireAlertActor,
    /// The alert once more, with other fields.
    #[serde(deserialize_with = "open")]
    pub alert: WireAlertDetail,
}

/// `activity`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct WireActivity {
    /// When; nanoseconds were seen.
    #[serde(deserialize_with = "open")]
    pub time: WireSpan,
}

/// `activity.time`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct WireSpan {
    /// From.
    pub start: Value,
}

/// `actor`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WireAlertActor {
    /// The account.
    #[serde(deserialize_with = "text")]
    pub account_id: Option<String>,
    /// Display name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
}

/// `alert`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct WireAlertDetail {
    /// Its id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// When it was made.
    pub created: Value,
    /// Its title.
    #[serde(deserialize_with = "text")]
    pub title: Option<String>,
}

/// What the type and the title of an alert say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertClass {
    /// Somebody pressed the button that sends a sample.
    Test,
    /// An alert.
    Alert,
    /// Of a type that is in no list of ours.
    UnknownType,
}

impl WireAlert {
    /// A test, an alert, or of an unknown type. Without a type it is an alert.
    pub fn class(&self) -> AlertClass {
        let kind = self.kind.as_deref().unwrap_or_default();
        if kind.ends_with(TEST_TYPE_END) || self.title().starts_with(TEST_TITLE_START) {
            AlertClass::Test
        } else if kind.is_empty() || ALERT_TYPES.iter().any(|known| kind.starts_with(known)) {
            AlertClass::Alert
        } else {
            AlertClass::UnknownType
        }
    }

    /// Its title, or nothing.
    pub fn title(&self) -> &str {
        self.alert_title.as_deref().or(self.alert.title.as_deref()).unwrap_or_default().trim_start()
    }

    /// The alert's id before the one that may be the delivery's: the same alert sent again is then the same event.
    pub fn identity(&self) -> Option<&str> {
        self.alert_id.as_deref().or(self.alert.id.as_deref()).or(self.id.as_deref())
    }

    /// Its times, that of the activity first: it does not change when the alert is sent again.
    pub fn times(&self) -> [&Value; 4] {
        [&self.activity.time.start, &self.detection_time, &self.alert.created, &self.timestamp]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(json: &str) -> AlertClass {
        serde_json::from_str::<WireAlert>(json).unwrap().class()
    }

    #[test]
    fn tests_are_told_by_type_or_title() {
        assert_eq!(class(r#"{"type":"beacon:create:test"}"#), AlertClass::Test);
        assert_eq!(class(r#"{"type":"other:test"}"#), AlertClass::Test);
        assert_eq!(class(r#"{"alertTitle":"[SAMPLE] A user did it"}"#), AlertClass::Test);
        assert_eq!(class(r#"{"alert":{"title":"[SAMPLE] A user did it"}}"#), AlertClass::Test);
    }

    #[test]
    fn a_known_family_or_no_type_is_an_alert_and_any_other_is_not() {
        assert_eq!(class(r#"{"type":"beacon:create:alert"}"#), AlertClass::Alert);
        assert_eq!(class(r#"{"type":"guard-detect:create:alert"}"#), AlertClass::Alert);
        assert_eq!(class(r#"{"alertId":"a"}"#), AlertClass::Alert);
        assert_eq!(class(r#"{"type":"beacon:closed:alert"}"#), AlertClass::UnknownType);
    }
}
