//! `model <- messages, wire <- decide, rules <- flow <- ports <- source, store, notify, secrets`, and nothing the other way.

use crate::source::{Source, below, functions, root};

/// What a layer of `shared` may use of its own crate, besides itself.
const LAYERS: [(&str, &[&str]); 7] = [
    ("model", &["error"]),
    ("messages", &["model"]),
    ("wire", &["model", "error"]),
    // A case's decision is made from what was read again and what was answered: those are types of the ports.
    ("decide", &["model", "wire", "messages", "error", "rules", "ports"]),
    ("rules", &["model", "messages", "error"]),
    ("notify", &["model", "ports", "secrets"]),
    ("flow", &["model", "messages", "wire", "decide", "rules", "ports", "error", "config"]),
];

/// What needs the outside world.
const IMPURE: [&str; 8] = ["async", ".await", "aws_", "reqwest", "std::env", "Utc::now", "SystemTime::now", "tokio"];

fn layer(name: &str) -> Vec<Source> {
    below(&[&format!("shared/src/{name}")])
}

fn nothing(found: &[String], why: &str) {
    assert!(found.is_empty(), "{why}:\n{}", found.join("\n"));
}

#[test]
fn words_wire_decisions_and_rules_are_pure() {
    for name in ["model", "messages", "wire", "decide", "rules"] {
        let found: Vec<String> = layer(name).iter().flat_map(|source| source.lines_with(&IMPURE)).collect();
        nothing(&found, &format!("{name} reaches outside; the flow must fetch it and pass it in"));
    }
}

#[test]
fn each_layer_uses_only_what_lies_below_it() {
    for (name, allowed) in LAYERS {
        let mut sources = layer(name);
        sources
            .extend(below(&["shared/src"]).into_iter().filter(|source| source.path == format!("shared/src/{name}.rs")));
        for source in sources {
            let used = source.uses();
            let beyond: Vec<&String> =
                used.iter().filter(|used| *used != name && !allowed.contains(&used.as_str())).collect();
            assert!(beyond.is_empty(), "{} uses {beyond:?}; {name} may use {allowed:?}", source.path);
        }
    }
}

#[test]
fn a_decision_takes_from_the_ports_only_what_was_read_and_answered() {
    let lines: Vec<String> = layer("decide").iter().flat_map(|source| source.lines_with(&["ports"])).collect();
    let found: Vec<String> = lines.into_iter().filter(|line| !takes_data_only(line)).collect();
    nothing(&found, "decide uses more of the ports than their data");
}

/// Whether a line imports nothing from the ports but what was read and answered.
fn takes_data_only(line: &str) -> bool {
    let Some((_, names)) = line.split_once("use crate::ports::") else { return false };
    let names = names.trim_end_matches(';').trim_matches(['{', '}']);
    names.split(", ").all(|name| ["Acted", "Reread", "Revoked", "TokenSnapshot"].contains(&name))
}

#[test]
fn only_the_store_sees_the_items_of_the_database() {
    let sources = below(&["shared/src", "functions"]);
    let outside = sources.iter().filter(|source| !source.path.starts_with("shared/src/store/"));
    nothing(
        &outside.flat_map(|source| source.lines_with(&["AttributeValue"])).collect::<Vec<_>>(),
        "outside of the store",
    );
}

#[test]
fn no_function_uses_another() {
    for function in functions() {
        let manifest = manifest(&format!("functions/{function}"));
        let others = functions().into_iter().filter(|other| *other != function);
        let found: Vec<String> = others.filter(|other| manifest.contains(&format!("\n{other}"))).collect();
        nothing(&found, &format!("{function} depends on other functions"));
    }
}

#[test]
fn the_simulated_org_shares_no_code_with_the_program() {
    let manifest = manifest("infra/atlassian-sim");
    let crates = functions().into_iter().chain(["shared".into(), "tokenwarden".into()]);
    nothing(
        &crates.filter(|name| manifest.contains(&format!("\n{name}"))).collect::<Vec<_>>(),
        "atlassian-sim depends on",
    );
    assert!(!manifest.contains("path ="), "atlassian-sim depends on a folder of the workspace:\n{manifest}");
}

#[test]
fn the_mains_are_thin() {
    for function in functions() {
        let [main] = below(&[&format!("functions/{function}/src/main.rs")]).try_into().ok().expect("one main");
        assert!(main.lines <= 30, "{} has {} lines", main.path, main.lines);
    }
}

/// What stands in a manifest below its package's own description.
fn manifest(folder: &str) -> String {
    let path = root().join(folder).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split_once("dependencies]").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}
