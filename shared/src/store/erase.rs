//! Erasing one account, page by page of the org's own partitions. Each kind of item that those hold is named here; what
//! becomes of one, [`crate::decide::erase`] says.
//!
//! What no list names cannot be found, and expires: as for [`super::purge`].

mod partitions;
mod treat;
mod write;

use super::{
    Store,
    item::{Entity, Item, body, read_key, write_mark},
    keys,
    select::{Fetched, Range, Select},
};
use crate::{
    decide::erase::{Words, is_in_bytes},
    error::Result,
    model::{AccountId, ErasureCount, ErasurePlace, ErasureWork, Org, OrgId, Person, Quarantined, ReportId, Timestamp},
    ports::{ErasedPart, ErasureStore},
};
use futures::future::try_join_all;
use partitions::Partition;
use std::collections::BTreeMap;
use treat::{Scope, Treated};

/// Quarantined bodies that one part opens.
const BODIES: u32 = 10;

impl ErasureStore for Store {
    fn pseudonym(&self) -> AccountId {
        AccountId::new(format!("erased-{:016x}{:016x}", write_mark(), write_mark()))
    }

    async fn erase_part(&self, org: &Org, asked_at: Timestamp, work: &ErasureWork) -> Result<ErasedPart> {
        match &work.place {
            ErasurePlace::Profiles => self.erase_profiles(&org.id, &work.person.account).await,
            ErasurePlace::Quarantine { after } => self.erase_bodies(&org.id, &work.person, after.as_deref()).await,
            ErasurePlace::Events { .. }
            | ErasurePlace::Summaries { .. }
            | ErasurePlace::Reports { .. }
            | ErasurePlace::Cases { .. } => match self.erase_day(org, asked_at, work).await? {
                Some(day) => Ok(day),
                None => self.erase_page(org, asked_at, work).await,
            },
        }
    }
}

/// What was erased from a page.
#[derive(Default)]
struct Sums {
    counts: BTreeMap<String, ErasureCount>,
    left: BTreeMap<String, u64>,
}

/// What came of some items.
enum Items {
    /// More is known of the person.
    Learned(Person),
    /// They are without him.
    Erased(Sums),
}

impl Sums {
    fn deleted(&mut self, entity: Entity, deleted: u64) {
        if deleted > 0 {
            self.counts.entry(entity.as_str().to_owned()).or_default().deleted += deleted;
        }
    }

    fn part(self, next: Option<ErasurePlace>) -> ErasedPart {
        ErasedPart::Erased { counts: self.counts, left: self.left, next }
    }
}

impl Store {
    /// The events of a day at once, where each partition of it is a page: most days are. `None` where one is more.
    async fn erase_day(&self, org: &Org, asked_at: Timestamp, work: &ErasureWork) -> Result<Option<ErasedPart>> {
        let ErasurePlace::Events { day, part: 0, after: None } = &work.place else { return Ok(None) };
        let table = self.tables.history.as_str();
        let selects: Vec<Select<'_>> = keys::events_of_day(&org.id, *day).map(|pk| Select::all(table, pk)).collect();
        let pages: Vec<Fetched> = try_join_all(selects.iter().map(|select| self.fetch(select, None))).await?;
        if pages.iter().any(|page| page.last.is_some()) {
            return Ok(None);
        }
        let items = pages.into_iter().flat_map(|page| page.items).collect();
        Ok(Some(match self.erase_items(&org.id, &work.person, (table, None), items).await? {
            Items::Learned(person) => ErasedPart::Learned(person),
            Items::Erased(sums) => sums.part(Some(self.place_before(org, asked_at, *day))),
        }))
    }

