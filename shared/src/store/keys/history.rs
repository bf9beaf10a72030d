//! The keys of the table `history`.

use super::{Key, ordered, part, unordered};
use crate::model::{
    AccountId, Credential, CredentialRef, EventKey, FindingId, OrgId, ProfileKey, QuarantineId, ReportId, SHARDS,
    SectionName, Timestamp, shard_of,
};
use chrono::{DateTime, NaiveDate};

/// The owner under whom ownerless credentials are staged.
pub const NO_OWNER: &str = "-";

const SPREAD: u32 = 8;
const DAY: &str = "%Y%m%d";

/// An event: by org, day and hash of its id, so that a busy day has eight partitions and replay by time is a query.
pub fn event(org: &OrgId, key: &EventKey) -> Key {
    let spread = shard_of(key.id.as_str(), SPREAD);
    let sk = format!("{}#{}#{}", key.epoch_secs, part(key.id.as_str()), key.hash);
    Key::new(events_part(org, &day(key.epoch_secs), spread), sk)
}

/// The partitions of a day's events (UTC).
pub fn events_of_day(org: &OrgId, day: NaiveDate) -> impl Iterator<Item = String> {
    let day = day.format(DAY).to_string();
    (0..SPREAD).map(move |spread| events_part(org, &day, spread))
}

fn events_part(org: &OrgId, day: &str, spread: u32) -> String {
    format!("E#{}#{day}#{spread}", part(org.as_str()))
}

fn day(epoch_secs: i64) -> String {
    DateTime::from_timestamp(epoch_secs, 0).map_or_else(|| "00000000".into(), |at| at.format(DAY).to_string())
}

/// A usage profile: in the shard of its actor, by actor and identity.
pub fn profile(org: &OrgId, key: &ProfileKey) -> Key {
    let sk = format!("{}{}", profiles_of(&key.actor), ordered(&key.identity));
    Key::new(profile_shard(org, profile_shard_of(&key.actor)), sk)
}

/// The partition of a shard of profiles.
pub fn profile_shard(org: &OrgId, shard: u32) -> String {
    format!("P#{}#{shard:02}", part(org.as_str()))
}

/// The shard of an actor's profiles; the same as that of an owner's staged rows.
pub fn profile_shard_of(actor: &AccountId) -> u32 {
    shard_of(actor.as_str(), SHARDS)
}

/// With what the sort keys of an actor's profiles begin.
pub fn profiles_of(actor: &AccountId) -> String {
    format!("{} ", ordered(actor.as_str()))
}

/// Undoes the sort key of [`profile`].
pub fn profile_key(sk: &str) -> Option<ProfileKey> {
    let (actor, identity) = sk.split_once(' ')?;
    Some(ProfileKey { actor: AccountId::new(unordered(actor)), identity: unordered(identity) })
}

/// The hash key of the index `by_profile`.
pub fn events_of_profile(org: &OrgId, key: &ProfileKey) -> String {
    format!("{}#{}{}", part(org.as_str()), profiles_of(&key.actor), ordered(&key.identity))
}

/// The hash key under which the index `by_profile` has the events about credentials that name none of them.
pub fn events_about_credentials(org: &OrgId) -> String {
    // No account id is empty, so no profile has this key.
    format!("{}# credentials", part(org.as_str()))
}

/// The one item of its type that an org has in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single {
    /// The open run.
    Run,
    /// When reports are begun.
    Schedule,
    /// The poll's checkpoint.
    Poll,
    /// The org's list of actions.
    Catalogue,
    /// How many events were ignored.
    Ignored,
    /// Which report is the latest.
    Latest,
}

/// An item of which an org has one.
pub fn single(org: &OrgId, which: Single) -> Key {
    let sk = match which {
        Single::Run => "run",
        Single::Schedule => "schedule",
        Single::Poll => "poll",
        Single::Catalogue => "catalogue",
        Single::Ignored => "ignored",
        Single::Latest => "latest",
    };
    Key::new(singles(org), sk)
}

/// The partition of the items of which an org has one.
pub fn singles(org: &OrgId) -> String {
    format!("S#{}", part(org.as_str()))
}

/// A staged account as one section lists it: before its credentials.
pub fn staged_owner(org: &OrgId, report: &ReportId, owner: &AccountId, section: SectionName) -> Key {
    Key::new(owners_shard(org, report, owner.as_str()), format!("{} 0{section}", ordered(owner.as_str())))
}

