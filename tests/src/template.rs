//! What `infra/template.yaml` says. CloudFormation's tags are left out: `!GetAtt X.Arn` is the text `X.Arn`, and `!If [A, b, c]`
//! the list of the three.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::OnceLock,
};

/// The template.
///
/// # Panics
/// If it cannot be read.
pub fn read() -> &'static Value {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    })
}

/// The resources of this type, by their logical ids.
pub fn resources(of: &str) -> impl Iterator<Item = (&'static str, &'static Value)> {
    let all = read()["Resources"].as_object().into_iter().flatten();
    all.filter(move |(_, resource)| resource["Type"] == of).map(|(id, resource)| (id.as_str(), &resource["Properties"]))
}

/// Each function's binary, with its logical id and its properties.
///
/// # Panics
/// If a function names no binary.
pub fn functions() -> BTreeMap<&'static str, (&'static str, &'static Value)> {
    let binary = |id: &str| {
        let binary = read()["Resources"][id]["Metadata"]["BuildProperties"]["Binary"].as_str();
        binary.unwrap_or_else(|| panic!("{id} names no binary"))
    };
    resources("AWS::Serverless::Function").map(|(id, properties)| (binary(id), (id, properties))).collect()
}

/// Each function's binary with the names of its settings, those of all functions among them.
pub fn settings() -> BTreeMap<String, BTreeSet<String>> {
    let all = variables(&read()["Globals"]["Function"]);
    let given = |function: &Value| all.iter().cloned().chain(variables(function)).collect();
    functions().into_iter().map(|(binary, (_, function))| (binary.to_owned(), given(function))).collect()
}

fn variables(function: &Value) -> Vec<String> {
    function["Environment"]["Variables"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}
