//! The envelopes in which events arrive: one event, an array, `{data:[…]}`, `{data:{…}}`, `{record:…}`,
//! `{data:{record:…}}`, and NDJSON of any of these. What Atlassian's webhook uses is unconfirmed, so all are accepted.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use std::fmt;

/// `{data:{record:{data:…}}}` and no further: deeper is no envelope that anybody sends.
const ENVELOPES: u32 = 3;

/// One thing out of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// What must be kept if it is not understood: its own text in a batch, else the body.
    pub whole: &'a str,
    /// What is in it.
    pub content: Content<'a>,
}

/// What an item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// A JSON object outside of its envelopes, exactly as it was sent.
    Object(&'a str),
    /// JSON, but no object.
    NoObject,
    /// It names one of its envelopes twice, so it is not clear which is meant.
    Twice(&'static str),
    /// It ends before it is complete.
    Truncated,
    /// It is not JSON; where it breaks.
    Broken {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

/// What a body holds, in its order. An empty body, array or `{data:[]}` holds nothing.
pub fn items(body: &str) -> Vec<Item<'_>> {
    let text = body.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Vec::new();
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(document) => unwrap(body, document),
        Err(error) if error.classify() != Category::Eof && is_ndjson(text) => {
            lines(text).flat_map(line_items).collect()
        }
        Err(error) => vec![broken(body, &error)],
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.trim_start_matches('\u{feff}').trim()).filter(|line| !line.is_empty())
}

/// Whether the lines stand by themselves: the first does, or at least half of them do. One document over several lines
/// that is broken somewhere must not be cut into its lines.
fn is_ndjson(text: &str) -> bool {
    let complete =
        |line: &str| line.starts_with(['{', '[']) && line.len() > 2 && serde_json::from_str::<&RawValue>(line).is_ok();
    let all = lines(text).count();
    let good = lines(text).filter(|line| complete(line)).count();
    all > 1 && good > 0 && (good * 2 >= all || lines(text).next().is_some_and(complete))
}

fn line_items(line: &str) -> Vec<Item<'_>> {
    match serde_json::from_str::<&RawValue>(line) {
        Ok(document) => unwrap(line, document),
        Err(error) => vec![broken(line, &error)],
    }
}

fn broken<'a>(whole: &'a str, error: &serde_json::Error) -> Item<'a> {
    let content = match error.classify() {
        Category::Eof => Content::Truncated,
        Category::Io | Category::Syntax | Category::Data => {
            Content::Broken { line: error.line(), column: error.column() }
        }
    };
    Item { whole, content }
}

fn unwrap<'a>(whole: &'a str, document: &'a RawValue) -> Vec<Item<'a>> {
    match serde_json::from_str::<Vec<&RawValue>>(document.get()) {
        Ok(elements) => elements.into_iter().flat_map(|element| open(element.get(), element, ENVELOPES)).collect(),
        Err(_) => open(whole, document, ENVELOPES),
    }
}

fn open<'a>(whole: &'a str, value: &'a RawValue, depth: u32) -> Vec<Item<'a>> {
    let text = value.get();
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text) else {
        return vec![Item { whole, content: Content::NoObject }];
    };
    if let Some(name) = envelope.twice {
        return vec![Item { whole, content: Content::Twice(name) }];
    }
    let inner: Vec<&RawValue> = [envelope.data, envelope.record].into_iter().flatten().filter(is_container).collect();
    if envelope.has_attributes || inner.is_empty() || depth == 0 {
        return vec![Item { whole, content: Content::Object(text) }];
    }
    inner.into_iter().flat_map(|value| inside(whole, value, depth - 1)).collect()
}

fn inside<'a>(whole: &'a str, value: &'a RawValue, depth: u32) -> Vec<Item<'a>> {
    match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        Ok(elements) => elements.into_iter().flat_map(|element| open(element.get(), element, depth)).collect(),
        Err(_) => open(whole, value, depth),
    }
}

fn is_container(value: &&RawValue) -> bool {
    value.get().starts_with(['{', '['])
}

