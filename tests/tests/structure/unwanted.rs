//! What must not exist in the code that runs at a customer.

use crate::source::{below, root};

#[test]
fn one_place_alone_makes_a_delete_and_it_names_one_token_or_one_service_account() {
    let sources = below(&["shared/src", "functions"]);
    let found: Vec<String> =
        sources.iter().flat_map(|source| source.lines_with(&["Method::DELETE", "reqwest::delete"])).collect();
    let one = "Self::RevokeUserToken(..) | Self::RevokeServiceTokens(..) => Verb::Change(Method::DELETE),";
    assert_eq!(found, [format!("shared/src/source/endpoint.rs: {one}")]);
}

#[test]
fn the_http_client_is_asked_for_no_delete_by_its_own_method() {
    let sources = below(&["shared/src", "functions"]);
    let with_http = sources.iter().filter(|source| source.code.contains("reqwest"));
    let found: Vec<String> = with_http.flat_map(|source| source.lines_with(&[".delete("])).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_path_of_all_tokens_of_an_org_is_only_read() {
    let sources = below(&["shared/src", "functions"]);
    let holds = |line: &&String| line.contains("orgs/{}/api-tokens");
    let lines = sources.iter().flat_map(|source| source.lines_with(&["api-tokens"]));
    let found: Vec<String> = lines.collect::<Vec<_>>().iter().filter(holds).cloned().collect();
    let path = "Self::ApiTokens(org) => format!(\"/admin/api-access/v1/orgs/{}/api-tokens\", of_org(org)?),";
    assert_eq!(found, [format!("shared/src/source/endpoint.rs: {path}")]);

    let [endpoint] = below(&["shared/src/source/endpoint.rs"]).try_into().ok().expect("one file");
    assert!(endpoint.code.contains("Verb::Read => Method::GET,"), "reading must be a GET");
    let verbs = endpoint.code.split_once("fn verb(self)").expect("the verbs").1;
    let reading = verbs.split_once("=> Verb::Read,").expect("those that read").0;
    assert!(reading.contains("Self::ApiTokens(_)"), "the list of all tokens must be a GET");
    assert!(!reading.contains("=>"), "an arm stands in front of those that read");
}

#[test]
fn a_panic_of_a_handler_is_unwound_into_an_error_reply() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace's manifest");
    let (_, release) = manifest.split_once("[profile.release]").expect("a release profile");
    let release = release.split("\n[").next().unwrap_or_default();
    assert!(release.contains("panic = \"unwind\""), "{release}");
    assert!(!manifest.contains("panic = \"abort\"\n"), "no profile aborts");
}
