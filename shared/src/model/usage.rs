//! What a credential is used for, folded from events: only facts that do not depend on the order of arrival.

use super::{AccountId, EventTokenId, Timestamp, ids::short_hash, ids::stable_number};
use serde::{Deserialize, Serialize};

/// The event-side identity of what was used: a token id, else a hash of (actor, label). Never the kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProfileKey {
    /// Who used it; `-` where the event did not say.
    pub actor: AccountId,
    /// `t:` and the token id, or `l:` and a hash of actor and label.
    pub identity: String,
}

impl ProfileKey {
    /// The key of a token with an id.
    pub fn of_token(actor: Option<&AccountId>, token: &EventTokenId) -> Self {
        Self { actor: actor_or_dash(actor), identity: format!("t:{token}") }
    }

    /// The key of a token of which only the label (or nothing) is known.
    pub fn of_label(actor: Option<&AccountId>, label: &str) -> Self {
        let actor = actor_or_dash(actor);
        let identity = format!("l:{}", short_hash(&[actor.as_str(), label]));
        Self { actor, identity }
    }

    /// Whether the event named the token by id.
    pub fn has_token_id(&self) -> bool {
        self.identity.starts_with("t:")
    }
}

fn actor_or_dash(actor: Option<&AccountId>) -> AccountId {
    actor.cloned().unwrap_or_else(|| AccountId::new("-"))
}

/// The profile of one token: when, how often, from where and for what it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageProfile {
    /// Whose, and which.
    pub key: ProfileKey,
    /// The token id, where the events name one.
    pub token_id: Option<EventTokenId>,
    /// Labels seen with it.
    pub labels: KSmallest<2>,
    /// The first use in the events that we hold.
    pub first_used_at: Option<Timestamp>,
    /// The last use in the events that we hold.
    pub last_used_at: Option<Timestamp>,
    /// How many stored events were uses.
    pub uses: u64,
    /// How many stored events were about the token (made, changed, revoked).
    pub mentions: u64,
    /// The first event about the token.
    pub first_mentioned_at: Option<Timestamp>,
    /// Networks: /24 of IPv4, /48 of IPv6.
    pub networks: KSmallest<12>,
    /// Countries.
    pub countries: KSmallest<6>,
    /// Action ids.
    pub actions: KSmallest<8>,
    /// Where it acted: the names of the sites or products that the events name as containers.
    #[serde(default)]
    pub places: KSmallest<4>,
    /// The days (UTC) on which it was used.
    pub days: UsedDays,
    /// The hours of the week (UTC, Monday 00 first) in which it was used.
    pub hours: HoursOfWeek,
}

impl UsageProfile {
    /// A profile of which nothing is known yet.
    pub fn empty(key: ProfileKey) -> Self {
        Self {
            key,
            token_id: None,
            labels: KSmallest::default(),
            first_used_at: None,
            last_used_at: None,
            uses: 0,
            mentions: 0,
            first_mentioned_at: None,
            networks: KSmallest::default(),
            countries: KSmallest::default(),
            actions: KSmallest::default(),
            places: KSmallest::default(),
            days: UsedDays::default(),
            hours: HoursOfWeek::default(),
        }
    }
}

/// A set bounded to the `K` members with the smallest hashes, whatever the order in which they came.
///
/// Up to `K` members it is exact; beyond, [`KSmallest::distinct`] estimates how many there were (k minimum values).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KSmallest<const K: usize>(Vec<String>);

impl<const K: usize> KSmallest<K> {
    /// Adds a member.
    pub fn insert(&mut self, member: &str) {
        let hash = member_hash(member);
        if let Err(at) = self.0.binary_search_by_key(&hash, |kept| member_hash(kept)) {
            self.0.insert(at, member.to_owned());
            self.0.truncate(K);
        }
    }

    /// The members kept, in the order of their hashes.
    pub fn members(&self) -> &[String] {
        &self.0
    }

    /// How many distinct members were inserted: exact below `K`, an estimate from there on.
    pub fn distinct(&self) -> u64 {
        match self.0.last() {
            Some(last) if self.0.len() == K && K > 1 => {
                let share = (member_hash(last) as f64 + 1.0) / (u64::MAX as f64);
                ((K - 1) as f64 / share).round() as u64
            }
            _ => self.0.len() as u64,
        }
    }
}

