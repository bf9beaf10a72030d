//! The usage profile as an item: the one that is written with nearly every event, so it is kept below 1 KiB, which is
//! what one write unit buys. Attribute names are single letters, moments are numbers, and bit sets are binary.

use super::{
    DAY_SECS, Retention, expiry,
    item::{Draft, Entity, Item, body, read_number, read_text},
    keys,
};
use crate::{
    error::{Error, Result},
    model::{EventTokenId, HoursOfWeek, KSmallest, OrgId, ProfileKey, Timestamp, UsageProfile, UsedDays, Versioned},
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use chrono::DateTime;
use serde::{Deserialize, Serialize};

/// A profile without its key, which the item's sort key holds.
#[derive(Debug, Serialize, Deserialize)]
struct Compact {
    /// The token id, where the identity does not say it.
    #[serde(rename = "t")]
    token: Option<EventTokenId>,
    /// The identity says a token id, but the profile holds none.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    tokenless: bool,
    #[serde(rename = "l")]
    labels: KSmallest<2>,
    #[serde(rename = "f")]
    first_used: Option<Moment>,
    #[serde(rename = "u")]
    last_used: Option<Moment>,
    #[serde(rename = "n")]
    uses: u64,
    #[serde(rename = "m")]
    mentions: u64,
    #[serde(rename = "e")]
    first_mentioned: Option<Moment>,
    #[serde(rename = "w")]
    networks: KSmallest<12>,
    #[serde(rename = "c")]
    countries: KSmallest<6>,
    #[serde(rename = "a")]
    actions: KSmallest<8>,
    #[serde(rename = "p", default)]
    places: KSmallest<4>,
    #[serde(rename = "d")]
    days: UsedDays,
    #[serde(rename = "h")]
    hours: HoursOfWeek,
}

/// Nanoseconds since 1970; as text beyond the years 1677 to 2262.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
enum Moment {
    Nanos(i64),
    Text(Timestamp),
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        at.timestamp_nanos_opt().map_or(Self::Text(at), Self::Nanos)
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        match moment {
            Moment::Nanos(nanos) => DateTime::from_timestamp_nanos(nanos),
            Moment::Text(at) => at,
        }
    }
}

impl Compact {
    fn of(profile: &UsageProfile) -> Self {
        let told = told_token(&profile.key);
        let profile = profile.clone();
        Self {
            tokenless: told.is_some() && profile.token_id.is_none(),
            token: profile.token_id.filter(|token| told.as_ref() != Some(token)),
            labels: profile.labels,
            first_used: profile.first_used_at.map(Moment::from),
            last_used: profile.last_used_at.map(Moment::from),
            uses: profile.uses,
            mentions: profile.mentions,
            first_mentioned: profile.first_mentioned_at.map(Moment::from),
            networks: profile.networks,
            countries: profile.countries,
            actions: profile.actions,
            places: profile.places,
            days: profile.days,
            hours: profile.hours,
        }
    }

    fn with(self, key: ProfileKey) -> UsageProfile {
        let told = told_token(&key).filter(|_| !self.tokenless);
        UsageProfile {
            key,
            token_id: self.token.or(told),
            labels: self.labels,
            first_used_at: self.first_used.map(Timestamp::from),
            last_used_at: self.last_used.map(Timestamp::from),
            uses: self.uses,
            mentions: self.mentions,
            first_mentioned_at: self.first_mentioned.map(Timestamp::from),
            networks: self.networks,
            countries: self.countries,
            actions: self.actions,
            places: self.places,
            days: self.days,
            hours: self.hours,
        }
    }
}

fn told_token(key: &ProfileKey) -> Option<EventTokenId> {
    key.identity.strip_prefix("t:").map(EventTokenId::new)
}

/// The item of a profile. It expires when neither its events nor a report could still speak of its last use.
pub(super) fn draft(org: &OrgId, profile: &UsageProfile, retention: Retention) -> Result<Draft> {
    let days = retention.event_days.max(retention.report_days);
    let last = profile.last_used_at.max(profile.first_mentioned_at);
    let draft = Draft::new(keys::profile(org, &profile.key), Entity::Profile);
    let draft = draft.expires(last.map(|at| expiry(at, days) + DAY_SECS)).body(&Compact::of(profile))?;
    Ok(draft.map_body(|body| recode(body, hex_to_binary)))
}

/// A profile from its item.
pub(super) fn read(mut item: Item) -> Result<UsageProfile> {
    let key = keys::profile_key(read_text(&item, "sk")?).ok_or_else(|| Error::Store("a profile has no key".into()))?;
    if let Some(body) = item.get_mut("body") {
        recode(body, binary_to_hex);
    }
    Ok(body::<Compact>(item)?.with(key))
}

/// A profile with its version.
pub(super) fn read_versioned(item: Item) -> Result<Versioned<UsageProfile>> {
    Ok(Versioned { version: read_number(&item, "version")?, value: read(item)? })
}

/// Applies a change of form to the two bit sets.
fn recode(body: &mut AttributeValue, change: fn(&AttributeValue) -> Option<AttributeValue>) {
    let AttributeValue::M(body) = body else { return };
    if let Some(hours) = body.get_mut("h") {
        *hours = change(hours).unwrap_or_else(|| hours.clone());
    }
    let Some(AttributeValue::M(days)) = body.get_mut("d") else { return };
    if let Some(bits) = days.get_mut("bits") {
        *bits = change(bits).unwrap_or_else(|| bits.clone());
    }
}

fn hex_to_binary(value: &AttributeValue) -> Option<AttributeValue> {
    let bytes = hex::decode(value.as_s().ok()?).ok().filter(|bytes| !bytes.is_empty())?;
    Some(AttributeValue::B(Blob::new(bytes)))
}

fn binary_to_hex(value: &AttributeValue) -> Option<AttributeValue> {
    Some(AttributeValue::S(hex::encode(value.as_b().ok()?)))
}
