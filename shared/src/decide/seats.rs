//! Who holds the seats of the external users' Test policy: at most five, each until a day.

use crate::{
    error::{Error, Result},
    messages::{notices::Text, seats as say},
    model::{AccountId, Audience, Message, MessageKind, OrgId, Seat, SeatState, Seats, Timestamp},
};
use chrono::TimeDelta;

/// A seat ends after at most so long; then somebody has to look again.
const AT_MOST: TimeDelta = TimeDelta::days(366);

/// The seats with one more, or with another end for one that is held. One that has ended counts until it is freed,
/// because its account is in the policy until a person takes it out.
///
/// # Errors
/// [`Error::Invalid`] for an end that is past or too far; [`Error::Conflict`] where all are taken, which names them.
pub fn take(seats: &Seats, account: &AccountId, seat: Seat, now: Timestamp) -> Result<Seats> {
    ends_in_time(seat.until, now)?;
    let mut taken = seats.clone();
    taken.seats.insert(account.clone(), seat);
    match taken.seats.len() {
        0..=Seats::MOST => Ok(taken),
        _more => Err(Error::Conflict(say::full(seats))),
    }
}

/// The seats without one of them, and that one.
///
/// # Errors
/// [`Error::NotFound`].
pub fn free(seats: &Seats, account: &AccountId) -> Result<(Seats, Seat)> {
    let mut left = seats.clone();
    let freed = left.seats.remove(account);
    freed.map(|seat| (left, seat)).ok_or_else(|| Error::NotFound(format!("a seat of account {account}")))
}

/// Whose seats have ended and are not told of yet: the seats with that noted, and what the security team is told, once
/// for each account and end. `None` where there is nothing to tell.
pub fn ended(org: &OrgId, seats: &Seats, now: Timestamp) -> Option<(Seats, Vec<Message>)> {
    let mut told = seats.clone();
    let untold = |seat: &Seat| seat.state(now) == SeatState::Ended && seat.told_at.is_none();
    let mut messages = Vec::new();
    for (account, seat) in told.seats.iter_mut().filter(|(_, seat)| untold(seat)) {
        seat.told_at = Some(now);
        messages.push(message(org, account, seat, now));
    }
    (!messages.is_empty()).then_some((told, messages))
}

fn message(org: &OrgId, account: &AccountId, seat: &Seat, now: Timestamp) -> Message {
    let Text { subject, text } = say::wanted(account, seat, now);
    let (kind, audience) = (MessageKind::StepWanted, Audience::Security);
    let id = Message::id_of(org, kind, &format!("seat {account} {}", seat.until.to_rfc3339()), &audience);
    Message { id, audience, kind, action: None, credential: None, rule: None, subject, text, at: now }
}

fn ends_in_time(until: Timestamp, now: Timestamp) -> Result<()> {
    if until <= now {
        return Err(Error::invalid("until", format!("{until} is past; give the day on which the seat ends")));
    }
    if until > now + AT_MOST {
        let most = (now + AT_MOST).date_naive();
        return Err(Error::invalid("until", format!("a seat lasts at most a year, so until {most} at the latest")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn seat(days: i64) -> Seat {
        let (reason, by) = ("the payroll job".to_owned(), "ann".to_owned());
        Seat { name: Some("Carol".into()), reason, until: now() + TimeDelta::days(days), by, at: now(), told_at: None }
    }

    fn account(number: i64) -> AccountId {
        AccountId::new(format!("ext-{number}"))
    }

    fn five() -> Seats {
        (1..=5).fold(Seats::default(), |seats, n| take(&seats, &account(n), seat(10 * n), now()).unwrap())
    }

    #[test]
    fn a_sixth_is_told_who_holds_the_five_and_which_ends_first() {
        let refused = take(&five(), &account(6), seat(9), now()).unwrap_err().to_string();
        assert!((1..=5).all(|n| refused.contains(&format!("ext-{n}"))), "{refused}");
        assert!(refused.contains("ends first: ext-1"), "{refused}");
        assert!(take(&five(), &account(5), seat(9), now()).is_ok(), "who has one may get another end");
        let (left, freed) = free(&five(), &account(2)).unwrap();
        assert_eq!((left.seats.len(), freed), (4, seat(20)));
        assert!(free(&left, &account(2)).is_err());
    }

    #[test]
    fn a_seat_must_end_and_within_a_year() {
        let taken = |days| take(&Seats::default(), &account(1), seat(days), now());
        assert!(taken(0).is_err() && taken(367).is_err() && taken(366).is_ok());
    }

    #[test]
    fn that_a_seat_has_ended_is_told_once_and_again_for_another_end() {
        let org = OrgId::new("acme");
        let later = now() + TimeDelta::days(10);
        assert_eq!(ended(&org, &five(), now()), None);
        let (told, messages) = ended(&org, &five(), later).unwrap();
        let [message] = &messages[..] else { panic!("{messages:?}") };
        assert!(message.text.contains("ext-1") && message.kind == MessageKind::StepWanted, "{message:?}");
        assert_eq!(ended(&org, &told, later), None);
        let again = take(&told, &account(1), seat(15), later).unwrap();
        let (_, second) = ended(&org, &again, now() + TimeDelta::days(15)).unwrap();
        assert_ne!(second[0].id, message.id);
    }
}
