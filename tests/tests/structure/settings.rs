//! The settings: the code's list, the template, and what each function reads.

use crate::source::{below, functions};
use shared::config::SETTINGS;
use std::collections::BTreeSet;
use tokenwarden_tests::template;

#[test]
fn the_template_sets_every_setting_and_no_other() {
    let set: BTreeSet<String> = template::settings().into_values().flatten().collect();
    let known: BTreeSet<String> = SETTINGS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(set, known);
}

#[test]
fn the_template_has_a_function_for_each_folder() {
    assert_eq!(template::settings().into_keys().collect::<Vec<_>>(), functions());
}

#[test]
fn each_function_is_given_what_it_reads_and_nothing_else() {
    for (function, given) in template::settings() {
        let read = read_by(&function);
        assert_eq!(given, read, "{function}: left what the template gives it, right what its code reads");
    }
}

/// The settings that a function's code asks for, by name or by a group of them.
fn read_by(function: &str) -> BTreeSet<String> {
    let sources = below(&[&format!("functions/{function}/src/main.rs"), &format!("functions/{function}/src/lib.rs")]);
    let code: String = sources.into_iter().map(|source| source.code).collect();
    asked(&code, "settings")
}

/// The settings that some code asks `of` by name, and those of the groups that it asks for.
fn asked(code: &str, of: &str) -> BTreeSet<String> {
    let named = SETTINGS.iter().map(|(name, ..)| *name).filter(|name| code.contains(&format!("(\"{name}\"")));
    let mut found: BTreeSet<String> = named.map(str::to_owned).collect();
    for (at, _) in code.match_indices(&format!("{of}.")) {
        let rest = &code[at + of.len() + 1..];
        let Some((group, _)) = rest.split_once("()") else { continue };
        if let Some(body) = group_body(group) {
            found.extend(asked(&body, "self"));
        }
    }
    found
}

/// The body of a method of `Settings`.
fn group_body(name: &str) -> Option<String> {
    let [config] = below(&["shared/src/config.rs"]).try_into().ok()?;
    let (_, body) = config.code.split_once(&format!("fn {name}(&self)"))?;
    body.split_once("\n    }\n").map(|(body, _)| body.to_owned())
}
