//! The rules: one file each, one line in [`RULES`]. Pure: what a rule wants to know is in its [`Subject`].

mod expires_soon;
mod lifetime_over_policy;
mod owner_deactivated;
mod unused;

use crate::model::{Credential, LastUsedSource, Owner, Timestamp, UsageProfile, Use, Verdict};
use serde::de::DeserializeOwned;

/// Every rule that exists.
pub const RULES: &[Rule] = &[expires_soon::RULE, lifetime_over_policy::RULE, owner_deactivated::RULE, unused::RULE];

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

fn day(at: Timestamp) -> impl std::fmt::Display {
    at.format("%Y-%m-%d")
}

fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{CredentialKind, CredentialRef, CredentialStatus, OwnerStatus, Relation};

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
        }
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
        let bare = Subject { last_used_source: LastUsedSource::None, usage: Use::Unknown, ..subject(&bare) };
        for rule in RULES {
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
