use super::*;

#[test]
fn profiles_come_back_as_they_were() {
    let key = |identity: &str| ProfileKey { actor: "712020:a b|c".into(), identity: identity.into() };
    let far = DateTime::from_timestamp(32_503_680_000, 1).unwrap();
    let mut profiles = vec![UsageProfile::empty(key("t:1 2")), UsageProfile::empty(key("l:0f"))];
    profiles.push(used_profile(key("t:1 2")));
    for token in ["1 2", "another", ""] {
        profiles.push(UsageProfile { token_id: Some(token.into()), ..used_profile(key("t:1 2")) });
    }
    profiles.push(UsageProfile { last_used_at: Some(far), ..used_profile(key("l:0f")) });
    for profile in profiles {
        let item = profile::draft(&"o".into(), &profile, RETENTION).unwrap().build();
        assert_eq!(profile::read(item).unwrap(), profile);
    }
}

#[test]
fn a_full_profile_takes_less_than_one_write_unit() {
    let key = ProfileKey {
        actor: "712020:f0a1b2c3-d4e5-4f60-8a1b-2c3d4e5f6071".into(),
        identity: "t:0f9e8d7c-6b5a-4948-9372-615f4e3d2c1b".into(),
    };
    let mut profile =
        UsageProfile { token_id: Some("0f9e8d7c-6b5a-4948-9372-615f4e3d2c1b".into()), ..used_profile(key) };
    profile.uses = 1_234_567_890;
    (0..64).for_each(|n| profile.labels.insert(&format!("nightly export to the warehouse {n}")));
    (0..64).for_each(|n| profile.networks.insert(&format!("2001:db8:{n:04x}::/48")));
    (0..64).for_each(|n| profile.countries.insert(&format!("United Kingdom {n}")));
    (0..64).for_each(|n| profile.actions.insert(&format!("jira_issue_attachment_viewed_{n:02}")));
    (0..512).for_each(|n| profile.days.insert(at() + chrono::Duration::days(n)));
    (0..168).for_each(|n| profile.hours.insert(at() + chrono::Duration::hours(n)));
    let org = "0a1b2c3d-4e5f-4061-8273-94a5b6c7d8e9".into();
    let item = profile::draft(&org, &profile, RETENTION).unwrap().number("version", 1_000_000).build();
    let bytes = size(&item);
    println!("a full profile: {bytes} bytes");
    assert!(bytes < 1024, "{bytes} bytes");
    assert_eq!(profile::read(item).unwrap(), profile);
}

/// The size of an item as DynamoDB counts it, in bytes (Developer Guide, "DynamoDB item sizes and formats").
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.trim_end_matches('0').len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| value_size(value) + 1).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| name.len() + value_size(value) + 1).sum::<usize>(),
        _ => 1,
    }
}
