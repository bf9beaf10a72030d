//! The erasure of one account: when it goes on, what it becomes, and what becomes of what is stored of the person.
//!
//! What a person wrote as free text is erased where it stands in something that is about the account. Elsewhere nobody
//! but a person can tell whom it speaks of: there it stays and is counted.

mod cases;
mod history;
mod text;

pub use text::Words;

use crate::{
    error::{Error, Result},
    model::{
        AccountId, Action, ActionState, Erasure, ErasureCount, ErasurePlace, ErasureState, ErasureWork, OrgId, Person,
        Timestamp,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

use super::purge::SETTLING;

/// The fewest characters of an account's id. A shorter word would be found in texts that speak of something else.
const ID_CHARS_LEAST: usize = 8;
/// The most characters of an account's id (Organizations API spec).
const ID_CHARS_MOST: usize = 128;

/// Something that may hold data of a person.
pub trait Personal: Clone + Serialize + DeserializeOwned {
    /// Notes by what else texts are known to speak of the person.
    fn learn(&self, person: &mut Person);

    /// What becomes of it.
    ///
    /// # Errors
    /// [`Error::Store`] if it has no JSON text, which nothing that was stored is.
    fn fate(&self, person: &Person) -> Result<Fate<Self>>;
}

/// What becomes of something when a person is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate<T> {
    /// Nothing in it is known to be the person's.
    Stays,
    /// It is deleted.
    Goes,
    /// It stays, without the person.
    Becomes(Box<T>),
}

/// What is known of a text or a value before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// It is about the person.
    Him,
    /// It is, if it holds his id or one of his addresses.
    WhoKnows,
}

/// The value without the person's id, addresses and names.
fn cleaned<T: Personal>(value: &T, person: &Person, about: About) -> Result<Fate<T>> {
    let words = Words::of(person);
    let json = serde_json::to_value(value).map_err(|_| unfit())?;
    if about == About::WhoKnows && !words.identify(&json) {
        return Ok(Fate::Stays);
    }
    // Somebody may be called like a word of ours, which must stay: then his names stay with it.
    let clean = words.out_of(&json).or_else(|| Words::nameless(person).out_of(&json));
    becomes(value, clean.ok_or_else(unfit)?)
}

/// A value from which some fields were taken, without what is left of the person in the others.
fn changed<T: Personal>(before: &T, after: &T, person: &Person) -> Result<Fate<T>> {
    match cleaned(after, person, About::Him)? {
        Fate::Becomes(clean) => Ok(Fate::Becomes(clean)),
        Fate::Goes | Fate::Stays => becomes(before, after.clone()),
    }
}

fn becomes<T: Serialize>(before: &T, after: T) -> Result<Fate<T>> {
    let json = |value: &T| serde_json::to_value(value).map_err(|_| unfit());
    Ok(if json(before)? == json(&after)? { Fate::Stays } else { Fate::Becomes(Box::new(after)) })
}

fn unfit() -> Error {
    Error::Store("something that is stored has no JSON text".into())
}

/// Whether something holds a text like the person's name, address or id.
///
/// # Errors
/// [`Error::Store`] if it has no JSON text.
pub fn speaks_of(value: &impl Serialize, person: &Person) -> Result<bool> {
    Ok(Words::of(person).are_in(&serde_json::to_value(value).map_err(|_| unfit())?))
}

