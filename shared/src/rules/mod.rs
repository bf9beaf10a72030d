//! The rules: one file each, one line in [`RULES`]. Pure: what a rule wants to know is in its [`Subject`].

mod admin_owned_token;
mod appeared_without_event;
mod blocked_but_listed;
mod disappeared;
mod expired_still_listed;
mod expires_soon;
mod expiry_unknown;
mod external_owner;
mod inventory_gap;
mod key_attributed;
mod lifetime_over_policy;
mod never_used;
mod no_expiry;
mod orphan_key;
mod over_scoped;
mod own_key_expiring;
mod owner_deactivated;
mod owner_not_permitted;
mod owner_reactivated;
mod owner_unknown;
mod parameter;
mod reaches_many_orgs;
mod review_due;
mod scope_unused;
mod service_account_quiet;
mod shared_use;
mod superseded;
mod too_many_per_owner;
mod unscoped;
mod unused;

pub use parameter::{Parameter, Takes};

use crate::model::{
    Credential, CredentialKind, FactName, Facts, LastUsedSource, OrgId, Owner, RegisterEntry, RowHistory, Timestamp,
    UsageProfile, Use, Verdict,
};
use serde::{Deserialize, de::DeserializeOwned};

/// Every rule that exists, by id.
pub const RULES: &[Rule] = &[
    admin_owned_token::RULE,
    appeared_without_event::RULE,
    blocked_but_listed::RULE,
    disappeared::RULE,
    expired_still_listed::RULE,
    expires_soon::RULE,
    expiry_unknown::RULE,
    external_owner::RULE,
    inventory_gap::RULE,
    key_attributed::RULE,
    lifetime_over_policy::RULE,
    never_used::RULE,
    no_expiry::RULE,
    orphan_key::RULE,
    over_scoped::RULE,
    own_key_expiring::RULE,
    owner_deactivated::RULE,
    owner_not_permitted::RULE,
    owner_reactivated::RULE,
    owner_unknown::RULE,
    reaches_many_orgs::RULE,
    review_due::RULE,
    scope_unused::RULE,
    service_account_quiet::RULE,
    shared_use::RULE,
    superseded::RULE,
    too_many_per_owner::RULE,
    unscoped::RULE,
    unused::RULE,
];

/// What an account signs in with itself.
const USER_AND_SERVICE_TOKENS: &[CredentialKind] = &[CredentialKind::UserApiToken, CredentialKind::ServiceAccountToken];

/// A rule's parameters, as the policy holds them.
pub type Parameters = serde_json::Map<String, serde_json::Value>;

/// A rule with its parameters, ready to judge.
pub type Judge = Box<dyn Fn(&Subject<'_>, Timestamp) -> Verdict + Send + Sync>;

/// A rule.
pub struct Rule {
    /// Its stable id, in the policy, the findings and the API.
    pub id: &'static str,
    /// What it looks for, as a sentence.
    pub about: &'static str,
    /// What it makes while the policy does not name it.
    pub begins: Begins,
    /// The kinds of credentials that it judges; of others it says nothing.
    pub kinds: &'static [CredentialKind],
    /// What must be proven about the org before it judges.
    pub needs: &'static [FactName],
    /// What it judges: what is listed, or what is in no list any more.
    pub of: Of,
    /// What a person does about it, as a sentence.
    pub advice: &'static str,
    /// Where it stands in public catalogues of controls.
    pub tags: &'static [&'static str],
    /// What the policy may set.
    pub parameters: &'static [Parameter],
    /// Whether it can be judged as of an earlier day.
    pub past: Past,
    build: fn(&Parameters) -> Result<Judge, String>,
}

impl Rule {
    /// The rule with these parameters.
    ///
    /// # Errors
    /// A sentence that names the parameter, what is wrong with it and how to mend it.
    pub fn with(&self, parameters: &Parameters) -> Result<Judge, String> {
        (self.build)(parameters)
    }

    /// The first fact that it needs and that is not proven.
    pub fn lacks(&self, facts: &Facts) -> Option<FactName> {
        self.needs.iter().copied().find(|need| !facts.proves(*need))
    }

    /// Whether these parameters make sense.
    ///
    /// # Errors
    /// As [`Rule::with`].
    pub fn check(&self, parameters: &Parameters) -> Result<(), String> {
        self.with(parameters).map(drop)
    }