/// The keys of an object that matter here; each value as it was sent.
#[derive(Default)]
struct Envelope<'a> {
    data: Option<&'a RawValue>,
    record: Option<&'a RawValue>,
    has_attributes: bool,
    twice: Option<&'static str>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut envelope = Envelope::default();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?;
            let (name, before) = match key.as_str() {
                "data" => ("data", envelope.data.replace(value)),
                "record" => ("record", envelope.record.replace(value)),
                "attributes" => ("attributes", std::mem::replace(&mut envelope.has_attributes, true).then_some(value)),
                _ => continue,
            };
            if before.is_some() {
                envelope.twice = Some(name);
            }
        }
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"id": "e1",  "attributes":{"action":"a","time":1}}"#;

    fn objects(body: &str) -> Vec<&str> {
        items(body)
            .into_iter()
            .map(|item| match item.content {
                Content::Object(text) => text,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn every_envelope_gives_the_event_exactly_as_it_was_sent() {
        let bodies = [
            EVENT.to_owned(),
            format!("[{EVENT}]"),
            format!(" \n[ {EVENT} ] \r\n"),
            format!(r#"{{"data":[{EVENT}],"meta":{{}}}}"#),
            format!(r#"{{"data":{EVENT}}}"#),
            format!(r#"{{"record":{EVENT}}}"#),
            format!(r#"{{"data":{{"record":{EVENT}}}}}"#),
            format!(r#"[{{"record":{EVENT}}}]"#),
            format!("\u{feff}{EVENT}\r\n"),
        ];
        for body in bodies {
            assert_eq!(objects(&body), [EVENT], "{body}");
        }
    }

    #[test]
    fn lines_may_mix_envelopes_blank_lines_and_line_ends() {
        let body = format!("\u{feff}{EVENT}\r\n\r\n[{EVENT},{EVENT}]\n  \n{{\"data\":{EVENT}}}\n");
        assert_eq!(objects(&body), [EVENT; 4]);
    }

    #[test]
    fn nothing_is_nothing() {
        for body in ["", " \r\n", "[]", r#"{"data":[]}"#, r#"{"data":[],"links":{},"meta":{"next":null}}"#] {
            assert_eq!(items(body), [], "{body}");
        }
    }

    #[test]
    fn a_bad_line_stands_by_itself_with_its_own_bytes() {
        let cut = r#"{"id":"e2","attrib"#;
        let body = format!("{EVENT}\n{cut}\n{EVENT}");
        let items = items(&body);
        assert_eq!(items.len(), 3);
        assert_eq!(items[1], Item { whole: cut, content: Content::Truncated });
        let first_bad = format!("{cut}\n{EVENT}");
        assert_eq!(super::items(&first_bad).len(), 2);
    }

    #[test]
    fn a_truncated_document_over_several_lines_is_not_cut_into_lines() {
        let body = format!("{{\"data\":[\n{EVENT},\n{EVENT}\n");
        assert_eq!(items(&body), [Item { whole: &body, content: Content::Truncated }]);
        let missing_comma = format!("{{\n\"links\":\n{{}}\n\"data\":[\n{EVENT}\n]\n}}");
        assert!(matches!(items(&missing_comma)[..], [Item { content: Content::Broken { .. }, .. }]));
    }

    #[test]
    fn an_item_of_a_batch_is_kept_by_itself_and_a_single_one_with_its_envelope() {
        let batch = items(r#"[{"a":1}, 7]"#);
        assert_eq!(batch[0], Item { whole: r#"{"a":1}"#, content: Content::Object(r#"{"a":1}"#) });
        assert_eq!(batch[1], Item { whole: "7", content: Content::NoObject });
        let single = r#"{"data":{"a":1}}"#;
        assert_eq!(items(single), [Item { whole: single, content: Content::Object(r#"{"a":1}"#) }]);
    }

    #[test]
    fn neither_of_two_envelopes_is_lost() {
        assert_eq!(objects(&format!(r#"{{"data":[{EVENT}],"record":{EVENT}}}"#)), [EVENT, EVENT]);
        let twice = format!(r#"{{"data":[{EVENT}],"data":[]}}"#);
        assert_eq!(items(&twice), [Item { whole: &twice, content: Content::Twice("data") }]);
    }
}
