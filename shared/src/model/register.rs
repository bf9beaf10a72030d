//! What people learned about a credential and entered by hand.

use super::{AccountId, CredentialRef, Timestamp};
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

/// How long after its review date an entry waits for an answer before it counts as not answered.
const ANSWER_WITHIN: TimeDelta = TimeDelta::days(14);

/// What people know of one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterEntry {
    /// Which credential.
    #[serde(flatten)]
    pub credential: CredentialRef,
    /// What it is for.
    pub purpose: Option<String>,
    /// Which system holds it.
    pub system: Option<String>,
    /// Who answers for it: a person or a team, as people write it.
    pub responsible: Option<String>,
    /// Who answers if the responsible one cannot.
    pub backup: Option<String>,
    /// Until when somebody must say again that it is needed (the whole day, UTC).
    pub review_by: Option<NaiveDate>,
    /// What a list would say, for a credential that no list holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
    /// Who wrote this last.
    pub updated_by: String,
    /// When.
    pub updated_at: Timestamp,
}

/// Who in the org answers for an account that is not managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sponsor {
    /// The account.
    pub account: AccountId,
    /// Who answers for it: a person or a team, as people write it.
    pub sponsor: String,
    /// Who wrote this.
    pub updated_by: String,
    /// When.
    pub updated_at: Timestamp,
}

/// What no API says of a credential that was entered by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its name.
    pub label: String,
    /// The Atlassian account that it acts as, where it has one.
    pub owner: Option<AccountId>,
    /// When it expires.
    pub expires: RegisteredExpiry,
}

/// When a registered credential expires, as a person says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisteredExpiry {
    /// At this moment.
    At(Timestamp),
    /// Never, and somebody said so.
    Never,
    /// Nobody said.
    NotSaid,
}

/// How an entry stands in its recertification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// No review date was set.
    NoDate,
    /// Confirmed until its date.
    Confirmed,
    /// The date has passed; an answer is awaited.
    Due,
    /// The date passed more than 14 days ago, and nobody answered.
    NoAnswer,
}

impl Review {
    /// The name in the API and the CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoDate => "no_date",
            Self::Confirmed => "confirmed",
            Self::Due => "due",
            Self::NoAnswer => "no_answer",
        }
    }
}

impl RegisterEntry {
    /// How it stands at a moment. Entering a later date is the answer.
    pub fn review(&self, now: Timestamp) -> Review {
        let Some(by) = self.review_by else { return Review::NoDate };
        match now.date_naive() - by {
            past if past <= TimeDelta::zero() => Review::Confirmed,
            past if past <= ANSWER_WITHIN => Review::Due,
            _longer => Review::NoAnswer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CredentialKind;

    #[test]
    fn a_review_is_confirmed_then_due_then_without_an_answer() {
        let credential = CredentialRef { kind: CredentialKind::Registered, id: "scim".into() };
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let entry = |review_by: Option<&str>| RegisterEntry {
            credential: credential.clone(),
            purpose: None,
            system: None,
            responsible: None,
            backup: None,
            review_by: review_by.map(|day| day.parse().unwrap()),
            registered: None,
            updated_by: "ann".into(),
            updated_at: now,
        };
        let review = |day| entry(day).review(now);
        assert_eq!(review(None), Review::NoDate);
        assert_eq!((review(Some("2026-11-21")), review(Some("2026-11-20"))), (Review::Confirmed, Review::Due));
        assert_eq!((review(Some("2026-11-07")), review(Some("2026-11-06"))), (Review::Due, Review::NoAnswer));
    }
}