    /// The rule of this id.
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }
}

/// What a rule makes while the policy does not name it. Naming it, with or without parameters, makes findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// Findings.
    AsFinding,
    /// Notes: shown in the row, never opened, counted or answered.
    AsNote,
}

/// What a rule judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A credential of this report.
    Present,
    /// A credential of the report before, which this one, complete there, has not.
    Gone,
}

/// Whether a rule can be judged as of an earlier day, from what is known today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// From dates and from what does not change.
    Known,
    /// Nobody kept what it would have to know, as a noun phrase.
    Lost(&'static str),
}

/// Whether a key is one of those that Tokenwarden itself uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The ids of our own keys are not known.
    NotKnown,
}

/// Whether the lists of accounts were read to their end, so that who is in none of them is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// All of them.
    Whole,
    /// At least one was not.
    NotWhole,
}

/// What a rule may know of a credential. A missing fact makes no credential guilty or clean.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// As its list shows it.
    pub credential: &'a Credential,
    /// Who answers for it, if the users could be read and he is among them.
    pub owner: Option<&'a Owner>,
    /// The usage profile that joins it.
    pub profile: Option<&'a UsageProfile>,
    /// The later of the list's date and the last event of use.
    pub last_used_at: Option<Timestamp>,
    /// From where that date came.
    pub last_used_source: LastUsedSource,
    /// Whether its use can be judged.
    pub usage: Use,
    /// Whether it is one of our own keys.
    pub own: Own,
    /// All credentials of its owner, itself among them.
    pub siblings: &'a [Credential],
    /// Whether the lists of accounts were read to their end.
    pub accounts: Accounts,
    /// What is remembered of it from report to report.
    pub history: &'a RowHistory,
    /// What people entered about it.
    pub register: Option<&'a RegisterEntry>,
    /// Uses by its owner's account that belong to none of his listed credentials.
    pub unlisted: &'a [&'a UsageProfile],
    /// The other governed orgs in which this very token was used.
    pub other_orgs: &'a [OrgId],
    /// Since when the audit log was read without a gap.
    pub log_since: Option<Timestamp>,
}

impl Subject<'_> {
    /// Its last use, by whichever source; `None` without Atlassian's own date, which alone supports "not used since".
    fn last_use(&self) -> Option<Timestamp> {
        let listed = self.credential.last_used_at?;
        Some(self.last_used_at.unwrap_or(listed))
    }
}

/// A rule that takes no parameters.
fn without_parameters(given: &Parameters, judge: fn(&Subject<'_>, Timestamp) -> Verdict) -> Result<Judge, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {}

    let Given {} = parameters(given)?;
    Ok(Box::new(judge))
}

/// The number that is a rule's one parameter; where it is not given, its default.
fn number<T: TryFrom<i64>>(given: &Parameters, parameter: &Parameter) -> Result<T, String> {
    let name = parameter.name;
    if let Some(unknown) = given.keys().find(|key| *key != name) {
        return Err(format!("`{unknown}`: unknown field `{unknown}`, expected `{name}`"));
    }
    let number = match given.get(name) {
        Some(value) => serde_json::from_value(value.clone()).map_err(|error| format!("`{name}`: {error}"))?,
        None => parameter.default_number(),
    };
    within(parameter, number)?;
    T::try_from(number).map_err(|_| format!("`{name}` is {number}, which is no such number"))
}

/// A number's bounds.
fn within(parameter: &Parameter, value: i64) -> Result<(), String> {
    match parameter.bounds() {
        Some((least, most)) if !(least..=most).contains(&value) => {
            Err(format!("`{}` is {value}; it must be from {least} to {most}", parameter.name))
        }
        Some(_) | None => Ok(()),
    }
}

fn parameters<T: DeserializeOwned>(given: &Parameters) -> Result<T, String> {
    serde_path_to_error::deserialize(serde_json::Value::Object(given.clone())).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            "." => error.into_inner().to_string(),
            path => format!("`{path}`: {}", error.inner()),
        }
    })
}

const MILLIS_A_DAY: i64 = 86_400_000;

/// Whole days from a moment to now.
fn days_since(at: Timestamp, now: Timestamp) -> i64 {
    (now.timestamp_millis() - at.timestamp_millis()) / MILLIS_A_DAY
}

#[cfg(test)]
pub(crate) mod tests;
