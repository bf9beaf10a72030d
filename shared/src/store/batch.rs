//! Batches: many items in one call, and what of them was left undone tried again.

use super::{
    Store,
    call::{TRIES, back_off, failed},
    item::{Item, key_item, read_key},
    keys::Key,
};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{HashMap, HashSet};

const WRITES: usize = 25;
const READS: usize = 100;
/// How many calls are under way at the same time: enough to hide the round trips, few enough for a small Lambda.
const CALLS_AT_A_TIME: usize = 8;

impl Store {
    /// Puts items, 25 a call. Of two with one key the later is written.
    pub(super) async fn put_all(&self, table: &str, items: Vec<Item>) -> Result<()> {
        let mut by_key: HashMap<Key, Item> = HashMap::with_capacity(items.len());
        for item in items {
            by_key.insert(read_key(&item)?, item);
        }
        let put = |item| PutRequest::builder().set_item(Some(item)).build().map_err(|_| unbuilt());
        let requests = by_key.into_values().map(|item| Ok(WriteRequest::builder().put_request(put(item)?).build()));
        self.write_all(table, requests.collect::<Result<Vec<_>>>()?).await
    }

    /// Deletes items, 25 a call; those that are not there are no error.
    pub(super) async fn delete_all(&self, table: &str, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let delete = |key| DeleteRequest::builder().set_key(Some(key_item(key))).build().map_err(|_| unbuilt());
        let requests = keys.into_iter().map(|key| Ok(WriteRequest::builder().delete_request(delete(key)?).build()));
        self.write_all(table, requests.collect::<Result<Vec<_>>>()?).await
    }

    async fn write_all(&self, table: &str, requests: Vec<WriteRequest>) -> Result<()> {
        let calls: Vec<_> = requests.chunks(WRITES).map(|chunk| self.write_chunk(table, chunk.to_vec())).collect();
        stream::iter(calls).buffer_unordered(CALLS_AT_A_TIME).try_collect().await
    }

    async fn write_chunk(&self, table: &str, mut left: Vec<WriteRequest>) -> Result<()> {
        for tries in 0..TRIES {
            let request = self.client.batch_write_item().request_items(table, left);
            let answer = request.send().await.map_err(failed("BatchWriteItem", table))?;
            left = answer.unprocessed_items.and_then(|mut tables| tables.remove(table)).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            back_off(tries).await;
        }
        Err(Error::Store(format!("BatchWriteItem on table {table}: {} items were left undone", left.len())))
    }

    /// Which of these keys have an item. Reads consistently, 100 a call.
    pub(super) async fn existing(&self, table: &str, keys: &HashSet<Key>) -> Result<HashSet<Key>> {
        let items = self.read_chunks(table, keys, Part::Keys).await?;
        items.iter().map(read_key).collect()
    }

    /// The items of these keys that exist, in any order. Reads consistently, 100 a call.
    pub(super) async fn read_all(&self, table: &str, keys: &HashSet<Key>) -> Result<Vec<Item>> {
        self.read_chunks(table, keys, Part::Whole).await
    }

    async fn read_chunks(&self, table: &str, keys: &HashSet<Key>, part: Part) -> Result<Vec<Item>> {
        let keys: Vec<&Key> = keys.iter().collect();
        let calls: Vec<_> = keys
            .chunks(READS)
            .map(|chunk| self.read_chunk(table, chunk.iter().map(|key| key_item((*key).clone())).collect(), part))
            .collect();
        let found: Vec<Vec<Item>> = stream::iter(calls).buffer_unordered(CALLS_AT_A_TIME).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn read_chunk(&self, table: &str, mut left: Vec<Item>, part: Part) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        for tries in 0..TRIES {
            let request = self.client.batch_get_item().request_items(table, wanted(left, part)?);
            let answer = request.send().await.map_err(failed("BatchGetItem", table))?;
            found.extend(answer.responses.and_then(|mut tables| tables.remove(table)).unwrap_or_default());
            let undone = answer.unprocessed_keys.and_then(|mut tables| tables.remove(table));
            left = undone.map(|undone| undone.keys).unwrap_or_default();
            if left.is_empty() {
                return Ok(found);
            }
            back_off(tries).await;
        }
        Err(Error::Store(format!("BatchGetItem on table {table}: {} keys were left unread", left.len())))
    }
}

/// What of the items is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Keys,
    Whole,
}

fn wanted(keys: Vec<Item>, part: Part) -> Result<KeysAndAttributes> {
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
    let projection = (part == Part::Keys).then(|| "pk, sk".to_owned());
    wanted.set_projection_expression(projection).build().map_err(|_| unbuilt())
}

fn unbuilt() -> Error {
    Error::Store("a batch could not be built".into())
}