fn member_hash(member: &str) -> u64 {
    stable_number(&[member])
}

const DAYS_KEPT: usize = 512;
const DAY_BYTES: usize = DAYS_KEPT / 8;

/// The set of days on which something happened, within 512 days before the newest of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedDays {
    newest: i64,
    #[serde(with = "hex::serde")]
    bits: Vec<u8>,
}

impl UsedDays {
    /// Adds the day of a moment.
    pub fn insert(&mut self, at: Timestamp) {
        let day = at.timestamp().div_euclid(86_400);
        if self.bits.is_empty() {
            self.bits = vec![0; DAY_BYTES];
            self.newest = day;
        }
        if day > self.newest {
            self.move_to(day);
        }
        let back = self.newest - day;
        if (0..DAYS_KEPT as i64).contains(&back) {
            self.bits[back as usize / 8] |= 1 << (back % 8);
        }
    }

    fn move_to(&mut self, newest: i64) {
        let days: Vec<i64> = self.days().collect();
        self.bits = vec![0; DAY_BYTES];
        self.newest = newest;
        for back in days.into_iter().map(|day| newest - day).filter(|back| *back < DAYS_KEPT as i64) {
            self.bits[back as usize / 8] |= 1 << (back % 8);
        }
    }

    /// The days, newest first, as days since 1970.
    pub fn days(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.bits.len() * 8)
            .filter(|back| self.bits[back / 8] & (1 << (back % 8)) != 0)
            .map(|back| self.newest - back as i64)
    }

    /// The longest interval between two days of use that follow each other, in days; `None` below two days.
    pub fn longest_interval_days(&self) -> Option<i64> {
        let days: Vec<i64> = self.days().collect();
        days.windows(2).map(|pair| pair[0] - pair[1]).max()
    }
}

/// The set of hours of the week (0 to 167, UTC, Monday 00 first) in which something happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HoursOfWeek(#[serde(with = "hex::serde")] Vec<u8>);

impl HoursOfWeek {
    /// Adds the hour of a moment.
    pub fn insert(&mut self, at: Timestamp) {
        use chrono::{Datelike, Timelike};
        let hour = (at.weekday().num_days_from_monday() * 24 + at.hour()) as usize;
        self.0.resize(21, 0);
        self.0[hour / 8] |= 1 << (hour % 8);
    }

    /// The hours, in order.
    pub fn hours(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 8).filter(|hour| self.0[hour / 8] & (1 << (hour % 8)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn day(n: i64) -> Timestamp {
        DateTime::from_timestamp(n * 86_400 + 3_600, 0).unwrap()
    }

    #[test]
    fn a_bounded_set_does_not_depend_on_the_order() {
        let mut forward = KSmallest::<4>::default();
        let mut backward = KSmallest::<4>::default();
        let members: Vec<String> = (0..50).map(|n| format!("10.0.{n}.0/24")).collect();
        members.iter().for_each(|member| forward.insert(member));
        members.iter().rev().for_each(|member| backward.insert(member));
        assert_eq!(forward, backward);
        assert_eq!(forward.members().len(), 4);
    }

    #[test]
    fn few_members_are_counted_exactly_and_many_are_estimated() {
        let mut set = KSmallest::<12>::default();
        (0..5).for_each(|n| set.insert(&n.to_string()));
        assert_eq!(set.distinct(), 5);
        (0..1000).for_each(|n| set.insert(&n.to_string()));
        assert!((300..3000).contains(&set.distinct()), "{}", set.distinct());
    }

    #[test]
    fn days_do_not_depend_on_the_order_and_old_ones_fall_out() {
        let (mut forward, mut backward) = (UsedDays::default(), UsedDays::default());
        let days = [20_000, 20_001, 20_092, 20_183, 20_600];
        days.iter().for_each(|n| forward.insert(day(*n)));
        days.iter().rev().for_each(|n| backward.insert(day(*n)));
        assert_eq!(forward, backward);
        assert_eq!(forward.days().collect::<Vec<_>>(), [20_600, 20_183, 20_092]);
    }

    #[test]
    fn the_longest_interval_is_between_days_that_follow_each_other() {
        let mut days = UsedDays::default();
        assert_eq!(days.longest_interval_days(), None);
        [20_000, 20_001, 20_092].iter().for_each(|n| days.insert(day(*n)));
        assert_eq!(days.longest_interval_days(), Some(91));
    }
}
