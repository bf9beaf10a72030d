//! One credential that is ended by a person: what is clicked where, and what came of it.
//!
//! Confirmed by Atlassian's support pages: where a SCIM key is regenerated, that the former one stops working then and
//! that the new one lives a year ("Manage SCIM API key expiration"); that service accounts are under Directory
//! ("Understand service accounts"). What is not confirmed is said to be so.

use super::super::{counted as many, quoted};
use super::{Counts, Standing, by_hand};
use crate::model::{CampaignId, CredentialKind, ListSays, LogSays, Settled, Stand};

/// The credential that is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToEnd {
    /// What it is.
    pub what: What,
    /// Its label.
    pub label: String,
}

/// What a credential is, as far as it decides on who ends it where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A key by which an identity provider provisions users: its entry in the register speaks of SCIM.
    ScimKey,
    /// Anything else that was entered by hand, with the system that holds it.
    Registered(Option<String>),
    /// A service account's OAuth client.
    OauthClient,
    /// A token of somebody who is not managed.
    ObservedToken,
}

/// How far it is, in a sentence.
pub(super) fn counted(counts: &Counts) -> String {
    let (all, done) = (counts.values().sum::<u64>(), counts.get(&Stand::Done).copied().unwrap_or(0));
    match all {
        0 => "The credential is not in the latest report.".into(),
        some => format!("{} to be ended or replaced by a person; verified: {done}.", many(some, "credential")),
    }
}

/// Why a credential of another kind is not ended by hand.
pub fn has_an_action(kind: CredentialKind) -> String {
    let known = "it is for the kinds registered, oauth_client and observed_token alone";
    format!("{known}; this is a {kind}: {}", by_hand(kind))
}

/// What is to be done next.
pub(super) fn next(standing: &Standing<'_>) -> Vec<String> {
    let id = &standing.campaign.id;
    match (standing.settled, standing.credential) {
        (Some(settled), one) => came_of(settled, one.map(|one| &one.what)),
        (None, None) => {
            vec![format!(
                "The latest report does not hold it: take a report and look again, or end this: tokenwarden campaign end \
                 {id} --reason \"…\""
            )]
        }
        (None, Some(one)) => steps(id, one),
    }
}

fn steps(id: &CampaignId, ToEnd { what, label }: &ToEnd) -> Vec<String> {
    let first = format!("Find out first what works by {}, and who is to be told. Then, by hand:", quoted(label));
    let (clicks, then) = match what {
        What::ScimKey => (scim(), Some(scim_expiry())),
        What::Registered(system) => (registered(system.as_deref()), Some(other_expiry())),
        What::OauthClient => (client(), None),
        What::ObservedToken => (observed(), None),
    };
    let said = format!("Say that it is done: tokenwarden campaign clicked {id} --reason \"…\"");
    let all = clicks.into_iter().chain([said]).chain(then);
    let numbered = all.zip(1..).map(|(step, number)| format!("  {number}. {step}"));
    [first].into_iter().chain(numbered).chain([verified_by(what)]).collect()
}

fn scim() -> Vec<String> {
    vec![
        "Sign in to admin.atlassian.com as an org admin and choose the organization.".into(),
        "Open Security > Identity providers, choose the directory, and from its menu (…) Regenerate API key. From that \
         moment on the former key is refused, and nobody is provisioned until the next step is done."
            .into(),
        "Enter the new key and the base URL at the identity provider, and let it test the connection.".into(),
    ]
}

fn scim_expiry() -> String {
    "Read the new key's expiry in the directory under Provisioning (a key made since January 2025 lives one year), and \
     enter it in the register."
        .into()
}

fn registered(system: Option<&str>) -> Vec<String> {
    let system = system.map_or_else(|| "the system that holds it".to_owned(), quoted);
    vec![
        "Make its successor where it was made, or end it there. Where that is, is not confirmed for what was entered by \
         hand: look at its entry in the register."
            .into(),
        format!("Where it has a successor, put that into {system}, and end the former one."),
    ]
}

fn other_expiry() -> String {
    "Enter the successor's expiry in the register, or remove its entry where there is none.".into()
}

fn client() -> Vec<String> {
    vec![
        "Sign in to admin.atlassian.com as an org admin and choose the organization.".into(),
        "Open Directory > Service accounts and choose the account that has it.".into(),
        "Find its credentials there, choose this OAuth client and remove it. What this menu is called today is not \
         confirmed. (Atlassian lists an API that deletes OAuth clients, without the scope that it needs; Tokenwarden does \
         not call it.)"
            .into(),
    ]
}

fn observed() -> Vec<String> {
    vec![
        "Ask its owner, or whoever answers for him, to revoke it in his own Atlassian account. An admin of this org can \
         neither list nor revoke it."
            .into(),
        "Or block the tokens of all external users: tokenwarden campaign start close-external --reason \"…\"".into(),
        "Or take the user's access away, in the org's directory of users. Where this menu stands today is not confirmed."
            .into(),
    ]
}

fn verified_by(what: &What) -> String {
    let by = match what {
        What::ScimKey | What::Registered(_) => {
            "once a new expiry was entered in the register after the click, or its entry was removed; whether the former \
             value is refused no list and no log shows, so try it"
        }
        What::OauthClient => "once its list does not hold it any more",
        What::ObservedToken => {
            "once the log was read over a day from an hour after the click on and holds no use of it, where the log is \
             proven to show external users' uses"
        }
    };
    format!("It counts as verified {by}.")
}

fn came_of(settled: &Settled, what: Option<&What>) -> Vec<String> {
    let told = match (settled.reported, settled.list, settled.log) {
        (false, _, _) => super::wait_for_a_report(),
        (true, ListSays::Gone, _) => "Verified: its list, or the register, does not hold it any more.".into(),
        (true, ListSays::Renewed, _) => {
            "Verified by the register: a new expiry was entered since the click. Whether the former value is refused is \
             not shown by any list or log: try it once."
                .into()
        }
        (true, _, LogSays::Used) => {
            "Not verified: it was used more than an hour after the click. Look whether this was the one that was ended."
                .into()
        }
        (true, ListSays::NotRead, _) => {
            "Not verified yet: its list could not be read to its end. Wait for a complete report.".into()
        }
        (true, ListSays::Stands, _) => missing(what),
        (true, ListSays::HasNone | ListSays::NotAsked, LogSays::NoUse) => {
            "Verified as far as the log shows: over a day from an hour after the click on it was not used.".into()
        }
        (true, ListSays::HasNone | ListSays::NotAsked, LogSays::NotReadYet) => {
            "Not verified yet: the log was not yet read without a gap over a day from an hour after the click on.".into()
        }
        (true, ListSays::HasNone | ListSays::NotAsked, LogSays::CannotShow | LogSays::NotAsked) => {
            "It cannot be verified by the log: whether such uses leave events in this org is not proven. Have its owner \
             try it: it should be refused."
                .into()
        }
    };
    vec![told]
}

fn missing(what: Option<&What>) -> String {
    match what {
        Some(What::ScimKey | What::Registered(_)) | None => {
            "Not verified yet: enter the new expiry in the register, or remove its entry where it was ended for good; \
             then wait for the next report."
                .into()
        }
        Some(What::OauthClient | What::ObservedToken) => {
            "Not verified: the latest report still holds it. Look whether the right one was removed.".into()
        }
    }
}
