//! Finding a person in texts, and taking him out of them.

use crate::model::Person;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{cmp::Reverse, collections::BTreeSet};

/// What stands where a name or an address stood.
pub(super) const ERASED: &str = "(erased)";
/// A name of fewer characters is found in too many words.
const CHARS_LEAST: usize = 3;
/// What joins the parts of an id or an address: with a letter or digit behind it, the word goes on.
const JOINERS: &str = "_|:-.+@";

/// The words by which a text is known to speak of a person, and what takes their place.
#[derive(Debug)]
pub struct Words {
    ids: Vec<String>,
    addresses: Vec<String>,
    names: Vec<String>,
    pseudonym: String,
}

impl Words {
    /// Those of a person, folded to lower case.
    pub fn of(person: &Person) -> Self {
        Self { names: folded(&person.names), ..Self::nameless(person) }
    }

    /// The same without his names.
    pub(super) fn nameless(person: &Person) -> Self {
        let id = person.account.as_str().to_ascii_lowercase();
        let mut ids = vec![id.clone(), id.replace(':', "%3a").replace('|', "%7c")];
        ids.dedup();
        Self { ids, addresses: folded(&person.addresses), names: Vec::new(), pseudonym: person.pseudonym.to_string() }
    }

    /// Whether a text may hold the id or an address: quick, and never wrong where it says no.
    pub fn may_be_in(&self, text: &str) -> bool {
        let folded = text.to_ascii_lowercase();
        self.ids.iter().chain(&self.addresses).any(|word| folded.contains(word))
    }

    /// Whether some text of a value holds the id or an address, which nobody else has.
    pub fn identify(&self, value: &Value) -> bool {
        any_text(value, &|text| {
            let folded = text.to_ascii_lowercase();
            self.ids.iter().chain(&self.addresses).any(|word| find(&folded, word, 0).is_some())
        })
    }

    /// Whether some text of a value holds any of the words.
    pub fn are_in(&self, value: &Value) -> bool {
        any_text(value, &|text| {
            let folded = text.to_ascii_lowercase();
            self.ids.iter().chain(&self.addresses).chain(&self.names).any(|word| find(&folded, word, 0).is_some())
        })
    }

    /// A value without them; `None` if it is none of its kind any more.
    pub(super) fn out_of<T: DeserializeOwned>(&self, json: &Value) -> Option<T> {
        let mut json = json.clone();
        self.clean(&mut json);
        serde_json::from_value(json).ok()
    }

    /// Takes all of them out of every text of a value, and the id and the addresses out of the names of its fields.
    fn clean(&self, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => *text = self.without(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Value::Object(fields) => {
                let renamed = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                    self.clean(&mut value);
                    (self.without_ids(&name), value)
                });
                *fields = renamed.collect();
            }
        }
    }

    /// A text without them. One that is JSON itself is taken apart first, because it may be written with escapes.
    fn without(&self, text: &str) -> String {
        if let Some(mut inner) = inner_json(text) {
            if self.are_in(&inner) {
                self.clean(&mut inner);
                return inner.to_string();
            }
            return text.to_owned();
        }
        self.names.iter().fold(self.without_ids(text), |text, name| replaced(&text, name, ERASED))
    }

    fn without_ids(&self, text: &str) -> String {
        // The addresses first: the part before the `@` may be a name or even an id.
        let addresses = self.addresses.iter().fold(text.to_owned(), |text, address| replaced(&text, address, ERASED));
        self.ids.iter().fold(addresses, |text, id| replaced(&text, id, &self.pseudonym))
    }
}

/// The longer first: another may be a part of it.
fn folded(texts: &BTreeSet<String>) -> Vec<String> {
    let long = texts.iter().map(|text| text.trim()).filter(|text| text.chars().count() >= CHARS_LEAST);
    let mut folded: Vec<String> = long.map(str::to_ascii_lowercase).collect();
    folded.sort_by_key(|text| Reverse(text.len()));
    folded
}

/// A text that is an object or a list in JSON.
fn inner_json(text: &str) -> Option<Value> {
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

fn any_text(value: &Value, holds: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => match inner_json(text) {
            Some(inner) => any_text(&inner, holds),
            None => holds(text),
        },
        Value::Array(items) => items.iter().any(|item| any_text(item, holds)),
        Value::Object(fields) => fields.iter().any(|(name, value)| holds(name) || any_text(value, holds)),
    }
}

/// A text with something in the place of each occurrence of a word; upper and lower case are not told apart.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let folded = text.to_ascii_lowercase();
    let (mut result, mut copied) = (String::new(), 0);
    while let Some(at) = find(&folded, word, copied) {
        result.push_str(&text[copied..at]);
        result.push_str(by);
        copied = at + word.len();
    }
    result.push_str(&text[copied..]);
    result
}

/// Where a word stands by itself, not as a part of a longer one.
fn find(folded: &str, word: &str, from: usize) -> Option<usize> {
    let found = folded[from..].match_indices(word).map(|(at, _)| from + at);
    let stands_alone = |at: &usize| !goes_on(folded[at + word.len()..].chars()) && !comes_from(&folded[..*at]);
    (!word.is_empty()).then(|| found.into_iter().find(stands_alone)).flatten()
}

/// Whether a word goes on with what follows: a letter or digit, or a joiner and one.
fn goes_on(mut rest: impl Iterator<Item = char>) -> bool {
    let Some(next) = rest.next() else { return false };
    next.is_alphanumeric() || (JOINERS.contains(next) && rest.next().is_some_and(char::is_alphanumeric))
}

/// Whether a word began before: but an escape of an address, such as `%2F`, is no part of it.
fn comes_from(before: &str) -> bool {
    let escape = before.len().checked_sub(3).and_then(|at| before.get(at..));
    let is_escape =
        escape.is_some_and(|escape| escape.starts_with('%') && escape[1..].chars().all(|c| c.is_ascii_hexdigit()));
    !is_escape && goes_on(before.chars().rev())
}