    async fn erase_page(&self, org: &Org, asked_at: Timestamp, work: &ErasureWork) -> Result<ErasedPart> {
        let place = &work.place;
        let Some(Partition { table, pk, after, report }) = self.partition_at(&org.id, asked_at, place).await? else {
            return Ok(Sums::default().part(self.place_after(org, asked_at, place, None).await?));
        };
        let page = self.fetch(&Select::all(table, pk), after.as_deref()).await?;
        Ok(match self.erase_items(&org.id, &work.person, (table, report), page.items).await? {
            Items::Learned(person) => ErasedPart::Learned(person),
            Items::Erased(sums) => sums.part(self.place_after(org, asked_at, place, page.last).await?),
        })
    }

    /// Changes items of a table; nothing, where they tell more of the person than was known.
    async fn erase_items(
        &self,
        org: &OrgId,
        person: &Person,
        (table, report): (&str, Option<(ReportId, u32)>),
        items: Vec<Item>,
    ) -> Result<Items> {
        let words = Words::of(person);
        let scope = Scope { org, person, words: &words, report };
        let treated: Vec<Treated> = items.into_iter().map(|item| scope.treat(item)).collect::<Result<_>>()?;
        Ok(match learned(person, &treated) {
            Some(known) => Items::Learned(known),
            None => Items::Erased(self.write_treated(table, treated).await?),
        })
    }

    async fn erase_profiles(&self, org: &OrgId, account: &AccountId) -> Result<ErasedPart> {
        let select = Select::all(&self.tables.history, keys::profile_shard(org, keys::profile_shard_of(account)));
        let select = select.range(Range::StartsWith(keys::profiles_of(account)));
        let items = self.fetch_all(&select).await?;
        let keys: Vec<_> = items.iter().map(read_key).collect::<Result<_>>()?;
        let mut sums = Sums::default();
        sums.deleted(Entity::Profile, keys.len() as u64);
        self.delete_all(&self.tables.history, keys).await?;
        Ok(sums.part(Some(ErasurePlace::Summaries { after: None })))
    }

    /// A body that holds the account's id or address is deleted whole, and so is one that nobody can read any more.
    async fn erase_bodies(&self, org: &OrgId, person: &Person, after: Option<&str>) -> Result<ErasedPart> {
        let select = Select::all(&self.tables.history, keys::quarantine(org)).limit(BODIES);
        let fetched = self.fetch(&select, after).await?;
        let mut sums = Sums::default();
        for header in fetched.items {
            let header: Quarantined = body(header)?;
            let readable = self.readable(org, &header).await?;
            if readable.is_none_or(|text| is_in_bytes(&text, person)) {
                self.remove_body(org, &header).await?;
                sums.deleted(Entity::Quarantined, 1);
            }
        }
        Ok(sums.part(Some(match fetched.last {
            Some(last) => ErasurePlace::Quarantine { after: Some(last) },
            None => ErasurePlace::Cases { part: 0, after: None },
        })))
    }
}

/// The person as he is known after these items, if that is more than before.
fn learned(person: &Person, treated: &[Treated]) -> Option<Person> {
    let mut known = person.clone();
    treated.iter().filter_map(|treated| treated.learned.as_ref()).for_each(|learned| {
        known.names.extend(learned.names.iter().cloned());
        known.addresses.extend(learned.addresses.iter().cloned());
        known.credentials.extend(learned.credentials.iter().cloned());
        known.actions.extend(learned.actions.iter().cloned());
        known.decisions.extend(learned.decisions.iter().cloned());
    });
    (known != *person).then_some(known)
}

/// The body of an item as it is, and whether any of its texts passes a test.
fn any_text(item: &Item, test: &impl Fn(&str) -> bool) -> bool {
    use aws_sdk_dynamodb::types::AttributeValue;
    fn within(value: &AttributeValue, test: &impl Fn(&str) -> bool) -> bool {
        match value {
            AttributeValue::S(text) => test(text),
            AttributeValue::L(items) => items.iter().any(|item| within(item, test)),
            AttributeValue::M(fields) => fields.iter().any(|(name, value)| test(name) || within(value, test)),
            _number_or_bytes => false,
        }
    }
    item.get("body").is_some_and(|body| within(body, test))
}
