//! Single reads and writes, and what their failures mean.

use super::{
    Store,
    item::{Draft, Item, key_item, number, read_number, write_mark},
    keys::Key,
};
use crate::{
    error::{Error, Result},
    ports::Written,
};
use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{delete_item::DeleteItemError, put_item::PutItemError},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure::AllOld},
};
use std::time::Duration;

/// How often something is tried that others may hinder.
pub(super) const TRIES: u32 = 8;

/// An SDK error as ours: the operation, the table and the service's code, never an item.
pub(super) fn failed<E: ProvideErrorMetadata>(
    operation: &'static str,
    table: &str,
) -> impl FnOnce(SdkError<E>) -> Error {
    move |error| Error::Store(format!("{operation} on table {table}: {}", code(&error)))
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    match error {
        SdkError::ConstructionFailure(_) => "the request could not be built".into(),
        SdkError::TimeoutError(_) => "no answer in time".into(),
        SdkError::DispatchFailure(_) => "the request could not be sent".into(),
        SdkError::ResponseError(_) => "the answer could not be read".into(),
        other => other.code().unwrap_or("unknown error").to_owned(),
    }
}

/// Waits before the next try: a random time below 25 ms, doubled with every try before.
pub(super) async fn back_off(tries: u32) {
    let most_millis = 25_u64 << tries.min(6);
    tokio::time::sleep(Duration::from_millis(write_mark() % most_millis + 1)).await;
}

/// The condition under which a value may follow its version: 0 stands for "not there yet".
pub(super) fn follows(version: u64) -> &'static str {
    match version {
        0 => "attribute_not_exists(pk)",
        _ => "version = :version",
    }
}

impl Store {
    pub(super) async fn get(&self, table: &str, key: Key) -> Result<Option<Item>> {
        let request = self.client.get_item().table_name(table).set_key(Some(key_item(key))).consistent_read(true);
        Ok(request.send().await.map_err(failed("GetItem", table))?.item)
    }

    pub(super) async fn put(&self, table: &str, draft: Draft) -> Result<()> {
        let request = self.client.put_item().table_name(table).set_item(Some(draft.build()));
        request.send().await.map_err(failed("PutItem", table)).map(drop)
    }

    /// Puts an item as the version after `version`. The item bears a mark, so that the SDK's own repetition of a write
    /// whose answer was lost is told from another's write.
    pub(super) async fn put_next(&self, table: &str, draft: Draft, version: u64) -> Result<Written> {
        let mark = write_mark();
        let item = draft.number("version", version + 1).number("mark", mark).build();
        // An item that was deleted and made anew counts its versions from 1 again, so what it is `of` must be the same.
        let of = item.get("of").cloned();
        let request = self.client.put_item().table_name(table).set_item(Some(item));
        let request = request.return_values_on_condition_check_failure(AllOld);
        let request = match (version, of) {
            (0, _) => request.condition_expression(follows(0)),
            (_, None) => {
                request.condition_expression(follows(version)).expression_attribute_values(":version", number(version))
            }
            (_, Some(of)) => request
                .condition_expression("version = :version AND #of = :of")
                .expression_attribute_names("#of", "of")
                .expression_attribute_values(":version", number(version))
                .expression_attribute_values(":of", of),
        };
        match request.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Ok(whose(standing(error.err()), mark))
            }
            Err(error) => Err(failed("PutItem", table)(error)),
        }
    }

    /// Deletes an item that is at this version and `of` this. One that is gone counts as deleted, so that repeating it
    /// after a lost answer is harmless.
    pub(super) async fn delete_at(&self, table: &str, key: Key, version: u64, of: &str) -> Result<Written> {
        let request = self
            .client
            .delete_item()
            .table_name(table)
            .set_key(Some(key_item(key)))
            .condition_expression("attribute_not_exists(pk) OR (version = :version AND #of = :of)")
            .expression_attribute_names("#of", "of")
            .expression_attribute_values(":version", number(version))
            .expression_attribute_values(":of", AttributeValue::S(of.to_owned()));
        match request.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(SdkError::ServiceError(error)) if is_condition(error.err()) => Ok(Written::Contended),
            Err(error) => Err(failed("DeleteItem", table)(error)),
        }
    }
}

fn is_condition(error: &DeleteItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn standing(error: &PutItemError) -> Option<&Item> {
    match error {
        PutItemError::ConditionalCheckFailedException(failed) => failed.item(),
        _ => None,
    }
}

fn whose(standing: Option<&Item>, mark: u64) -> Written {
    match standing.map(|item| read_number(item, "mark")) {
        Some(Ok(found)) if found == mark => Written::Stored,
        _ => Written::Contended,
    }
}
