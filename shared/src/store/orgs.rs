//! The entries of the registry of orgs. Each bears a version, so that no write undoes another: a report's tick must not
//! bring back an org that was removed meanwhile.

use super::{
    Store,
    item::{Draft, Entity, Item, body, key_item, number, read_number},
    keys,
    transact::{Outcome, Reason, unexplained},
};
use crate::{
    error::{Error, Result},
    model::{Org, OrgId, OrgState, Versioned},
    ports::{CaseReader, OrgStates, Written},
};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

impl OrgStates for Store {
    async fn org_state(&self, org: &OrgId) -> Result<Option<OrgState>> {
        Ok(self.org(org).await?.map(|org| org.state))
    }
}

/// An entry with its version; one that was written before entries had versions counts as version 0.
pub(super) fn entry(item: Item) -> Result<Versioned<Org>> {
    let version = if item.contains_key("version") { read_number(&item, "version")? } else { 0 };
    Ok(Versioned { version, value: body(item)? })
}

/// The write of an entry that follows a version.
pub(super) fn put_org(table: &str, org: &Versioned<Org>) -> Result<TransactWriteItem> {
    let draft = Draft::new(keys::org(&org.value.id), Entity::Org).body(&org.value)?;
    let item = draft.number("version", org.version + 1).build();
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = match org.version {
        0 => put.condition_expression("attribute_not_exists(version)"),
        version => {
            put.condition_expression("version = :version").expression_attribute_values(":version", number(version))
        }
    };
    Ok(TransactWriteItem::builder().put(put.build().map_err(|_| unbuilt())?).build())
}

fn delete_org(table: &str, org: &Versioned<Org>) -> Result<TransactWriteItem> {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key_item(keys::org(&org.value.id))))
        .condition_expression("attribute_not_exists(pk) OR version = :version")
        .expression_attribute_values(":version", number(org.version));
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(|_| unbuilt())?).build())
}

impl Store {
    pub(super) async fn put_entry(&self, org: &Versioned<Org>) -> Result<Written> {
        self.change_entry(put_org(&self.tables.cases, org)?).await
    }

    pub(super) async fn delete_entry(&self, org: &Versioned<Org>) -> Result<Written> {
        self.change_entry(delete_org(&self.tables.cases, org)?).await
    }

    async fn change_entry(&self, write: TransactWriteItem) -> Result<Written> {
        let table = &self.tables.cases;
        match self.transact(table, vec![write]).await? {
            Outcome::Done => Ok(Written::Stored),
            Outcome::Cancelled(reasons) => match reasons.first() {
                Some(Reason::Condition(_) | Reason::Conflict) => Ok(Written::Contended),
                Some(Reason::None | Reason::Other(_)) | None => Err(unexplained(table, &reasons)),
            },
        }
    }
}

fn unbuilt() -> Error {
    Error::Store("the entry of an org could not be built".into())
}
