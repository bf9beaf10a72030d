//! Transactions: all of it happens or nothing does.
//!
//! The SDK gives every call a client request token and sends the same one when it repeats the call, so a transaction
//! that happened although its answer was lost comes back as done, not as contended. Each try of ours is a new call.

use super::{
    Store,
    call::{failed, follows},
    item::{Draft, Item, key_item, number},
    keys::Key,
};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};

/// What a transaction came to.
#[derive(Debug)]
pub(super) enum Outcome {
    Done,
    /// Nothing happened; one reason for each write, in their order.
    Cancelled(Vec<Reason>),
}

/// Why one write of a cancelled transaction did not happen.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reason {
    /// It was not the reason.
    None,
    /// Its condition does not hold; with the item that stands, where it was asked for and there is one.
    Condition(Option<Item>),
    /// Another transaction was at the same item.
    Conflict,
    /// Anything else, as the service's code.
    Other(String),
}

impl Reason {
    fn read(reason: CancellationReason) -> Self {
        match reason.code.as_deref() {
            None | Some("None") => Self::None,
            Some("ConditionalCheckFailed") => Self::Condition(reason.item.filter(|item| !item.is_empty())),
            Some("TransactionConflict") => Self::Conflict,
            Some(other) => Self::Other(other.to_owned()),
        }
    }
}

/// A put that follows a version.
pub(super) fn put_next(table: &str, draft: Draft, version: u64) -> Result<TransactWriteItem> {
    let item = draft.number("version", version + 1).build();
    let put = Put::builder().table_name(table).set_item(Some(item)).condition_expression(follows(version));
    let put = match version {
        0 => put,
        _ => put.expression_attribute_values(":version", number(version)),
    };
    Ok(TransactWriteItem::builder().put(put.build().map_err(|_| unbuilt())?).build())
}

/// A put of an item, whether or not it is there.
pub(super) fn put(table: &str, draft: Draft) -> Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(draft.build())).build().map_err(|_| unbuilt())?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// A put of an item that is not there yet.
pub(super) fn put_new(table: &str, draft: Draft) -> Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(draft.build()));
    let put = put.condition_expression("attribute_not_exists(pk)").build().map_err(|_| unbuilt())?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// A deletion, whether or not the item is there.
pub(super) fn delete(table: &str, key: Key) -> Result<TransactWriteItem> {
    let delete = Delete::builder().table_name(table).set_key(Some(key_item(key))).build().map_err(|_| unbuilt())?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// Takes an item out of the index of pending things, if it is there and, where one is named, of this generation.
pub(super) fn remove_pending(table: &str, key: Key, generation: Option<u32>) -> Result<TransactWriteItem> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .update_expression("REMOVE pending_org, pending_since")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let update = match generation {
        None => update.condition_expression("attribute_exists(pk)"),
        Some(generation) => update
            .condition_expression("attribute_exists(pk) AND generation = :generation")
            .expression_attribute_values(":generation", number(generation)),
    };
    Ok(TransactWriteItem::builder().update(update.build().map_err(|_| unbuilt())?).build())
}

fn unbuilt() -> Error {
    Error::Store("a transaction could not be built".into())
}

impl Store {
    pub(super) async fn transact(&self, table: &str, writes: Vec<TransactWriteItem>) -> Result<Outcome> {
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Outcome::Done),
            Err(SdkError::ServiceError(error)) if error.err().is_transaction_canceled_exception() => {
                Ok(Outcome::Cancelled(reasons(error.into_err())))
            }
            Err(error) => Err(failed("TransactWriteItems", table)(error)),
        }
    }
}

fn reasons(error: TransactWriteItemsError) -> Vec<Reason> {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons.unwrap_or_default().into_iter().map(Reason::read).collect()
        }
        _ => Vec::new(),
    }
}

/// The error of a transaction that was cancelled for none of the reasons that we know.
pub(super) fn unexplained(table: &str, reasons: &[Reason]) -> Error {
    let code = reasons.iter().find_map(|reason| match reason {
        Reason::Other(code) => Some(code.as_str()),
        Reason::None | Reason::Condition(_) | Reason::Conflict => None,
    });
    Error::Store(format!("TransactWriteItems on table {table}: {}", code.unwrap_or("cancelled without a reason")))
}
