//! Seats in the external users' Test policy: given and freed by people, and told of when they end. In the console a
//! person does the same by hand, as no API of Atlassian's does it.

use super::decide_action::{Decider, TRIES, record};
use crate::{
    decide::seats,
    error::{Error, Result},
    model::{AccountId, LedgerKind, LedgerRecord, OrgId, Seat, Seats, Timestamp, Versioned},
    ports::{CaseChange, CaseStore, Written},
};

/// What is asked of a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who holds it, as people write it.
    pub name: Option<String>,
    /// When it ends.
    pub until: Timestamp,
}

/// Gives an account a seat, or another end to the one that it has.
///
/// # Errors
/// [`Error::Invalid`] for its end, [`Error::Conflict`] where all are taken; those of the store.
pub async fn take<S: CaseStore>(
    store: &S,
    org: &OrgId,
    account: &AccountId,
    wanted: &Wanted,
    who: Decider<'_>,
) -> Result<Seat> {
    let Wanted { name, until } = wanted.clone();
    let seat = Seat { name, reason: who.reason.to_owned(), until, by: who.by.to_owned(), at: who.at, told_at: None };
    let detail =
        format!("account {account} got a seat in the external users' Test policy until {}", until.to_rfc3339());
    let record = record(LedgerKind::SeatTaken, &detail, who);
    change(store, org, &record, |held| Ok((seats::take(held, account, seat.clone(), who.at)?, seat.clone()))).await
}

/// Frees an account's seat; gives what it was.
///
/// # Errors
/// [`Error::NotFound`] if it has none; those of the store.
pub async fn free<S: CaseStore>(store: &S, org: &OrgId, account: &AccountId, who: Decider<'_>) -> Result<Seat> {
    let detail = format!("the seat of account {account} in the external users' Test policy was freed");
    let record = record(LedgerKind::SeatFreed, &detail, who);
    change(store, org, &record, |held| seats::free(held, account)).await
}

/// Writes what the seats are to be; looks again where somebody else was faster, so that two people never give six.
async fn change<S: CaseStore>(
    store: &S,
    org: &OrgId,
    record: &LedgerRecord,
    change: impl Fn(&Seats) -> Result<(Seats, Seat)> + Send + Sync,
) -> Result<Seat> {
    for _ in 0..TRIES {
        let held = store.seats(org).await?;
        let (value, seat) = change(&held.value)?;
        let seats = Some(Versioned { version: held.version, value });
        let change = CaseChange { seats, record: Some(record.clone()), ..CaseChange::default() };
        match store.apply(org, &change).await? {
            Written::Stored => return Ok(seat),
            Written::Contended => {}
        }
    }
    Err(Error::Contended("the seats".into()))
}

/// Stores what the security team is told of seats that have ended, once for each. Gives how many.
///
/// # Errors
/// Those of the store.
pub async fn tell_of_ended<S: CaseStore>(store: &S, org: &OrgId, now: Timestamp) -> Result<u64> {
    let held = store.seats(org).await?;
    let Some((value, messages)) = seats::ended(org, &held.value, now) else { return Ok(0) };
    let told = messages.len() as u64;
    let seats = Some(Versioned { version: held.version, value });
    match store.apply(org, &CaseChange { seats, messages, ..CaseChange::default() }).await? {
        Written::Stored => Ok(told),
        // Somebody changes them right now: the next sweep looks again.
        Written::Contended => Ok(0),
    }
}
