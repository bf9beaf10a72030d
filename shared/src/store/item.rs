//! Words as items: the lifted attributes beside a value's map under `body`.

use super::{form, keys::Key};
use crate::{
    error::{Error, Result},
    model::{Home, OrgId, Timestamp, Versioned},
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, to_attribute_value};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
};

/// Attributes as DynamoDB takes and gives them.
pub(super) type Item = HashMap<String, AttributeValue>;

macro_rules! entities {
    ($($(#[$doc:meta])* $name:ident => $text:literal;)*) => {
        /// What an item is; stream filters read it as the attribute `entity`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Entity {
            $($(#[$doc])* $name,)*
        }

        impl Entity {
            /// Every kind of item.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The value of the attribute `entity`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

entities! {
    /// An audit event.
    Event => "event";
    /// A usage profile.
    Profile => "profile";
    /// A counter.
    Counter => "counter";
    /// The org's list of actions.
    Catalogue => "catalogue";
    /// The poll's checkpoint.
    Poll => "poll";
    /// When reports are begun.
    Schedule => "schedule";
    /// An open run.
    Run => "run";
    /// A staged owner.
    StagedOwner => "staged_owner";
    /// The staged mark that an account is an org admin.
    StagedAdmin => "staged_admin";
    /// A staged credential.
    StagedCredential => "staged_credential";
    /// A finding of one run.
    RunFinding => "run_finding";
    /// The sums of one shard.
    Totals => "totals";
    /// A row of a report.
    Row => "row";
    /// An account of a report.
    OwnerRow => "owner_row";
    /// The summary of a report.
    Report => "report";
    /// Which report is the latest.
    Latest => "latest";
    /// The header of a quarantined body.
    Quarantined => "quarantined";
    /// A part of a quarantined body.
    QuarantinePart => "quarantine_part";
    /// An org.
    Org => "org";
    /// A finding.
    Finding => "finding";
    /// An exemption.
    Exemption => "exemption";
    /// What people entered about a credential.
    RegisterEntry => "register_entry";
    /// Who answers for an account that is not managed.
    Sponsor => "sponsor";
    /// A campaign.
    Campaign => "campaign";
    /// Who holds the seats of the external users' Test policy.
    Seats => "seats";
    /// The erasure of an account.
    Erasure => "erasure";
    /// An action.
    Action => "action";
    /// A message on its way.
    Message => "message";
    /// The mails to one recipient.
    Mailbox => "mailbox";
    /// A message that was given up.
    Undelivered => "undelivered";
    /// A decision.
    Decision => "decision";
    /// A version of the policy.
    Policy => "policy";
    /// Which version of the policy is in force.
    PolicyPointer => "policy_pointer";
    /// The budget and the kill switch.
    Budget => "budget";
    /// An entry of the ledger.
    LedgerEntry => "ledger_entry";
    /// The end of the ledger.
    LedgerHead => "ledger_head";
    /// A head of the ledger that was published.
    PublishedHead => "published_head";
    /// A key that signed published heads.
    HeadKey => "head_key";
    /// Up to which published head the event bus was told.
    ToldUntil => "told_until";
}

impl Entity {
    pub(super) fn attribute(self) -> AttributeValue {
        AttributeValue::S(self.as_str().to_owned())
    }

    /// What an item says that it is.
    pub(super) fn of(item: &Item) -> Result<Self> {
        let said = read_text(item, "entity")?;
        Self::ALL.iter().copied().find(|entity| entity.as_str() == said).ok_or_else(|| unfit("read"))
    }
}

/// An item in the making.
#[derive(Debug, Clone)]
pub(super) struct Draft(Item);

impl Draft {
    pub(super) fn new(key: Key, entity: Entity) -> Self {
        Self(key_item(key)).text("entity", entity.as_str())
    }

    pub(super) fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.attribute(name, AttributeValue::S(value.into()))
    }

    pub(super) fn number(self, name: &str, value: impl ToString + Copy) -> Self {
        self.attribute(name, number(value))
    }

    pub(super) fn attribute(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn expires(self, epoch_secs: Option<i64>) -> Self {
        match epoch_secs {
            Some(at) => self.number("expires_at", at),
            None => self,
        }
    }

    /// Makes it show in the sparse index of pending things.
    pub(super) fn pending(self, org: &OrgId, since: Timestamp) -> Self {
        self.text("pending_org", org.as_str()).number("pending_since", since.timestamp())
    }

    /// The value; what is `None` in it takes no room.
    pub(super) fn body<T: Serialize>(self, of: &T) -> Result<Self> {
        Ok(self.attribute("body", value(of)?))
    }

    /// Changes the form of the value.
    pub(super) fn map_body(mut self, change: impl FnOnce(&mut AttributeValue)) -> Self {
        if let Some(body) = self.0.get_mut("body") {
            change(body);
        }
        self
    }

    pub(super) fn build(self) -> Item {
        self.0
    }
}

pub(super) fn key_item(key: Key) -> Item {
    [("pk", key.pk), ("sk", key.sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

pub(super) fn number(value: impl ToString + Copy) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A number that no other write will have: what tells our own write, repeated after a lost answer, from another's.
pub(super) fn write_mark() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A value as the attribute `body`.
pub(super) fn value<T: Serialize>(of: &T) -> Result<AttributeValue> {
    let mut body: AttributeValue = to_attribute_value(of).map_err(|_| unfit("written"))?;
    drop_nulls(&mut body);
    Ok(body)
}

fn drop_nulls(value: &mut AttributeValue) {
    match value {
        AttributeValue::M(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        AttributeValue::L(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn unfit(done: &str) -> Error {
    Error::Store(format!("an item could not be {done}: its shape is not the one expected"))
}

/// The value of an item.
///
/// # Errors
/// [`Error::TooNew`] if a newer version wrote it in a form of its own; [`Error::Store`] if it is not as it was written.
pub(super) fn body<T: DeserializeOwned>(mut item: Item) -> Result<T> {
    form::check(&item)?;
    let body = item.remove("body").ok_or_else(|| unfit("read"))?;
    // The text of serde's error may hold a value, so it is not passed on.
    from_attribute_value(body).map_err(|_| unfit("read"))
}

/// Which table an item was written to: after a restore from a backup that is another one than it stands in.
pub(super) const WRITTEN_IN: &str = "written_in";

/// Whether an item was written to this table.
pub(super) fn home(item: Option<&Item>, table: &str) -> Home {
    match item.map(|item| read_text(item, WRITTEN_IN)) {
        Some(Ok(written)) if written == table => Home::Here,
        Some(Ok(written)) => Home::Elsewhere(written.to_owned()),
        Some(Err(_)) | None => Home::Unmarked,
    }
}

/// The value of an item with its version.
pub(super) fn versioned<T: DeserializeOwned>(item: Item) -> Result<Versioned<T>> {
    Ok(Versioned { version: read_number(&item, "version")?, value: body(item)? })
}

/// A lifted number.
pub(super) fn read_number(item: &Item, name: &str) -> Result<u64> {
    let value = item.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    value.ok_or_else(|| unfit("read"))
}

/// A lifted text.
pub(super) fn read_text<'a>(item: &'a Item, name: &str) -> Result<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str).ok_or_else(|| unfit("read"))
}

/// The key of an item.
pub(super) fn read_key(item: &Item) -> Result<Key> {
    Ok(Key { pk: read_text(item, "pk")?.to_owned(), sk: read_text(item, "sk")?.to_owned() })
}

#[cfg(test)]
mod tests;
