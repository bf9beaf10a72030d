//! Events and profiles.

use crate::{
    ODD_IDS, World, odd_orgs,
    samples::{at, event, new, next, profile},
};
use shared::{
    error::Error,
    model::{
        ActionCatalogue, ActionName, AuditEvent, CredentialDeed, EventKey, Interval, OrgId, Topic, UsageProfile,
        Versioned,
    },
    ports::{EventReader, EventStore, ReportReader, ReportStore, Written},
    store::EVENTS_A_TRANSACTION,
};

pub(crate) async fn contract(world: &World) {
    an_event_is_known_once_it_is_recorded(world).await;
    all_of_a_recording_happens_or_nothing(world).await;
    of_two_writers_with_the_same_version_one_wins(world).await;
    a_recording_whose_answer_was_lost_is_stored(world).await;
    too_many_events_or_one_event_twice_are_refused(world).await;
    plain_events_may_be_recorded_twice(world).await;
    ids_of_any_shape_stay_apart(world).await;
    profiles_are_found_by_their_actor(world).await;
    events_expire_and_are_found_by_profile(world).await;
    the_catalogue_and_the_count_of_ignored_events_are_kept(world).await;
    events_about_credentials_are_found_by_time(world).await;
    profiles_that_exist_are_told(world).await;
    the_events_of_a_profile_are_paged_newest_first(world).await;
}

fn keys(events: &[AuditEvent]) -> Vec<EventKey> {
    events.iter().map(AuditEvent::key).collect()
}

async fn known(world: &World, org: &OrgId, events: &[AuditEvent]) -> usize {
    world.store.known_events(org, &keys(events)).await.unwrap().len()
}

async fn stored(world: &World, org: &OrgId, profile: &UsageProfile) -> Option<Versioned<UsageProfile>> {
    world.store.profile(org, &profile.key).await.unwrap()
}

async fn an_event_is_known_once_it_is_recorded(world: &World) {
    for org in odd_orgs() {
        let events: Vec<AuditEvent> = (0..50).map(|n| event(&format!("{org} {n}"), Some("t"))).collect();
        assert_eq!(known(world, &org, &events).await, 0);
        let profile = UsageProfile { uses: 50, last_used_at: Some(at(0)), ..profile("a:b", "t 1") };
        let written = world.store.record_with_profile(&org, &new(profile.clone()), &events).await;
        assert_eq!(written, Ok(Written::Stored));
        assert_eq!(known(world, &org, &events).await, 50);
        assert_eq!(stored(world, &org, &profile).await, Some(next(&new(profile))));
    }
}

async fn all_of_a_recording_happens_or_nothing(world: &World) {
    let org = OrgId::new("all or nothing");
    let profile = profile("a", "t");
    let first = [event("1", Some("t"))];
    assert_eq!(world.store.record_with_profile(&org, &new(profile.clone()), &first).await, Ok(Written::Stored));
    let again = [event("2", Some("t")), event("1", Some("t"))];
    let moved = Versioned { version: 1, value: UsageProfile { uses: 2, ..profile.clone() } };
    assert_eq!(world.store.record_with_profile(&org, &moved, &again).await, Ok(Written::Contended));
    assert_eq!(known(world, &org, &again).await, 1);
    assert_eq!(stored(world, &org, &profile).await, Some(next(&new(profile))));
}

async fn of_two_writers_with_the_same_version_one_wins(world: &World) {
    let org = OrgId::new("two writers");
    let mine = new(profile("a", "t"));
    let (one, other) = ([event("1", Some("t"))], [event("2", Some("t"))]);
    let both = futures::join!(
        world.store.record_with_profile(&org, &mine, &one),
        world.store.record_with_profile(&org, &mine, &other)
    );
    let stored = [both.0.unwrap(), both.1.unwrap()].into_iter().filter(|written| *written == Written::Stored);
    assert_eq!(stored.count(), 1);
    assert_eq!(known(world, &org, &[one, other].concat()).await, 1);
}

async fn a_recording_whose_answer_was_lost_is_stored(world: &World) {
    let (store, lost) = world.losing_store();
    let org = OrgId::new("lost recording");
    lost.lose(1);
    let written = store.record_with_profile(&org, &new(profile("a", "t")), &[event("1", Some("t"))]).await;
    assert_eq!(written, Ok(Written::Stored));
}

