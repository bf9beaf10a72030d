//! What the roles of `infra/template.yaml` grant, and what the functions ask of DynamoDB: no less must be granted than is
//! asked for, and no more.

mod role;

pub use role::{Role, Used};

use crate::template;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::OnceLock,
};

/// An action on a resource, such as `dynamodb:Query` on `cases/pending`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The action, with the service before it.
    pub action: String,
    /// What it may be done to: `history`, `cases`, an index as `history/by_profile`, one partition as `cases[ORGS]`; else what
    /// the template says.
    pub resource: String,
}

/// Some rights.
pub type Rights = BTreeSet<Right>;

impl Right {
    /// This action on this resource.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }

    /// Whether it is one on the tables that a client of DynamoDB uses; those on streams are for Lambda's mapping.
    pub fn is_of_tables(&self) -> bool {
        self.action.starts_with("dynamodb:") && !self.resource.starts_with("cases/stream")
    }
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, self.resource)
    }
}

/// The rights of a function where none of the template's conditions holds.
///
/// # Panics
/// If the template has no such function, or says something that is not understood here.
pub fn of(function: &str) -> &'static Rights {
    static ALL: OnceLock<BTreeMap<&str, Rights>> = OnceLock::new();
    let read = || template::functions().into_keys().map(|name| (name, granted(name, &[]))).collect();
    ALL.get_or_init(read).get(function).unwrap_or_else(|| panic!("the template has no {function}"))
}

/// The rights of a function where these of the template's conditions hold.
///
/// # Panics
/// If the template says something that is not understood here.
pub fn granted(function: &str, conditions: &[&str]) -> Rights {
    let (id, properties) = template::functions()[function];
    assert!(properties["Policies"].is_null(), "{id}: rights are written into its role, where this looks for them");
    let role = properties["Role"].as_str().and_then(|role| role.strip_suffix(".Arn")).expect("a function has a role");
    let role = &template::read()["Resources"][role]["Properties"];
    assert!(role["ManagedPolicyArns"].is_null(), "{id}: what a managed policy grants does not stand in the template");
    let policies = resolved(&role["Policies"], conditions);
    let statements = items(&policies).into_iter().flat_map(|policy| items(&policy["PolicyDocument"]["Statement"]));
    statements.flat_map(statement).collect()
}

/// A value as it is where these conditions hold: without `!If`.
pub fn resolved(value: &Value, conditions: &[&str]) -> Value {
    match value {
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(name), yes, no] if !template::read()["Conditions"][name].is_null() => {
                resolved(if conditions.contains(&name.as_str()) { yes } else { no }, conditions)
            }
            parts => {
                let parts = parts.iter().map(|part| resolved(part, conditions));
                parts.filter(|part| part != "AWS::NoValue").collect()
            }
        },
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), resolved(value, conditions))).collect()
        }
        value => value.clone(),
    }
}

fn statement(statement: &Value) -> Rights {
    let known = ["Effect", "Action", "Resource", "Condition"];
    let names = statement.as_object().expect("a statement is an object").keys();
    assert!(names.into_iter().all(|name| known.contains(&name.as_str())), "{statement} is not understood");
    assert_eq!(statement["Effect"], "Allow");
    let partitions = partitions(&statement["Condition"]);
    let resources = items(&statement["Resource"]).into_iter().flat_map(|resource| {
        let resource = resource_name(resource);
        partitions.iter().map(move |partition| format!("{resource}{partition}"))
    });
    let resources: Vec<String> = resources.collect();
    let actions = items(&statement["Action"]).into_iter().map(|action| action.as_str().expect("an action is a text"));
    actions.flat_map(|action| resources.iter().map(move |resource| Right::new(action, resource))).collect()
}

/// The partitions that a condition leaves, each in brackets; the empty text for all of them.
fn partitions(condition: &Value) -> Vec<String> {
    if condition.is_null() {
        return vec![String::new()];
    }
    let keys = &condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"];
    let understood = serde_json::json!({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": keys } });
    assert_eq!(*condition, understood, "no other condition is understood");
    items(keys).into_iter().map(|key| format!("[{}]", key.as_str().expect("a key is a text"))).collect()
}

/// What an ARN of the template means.
pub fn resource_name(arn: &Value) -> String {
    let words = [
        ("arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${RestoredCasesTable}", "cases"),
        ("${CasesTable.Arn}", "cases"),
        ("${HistoryTable.Arn}", "history"),
        ("CasesTable.Arn", "cases"),
        ("HistoryTable.Arn", "history"),
        ("CasesTable.StreamArn", "cases/stream"),
        ("/stream/${At}", "/stream"),
        ("/index/", "/"),
    ];
    let arn = arn.as_str().expect("an ARN is a text").to_owned();
    words.into_iter().fold(arn, |arn, (written, meant)| arn.replace(written, meant))
}

/// The items of a list, or the one that stands there without brackets. Of a `!Sub` with its values the text stands for it.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(parts) => match parts.as_slice() {
            [text @ Value::String(_), Value::Object(_)] => vec![text],
            parts => parts.iter().collect(),
        },
        one => vec![one],
    }
}
