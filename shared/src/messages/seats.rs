//! What is said of the seats in the Test policy of external users.
//!
//! What is clicked follows Atlassian's support pages "Add test policy" and "Block user API token access"; where a menu
//! stands in its console changes, so each step names what to look for.

use super::{dates::date, day, notices::Text, plain, unlinked};
use crate::model::{AccountId, Seat, SeatState, Seats, Timestamp};

/// Where both policies of external users are.
pub(super) const WHERE: &str = "Security, there (under User security, where that is shown) External users";

/// All seats are taken: by whom, and which ends first.
pub fn full(seats: &Seats) -> String {
    let holder = |(account, seat): (&AccountId, &Seat)| format!("{} until {}", named(account, seat), day(seat.until));
    let holders: Vec<String> = seats.seats.iter().map(holder).collect();
    let first = seats.seats.iter().min_by_key(|(_, seat)| seat.until);
    let first = first.map(|(account, seat)| format!("; ends first: {}", named(account, seat))).unwrap_or_default();
    format!(
        "all {} seats of the Test policy are taken: {}{first}. Free one that is not needed any more: tokenwarden seats \
         free ACCOUNT",
        Seats::MOST,
        holders.join(", ")
    )
}

/// What a person does by hand for a seat, as no API does it.
pub fn step(seat: &Seat, now: Timestamp) -> String {
    match seat.state(now) {
        SeatState::Held => format!(
            "held: in the console the account must be in the Test policy. Open {WHERE}, choose Test policy, add the \
             user and save. API token access of that policy must stay on Allow. It holds after about ten minutes."
        ),
        SeatState::Ended => format!("ended: take the account out of the policy by hand. {}", out()),
    }
}

/// What a person does by hand when a seat was freed.
pub fn freed() -> String {
    format!("freed here; in the console it is not, as no API does it. {}", out())
}

fn out() -> String {
    format!(
        "Open {WHERE}, choose Test policy, remove the user and save. After about ten minutes the External user policy \
         applies: where it blocks API tokens, those of the account are refused."
    )
}

/// The security team is told that a seat has ended.
pub fn wanted(account: &AccountId, seat: &Seat, now: Timestamp) -> Text {
    let named = unlinked(&named(account, seat));
    let Seat { reason, by, at, until, .. } = seat;
    let (reason, account) = (unlinked(&plain(reason)), unlinked(&plain(account.as_str())));
    Text {
        subject: format!("A person is wanted: the seat of {named} in the Test policy has ended"),
        text: format!(
            "The external account {named} could go on using its API tokens by a seat in the external users' Test \
             policy. {} gave it on {} because: {reason}. It ended on {}.\n\nNo API of Atlassian's takes an account out \
             of that policy, so a person has to: sign in to Atlassian's administration as an org admin. {}\n\nThen: \
             tokenwarden seats free {account}. If the account still needs its token, give the seat another end instead: \
             tokenwarden seats take {account} --until DATE --reason \"…\". Until one of the two is done the seat counts \
             as taken, and the account's tokens work on.",
            plain(by),
            date(*at, now),
            date(*until, now),
            out(),
        ),
    }
}

fn named(account: &AccountId, seat: &Seat) -> String {
    match seat.name.as_deref().map(plain).filter(|name| !name.is_empty()) {
        Some(name) => format!("{account} ({name})"),
        None => account.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_reads_as_it_was_agreed() {
        let at = |day: u32| format!("2026-11-{day:02}T12:00:00Z").parse::<Timestamp>().unwrap();
        let seat = |name: Option<&str>, until| Seat {
            name: name.map(str::to_owned),
            reason: "the nightly export runs until the contract ends".into(),
            until,
            by: "bo".into(),
            at: at(1),
            told_at: None,
        };
        let (carol, dan) = (seat(Some("Carol\nContractor"), at(20)), seat(None, at(25)));
        let account = AccountId::new("712020:c");
        let seats = Seats { seats: [(account.clone(), carol.clone()), ("712020:d".into(), dan)].into() };
        let told = wanted(&account, &carol, at(21));
        let lines = [full(&seats), step(&carol, at(2)), step(&carol, at(21)), freed(), told.subject, told.text];
        insta::assert_snapshot!(lines.join("\n"));
    }
}
