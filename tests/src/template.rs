//! What `infra/template.yaml` says, read by its indentation: its functions and their settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The template's text.
///
/// # Panics
/// If it cannot be read.
pub fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each function's binary with the names of its settings, those of all functions among them.
pub fn settings() -> BTreeMap<String, BTreeSet<String>> {
    let text = text();
    let all = variables(section(&text, "Globals:"));
    let resources: Vec<&str> = resources(section(&text, "Resources:"));
    let functions = resources.into_iter().filter(|resource| resource.contains("Type: AWS::Serverless::Function"));
    functions.map(|function| (binary(function), all.union(&variables(function)).cloned().collect())).collect()
}

/// A section of the template: from its name to the next line without indentation.
fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let start = text.find(&format!("\n{name}")).unwrap_or_else(|| panic!("the template has no {name}"));
    let body = &text[start + 1 + name.len()..];
    let end = body.match_indices('\n').map(|(at, _)| at).find(|at| body[at + 1..].starts_with(char::is_alphabetic));
    &body[..end.unwrap_or(body.len())]
}

fn resources(section: &str) -> Vec<&str> {
    let is_name =
        |at: &usize| section[at + 1..].strip_prefix("  ").is_some_and(|line| line.starts_with(char::is_alphabetic));
    let starts: Vec<usize> = section.match_indices('\n').map(|(at, _)| at).filter(is_name).collect();
    let ends = starts.iter().skip(1).copied().chain([section.len()]);
    starts.iter().zip(ends).map(|(start, end)| &section[*start..end]).collect()
}

fn binary(function: &str) -> String {
    let (_, rest) = function.split_once("Binary: ").expect("a function names its binary");
    rest.chars().take_while(|character| character.is_alphanumeric() || *character == '-').collect()
}

/// The names below `Variables:`.
fn variables(block: &str) -> BTreeSet<String> {
    let Some((before, after)) = block.split_once("Variables:\n") else { return BTreeSet::new() };
    let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let deeper = |line: &&str| line.len() - line.trim_start().len() > indent;
    let names = after.lines().take_while(deeper).filter_map(|line| line.split_once(':'));
    names.map(|(name, _)| name.trim().to_owned()).collect()
}
