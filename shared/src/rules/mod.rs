//! The rules: one file each, one line in [`RULES`]. Pure: what a rule wants to know is in its [`Subject`].

mod blocked_but_listed;
mod expired_still_listed;
mod expires_soon;
mod external_owner;
mod lifetime_over_policy;
mod orphan_key;
mod over_scoped;
mod own_key_expiring;
mod owner_deactivated;
mod owner_unknown;
mod service_account_quiet;
mod shared_use;
mod superseded;
mod too_many_per_owner;
mod unscoped;
mod unused;

use crate::model::{Credential, CredentialKind, LastUsedSource, Owner, Timestamp, UsageProfile, Use, Verdict};
use serde::{Deserialize, de::DeserializeOwned};
use std::{fmt::Display, ops::RangeInclusive};

/// Every rule that exists.
pub const RULES: &[Rule] = &[
    blocked_but_listed::RULE,
    expired_still_listed::RULE,
    expires_soon::RULE,
    external_owner::RULE,
    lifetime_over_policy::RULE,
    orphan_key::RULE,
    over_scoped::RULE,
    own_key_expiring::RULE,
    owner_deactivated::RULE,
    owner_unknown::RULE,
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

/// A parameter's bounds.
fn within<T: Copy + PartialOrd + Display>(name: &str, value: T, bounds: RangeInclusive<T>) -> Result<(), String> {
    if bounds.contains(&value) {
        return Ok(());
    }
    Err(format!("`{name}` is {value}; it must be from {} to {}", bounds.start(), bounds.end()))
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

/// The day as people write it: `2026-11-21`. A date's own `Display`, which no format has to be read for.
fn day(at: Timestamp) -> impl Display {
    at.date_naive()
}

fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{CredentialRef, CredentialStatus, OwnerStatus, Relation};

    pub(crate) fn at(text: &str) -> Timestamp {
        format!("{text}T12:00:00Z").parse().unwrap()
    }

    pub(crate) fn token() -> Credential {
        Credential {
            reference: CredentialRef { kind: CredentialKind::UserApiToken, id: "t1".into() },
            label: "jenkins nightly".into(),
            owner: Some("a1".into()),
            owner_name: Some("Alice".into()),
            owner_email: None,
            scopes: None,
            created_at: Some(at("2026-02-01")),
            expires_at: Some(at("2027-02-01")),
            last_used_at: Some(at("2026-11-20")),
            status: CredentialStatus::Allowed,
        }
    }

    pub(crate) fn owner(status: OwnerStatus) -> Owner {
        Owner { account_id: "a1".into(), name: None, email: None, status, relation: Relation::Managed }
    }

    pub(crate) fn subject(credential: &Credential) -> Subject<'_> {
        Subject {
            credential,
            owner: None,
            profile: None,
            last_used_at: credential.last_used_at,
            last_used_source: LastUsedSource::Inventory,
            usage: Use::Known,
            own: Own::NotKnown,
            siblings: &[],
            accounts: Accounts::NotWhole,
        }
    }

    pub(crate) fn key() -> Credential {
        let reference = CredentialRef { kind: CredentialKind::OrgApiKey, id: "k1".into() };
        Credential { reference, label: "siem".into(), ..token() }
    }

    pub(crate) fn judge(rule: &Rule, parameters: serde_json::Value, subject: &Subject<'_>, now: &str) -> Verdict {
        let serde_json::Value::Object(parameters) = parameters else { panic!("parameters are an object") };
        rule.with(&parameters).unwrap()(subject, at(now))
    }

    pub(crate) fn is_guilty(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Guilty { .. })
    }

    #[test]
    fn ids_are_unique_and_every_rule_takes_no_parameters() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
        assert!(RULES.iter().all(|rule| rule.check(&Parameters::new()).is_ok()));
    }

    #[test]
    fn with_every_fact_absent_no_rule_says_guilty_or_clean() {
        let mut bare = token();
        (bare.owner, bare.created_at, bare.expires_at, bare.last_used_at) = (None, None, None, None);
        bare.status = CredentialStatus::Unknown;
        for rule in RULES {
            bare.reference.kind = rule.kinds[0];
            let bare = Subject { last_used_source: LastUsedSource::None, usage: Use::Unknown, ..subject(&bare) };
            let verdict = judge(rule, serde_json::json!({}), &bare, "2026-11-21");
            assert!(matches!(verdict, Verdict::Unknown { .. }), "{}: {verdict:?}", rule.id);
        }
    }

    #[test]
    fn an_unknown_parameter_is_named() {
        let given = serde_json::json!({"windows_days": 3});
        let error = Rule::named("unused").unwrap().check(given.as_object().unwrap()).unwrap_err();
        assert!(error.contains("windows_days"), "{error}");
    }
}
