//! What the Organizations API says of an org: its name, its event stream, its list of actions.

use super::row::{clean, require};
use crate::{
    error::Result,
    model::{ActionCatalogue, ActionName},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// A page of `events-stream` (Organizations API spec). The events stay as they were sent.
#[derive(Debug, Deserialize)]
pub struct EventStreamPage {
    /// The events, in the order of the stream.
    pub data: Vec<Box<RawValue>>,
    #[serde(default)]
    meta: Option<Value>,
}

impl EventStreamPage {
    /// The cursor of the next page. At the end of the stream it may be missing, null, empty, or still be there.
    ///
    /// `links.next` is a URL in the spec and a cursor in others' readings, so it is not used.
    pub fn next(&self) -> Option<String> {
        self.meta.as_ref()?.get("next")?.as_str().filter(|cursor| !cursor.is_empty()).map(str::to_owned)
    }
}

/// The answer of `event-actions` (Organizations API spec); it has no pages.
#[derive(Debug, Deserialize)]
pub struct EventActions {
    data: Vec<EventAction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventAction {
    id: Option<Value>,
    attributes: Option<EventActionNames>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EventActionNames {
    display_name: Option<String>,
    group_display_name: Option<String>,
}

impl EventActions {
    /// The list in our words.
    ///
    /// # Errors
    /// [`crate::error::Error::Upstream`] if a row has no id.
    pub fn into_catalogue(self) -> Result<ActionCatalogue> {
        let entry = |action: EventAction| {
            let id = require(action.id.as_ref(), "the list of event actions", "id")?;
            let names = action.attributes.unwrap_or_default();
            let (display, group) = (names.display_name, names.group_display_name);
            Ok((id, ActionName { display: display.unwrap_or_default(), group: group.unwrap_or_default() }))
        };
        self.data.into_iter().map(entry).collect::<Result<_>>().map(ActionCatalogue)
    }
}

/// The name in the answer of `GET /v1/orgs/{orgId}` (Organizations API spec: `data.attributes.name`).
pub fn org_name(body: &Value) -> Option<String> {
    clean(body.pointer("/data/attributes/name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(text: &str) -> EventStreamPage {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn events_stay_as_they_were_sent() {
        let page = page(r#"{"data":[{"id" : "1", "n":1.0000 },2],"links":{"next":"https://x/y"},"meta":{"next":"c"}}"#);
        let events: Vec<_> = page.data.iter().map(|event| event.get()).collect();
        assert_eq!(events, [r#"{"id" : "1", "n":1.0000 }"#, "2"]);
        assert_eq!(page.next().as_deref(), Some("c"));
    }

    #[test]
    fn every_form_of_the_end_of_the_stream_has_no_cursor() {
        for meta in
            ["", r#","meta":null"#, r#","meta":{}"#, r#","meta":{"next":null,"total":0}"#, r#","meta":{"next":""}"#]
        {
            assert_eq!(page(&format!(r#"{{"data":[],"links":{{}}{meta}}}"#)).next(), None, "{meta}");
        }
    }

    #[test]
    fn a_page_without_data_is_no_page() {
        assert!(serde_json::from_str::<EventStreamPage>(r#"{"meta":{"next":"c"}}"#).is_err());
    }

    #[test]
    fn actions_have_names_where_the_list_says_them() {
        let actions: EventActions = serde_json::from_str(
            r#"{"data":[{"id":"api_token_created","type":"event-action",
                "attributes":{"displayName":"Created API token","groupDisplayName":"API tokens"}},{"id":"other"}]}"#,
        )
        .unwrap();
        let ActionCatalogue(catalogue) = actions.into_catalogue().unwrap();
        assert_eq!(catalogue["api_token_created"].group, "API tokens");
        assert_eq!(catalogue["other"].display, "");
    }

    #[test]
    fn an_org_has_a_name_or_not() {
        assert_eq!(org_name(&json!({"data":{"id":"o","attributes":{"name":"Acme"}}})).as_deref(), Some("Acme"));
        assert_eq!(org_name(&json!({"data":{}})), None);
    }
}
