//! Writing what becomes of items.

use super::{
    Sums,
    treat::{Deed, Left, Treated},
};
use crate::{
    error::{Error, Result},
    store::{
        Store,
        call::failed,
        item::{Item, key_item, number, read_number},
        keys::Key,
    },
};
use aws_sdk_dynamodb::{error::SdkError, types::AttributeValue};
use futures::stream::{self, StreamExt, TryStreamExt};

/// Changes of items that are under way at the same time.
const AT_A_TIME: usize = 8;

/// A change of an item of the cases, where others may change the same.
struct Update {
    key: Key,
    before: Item,
    body: AttributeValue,
}

/// All that is to be written of a page.
#[derive(Default)]
struct Writes {
    puts: Vec<Item>,
    updates: Vec<Update>,
    deletes: Vec<Key>,
}

impl Store {
    /// What is put comes before what is deleted: a row that moves is never nowhere.
    pub(super) async fn write_treated(&self, table: &str, treated: Vec<Treated>) -> Result<Sums> {
        let (mut sums, mut writes) = (Sums::default(), Writes::default());
        for one in treated {
            count(&mut sums, &one);
            writes.add(one, if table == self.tables.history { Others::Rest } else { Others::Write });
        }
        let Writes { puts, updates, deletes } = writes;
        self.put_all(table, puts).await?;
        let updates: Vec<_> = updates.into_iter().map(|update| self.update_body(table, update)).collect();
        stream::iter(updates).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        self.delete_all(table, deletes).await?;
        Ok(sums)
    }

    /// Changes a body that is still as it was read; its version moves, so that nobody writes the old one back.
    async fn update_body(&self, table: &str, Update { key, before, body }: Update) -> Result<()> {
        let was = before.get("body").cloned().unwrap_or(AttributeValue::Null(true));
        let version = before.contains_key("version").then(|| read_number(&before, "version")).transpose()?;
        let request = self
            .client
            .update_item()
            .table_name(table)
            .set_key(Some(key_item(key)))
            .expression_attribute_values(":body", body)
            .expression_attribute_values(":was", was);
        let request = match version {
            None => request.update_expression("SET body = :body").condition_expression("body = :was"),
            Some(version) => request
                .update_expression("SET body = :body, version = :next")
                .condition_expression("body = :was AND version = :version")
                .expression_attribute_values(":version", number(version))
                .expression_attribute_values(":next", number(version + 1)),
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                Err(Error::Contended("something that is being erased".into()))
            }
            Err(error) => Err(failed("UpdateItem", table)(error)),
        }
    }
}

/// Whether others change items of the same table meanwhile.
#[derive(Clone, Copy)]
enum Others {
    Write,
    Rest,
}

impl Writes {
    fn add(&mut self, Treated { key, item, deed, .. }: Treated, others: Others) {
        match (deed, others) {
            (Deed::Nothing, _) => {}
            (Deed::Delete(with), _) => self.deletes.extend(with.into_iter().chain([key])),
            (Deed::Change(body, None), Others::Write) => self.updates.push(Update { key, before: item, body }),
            (Deed::Change(body, moved), Others::Rest | Others::Write) => {
                let mut after = item;
                after.insert("body".into(), body);
                if let Some(new) = moved {
                    after.extend(key_item(new));
                    self.deletes.push(key);
                }
                self.puts.push(after);
            }
        }
    }
}

fn count(sums: &mut Sums, treated: &Treated) {
    let Treated { entity, deed, left, .. } = treated;
    let kind = || entity.as_str().to_owned();
    match deed {
        Deed::Nothing => {}
        Deed::Delete(_) => sums.counts.entry(kind()).or_default().deleted += 1,
        Deed::Change(..) => sums.counts.entry(kind()).or_default().changed += 1,
    }
    if *left == Left::Something {
        *sums.left.entry(kind()).or_default() += 1;
    }
}
