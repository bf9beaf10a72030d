//! Every key of both tables: one constructor for each type of item, and nothing else builds a key.
//!
//! Ids are opaque. Inside a partition key they are percent-encoded where they hold a `#`; inside a sort key they are
//! written by [`ordered`], so that the order of the keys is the order of the ids, byte by byte. No id can forge a key.

use crate::model::{
    AccountId, ActionId, Credential, CredentialRef, EventKey, FindingId, MessageId, OrgId, ProfileKey, QuarantineId,
    ReportId, SHARDS, SectionName, Timestamp, shard_of,
};
use chrono::{DateTime, NaiveDate};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The owner under whom ownerless credentials are staged.
pub const NO_OWNER: &str = "-";

const SPREAD: u32 = 8;
const DAY: &str = "%Y%m%d";
const RESERVED: &AsciiSet = &CONTROLS.add(b'#').add(b'%').add(b' ');

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }
}

/// An id as a part of a partition key.
fn part(id: &str) -> String {
    utf8_percent_encode(id, RESERVED).to_string()
}

/// Undoes the writing of an id as a part of a partition key.
pub fn unpart(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// An id as a part of a sort key: without spaces and control characters, and in the order of the ids' bytes.
///
/// A character up to `!` becomes `!` and one of the 34 characters from `"` on, so the separator, a space, sorts before
/// everything that an id can hold.
pub fn ordered(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for character in id.chars() {
        match u32::from(character) {
            code @ 0..=0x21 => text.extend(['!', char::from_u32(code + 0x22).unwrap_or('"')]),
            _ => text.push(character),
        }
    }
    text
}

/// Undoes [`ordered`].
pub fn unordered(text: &str) -> String {
    let mut characters = text.chars();
    let mut id = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        match character {
            '!' => id.extend(characters.next().and_then(|next| char::from_u32(u32::from(next).saturating_sub(0x22)))),
            other => id.push(other),
        }
    }
    id
}

// ---- history ----

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

// ---- cases ----

/// The partition of the registry of orgs: the one key that does not begin with an org, because it lists them.
pub const ORGS: &str = "ORGS";

/// An org in the registry.
pub fn org(id: &OrgId) -> Key {
    Key::new(ORGS.into(), ordered(id.as_str()))
}

/// A finding.
pub fn finding(org: &OrgId, id: &FindingId) -> Key {
    Key::new(findings(org), ordered(id.as_str()))
}

/// The partition of an org's findings.
pub fn findings(org: &OrgId) -> String {
    format!("F#{}", part(org.as_str()))
}

/// An exemption.
pub fn exemption(org: &OrgId, id: &str) -> Key {
    Key::new(exemptions(org), ordered(id))
}

/// The partition of an org's exemptions.
pub fn exemptions(org: &OrgId) -> String {
    format!("X#{}", part(org.as_str()))
}

/// What people entered about a credential.
pub fn register_entry(org: &OrgId, CredentialRef { kind, id }: &CredentialRef) -> Key {
    Key::new(register(org), format!("{kind} {}", ordered(id.as_str())))
}

/// The partition of an org's register.
pub fn register(org: &OrgId) -> String {
    format!("N#{}", part(org.as_str()))
}

/// Who answers for an account that is not managed.
pub fn sponsor(org: &OrgId, account: &AccountId) -> Key {
    Key::new(sponsors(org), ordered(account.as_str()))
}

/// The partition of those who answer for accounts.
pub fn sponsors(org: &OrgId) -> String {
    format!("W#{}", part(org.as_str()))
}

/// An action.
pub fn action(org: &OrgId, id: &ActionId) -> Key {
    Key::new(actions(org), ordered(id.as_str()))
}

/// The partition of an org's actions.
pub fn actions(org: &OrgId) -> String {
    format!("A#{}", part(org.as_str()))
}

/// A message on its way.
pub fn message(org: &OrgId, id: &MessageId) -> Key {
    Key::new(messages(org), ordered(id.as_str()))
}

/// The partition of an org's messages.
pub fn messages(org: &OrgId) -> String {
    format!("M#{}", part(org.as_str()))
}

/// A decision.
pub fn decision(org: &OrgId, id: &str) -> Key {
    Key::new(decisions(org), ordered(id))
}

/// The partition of an org's decisions.
pub fn decisions(org: &OrgId) -> String {
    format!("D#{}", part(org.as_str()))
}

/// A version of the policy.
pub fn policy_version(org: &OrgId, version: u64) -> Key {
    Key::new(policies(org), format!("version {version:020}"))
}

/// Which version of the policy is in force.
pub fn policy_pointer(org: &OrgId) -> Key {
    Key::new(policies(org), "current")
}

/// The policy that waits for a second person.
pub fn policy_proposal(org: &OrgId) -> Key {
    Key::new(policies(org), "proposal")
}

/// The partition of the versions of the policy.
pub fn policies(org: &OrgId) -> String {
    format!("Y#{}", part(org.as_str()))
}

/// The budget and the kill switch.
pub fn budget(org: &OrgId) -> Key {
    Key::new(budgets(org), "budget")
}

/// The partition of the budget.
pub fn budgets(org: &OrgId) -> String {
    format!("B#{}", part(org.as_str()))
}

/// The end of the ledger.
pub fn ledger_head(org: &OrgId) -> Key {
    Key::new(ledger(org), "head")
}

/// An entry of the ledger.
pub fn ledger_entry(org: &OrgId, seq: u64) -> Key {
    Key::new(ledger(org), format!("entry {seq:020}"))
}

/// The partition of the ledger.
pub fn ledger(org: &OrgId) -> String {
    format!("G#{}", part(org.as_str()))
}

#[cfg(test)]
mod tests;
