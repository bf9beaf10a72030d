//! The log: its fields are those of the list, in every function.

use crate::source::{Source, below};
use shared::telemetry::FIELDS;
use std::collections::BTreeMap;

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

#[test]
fn a_log_line_bears_no_field_but_those_of_the_list_and_each_of_them_is_used() {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for source in below(&["shared/src", "functions"]) {
        for statement in statements(&source) {
            let fields = arguments(&statement).into_iter().filter_map(|argument| field(&argument));
            used.extend(fields.map(|field| (field, format!("{}: {statement}", source.path))));
        }
    }
    let listed: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    let unknown: Vec<&String> =
        used.iter().filter(|(name, _)| !listed.contains(&name.as_str())).map(|(_, place)| place).collect();
    assert!(unknown.is_empty(), "not in telemetry::FIELDS: {unknown:#?}");
    let unused: Vec<&&str> = listed.iter().filter(|name| !used.contains_key(**name)).collect();
    assert!(unused.is_empty(), "in telemetry::FIELDS, and no line bears them: {unused:?}");
}

#[test]
fn every_field_is_listed_once_with_a_meaning() {
    let names: std::collections::BTreeSet<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), FIELDS.len());
    assert!(FIELDS.iter().all(|(_, meaning)| !meaning.is_empty()));
}

#[test]
fn the_page_about_the_log_names_each_field_with_its_meaning_and_each_line() {
    let page = include_str!("../../../docs/logs.md");
    let rows: Vec<String> = FIELDS.iter().map(|(name, meaning)| format!("| `{name}` | {meaning} |")).collect();
    let table: Vec<&str> = page.lines().skip_while(|line| *line != "| field | meaning |").skip(2).collect();
    assert_eq!(table[..FIELDS.len()], rows, "write the table of docs/logs.md anew");
    assert_eq!(table[FIELDS.len()], "", "a field more than telemetry::FIELDS has");
    let sources = below(&["shared/src", "functions"]);
    let lines = sources.iter().flat_map(statements).filter_map(|statement| own_text(&statement));
    let missing: Vec<String> = lines.filter(|text| !page.contains(&format!("`{text}`"))).collect();
    assert!(missing.is_empty(), "docs/logs.md does not name {missing:#?}");
}

/// The line's own text, without its quotes.
fn own_text(statement: &str) -> Option<String> {
    let text = arguments(statement).pop()?;
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// What stands between the brackets of every log statement. None is written without its path `tracing::`.
fn statements(source: &Source) -> Vec<String> {
    let starts = |level: &str| format!("tracing::{level}!(");
    let after = LEVELS.iter().flat_map(|level| source.code.split(&starts(level)).skip(1).collect::<Vec<_>>());
    let found: Vec<String> = after.map(up_to_its_end).collect();
    let bare = LEVELS.iter().map(|level| source.code.matches(&format!("{level}!(")).count()).sum::<usize>();
    assert_eq!(found.len(), bare, "{}: write `tracing::` before each of its log statements", source.path);
    found
}

/// The text up to the bracket that closes what is open at its beginning.
fn up_to_its_end(text: &str) -> String {
    let mut depth = 1;
    let end = walk(text).find_map(|(at, character)| {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    });
    text[..end.unwrap_or(text.len())].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The arguments of a macro, apart.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, character) in walk(text) {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(text[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim().to_owned());
    found.into_iter().filter(|argument| !argument.is_empty()).collect()
}

/// The characters that do not stand within a text.
fn walk(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut within, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, character)| {
        let was = within;
        match character {
            '"' if !escaped => within = !within,
            _ => {}
        }
        escaped = was && *character == '\\' && !escaped;
        !was && !within
    })
}

/// The name of a field, as `name = value`, `%name`, `?name` or `name`; `None` for the line's own text.
fn field(argument: &str) -> Option<String> {
    if argument.starts_with('"') {
        return None;
    }
    let name = argument.split(" = ").next().unwrap_or_default().trim_start_matches(['%', '?']);
    Some(name.rsplit("r#").next().unwrap_or_default().to_owned())
}

#[test]
fn fields_are_found_in_whatever_form_they_are_written() {
    let statement = up_to_its_end("org = %org.id, ?pending, count = sum(1, 2), %error, \"a, (b\") ; other(1)");
    let fields: Vec<String> = arguments(&statement).iter().filter_map(|argument| field(argument)).collect();
    assert_eq!(fields, ["org", "pending", "count", "error"]);
}