/// Whether bytes of which nothing is understood hold the person's id or one of his addresses.
pub fn is_in_bytes(bytes: &[u8], person: &Person) -> bool {
    Words::of(person).identify(&Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// Whether this can be an account's id.
///
/// # Errors
/// [`Error::Invalid`] that says what it must be like.
pub fn check_account(account: &AccountId) -> Result<()> {
    let id = account.as_str();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_|:-".contains(c);
    let fits = (ID_CHARS_LEAST..=ID_CHARS_MOST).contains(&id.len()) && id.chars().all(allowed);
    match fits && id.contains(|c: char| c.is_ascii_digit()) {
        true => Ok(()),
        false => Err(Error::invalid(
            "account_id",
            "it must be an Atlassian account id as the reports show it: 8 to 128 letters, digits, `:`, `|`, `_` and `-`, \
             with a digit",
        )),
    }
}

/// The erasure of an account as somebody asks for it; `None` if it is asked for already.
pub fn asked(
    known: Option<&Erasure>,
    (org, account): (&OrgId, &AccountId),
    (by, reason): (&str, &str),
    now: Timestamp,
) -> Option<Erasure> {
    if known.is_some_and(Erasure::is_open) {
        return None;
    }
    Some(Erasure {
        id: Erasure::id_of(org, account),
        account: Some(account.clone()),
        asked_by: by.to_owned(),
        asked_at: now,
        reason: Some(reason.to_owned()),
        state: ErasureState::Asked,
        waits_for: None,
        done_at: None,
        counts: BTreeMap::new(),
        left: BTreeMap::new(),
        work: None,
    })
}

/// What the schedule should do about an erasure now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureDue {
    /// Nothing: it is done.
    Nothing,
    /// Wait: what was under way may still write of the account.
    From(Timestamp),
    /// Erase, or go on with it.
    Now,
}

/// Whether an erasure is due.
pub fn erasure_due(erasure: &Erasure, now: Timestamp) -> ErasureDue {
    match (erasure.is_open(), erasure.asked_at + SETTLING) {
        (false, _) => ErasureDue::Nothing,
        (true, from) if now < from => ErasureDue::From(from),
        (true, _) => ErasureDue::Now,
    }
}

/// What is done first with an action, so that nothing of the account is under way any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// Nothing: it is not about the account, or it has ended.
    Nothing,
    /// Wait for it: Atlassian may have been called.
    Wait,
    /// It is stored so: nobody is left to whom it could be done.
    End(Box<Action>),
}

/// What is done first with an action.
pub fn first(action: &Action, account: &AccountId, now: Timestamp) -> First {
    if action.plan.target.owner.as_ref() != Some(account) {
        return First::Nothing;
    }
    match action.state {
        ActionState::Planned | ActionState::Waiting | ActionState::Withheld => First::End(Box::new(Action {
            state: ActionState::Cancelled,
            reason: Some("the account that answers for the credential is being erased".into()),
            changed_at: now,
            wake_at: None,
            ..action.clone()
        })),
        ActionState::Claimed => First::Wait,
        ActionState::Done
        | ActionState::Cancelled
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Failed => First::Nothing,
    }
}

impl Erasure {
    /// The same, waiting for something.
    #[must_use]
    pub fn waiting(&self, reason: &str) -> Self {
        Self { state: ErasureState::Waiting, waits_for: Some(reason.to_owned()), ..self.clone() }
    }

    /// The same, under way at a place.
    #[must_use]
    pub fn under_way(&self, work: ErasureWork) -> Self {
        Self { state: ErasureState::Erasing, waits_for: None, work: Some(work), ..self.clone() }
    }

    /// The same from this place on, with what was erased before it.
    #[must_use]
    pub fn gone_over(
        &self,
        next: &ErasurePlace,
        counts: &BTreeMap<String, ErasureCount>,
        left: &BTreeMap<String, u64>,
    ) -> Self {
        let mut after = self.clone();
        counts.iter().for_each(|(kind, count)| after.counts.entry(kind.clone()).or_default().add(*count));
        left.iter().for_each(|(kind, count)| *after.left.entry(kind.clone()).or_default() += count);
        after.work = after.work.map(|work| ErasureWork { place: next.clone(), ..work });
        after
    }

    /// The same, to go over the cases from their beginning.
    #[must_use]
    pub fn once_more(&self) -> Self {
        let place = ErasurePlace::Cases { part: 0, after: None };
        let work = self.work.clone().map(|work| ErasureWork { place, ..work });
        Self { left: BTreeMap::new(), work, ..self.clone() }
    }

    /// The same, done: it forgets whose it was.
    #[must_use]
    pub fn done(&self, now: Timestamp) -> Self {
        Self {
            account: None,
            reason: None,
            state: ErasureState::Done,
            waits_for: None,
            done_at: Some(now),
            work: None,
            ..self.clone()
        }
    }

    /// How many items were deleted and how many changed, in all.
    pub fn sum(&self) -> ErasureCount {
        let mut sum = ErasureCount::default();
        self.counts.values().for_each(|count| sum.add(*count));
        sum
    }
}

#[cfg(test)]
mod tests;
