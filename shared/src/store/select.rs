//! Queries: the only way to read more than one item.

use super::{
    Store,
    call::failed,
    cursor::Cursor,
    item::{Item, key_item, read_key},
    keys::Key,
};
use crate::{error::Result, model::Page};
use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};

/// Which items of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    All,
    After(String),
    StartsWith(String),
    Between(String, String),
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

/// A query on one partition of a table.
#[derive(Debug, Clone)]
pub(super) struct Select<'a> {
    pub(super) table: &'a str,
    pub(super) pk: String,
    pub(super) range: Range,
    pub(super) order: Order,
    pub(super) limit: Option<u32>,
}

/// One DynamoDB page.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) items: Vec<Item>,
    /// The sort key after which the partition goes on; `None` at its end.
    pub(super) last: Option<String>,
}

impl<'a> Select<'a> {
    pub(super) fn all(table: &'a str, pk: String) -> Self {
        Self { table, pk, range: Range::All, order: Order::Ascending, limit: None }
    }

    pub(super) fn range(self, range: Range) -> Self {
        Self { range, ..self }
    }

    pub(super) fn newest_first(self) -> Self {
        Self { order: Order::Descending, ..self }
    }

    /// At most so many; DynamoDB's own bound of 1 MiB a page holds beside it.
    pub(super) fn limit(self, limit: u32) -> Self {
        Self { limit: Some(limit.clamp(1, 1000)), ..self }
    }
}

impl Store {
    /// One page of a query, after a sort key.
    pub(super) async fn fetch(&self, select: &Select<'_>, after: Option<&str>) -> Result<Fetched> {
        let start = after.map(|sk| key_item(Key { pk: select.pk.clone(), sk: sk.to_owned() }));
        let answer = ranged(self.client.query(), select)
            .table_name(select.table)
            .consistent_read(true)
            .scan_index_forward(select.order == Order::Ascending)
            .set_limit(select.limit.map(|limit| limit as i32))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(failed("Query", select.table))?;
        let last = answer.last_evaluated_key.as_ref().map(read_key).transpose()?.map(|key| key.sk);
        Ok(Fetched { items: answer.items.unwrap_or_default(), last })
    }

    /// One page of a list whose cursor names a sort key of its partition.
    pub(super) async fn page<T>(
        &self,
        select: &Select<'_>,
        cursor: Option<&str>,
        read: impl Fn(Item) -> Result<T>,
    ) -> Result<Page<T>> {
        let cursor = Cursor::open(&select.pk, cursor)?;
        let fetched = self.fetch(select, cursor.after.as_deref()).await?;
        let next = fetched.last.map(|sk| Cursor { part: 0, after: Some(sk) }.seal(&select.pk));
        Ok(Page { items: fetched.items.into_iter().map(read).collect::<Result<_>>()?, next })
    }

    /// Every item of a query, for partitions that are small.
    pub(super) async fn fetch_all(&self, select: &Select<'_>) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let fetched = self.fetch(select, after.as_deref()).await?;
            items.extend(fetched.items);
            match fetched.last {
                Some(last) => after = Some(last),
                None => return Ok(items),
            }
        }
    }
}

fn ranged(query: QueryFluentBuilder, select: &Select<'_>) -> QueryFluentBuilder {
    let query = query.expression_attribute_values(":pk", AttributeValue::S(select.pk.clone()));
    let text = |value: &String| AttributeValue::S(value.clone());
    match &select.range {
        Range::All => query.key_condition_expression("pk = :pk"),
        Range::After(sk) => {
            query.key_condition_expression("pk = :pk AND sk > :a").expression_attribute_values(":a", text(sk))
        }
        Range::StartsWith(sk) => query
            .key_condition_expression("pk = :pk AND begins_with(sk, :a)")
            .expression_attribute_values(":a", text(sk)),
        Range::Between(from, to) => query
            .key_condition_expression("pk = :pk AND sk BETWEEN :a AND :b")
            .expression_attribute_values(":a", text(from))
            .expression_attribute_values(":b", text(to)),
    }
}
