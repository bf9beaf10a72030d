//! Words as items: the lifted attributes beside a value's map under `body`.

use super::keys::Key;
use crate::{
    error::{Error, Result},
    model::{OrgId, Timestamp, Versioned},
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

/// What an item is; stream filters read it as the attribute `entity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// An audit event.
    Event,
    /// A usage profile.
    Profile,
    /// A counter.
    Counter,
    /// The org's list of actions.
    Catalogue,
    /// The poll's checkpoint.
    Poll,
    /// When reports are begun.
    Schedule,
    /// An open run.
    Run,
    /// A staged owner.
    StagedOwner,
    /// The staged mark that an account is an org admin.
    StagedAdmin,
    /// A staged credential.
    StagedCredential,
    /// A finding of one run.
    RunFinding,
    /// The sums of one shard.
    Totals,
    /// A row of a report.
    Row,
    /// An account of a report.
    OwnerRow,
    /// The summary of a report.
    Report,
    /// Which report is the latest.
    Latest,
    /// The header of a quarantined body.
    Quarantined,
    /// A part of a quarantined body.
    QuarantinePart,
    /// An org.
    Org,
    /// A finding.
    Finding,
    /// An exemption.
    Exemption,
    /// What people entered about a credential.
    RegisterEntry,
    /// Who answers for an account that is not managed.
    Sponsor,
    /// A campaign.
    Campaign,
    /// Who holds the seats of the external users' Test policy.
    Seats,
    /// An action.
    Action,
    /// A message on its way.
    Message,
    /// The mails to one recipient.
    Mailbox,
    /// A message that was given up.
    Undelivered,
    /// A decision.
    Decision,
    /// A version of the policy.
    Policy,
    /// Which version of the policy is in force.
    PolicyPointer,
    /// The budget and the kill switch.
    Budget,
    /// An entry of the ledger.
    LedgerEntry,
    /// The end of the ledger.
    LedgerHead,
    /// A head of the ledger that was published.
    PublishedHead,
    /// A key that signed published heads.
    HeadKey,
    /// Up to which published head the event bus was told.
    ToldUntil,
}

impl Entity {
    pub(super) fn attribute(self) -> AttributeValue {
        AttributeValue::S(self.as_str().to_owned())
    }

    /// The value of the attribute `entity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Profile => "profile",
            Self::Counter => "counter",
            Self::Catalogue => "catalogue",
            Self::Poll => "poll",
            Self::Schedule => "schedule",
            Self::Run => "run",
            Self::StagedOwner => "staged_owner",
            Self::StagedAdmin => "staged_admin",
            Self::StagedCredential => "staged_credential",
            Self::RunFinding => "run_finding",
            Self::Totals => "totals",
            Self::Row => "row",
            Self::OwnerRow => "owner_row",
            Self::Report => "report",
            Self::Latest => "latest",
            Self::Quarantined => "quarantined",
            Self::QuarantinePart => "quarantine_part",
            Self::Org => "org",
            Self::Finding => "finding",
            Self::Exemption => "exemption",
            Self::RegisterEntry => "register_entry",
            Self::Sponsor => "sponsor",
            Self::Campaign => "campaign",
            Self::Seats => "seats",
            Self::Action => "action",
            Self::Message => "message",
            Self::Mailbox => "mailbox",
            Self::Undelivered => "undelivered",
            Self::Decision => "decision",
            Self::Policy => "policy",
            Self::PolicyPointer => "policy_pointer",
            Self::Budget => "budget",
            Self::LedgerEntry => "ledger_entry",
            Self::LedgerHead => "ledger_head",
            Self::PublishedHead => "published_head",
            Self::HeadKey => "head_key",
            Self::ToldUntil => "told_until",
        }
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
pub(super) fn body<T: DeserializeOwned>(mut item: Item) -> Result<T> {
    let body = item.remove("body").ok_or_else(|| unfit("read"))?;
    // The text of serde's error may hold a value, so it is not passed on.
    from_attribute_value(body).map_err(|_| unfit("read"))
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