/// A staged credential: after its owner, or under the owner `-`.
pub fn staged_credential(org: &OrgId, report: &ReportId, credential: &Credential) -> Key {
    let owner = credential.owner.as_ref().map_or(NO_OWNER, AccountId::as_str);
    let CredentialRef { kind, id } = &credential.reference;
    let sk = format!("{} 1{kind} {}", ordered(owner), ordered(id.as_str()));
    Key::new(owners_shard(org, report, owner), sk)
}

fn owners_shard(org: &OrgId, report: &ReportId, owner: &str) -> String {
    staged_shard(org, report, shard_of(owner, SHARDS))
}

/// The partition of a shard of staged rows.
pub fn staged_shard(org: &OrgId, report: &ReportId, shard: u32) -> String {
    format!("R#{}#{}#{shard:02}", part(org.as_str()), part(report.as_str()))
}

/// A finding that a run made.
pub fn run_finding(org: &OrgId, report: &ReportId, finding: &FindingId) -> Key {
    Key::new(run_findings(org, report), ordered(finding.as_str()))
}

/// The partition of a run's findings.
pub fn run_findings(org: &OrgId, report: &ReportId) -> String {
    format!("F#{}#{}", part(org.as_str()), part(report.as_str()))
}

/// The sums of a shard.
pub fn shard_total(org: &OrgId, report: &ReportId, shard: u32) -> Key {
    Key::new(shard_totals(org, report), format!("{shard:04}"))
}

/// The partition of the sums of a report's shards.
pub fn shard_totals(org: &OrgId, report: &ReportId) -> String {
    format!("T#{}#{}", part(org.as_str()), part(report.as_str()))
}

/// A final row: partition and sort key follow its hash, so all reports have their rows in one and the same order.
pub fn row(org: &OrgId, report: &ReportId, parts: u32, credential: &CredentialRef) -> Key {
    let hash = credential.order();
    let first = u64::from_str_radix(&hash[..8], 16).unwrap_or(0);
    let number = (first * u64::from(parts.max(1))) >> 32;
    Key::new(rows_part(org, report, number as u32), hash)
}

/// A partition of a report's rows.
pub fn rows_part(org: &OrgId, report: &ReportId, number: u32) -> String {
    format!("C#{}#{}#{number:02}", part(org.as_str()), part(report.as_str()))
}

/// An account of a report: its partition follows its hash.
pub fn owner_row(org: &OrgId, report: &ReportId, parts: u32, account: &AccountId) -> Key {
    let number = shard_of(account.as_str(), parts.max(1));
    Key::new(owners_part(org, report, number), ordered(account.as_str()))
}

/// A partition of a report's accounts.
pub fn owners_part(org: &OrgId, report: &ReportId, number: u32) -> String {
    format!("O#{}#{}#{number:02}", part(org.as_str()), part(report.as_str()))
}

/// The summary of a report.
pub fn report(org: &OrgId, report: &ReportId) -> Key {
    Key::new(reports(org), ordered(report.as_str()))
}

/// The partition of an org's reports.
pub fn reports(org: &OrgId) -> String {
    format!("L#{}", part(org.as_str()))
}

/// The header of a quarantined body, as the list shows it: by time.
pub fn quarantined(org: &OrgId, at: Timestamp, id: &QuarantineId) -> Key {
    Key::new(quarantine(org), format!("{:015} {}", at.timestamp_millis(), ordered(id.as_str())))
}

/// The body's id in the sort key of [`quarantined`].
pub fn quarantined_id(sk: &str) -> Option<QuarantineId> {
    sk.split_once(' ').map(|(_, id)| QuarantineId::new(unordered(id)))
}

/// The partition of the list of quarantined bodies.
pub fn quarantine(org: &OrgId) -> String {
    format!("Q#{}", part(org.as_str()))
}

/// The commit of a quarantined body: its header once more, found by the body's id.
pub fn quarantine_commit(org: &OrgId, id: &QuarantineId) -> Key {
    Key::new(quarantine_body(org, id), "header")
}

/// One part of a quarantined body.
pub fn quarantine_part(org: &OrgId, id: &QuarantineId, number: u32) -> Key {
    Key::new(quarantine_body(org, id), format!("part {number:06}"))
}

/// The partition of a quarantined body.
pub fn quarantine_body(org: &OrgId, id: &QuarantineId) -> String {
    format!("U#{}#{}", part(org.as_str()), part(id.as_str()))
}
