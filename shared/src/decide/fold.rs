//! How an event moves a usage profile: only by facts that do not depend on the order in which events come.

use crate::model::{AuditEvent, ProfileKey, Timestamp, TokenMark, TokenRole, UsageProfile};
use chrono::DateTime;
use std::net::IpAddr;

/// Texts of a profile are cut to this many characters, so that its hot part stays near one kilobyte.
const TEXT_CHARS: usize = 80;

/// The profile that an event moves: that of the token it names, else of its actor and the label, which may be empty.
pub fn profile_key(event: &AuditEvent) -> Option<ProfileKey> {
    let token = event.token.as_ref()?;
    let actor = event.actor.id.as_ref();
    Some(match &token.id {
        Some(id) => ProfileKey::of_token(actor, id),
        None => ProfileKey::of_label(actor, token.label.as_deref().unwrap_or_default()),
    })
}

/// The profile after the event. The caller folds each stored event once, into the profile of its key.
pub fn fold(mut profile: UsageProfile, event: &AuditEvent) -> UsageProfile {
    let Some(token) = &event.token else { return profile };
    name(&mut profile, token);
    match token.role {
        TokenRole::Used => used(&mut profile, event),
        TokenRole::Subject => mentioned(&mut profile, event),
    }
    profile
}

fn name(profile: &mut UsageProfile, token: &TokenMark) {
    profile.token_id = profile.token_id.take().or_else(|| token.id.clone());
    if let Some(label) = &token.label {
        profile.labels.insert(&cut(label));
    }
}

fn used(profile: &mut UsageProfile, event: &AuditEvent) {
    let at = whole_second(event.time);
    profile.uses += 1;
    profile.first_used_at = Some(profile.first_used_at.map_or(at, |first| first.min(at)));
    profile.last_used_at = Some(profile.last_used_at.map_or(at, |last| last.max(at)));
    profile.actions.insert(&cut(&event.action));
    profile.days.insert(at);
    profile.hours.insert(at);
    if let Some(network) = event.location.ip.as_deref().and_then(network) {
        profile.networks.insert(&network);
    }
    event.location.places.iter().for_each(|place| profile.places.insert(&cut(place)));
    if let Some(country) = &event.location.country {
        profile.countries.insert(&cut(country));
    }
}

fn mentioned(profile: &mut UsageProfile, event: &AuditEvent) {
    let at = whole_second(event.time);
    profile.mentions += 1;
    profile.first_mentioned_at = Some(profile.first_mentioned_at.map_or(at, |first| first.min(at)));
}

/// The identity of an event has whole seconds: one that comes by two ways with different fractions must fold alike.
fn whole_second(time: Timestamp) -> Timestamp {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

fn cut(text: &str) -> String {
    text.trim().chars().take(TEXT_CHARS).collect()
}

/// The /24 of an IPv4 address or the /48 of an IPv6 address; `None` for what is no address, or the unspecified one.
fn network(ip: &str) -> Option<String> {
    let address = ip.trim().parse::<IpAddr>().ok()?.to_canonical();
    if address.is_unspecified() {
        return None;
    }
    Some(match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Actor, EventId, EventSource, EventTokenId, Location, Topic};
    use proptest::prelude::*;

    fn event(n: u32, second: i64, millis: u32, role: TokenRole, ip: &str) -> AuditEvent {
        AuditEvent {
            id: EventId::new(format!("e{n}")),
            action: format!("jira_action_{}", n % 13),
            time: DateTime::from_timestamp(second, millis * 1_000_000).unwrap(),
            processed_at: None,
            actor: Actor { id: Some(AccountId::new("u1")), ..Actor::default() },
            token: Some(TokenMark {
                auth_type: None,
                id: Some(EventTokenId::new("t1")),
                label: Some(format!("label {}", n % 4)),
                role,
            }),
            location: Location {
                ip: Some(ip.to_owned()),
                country: Some(format!("country {}", n % 9)),
                places: vec![format!("site {}", n % 7)],
            },
            source: EventSource::AuditLog,
            topic: Topic::TokenUse,
            raw: String::new(),
        }
    }

    fn empty() -> UsageProfile {
        UsageProfile::empty(ProfileKey::of_token(Some(&AccountId::new("u1")), &EventTokenId::new("t1")))
    }

    fn folded<'a>(events: impl IntoIterator<Item = &'a AuditEvent>) -> UsageProfile {
        events.into_iter().fold(empty(), fold)
    }

    fn any_event() -> impl Strategy<Value = AuditEvent> {
        (0u32..10_000, 1_700_000_000i64..1_760_000_000, 0u32..1000, any::<bool>(), any::<[u8; 4]>()).prop_map(
            |(n, second, millis, used, ip)| {
                let role = if used { TokenRole::Used } else { TokenRole::Subject };
                event(n, second, millis, role, &IpAddr::from(ip).to_string())
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_order_gives_the_same_profile(
            (plain, shuffled) in prop::collection::vec(any_event(), 0..80)
                .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
        ) {
            prop_assert_eq!(folded(&plain), folded(&shuffled));
        }

        #[test]
        fn any_grouping_gives_the_same_profile(events in prop::collection::vec(any_event(), 0..80), size in 1usize..20) {
            let grouped = events.chunks(size).fold(empty(), |profile, chunk| {
                let stored = serde_json::to_string(&profile).unwrap();
                chunk.iter().fold(serde_json::from_str(&stored).unwrap(), fold)
            });
            prop_assert_eq!(folded(&events), grouped);
        }
    }

    #[test]
    fn uses_and_mentions_are_counted_apart() {
        let used = event(1, 1_700_000_100, 0, TokenRole::Used, "198.51.100.7");
        let made = event(2, 1_700_000_000, 0, TokenRole::Subject, "203.0.113.9");
        let profile = folded([&used, &made]);
        assert_eq!((profile.uses, profile.mentions), (1, 1));
        assert_eq!(profile.first_used_at, Some(used.time));
        assert_eq!(profile.first_mentioned_at, Some(made.time));
        assert_eq!(profile.networks.members(), ["198.51.100.0/24"]);
    }

    #[test]
    fn fractions_of_a_second_do_not_show() {
        let early = event(1, 1_700_000_000, 0, TokenRole::Used, "");
        let late = event(1, 1_700_000_000, 999, TokenRole::Used, "");
        assert_eq!(folded([&early]), folded([&late]));
    }

    #[test]
    fn networks_are_those_of_valid_addresses() {
        assert_eq!(network("198.51.100.30").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(network("::ffff:198.51.100.30").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(network("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
        for none in ["00.00.00.00", "0.0.0.0", "::", "", "unknown", "198.51.100.0/24"] {
            assert_eq!(network(none), None, "{none}");
        }
    }

    #[test]
    fn the_profile_of_a_token_without_an_id_is_that_of_actor_and_label() {
        let mut event = event(1, 1_700_000_000, 0, TokenRole::Used, "");
        event.token = Some(TokenMark { auth_type: None, id: None, label: None, role: TokenRole::Used });
        assert_eq!(profile_key(&event), Some(ProfileKey::of_label(Some(&AccountId::new("u1")), "")));
        event.token = None;
        assert_eq!(profile_key(&event), None);
    }
}
