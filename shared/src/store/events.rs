//! Events and the profiles that they move.

use super::{
    Store,
    call::failed,
    expiry,
    item::{Draft, Entity, Item, body, key_item, number, read_key, read_text},
    keys::{self, Key, Single},
    profile,
    transact::{Outcome, Reason, put_new, put_next, unexplained},
};
use crate::{
    decide::classify::deed,
    error::{Error, Result},
    model::{
        ActionCatalogue, AuditEvent, CredentialEvent, EventKey, Interval, OrgId, Page, ProfileKey, Timestamp, Topic,
        UsageProfile, Versioned,
    },
    ports::{EventReader, EventStore, Written},
};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{HashMap, HashSet};

/// How many events one transaction may hold beside their profile; DynamoDB's own limit is 100 items and 4 MiB.
pub const EVENTS_A_TRANSACTION: usize = 50;

/// So many events about credentials are held in memory at once, some 200 bytes each.
const CREDENTIAL_EVENTS: usize = 20_000;

impl EventStore for Store {
    async fn known_events(&self, org: &OrgId, keys: &[EventKey]) -> Result<HashSet<EventKey>> {
        let wanted: HashMap<Key, &EventKey> = keys.iter().map(|key| (keys::event(org, key), key)).collect();
        let found = self.existing(&self.tables.history, &wanted.keys().cloned().collect()).await?;
        Ok(found.iter().filter_map(|key| wanted.get(key)).map(|key| (*key).clone()).collect())
    }

    async fn profile(&self, org: &OrgId, key: &ProfileKey) -> Result<Option<Versioned<UsageProfile>>> {
        self.get(&self.tables.history, keys::profile(org, key)).await?.map(profile::read_versioned).transpose()
    }

    async fn record_with_profile(
        &self,
        org: &OrgId,
        profile: &Versioned<UsageProfile>,
        events: &[AuditEvent],
    ) -> Result<Written> {
        self.check_events(org, events)?;
        let table = &self.tables.history;
        let mut writes = vec![put_next(table, profile::draft(org, &profile.value, self.retention)?, profile.version)?];
        for event in events {
            writes.push(put_new(table, self.event_draft(org, event, Some(&profile.value.key))?)?);
        }
        match self.transact(table, writes).await? {
            Outcome::Done => Ok(Written::Stored),
            Outcome::Cancelled(reasons) if reasons.iter().any(is_contention) => Ok(Written::Contended),
            Outcome::Cancelled(reasons) => Err(unexplained(table, &reasons)),
        }
    }

    async fn record_plain(&self, org: &OrgId, events: &[AuditEvent]) -> Result<()> {
        let drafts = events.iter().map(|event| Ok(self.event_draft(org, event, None)?.build()));
        self.put_all(&self.tables.history, drafts.collect::<Result<_>>()?).await
    }

    /// Not idempotent: a repeated delivery counts again, and so does the SDK's repetition after a lost answer.
    async fn count_ignored(&self, org: &OrgId, count: u64) -> Result<()> {
        let table = &self.tables.history;
        let request = self
            .client
            .update_item()
            .table_name(table)
            .set_key(Some(key_item(keys::single(org, Single::Ignored))))
            .update_expression("SET entity = :entity ADD ignored :count")
            .expression_attribute_values(":entity", Entity::Counter.attribute())
            .expression_attribute_values(":count", number(count));
        request.send().await.map_err(failed("UpdateItem", table)).map(drop)
    }

    async fn catalogue(&self, org: &OrgId) -> Result<ActionCatalogue> {
        let item = self.get(&self.tables.history, keys::single(org, Single::Catalogue)).await?;
        item.map_or_else(|| Ok(ActionCatalogue::default()), body)
    }

    async fn put_catalogue(&self, org: &OrgId, catalogue: &ActionCatalogue) -> Result<()> {
        let draft = Draft::new(keys::single(org, Single::Catalogue), Entity::Catalogue).body(catalogue)?;
        self.put(&self.tables.history, draft).await
    }
}

impl EventReader for Store {
    async fn credential_events(&self, org: &OrgId, within: Interval) -> Result<Vec<CredentialEvent>> {
        let keys = self.keys_about_credentials(org, within).await?;
        let catalogue = self.catalogue(org).await?;
        let items = self.read_all(&self.tables.history, &keys).await?;
        let event = |item| body(item).map(|event: AuditEvent| credential_event(event, &catalogue));
        let mut events: Vec<CredentialEvent> = items.into_iter().map(event).collect::<Result<_>>()?;
        events.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(events)
    }