async fn too_many_events_or_one_event_twice_are_refused(world: &World) {
    let org = OrgId::new("refused");
    let many: Vec<AuditEvent> = (0..=EVENTS_A_TRANSACTION).map(|n| event(&n.to_string(), Some("t"))).collect();
    for events in [many, vec![event("1", Some("t")); 2]] {
        let refused = world.store.record_with_profile(&org, &new(profile("a", "t")), &events).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
}

async fn plain_events_may_be_recorded_twice(world: &World) {
    let org = OrgId::new("plain");
    let mut events: Vec<AuditEvent> = (0..120).map(|n| event(&format!("plain {n}"), None)).collect();
    events.push(events[0].clone());
    for _ in 0..2 {
        world.store.record_plain(&org, &events).await.unwrap();
        assert_eq!(known(world, &org, &events).await, 120);
    }
    world.store.record_plain(&org, &[]).await.unwrap();
}

async fn ids_of_any_shape_stay_apart(world: &World) {
    let org = OrgId::new("shapes");
    for id in ODD_IDS {
        let events = [event(id, None)];
        assert_eq!(known(world, &org, &events).await, 0, "{id}");
        world.store.record_plain(&org, &events).await.unwrap();
        assert_eq!(known(world, &org, &events).await, 1, "{id}");
    }
    let mut twin = event("a", None);
    twin.action = "another action under the same id".into();
    assert_eq!(known(world, &org, &[twin]).await, 0);
}

async fn profiles_are_found_by_their_actor(world: &World) {
    let org = OrgId::new("actors");
    for (actor, token) in ODD_IDS.into_iter().flat_map(|actor| ODD_IDS.map(|token| (actor, token))) {
        let written = world.store.record_with_profile(&org, &new(profile(actor, token)), &[]).await;
        assert_eq!(written, Ok(Written::Stored));
    }
    for actor in ODD_IDS {
        let found = world.store.profiles_of(&org, &actor.into()).await.unwrap();
        assert_eq!(found.len(), ODD_IDS.len());
        assert!(found.iter().all(|profile| profile.key.actor.as_str() == actor));
        assert!(found.windows(2).all(|pair| pair[0].key < pair[1].key), "by identity");
    }
    let mut count = 0;
    for shard in 0..shared::model::SHARDS {
        let page = world.store.profiles(&org, shard, None).await.unwrap();
        assert!(page.items.windows(2).all(|pair| pair[0].key < pair[1].key), "by actor and identity");
        count += page.items.len();
    }
    assert_eq!(count, ODD_IDS.len() * ODD_IDS.len());
}

#[expect(clippy::disallowed_types, reason = "what is lifted beside a value shows only in the item")]
async fn events_expire_and_are_found_by_profile(world: &World) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let org = OrgId::new("expiry");
    let (used, plain) = (event("1", Some("t")), event("2", None));
    world.store.record_plain(&org, &[plain]).await.unwrap();
    let profile = UsageProfile { last_used_at: Some(at(0)), ..profile("a", "t") };
    world.store.record_with_profile(&org, &new(profile.clone()), &[used]).await.unwrap();
    let key = shared::store::keys::events_of_profile(&org, &profile.key);
    let query = world.dynamo.client().query().table_name(&world.tables.history).index_name("by_profile");
    let query = query.key_condition_expression("#p = :p").expression_attribute_names("#p", "profile");
    let found = query.expression_attribute_values(":p", AttributeValue::S(key)).send().await.unwrap();
    let [item] = found.items() else { panic!("{} items", found.items().len()) };
    let keys = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())).into();
    let get = world.dynamo.client().get_item().table_name(&world.tables.history).set_key(Some(keys));
    let item = get.send().await.unwrap().item.unwrap();
    let expires = at(0).timestamp() + 120 * 86_400;
    assert_eq!(item["expires_at"], AttributeValue::N(expires.to_string()));
    assert_eq!(item["entity"], AttributeValue::S("event".into()));
}

async fn the_catalogue_and_the_count_of_ignored_events_are_kept(world: &World) {
    let org = OrgId::new("catalogue");
    assert_eq!(world.store.catalogue(&org).await, Ok(ActionCatalogue::default()));
    let name = ActionName { display: "Created API token".into(), group: String::new() };
    let catalogue = ActionCatalogue([("api_token_created".to_owned(), name)].into());
    world.store.put_catalogue(&org, &catalogue).await.unwrap();
    assert_eq!(world.store.catalogue(&org).await, Ok(catalogue));
    world.store.count_ignored(&org, 3).await.unwrap();
    world.store.count_ignored(&org, 4).await.unwrap();
    assert_eq!(world.store.intake_counts(&org).await, Ok((0, 7)));
}

async fn events_about_credentials_are_found_by_time(world: &World) {
    for org in odd_orgs() {
        let about = |id: &str, second: i64, topic| AuditEvent {
            time: at(second),
            action: "admin_api_key_created".into(),
            topic,
            ..event(id, None)
        };
        let events = [
            about("early", -10, Topic::Credential),
            about("second", 20, Topic::Credential),
            about("first", 10, Topic::Credential),
            about("other", 15, Topic::Policy),
            about("late", 4_000, Topic::Credential),
        ];
        world.store.record_plain(&org, &events).await.unwrap();
        let found = world.store.credential_events(&org, Interval { from: at(0), to: at(100) }).await.unwrap();
        let told: Vec<_> = found.iter().map(|event| (event.id.as_str(), event.deed)).collect();
        assert_eq!(told, [("first", CredentialDeed::KeyMade), ("second", CredentialDeed::KeyMade)]);
    }
}

async fn profiles_that_exist_are_told(world: &World) {
    let org = OrgId::new("profiles that exist");
    let (here, gone) = (profile("a:b", "t 1"), profile("a:b", "t 2"));
    world.store.record_with_profile(&org, &new(here.clone()), &[event("1", Some("t 1"))]).await.unwrap();
    let found = world.store.existing_profiles(&org, &[here.key.clone(), gone.key]).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [here.key]);
}

async fn the_events_of_a_profile_are_paged_newest_first(world: &World) {
    let org = OrgId::new("events of a profile");
    let profile = profile("a:b", "t 1");
    let used = |n: i64| AuditEvent { time: at(n), ..event(&format!("e{n}"), Some("t 1")) };
    let events: Vec<AuditEvent> = (0..5).map(used).collect();
    world.store.record_with_profile(&org, &new(profile.clone()), &events).await.unwrap();
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.store.events_of(&org, &profile.key, cursor, 2).await.unwrap();
        ids.extend(page.items.iter().map(|event| event.id.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["e4", "e3", "e2", "e1", "e0"]);
}
