//! What becomes of one item. A new kind of item does not compile until somebody says it here.

use super::any_text;
use crate::{
    decide::erase::{Fate, Personal, Words, speaks_of},
    error::Result,
    model::{
        AccountId, Action, AuditEvent, Campaign, Credential, CredentialRow, Decision, Exemption, Finding, MailAddress,
        MessageId, OrgId, Outgoing, Owner, OwnerRow, Person, RegisterEntry, Report, ReportId, Seats, Sponsor,
    },
    store::{
        item::{Entity, Item, body, read_key, value},
        keys::{self, Key},
    },
};
use aws_sdk_dynamodb::types::AttributeValue;

/// Whom items are judged by, and where they stand.
pub(super) struct Scope<'a> {
    pub(super) org: &'a OrgId,
    pub(super) person: &'a Person,
    pub(super) words: &'a Words,
    pub(super) report: Option<(ReportId, u32)>,
}

/// An item and what becomes of it.
pub(super) struct Treated {
    pub(super) entity: Entity,
    pub(super) key: Key,
    pub(super) item: Item,
    pub(super) deed: Deed,
    /// What it tells of the person.
    pub(super) learned: Option<Person>,
    /// Whether it holds a text that only a person can judge.
    pub(super) left: Left,
}

/// What is done with an item.
pub(super) enum Deed {
    Nothing,
    /// It is deleted, with what stands under these keys.
    Delete(Vec<Key>),
    /// Its body becomes this; under another key, where one is given.
    Change(AttributeValue, Option<Key>),
}

/// Whether a text is left in an item that only a person can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    Something,
}

/// What a value tells, and what becomes of it.
type Judged = (Option<Person>, Deed, Left);

impl Scope<'_> {
    pub(super) fn treat(&self, item: Item) -> Result<Treated> {
        let (entity, key) = (Entity::of(&item)?, read_key(&item)?);
        let (learned, deed, left) = self.judged(entity, &key, &item)?;
        Ok(Treated { entity, key, item, deed, learned, left })
    }

    fn judged(&self, entity: Entity, key: &Key, item: &Item) -> Result<Judged> {
        match entity {
            Entity::Event => self.if_named::<AuditEvent>(item),
            Entity::Row => self.if_named::<CredentialRow>(item),
            Entity::OwnerRow => self.owner_row(item),
            Entity::Report => self.if_named::<Report>(item),
            Entity::StagedOwner => self.if_named::<Owner>(item),
            Entity::StagedAdmin => self.if_named::<AccountId>(item),
            Entity::StagedCredential => self.if_named::<Credential>(item),
            Entity::RunFinding => self.if_named::<Finding>(item),
            Entity::Finding => self.entered::<Finding>(item),
            Entity::Action => self.entered::<Action>(item),
            Entity::Message => self.message(key, item),
            Entity::Decision => self.entered::<Decision>(item),
            Entity::Exemption => self.entered::<Exemption>(item),
            Entity::RegisterEntry => self.entered::<RegisterEntry>(item),
            Entity::Sponsor => self.entered::<Sponsor>(item),
            Entity::Campaign => self.entered::<Campaign>(item),
            Entity::Seats => self.entered::<Seats>(item),
            Entity::Mailbox => Ok((None, self.mailbox(key), Left::Nothing)),
            // People wrote these, and a digest or a decision hangs on every word.
            Entity::Policy | Entity::Budget => Ok((None, Deed::Nothing, self.looked_at(item)?)),
            // Each goes with its message.
            Entity::Undelivered
            // Places of their own, or nothing of a person in them.
            | Entity::Profile
            | Entity::Quarantined
            | Entity::QuarantinePart
            | Entity::Counter
            | Entity::Catalogue
            | Entity::Poll
            | Entity::Schedule
            | Entity::Run
            | Entity::Totals
            | Entity::Latest
            | Entity::Org
            | Entity::Erasure
            | Entity::PolicyPointer
            | Entity::LedgerEntry
            | Entity::LedgerHead
            | Entity::PublishedHead
            | Entity::HeadKey
            | Entity::ToldUntil => Ok((None, Deed::Nothing, Left::Nothing)),
        }
    }

    /// Of the history only what names the account or an address of it is read: reports have many rows.
    fn if_named<T: Personal>(&self, item: &Item) -> Result<Judged> {
        match any_text(item, &|text| self.words.may_be_in(text)) {
            true => self.value::<T>(item),
            false => Ok((None, Deed::Nothing, Left::Nothing)),
        }
    }

    fn value<T: Personal>(&self, item: &Item) -> Result<Judged> {
        let before: T = body(item.clone())?;
        let deed = match before.fate(self.person)? {
            Fate::Stays => Deed::Nothing,
            Fate::Goes => Deed::Delete(Vec::new()),
            Fate::Becomes(after) => Deed::Change(value(&after)?, None),
        };
        Ok((self.learned(&before), deed, Left::Nothing))
    }

    fn learned(&self, value: &impl Personal) -> Option<Person> {
        let mut known = self.person.clone();
        value.learn(&mut known);
        (known != *self.person).then_some(known)
    }

    /// As [`Self::value`], and what is left in it for a person to judge.
    fn entered<T: Personal>(&self, item: &Item) -> Result<Judged> {
        let (learned, deed, _) = self.value::<T>(item)?;
        let left = match &deed {
            Deed::Nothing => self.looked_at(item)?,
            Deed::Change(after, _) => self.looked_at(&[("body".to_owned(), after.clone())].into())?,
            Deed::Delete(_) => Left::Nothing,
        };
        Ok((learned, deed, left))
    }

    fn looked_at(&self, item: &Item) -> Result<Left> {
        let said: serde_json::Value = match item.get("body") {
            Some(_) => body([("body".to_owned(), item["body"].clone())].into())?,
            None => return Ok(Left::Nothing),
        };
        Ok(if speaks_of(&said, self.person)? { Left::Something } else { Left::Nothing })
    }

    /// The row of an account stands under the account.
    fn owner_row(&self, item: &Item) -> Result<Judged> {
        let (learned, deed, left) = self.if_named::<OwnerRow>(item)?;
        let (Deed::Change(after, _), Some((report, parts))) = (&deed, &self.report) else {
            return Ok((learned, deed, left));
        };
        let row: OwnerRow = body([("body".to_owned(), after.clone())].into())?;
        let key = keys::owner_row(self.org, report, *parts, &row.account);
        let moved = (key != read_key(item)?).then_some(key);
        Ok((learned, Deed::Change(after.clone(), moved), left))
    }

    fn message(&self, key: &Key, item: &Item) -> Result<Judged> {
        let (learned, deed, left) = self.entered::<Outgoing>(item)?;
        let id = MessageId::new(keys::unordered(&key.sk));
        let deed = match deed {
            Deed::Delete(_) => Deed::Delete(vec![keys::undelivered_message(self.org, &id)]),
            other @ (Deed::Nothing | Deed::Change(..)) => other,
        };
        Ok((learned, deed, left))
    }

    /// When an address was last written to stands under its hash.
    fn mailbox(&self, key: &Key) -> Deed {
        let hash = |address: &String| keys::mailbox(self.org, &MailAddress::new(address.as_str()).key(self.org));
        match self.person.addresses.iter().any(|address| hash(address) == *key) {
            true => Deed::Delete(Vec::new()),
            false => Deed::Nothing,
        }
    }
}
