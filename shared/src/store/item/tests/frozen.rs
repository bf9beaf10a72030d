//! What earlier versions stored is read and written back without loss. The files are those of `tests/tests/upgrade.rs`.

use super::super::*;
use crate::model::{
    AccountId, Action, ActionCatalogue, AuditEvent, Budget, Campaign, Credential, CredentialRow, Decision, Erasure,
    Exemption, Finding, HeadKey, LedgerEntry, LedgerHead, Mailbox, Org, Outgoing, Owner, OwnerRow, PollState,
    Quarantined, RegisterEntry, Report, ReportSchedule, Run, Seats, SignedHead, Sponsor, Totals, Undelivered,
};
use crate::store::{Retention, cases::StoredPolicy, heads::ToldUntil, profile};
use std::{collections::BTreeSet, path::Path};

/// The items of every version, with its name.
fn frozen() -> Vec<(String, Item)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/stored");
    let mut items = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().skip(1) {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            let item: serde_dynamo::Item = serde_json::from_value(line["item"].take()).unwrap();
            items.push((path.file_name().unwrap().to_string_lossy().into_owned(), item.into()));
        }
    }
    items
}

fn again<T: Serialize + DeserializeOwned>(item: Item) -> Option<AttributeValue> {
    Some(value(&body::<T>(item).unwrap()).unwrap())
}

/// The value as this version writes it; `None` for an item without one.
fn rewritten(entity: Entity, item: Item) -> Option<AttributeValue> {
    match entity {
        Entity::Counter | Entity::Latest | Entity::PolicyPointer | Entity::QuarantinePart => None,
        Entity::Event => again::<AuditEvent>(item),
        Entity::Profile => {
            let retention = Retention { event_days: 120, report_days: 400 };
            let drafted = profile::draft(&"org".into(), &profile::read(item).unwrap(), retention).unwrap();
            drafted.build().remove("body")
        }
        Entity::Catalogue => again::<ActionCatalogue>(item),
        Entity::Poll => again::<PollState>(item),
        Entity::Schedule => again::<ReportSchedule>(item),
        Entity::Run => again::<Run>(item),
        Entity::StagedOwner => again::<Owner>(item),
        Entity::StagedAdmin => again::<AccountId>(item),
        Entity::StagedCredential => again::<Credential>(item),
        Entity::RunFinding | Entity::Finding => again::<Finding>(item),
        Entity::Totals => again::<Totals>(item),
        Entity::Row => again::<CredentialRow>(item),
        Entity::OwnerRow => again::<OwnerRow>(item),
        Entity::Report => again::<Report>(item),
        Entity::Quarantined => again::<Quarantined>(item),
        Entity::Org => again::<Org>(item),
        Entity::Exemption => again::<Exemption>(item),
        Entity::RegisterEntry => again::<RegisterEntry>(item),
        Entity::Sponsor => again::<Sponsor>(item),
        Entity::Campaign => again::<Campaign>(item),
        Entity::Seats => again::<Seats>(item),
        Entity::Erasure => again::<Erasure>(item),
        Entity::Action => again::<Action>(item),
        Entity::Message => again::<Outgoing>(item),
        Entity::Mailbox => again::<Mailbox>(item),
        Entity::Undelivered => again::<Undelivered>(item),
        Entity::Decision => again::<Decision>(item),
        Entity::Policy => again::<StoredPolicy>(item),
        Entity::Budget => again::<Budget>(item),
        Entity::LedgerEntry => again::<LedgerEntry>(item),
        Entity::LedgerHead => again::<LedgerHead>(item),
        Entity::PublishedHead => again::<SignedHead>(item),
        Entity::HeadKey => again::<HeadKey>(item),
        Entity::ToldUntil => again::<ToldUntil>(item),
    }
}

/// Whether nothing of a value is missing in another; what is new may be there.
fn holds(after: &AttributeValue, before: &AttributeValue) -> bool {
    match (after, before) {
        (AttributeValue::M(after), AttributeValue::M(before)) => {
            before.iter().all(|(name, value)| after.get(name).is_some_and(|after| holds(after, value)))
        }
        (AttributeValue::L(after), AttributeValue::L(before)) => {
            after.len() == before.len() && after.iter().zip(before).all(|(after, before)| holds(after, before))
        }
        (after, before) => after == before,
    }
}

#[test]
fn what_an_earlier_version_stored_is_written_back_without_loss() {
    for (version, item) in frozen() {
        let (entity, before) = (Entity::of(&item).unwrap(), item.get("body").cloned());
        let after = rewritten(entity, item);
        assert_eq!(after.is_some(), before.is_some(), "{version}: {entity:?}");
        let Some((after, before)) = after.zip(before) else { continue };
        assert!(holds(&after, &before), "{version}: {entity:?} loses something:\n{before:?}\n{after:?}");
    }
}

#[test]
fn every_kind_of_item_stands_among_what_earlier_versions_stored() {
    let stored: BTreeSet<&str> = frozen().iter().map(|(_, item)| Entity::of(item).unwrap().as_str()).collect();
    let missing: Vec<&Entity> = Entity::ALL.iter().filter(|entity| !stored.contains(entity.as_str())).collect();
    assert!(missing.is_empty(), "freeze the tables anew with {missing:?}: tests/tests/upgrade.rs");
}
