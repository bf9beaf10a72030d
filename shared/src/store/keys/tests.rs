use super::*;
use crate::model::{
    AccountId, CredentialKind, CredentialRef, EventId, EventKey, OrgId, ProfileKey, ReportId, SectionName,
};

const ODD: [&str; 12] =
    ["", "a", "a b", "a!b", "a#b", "a%23b", "a\u{1}b", "a\u{0}", "712020:5b10|x-y_z", "ünïcode–✓", "a\"", "~"];

#[test]
fn the_order_of_sort_keys_is_the_order_of_actor_and_identity() {
    let mut pairs: Vec<(&str, &str)> = ODD.iter().flat_map(|actor| ODD.map(|identity| (*actor, identity))).collect();
    pairs.sort_unstable();
    let org = OrgId::new("o");
    let keys: Vec<String> = pairs
        .iter()
        .map(|(actor, identity)| ProfileKey { actor: AccountId::new(*actor), identity: (*identity).into() })
        .map(|key| profile(&org, &key).sk)
        .collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
}

#[test]
fn a_profile_is_known_by_its_sort_key() {
    for (actor, identity) in ODD.iter().flat_map(|actor| ODD.map(|identity| (*actor, identity))) {
        let key = ProfileKey { actor: AccountId::new(actor), identity: identity.into() };
        assert_eq!(profile_key(&profile(&OrgId::new("o"), &key).sk), Some(key));
    }
}

#[test]
fn no_org_can_forge_the_partition_of_another() {
    let (org, report) = (OrgId::new("a"), ReportId::new("b"));
    assert_ne!(run_findings(&org, &report), findings(&OrgId::new("a#b")));
    assert_ne!(run_findings(&org, &ReportId::new("b#c")), run_findings(&OrgId::new("a#b"), &ReportId::new("c")));
    assert_ne!(findings(&OrgId::new("a#")), findings(&OrgId::new("a%23")));
}

#[test]
fn ids_with_separators_make_distinct_events() {
    let key = |id: &str, hash: &str| EventKey { epoch_secs: 1, id: EventId::new(id), hash: hash.into() };
    let org = OrgId::new("o");
    assert_ne!(event(&org, &key("a#b", "c")).sk, event(&org, &key("a", "b#c")).sk);
}

#[test]
fn an_owner_comes_before_his_credentials_and_these_before_the_next_owner() {
    let (org, report) = (OrgId::new("o"), ReportId::new("r"));
    let owner = |id: &str| staged_owner(&org, &report, &AccountId::new(id), SectionName::Users).sk;
    let mut keys = [owner("a"), format!("{} 1user_api_token t", ordered("a")), owner("a b"), owner("a:b"), owner("ab")];
    let wanted = keys.clone();
    keys.sort_unstable();
    assert_eq!(keys, wanted);
}

#[test]
fn rows_stand_in_the_order_of_their_hashes_whatever_the_number_of_parts() {
    let (org, report) = (OrgId::new("o"), ReportId::new("r"));
    let credentials: Vec<CredentialRef> = (0..500)
        .map(|n| CredentialRef { kind: CredentialKind::UserApiToken, id: format!("token {n}").as_str().into() })
        .collect();
    let order = |parts: u32| {
        let mut keys: Vec<Key> = credentials.iter().map(|credential| row(&org, &report, parts, credential)).collect();
        keys.sort_by(|a, b| (&a.pk, &a.sk).cmp(&(&b.pk, &b.sk)));
        keys.into_iter().map(|key| key.sk).collect::<Vec<_>>()
    };
    assert_eq!(order(1), order(7));
    assert_eq!(order(1), order(64));
}