    /// The cursor is the range key and the key of the last event.
    async fn events_of(
        &self,
        org: &OrgId,
        profile: &ProfileKey,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<AuditEvent>> {
        let of = keys::events_of_profile(org, profile);
        let start = cursor.as_deref().map(|cursor| started(&of, cursor)).transpose()?;
        let (keys, last) = self.indexed(&of, (EARLIEST, LATEST), start, Some(limit)).await?;
        let items = self.read_all(&self.tables.history, &keys.into_iter().collect()).await?;
        let mut events: Vec<AuditEvent> = items.into_iter().map(body).collect::<Result<_>>()?;
        events.sort_by(|a, b| (b.time, &b.id).cmp(&(a.time, &a.id)));
        Ok(Page { items: events, next: last.as_ref().map(ended).transpose()? })
    }

    async fn existing_profiles(&self, org: &OrgId, keys: &[ProfileKey]) -> Result<HashSet<ProfileKey>> {
        let wanted: HashMap<Key, &ProfileKey> = keys.iter().map(|key| (keys::profile(org, key), key)).collect();
        let found = self.existing(&self.tables.history, &wanted.keys().cloned().collect()).await?;
        Ok(found.iter().filter_map(|key| wanted.get(key)).map(|key| (*key).clone()).collect())
    }

    async fn action_names(&self, org: &OrgId) -> Result<ActionCatalogue> {
        self.catalogue(org).await
    }
}

fn credential_event(event: AuditEvent, catalogue: &ActionCatalogue) -> CredentialEvent {
    let deed = deed(&event.action, catalogue);
    CredentialEvent { id: event.id, action: event.action, at: event.time, actor: event.actor.id, deed }
}

impl Store {
    /// The newest of them, at most [`CREDENTIAL_EVENTS`].
    async fn keys_about_credentials(&self, org: &OrgId, within: Interval) -> Result<HashSet<Key>> {
        let of = keys::events_about_credentials(org);
        let (from, to) = (profile_at(within.from), profile_at(within.to));
        let (mut keys, mut start) = (HashSet::new(), None);
        while keys.len() < CREDENTIAL_EVENTS {
            let (found, last) = self.indexed(&of, (&from, &to), start, None).await?;
            keys.extend(found);
            start = last;
            if start.is_none() {
                break;
            }
        }
        Ok(keys)
    }

    /// One page of the keys of events in the index `by_profile`, newest first, and where it goes on.
    async fn indexed(
        &self,
        of: &str,
        (from, to): (&str, &str),
        start: Option<Item>,
        limit: Option<u32>,
    ) -> Result<(Vec<Key>, Option<Item>)> {
        let table = &self.tables.history;
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let request = self
            .client
            .query()
            .table_name(table)
            .index_name("by_profile")
            .scan_index_forward(false)
            .key_condition_expression("#of = :of AND profile_at BETWEEN :from AND :to")
            .expression_attribute_names("#of", "profile")
            .expression_attribute_values(":of", text(of))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .set_limit(limit.map(|limit| limit.clamp(1, 1_000) as i32))
            .set_exclusive_start_key(start);
        let answer = request.send().await.map_err(failed("Query", table))?;
        let keys = answer.items.unwrap_or_default().iter().map(read_key).collect::<Result<_>>()?;
        Ok((keys, answer.last_evaluated_key))
    }

    fn event_draft(&self, org: &OrgId, event: &AuditEvent, profile: Option<&ProfileKey>) -> Result<Draft> {
        let expires = expiry(event.time, self.retention.event_days);
        let draft = Draft::new(keys::event(org, &event.key()), Entity::Event).expires(Some(expires)).body(event)?;
        let of = match (profile, event.topic) {
            (Some(key), _) => Some(keys::events_of_profile(org, key)),
            (None, Topic::Credential) => Some(keys::events_about_credentials(org)),
            (None, _) => None,
        };
        Ok(match of {
            None => draft,
            Some(of) => draft.text("profile", of).text("profile_at", profile_at(event.time)),
        })
    }

    fn check_events(&self, org: &OrgId, events: &[AuditEvent]) -> Result<()> {
        if events.len() > EVENTS_A_TRANSACTION {
            let reason = format!("{} are more than {EVENTS_A_TRANSACTION} for one transaction", events.len());
            return Err(Error::invalid("events", reason));
        }
        let distinct: HashSet<Key> = events.iter().map(|event| keys::event(org, &event.key())).collect();
        match distinct.len() == events.len() {
            true => Ok(()),
            false => Err(Error::invalid("events", "one of them is there twice, so the profile would count it twice")),
        }
    }
}

/// The range key of the index `by_profile`: seconds since 1970, in the order of time.
fn profile_at(at: Timestamp) -> String {
    format!("{:012}", at.timestamp())
}

/// Sorts before every range key of the index, and is no empty text, which DynamoDB refuses in a key.
const EARLIEST: &str = " ";
/// Sorts after every range key of the index: they are digits.
const LATEST: &str = "~";

/// Where a page of the index ended, as text.
fn ended(last: &Item) -> Result<String> {
    let Key { pk, sk } = read_key(last)?;
    let place = [read_text(last, "profile_at")?, &pk, &sk];
    serde_json::to_string(&place).map_err(|_| Error::BadCursor)
}

fn started(of: &str, cursor: &str) -> Result<Item> {
    let [at, pk, sk]: [String; 3] = serde_json::from_str(cursor).map_err(|_| Error::BadCursor)?;
    let mut start = key_item(Key { pk, sk });
    start.insert("profile".into(), AttributeValue::S(of.to_owned()));
    start.insert("profile_at".into(), AttributeValue::S(at));
    Ok(start)
}

fn is_contention(reason: &Reason) -> bool {
    match reason {
        Reason::Condition(_) | Reason::Conflict => true,
        Reason::None | Reason::Other(_) => false,
    }
}
