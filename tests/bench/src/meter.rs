//! Counts what DynamoDB would charge: every call is asked to tell its consumed capacity.

use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut},
    },
    error::BoxError,
    operation::{
        batch_get_item::{BatchGetItemInput, BatchGetItemOutput},
        batch_write_item::{BatchWriteItemInput, BatchWriteItemOutput},
        get_item::{GetItemInput, GetItemOutput},
        put_item::{PutItemInput, PutItemOutput},
        transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemInput, UpdateItemOutput},
    },
    types::{ConsumedCapacity, ReturnConsumedCapacity::Total},
};
use std::sync::{Arc, Mutex, PoisonError};

/// Capacity units and calls since the last look.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Write units.
    pub(crate) writes: f64,
    /// Read units.
    pub(crate) reads: f64,
    /// Calls.
    pub(crate) calls: f64,
}

/// The counter of one client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Tally>>);

impl Meter {
    /// A client whose calls are counted.
    pub(crate) fn on(client: &Client) -> (Client, Self) {
        let meter = Self::default();
        let config = client.config().to_builder().interceptor(meter.clone()).build();
        (Client::from_conf(config), meter)
    }

    /// What was counted since the last call of this.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, writes: &[ConsumedCapacity], reads: &[ConsumedCapacity]) {
        let units = |all: &[ConsumedCapacity]| all.iter().filter_map(ConsumedCapacity::capacity_units).sum::<f64>();
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.writes += units(writes);
        tally.reads += units(reads);
        tally.calls += 1.0;
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        macro_rules! ask {
            ($($kind:ty),*) => {
                $(if let Some(input) = input.downcast_mut::<$kind>() {
                    input.return_consumed_capacity = Some(Total);
                })*
            };
        }
        ask!(
            PutItemInput,
            UpdateItemInput,
            TransactWriteItemsInput,
            BatchWriteItemInput,
            GetItemInput,
            BatchGetItemInput
        );
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else {
            self.add(&[], &[]);
            return Ok(());
        };
        if let Some(put) = output.downcast_ref::<PutItemOutput>() {
            self.add(put.consumed_capacity.as_slice(), &[]);
        } else if let Some(update) = output.downcast_ref::<UpdateItemOutput>() {
            self.add(update.consumed_capacity.as_slice(), &[]);
        } else if let Some(transaction) = output.downcast_ref::<TransactWriteItemsOutput>() {
            self.add(transaction.consumed_capacity(), &[]);
        } else if let Some(batch) = output.downcast_ref::<BatchWriteItemOutput>() {
            self.add(batch.consumed_capacity(), &[]);
        } else if let Some(get) = output.downcast_ref::<GetItemOutput>() {
            self.add(&[], get.consumed_capacity.as_slice());
        } else if let Some(batch) = output.downcast_ref::<BatchGetItemOutput>() {
            self.add(&[], batch.consumed_capacity());
        }
        Ok(())
    }
}
