//! The keys of the table `cases`.

use super::{Key, ordered, part};
use crate::model::{
    AccountId, ActionId, CampaignId, CredentialRef, ErasureId, FindingId, MessageId, OrgId, RecipientKey, Timestamp,
};

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

/// A campaign.
pub fn campaign(org: &OrgId, id: &CampaignId) -> Key {
    Key::new(campaigns(org), ordered(id.as_str()))
}

/// The partition of an org's campaigns.
pub fn campaigns(org: &OrgId) -> String {
    format!("C#{}", part(org.as_str()))
}

/// Who holds the seats of the external users' Test policy.
pub fn seats(org: &OrgId) -> Key {
    Key::new(test_policies(org), "seats")
}

/// The partition of those seats.
pub fn test_policies(org: &OrgId) -> String {
    format!("T#{}", part(org.as_str()))
}

/// The erasure of an account.
pub fn erasure(org: &OrgId, id: &ErasureId) -> Key {
    Key::new(erasures(org), ordered(id.as_str()))
}

/// The partition of an org's erasures of accounts.
pub fn erasures(org: &OrgId) -> String {
    format!("H#{}", part(org.as_str()))
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

/// The mails to one recipient.
pub fn mailbox(org: &OrgId, recipient: &RecipientKey) -> Key {
    Key::new(mailboxes(org), ordered(recipient.as_str()))
}

/// The partition of the recipients of an org's mails.
pub fn mailboxes(org: &OrgId) -> String {
    format!("K#{}", part(org.as_str()))
}

/// A message that was given up, in the list of those.
pub fn undelivered_message(org: &OrgId, id: &MessageId) -> Key {
    Key::new(undelivered(org), ordered(id.as_str()))
}

/// The partition of an org's messages that were given up.
pub fn undelivered(org: &OrgId) -> String {
    format!("V#{}", part(org.as_str()))
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

/// With what the sort keys of published heads begin.
pub const PUBLISHED: &str = "published ";
/// With what the sort keys of the keys that signed them begin.
pub const SIGNERS: &str = "signer ";

/// A published head of the ledger: one a day (UTC).
pub fn published_head(org: &OrgId, at: Timestamp) -> Key {
    Key::new(ledger(org), format!("{PUBLISHED}{}", at.format("%Y%m%d")))
}

/// Up to which published head the event bus was told.
pub fn told_until(org: &OrgId) -> Key {
    Key::new(ledger(org), "told")
}

/// A key that signed published heads.
pub fn head_key(org: &OrgId, key_id: &str) -> Key {
    Key::new(ledger(org), format!("{SIGNERS}{}", ordered(key_id)))
}

/// The partition of the ledger.
pub fn ledger(org: &OrgId) -> String {
    format!("G#{}", part(org.as_str()))
}
