//! A function's role where there is no IAM: a client's calls are compared with what the template grants.

use super::{Right, Rights};
use aws_sdk_dynamodb::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};
use serde_json::Value;
use shared::config::Tables;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// The role of a function. A call that it does not grant ends the test, because an error might be taken for the table's
/// trouble and be lived with.
#[derive(Debug, Clone)]
pub struct Role {
    function: String,
    tables: Tables,
    used: Used,
}

/// What the functions used of their rights.
#[derive(Debug, Clone, Default)]
pub struct Used(Arc<Mutex<BTreeMap<String, Rights>>>);

/// What a call needs: an action on a table or an index, and the partition where the call names one.
#[derive(Debug, PartialEq, Eq)]
struct Need {
    action: String,
    resource: String,
    partition: Option<String>,
}

impl Role {
    /// The role that the template gives a function, on these tables; what is used of it is noted there.
    pub fn of(function: &str, tables: &Tables, used: &Used) -> Self {
        Self { function: function.to_owned(), tables: tables.clone(), used: used.clone() }
    }

    fn check(&self, need: &Need) {
        let on = |resource: String| Right::new(need.action.as_str(), resource);
        let part = need.partition.as_ref().map(|key| on(format!("{}[{key}]", need.resource)));
        let whole = on(need.resource.clone());
        let granted = super::of(&self.function);
        match part.into_iter().chain([whole]).find(|right| granted.contains(right)) {
            Some(right) => self.used.note(&self.function, right),
            None => panic!("{} asks for what its role in infra/template.yaml does not grant: {need:?}", self.function),
        }
    }
}

impl Used {
    fn note(&self, function: &str, right: Right) {
        let mut used = self.0.lock().expect("nobody panicked");
        used.entry(function.to_owned()).or_default().insert(right);
    }

    /// What a function used.
    ///
    /// # Panics
    /// If somebody panicked who noted something.
    pub fn by(&self, function: &str) -> Rights {
        self.0.lock().expect("nobody panicked").get(function).cloned().unwrap_or_default()
    }
}

impl Intercept for Role {
    fn name(&self) -> &'static str {
        "role"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        let (_, operation) = target.split_once('.').ok_or("a call without an operation")?;
        let body = context.request().body().bytes().ok_or("a call without a body")?;
        let body: Value = serde_json::from_slice(body)?;
        needs(operation, &body, &self.tables).iter().for_each(|need| self.check(need));
        Ok(())
    }
}

/// A transaction needs the rights of its parts and has none of its own (Amazon DynamoDB Developer Guide, "Amazon DynamoDB
/// Transactions: How it works", IAM); a batch has one.
fn needs(operation: &str, body: &Value, tables: &Tables) -> Vec<Need> {
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let asked = body["RequestItems"].as_object().into_iter().flatten();
            asked.map(|(table, _)| Need::new(operation, table, &Value::Null, tables)).collect()
        }
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = items(&body["TransactItems"]).filter_map(Value::as_object).flatten();
            parts.map(|(kind, part)| Need::single(&format!("{kind}Item"), part, tables)).collect()
        }
        _ => vec![Need::single(operation, body, tables)],
    }
}

impl Need {
    fn single(operation: &str, call: &Value, tables: &Tables) -> Self {
        let table = call["TableName"].as_str().expect("a call names its table");
        let need = Self::new(operation, table, call, tables);
        match call["IndexName"].as_str() {
            Some(index) => Self { resource: format!("{}/{index}", need.resource), ..need },
            None => need,
        }
    }

    fn new(operation: &str, table: &str, call: &Value, tables: &Tables) -> Self {
        let known = [(&tables.history, "history"), (&tables.cases, "cases")];
        let resource = known.into_iter().find(|(name, _)| *name == table).map_or(table, |(_, meant)| meant);
        let key = [&call["Key"]["pk"], &call["Item"]["pk"], queried(call)].into_iter().find(|key| !key.is_null());
        let partition = key.and_then(|key| key["S"].as_str()).map(str::to_owned);
        Self { action: format!("dynamodb:{operation}"), resource: resource.to_owned(), partition }
    }
}

/// The partition that a query asks for.
fn queried(call: &Value) -> &Value {
    let of_one = call["KeyConditionExpression"].as_str().is_some_and(|condition| condition.starts_with("pk = :pk"));
    if of_one { &call["ExpressionAttributeValues"][":pk"] } else { &Value::Null }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
