//! What campaigns say: what is left, what is next, and the steps that no API does.
//!
//! What is clicked follows Atlassian's support pages on authentication policies; where a menu stands in its console is
//! not promised by them and changes, so each step names what to look for.

pub mod by_hand;
pub mod external;

use super::counted as many;
use crate::model::{Campaign, CampaignId, CampaignKind, CredentialKind, Settled, Stand};
use by_hand::ToEnd;
use std::collections::BTreeMap;

/// How many of a campaign stand how.
type Counts = BTreeMap<Stand, u64>;

/// How a campaign stands, as far as it decides on what is next.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Which.
    pub campaign: &'a Campaign,
    /// How many stand how.
    pub counts: &'a Counts,
    /// What came of what was done by hand; `None` before it was said to be done.
    pub settled: Option<&'a Settled>,
    /// How many seats of the external users' Test policy are free.
    pub free_seats: usize,
    /// The one credential that is to end, where the campaign is about one and the latest report holds it.
    pub credential: Option<&'a ToEnd>,
}

/// How many credentials stand how, in a sentence.
pub fn counted(kind: CampaignKind, counts: &Counts) -> String {
    let of = |stand: Stand| counts.get(&stand).copied().unwrap_or(0);
    let all: u64 = counts.values().sum();
    let (todo, asked, done) = (of(Stand::Todo) + of(Stand::Unclear), of(Stand::Asked), of(Stand::Done));
    match kind {
        CampaignKind::Recertify => format!(
            "Of {} {done} have an answer, {asked} wait for one, {} were asked and nobody answered, {todo} are still to be \
             asked.",
            many(all, "credential"),
            of(Stand::Silent),
        ),
        CampaignKind::CloseExternal => external::counted(counts),
        CampaignKind::ByHand => by_hand::counted(counts),
        CampaignKind::Leave | CampaignKind::ClosePolicy => format!(
            "Of {} {done} are revoked, {asked} are asked for, {} came to nothing, {} need a person's hand, {todo} are \
             left.",
            many(all, "credential"),
            of(Stand::NotDone),
            of(Stand::ByHand),
        ),
    }
}

/// What is to be done next.
pub fn next(standing: &Standing<'_>) -> Vec<String> {
    if let Some(ended) = &standing.campaign.ended {
        return vec![format!("Nothing: {} ended it on {}.", ended.by, super::day(ended.at))];
    }
    match standing.campaign.kind {
        CampaignKind::CloseExternal => external::next(standing),
        CampaignKind::ByHand => by_hand::next(standing),
        CampaignKind::ClosePolicy | CampaignKind::Recertify | CampaignKind::Leave => by_actions(standing),
    }
}

/// What is next where actions do most of it.
fn by_actions(Standing { campaign, counts, settled, .. }: &Standing<'_>) -> Vec<String> {
    let of = |stand: Stand| counts.get(&stand).copied().unwrap_or(0);
    let id = &campaign.id;
    let mut next = Vec::new();
    if of(Stand::Todo) > 0 {
        next.push(format!("Ask for the next batch: tokenwarden campaign ask {id} --limit 10 --reason \"…\""));
    }
    if of(Stand::Unclear) > 0 {
        next.push(format!(
            "Decide on the {} of which nobody knows whether they would break: --include-unclear asks for them too.",
            of(Stand::Unclear)
        ));
    }
    if of(Stand::Asked) > 0 && campaign.kind != CampaignKind::Recertify {
        next.push(format!(
            "Read the plans and agree, as another person: tokenwarden campaign approve {id} --reason \"…\""
        ));
    }
    if of(Stand::Silent) > 0 {
        next.push(format!("Decide on those who stayed silent: tokenwarden campaign show {id} --stand silent"));
    }
    match (campaign.kind, settled) {
        (CampaignKind::ClosePolicy, None) => next.extend(click(id)),
        (CampaignKind::ClosePolicy, Some(settled)) => next.push(came_of(settled)),
        (CampaignKind::Recertify | CampaignKind::Leave | CampaignKind::CloseExternal | CampaignKind::ByHand, _) => {}
    }
    if next.is_empty() {
        next.push(format!("Nothing is left: tokenwarden campaign end {id} --reason \"…\""));
    }
    next
}

/// The click that no API does, step by step.
fn click(id: &CampaignId) -> Vec<String> {
    let steps = [
        "When nobody is left who would break, close the policy by hand, because no API does it:".to_owned(),
        "  1. Sign in to admin.atlassian.com as an org admin and choose the organization.".to_owned(),
        "  2. Open Security and there the authentication policies (search the page for these words if the menu moved)."
            .to_owned(),
        "  3. Edit the policy in which those are who stay; not the one to which people were moved.".to_owned(),
        "  4. Find the setting for user API tokens, choose to block them, and save. It holds after about ten minutes."
            .to_owned(),
        format!("  5. Say that it is done: tokenwarden campaign clicked {id} --reason \"…\""),
        "It counts as verified once a report lists every token of those who stay as blocked, and none was used since."
            .to_owned(),
    ];
    steps.into()
}

/// What the lists and the log show of the click.
fn came_of(settled: &Settled) -> String {
    let Settled { verified, reported, blocked, allowed, not_said, used, .. } = settled;
    let lists = format!(
        "{} listed as blocked, {allowed} as allowed, and the list does not say it of {not_said}",
        many(*blocked, "token")
    );
    match (verified, reported, used) {
        (_, false, _) => wait_for_a_report(),
        (true, _, _) => format!("Verified: {lists}, and none was used since."),
        (false, true, Some(label)) => format!(
            "Not verified: the token {} was used more than an hour after the click. {lists}.",
            super::quoted(label)
        ),
        (false, true, None) => {
            format!("Not verified yet: {lists}. Look whether the click was made in the right policy.")
        }
    }
}

fn wait_for_a_report() -> String {
    "Wait for the next report: only one that is taken after the click can show what came of it.".into()
}

/// One of our own keys.
pub fn own_key() -> String {
    "It is one of Tokenwarden's own keys: replace it by a key of somebody who stays, then revoke it in the console."
        .into()
}

/// What a person does with a credential that no API revokes by itself.
pub fn by_hand(kind: CredentialKind) -> String {
    let how = match kind {
        CredentialKind::ServiceAccountToken => {
            "Its service account outlives whoever made it: say who answers for it now, or ask for revoke_all."
        }
        CredentialKind::OauthClient => "Remove it in the console, at the service account that has it.",
        CredentialKind::ObservedToken => {
            "No list shows it: ask its owner to revoke it, or suspend the account in the org's directories."
        }
        CredentialKind::Registered => "End it where it was made; then remove its entry from the register.",
        CredentialKind::UserApiToken | CredentialKind::OrgApiKey => "It can be revoked from here.",
    };
    how.to_owned()
}

#[cfg(test)]
mod tests;
