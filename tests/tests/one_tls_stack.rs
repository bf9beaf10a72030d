//! A function links one hyper, one rustls and one provider of cryptography: a second stack costs its cold start about
//! 30 ms of CPU and 1 MB, and one slipped default feature is enough to bring it in. `deny.toml` says the same to cargo-deny.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const UNWANTED: [&str; 4] = ["openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"];
const ONCE: [(&str, &str); 3] = [("hyper", "1."), ("rustls", "0.23."), ("ring", "0.17.")];

#[test]
fn no_function_links_a_second_tls_stack() {
    for function in functions() {
        let crates = linked(&function);
        let unwanted: Vec<_> = crates.iter().filter(|(name, _)| UNWANTED.contains(&name.as_str())).collect();
        assert!(unwanted.is_empty(), "{function} links {unwanted:?}; `cargo tree -p {function} -e normal -i` says why");
    }
}

#[test]
fn hyper_rustls_and_ring_are_linked_once_at_most_and_in_their_current_release() {
    for function in functions() {
        let crates = linked(&function);
        for (name, release) in ONCE {
            let versions: Vec<_> =
                crates.iter().filter(|(linked, _)| linked == name).map(|(_, version)| version).collect();
            assert!(versions.len() <= 1, "{function} links {name} {versions:?}");
            assert!(
                versions.iter().all(|version| version.starts_with(release)),
                "{function} links {name} {versions:?}"
            );
        }
    }
}

#[test]
fn only_the_function_that_sends_messages_links_the_clients_for_it() {
    let senders: Vec<String> = functions()
        .into_iter()
        .filter(|function| {
            let crates = linked(function);
            ["aws-sdk-sesv2", "aws-sdk-eventbridge"].iter().any(|client| crates.iter().any(|(name, _)| name == client))
        })
        .collect();
    assert_eq!(senders, ["remediate-tokens"]);
}

fn functions() -> Vec<String> {
    let folder = root().join("functions").read_dir().expect("the functions' folder");
    folder.map(|entry| entry.expect("a function").file_name().to_string_lossy().into_owned()).collect()
}

/// Name and version of every crate that the function links on Lambda, as Cargo resolves its features.
fn linked(function: &str) -> BTreeSet<(String, String)> {
    let tree = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--package", function])
        .output()
        .expect("cargo tree");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8_lossy(&tree.stdout).into_owned();
    let crates: BTreeSet<_> = lines.lines().filter_map(name_and_version).collect();
    assert!(crates.iter().any(|(name, _)| name == function), "cargo tree did not name {function}:\n{lines}");
    crates
}

/// From `serde v1.0.228 (proc-macro)` the name and the version.
fn name_and_version(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once(" v")?;
    let version = rest.split_whitespace().next()?;
    Some((name.to_owned(), version.to_owned()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace above the tests")
}
