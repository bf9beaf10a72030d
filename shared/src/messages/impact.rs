//! What is said of what breaks if a credential is revoked. Hours and dates are UTC.

use super::{counted, day, days, listed, plain, quoted};
use crate::model::{Knowledge, Timestamp};

/// In a sentence about a group so many of those that stop are named.
const NAMED: usize = 5;
const WEEKDAYS: [&str; 7] = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

/// What was seen of the use of one credential.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// How many events of use.
    pub uses: u64,
    /// On how many days.
    pub days: usize,
    /// The first.
    pub first: Option<Timestamp>,
    /// The last.
    pub last: Option<Timestamp>,
    /// The usual interval between two days of use.
    pub typical_days: Option<i64>,
    /// The hours of the day (0 to 23), in order.
    pub hours: &'a [usize],
    /// The days of the week (0 is Monday), in order.
    pub weekdays: &'a [usize],
    /// About how many networks.
    pub networks: u64,
    /// Some of the countries.
    pub countries: &'a [String],
    /// Some of the sites and products.
    pub places: &'a [String],
    /// Some of the action ids.
    pub actions: &'a [String],
}

/// How often, when, from where and on what it was used.
pub fn seen(of: &Seen<'_>) -> String {
    let when = match (of.first, of.last) {
        (Some(first), Some(last)) if of.days > 1 => {
            format!(" on {} from {} to {}", counted(of.days, "day"), day(first), day(last))
        }
        (_, Some(last)) => format!(" on {}", day(last)),
        (Some(_) | None, None) => String::new(),
    };
    let parts = [of.typical_days.map(every), weekdays(of), hours(of.hours), networks(of), on(of.places)];
    let parts: String = parts.into_iter().flatten().map(|part| format!(", {part}")).collect();
    let did = sorted(of.actions);
    let did = if did.is_empty() { String::new() } else { format!("; seen of it: {}", did.join(", ")) };
    format!("We saw {}{when}{parts}{did}.", counted(of.uses, "use"))
}

/// Where there was no use to be seen.
pub fn nothing_seen(log_since: Option<Timestamp>) -> String {
    match log_since {
        Some(since) => format!("We saw no use of it in the audit log since {}.", day(since)),
        None => "Of its use nothing is known from the audit log, which was not read yet.".to_owned(),
    }
}

/// Of something that runs by itself, at its interval where that is known.
pub fn looks_like_a_schedule(interval_days: Option<i64>) -> String {
    let every = interval_days.map_or(String::new(), |interval| format!(", {}", every(interval)));
    format!("That looks like a schedule: a job that runs by itself{every}.")
}

/// Of somebody at work.
pub fn looks_like_a_person() -> String {
    "That looks like a person at work, or a job that a person starts: Monday to Friday, between 07:00 and 19:00 UTC."
        .into()
}

/// Of a use within a few days, long ago.
pub fn looks_like_a_one_off() -> String {
    "That looks like a one-off: a piece of work that may be over. A job that runs once a year looks the same.".into()
}

/// Of anything else.
pub fn looks_irregular() -> String {
    "That looks irregular: neither like a schedule nor like a person's working hours.".into()
}

/// Of one or two days of use.
pub fn too_little_seen() -> String {
    "That is too little to say what uses it.".into()
}

/// Why its work probably stops.
pub fn in_use(last_used_at: Timestamp) -> String {
    format!("It is in use as far as known, last on {}: what uses it would probably stop.", day(last_used_at))
}

/// Why its work has stopped: its end.
pub fn expired(expired_at: Timestamp) -> String {
    format!("It expired on {}, so what used it has stopped already.", day(expired_at))
}

/// Why its work has stopped: its owner's account.
pub fn owner_off() -> String {
    "Its owner's account is turned off, so it cannot be used now as far as known.".into()
}

/// Why its work has moved.
pub fn moved() -> String {
    "Its owner uses a newer one for what looks like the same job.".into()
}

/// Why its work has probably stopped: silence.
pub fn quiet(quiet_days: i64, longest_pause_days: i64) -> String {
    format!(
        "It has been quiet for {}; between the uses that we saw there were at most {}.",
        days(quiet_days),
        days(longest_pause_days)
    )
}

/// What people entered, if anything.
pub fn entered(purpose: Option<&str>, system: Option<&str>, responsible: Option<&str>) -> Option<String> {
    let parts = [
        purpose.map(plain),
        system.map(|system| format!("used by {}", plain(system))),
        responsible.map(|responsible| format!("answered for by {}", plain(responsible))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("Entered by people: {}.", parts.join(", ")))
}

/// What the dates rest on, and what would not be seen.
pub fn limits(
    listed_at: Option<Timestamp>,
    seen_at: Option<Timestamp>,
    log_since: Option<Timestamp>,
    uses_leave_events: Knowledge,
) -> String {
    let atlassian = match listed_at {
        Some(at) => format!("Atlassian's list shows its last use on {}.", day(at)),
        None => "No list of Atlassian's shows when it was last used.".to_owned(),
    };
    let ours = match (seen_at, log_since) {
        (Some(seen), Some(since)) => {
            format!(
                "The last use that we saw was on {}; we read the log without a gap since {}.",
                day(seen),
                day(since)
            )
        }
        (Some(seen), None) => format!("The last use that we saw was on {}; the log has gaps.", day(seen)),
        (None, Some(since)) => format!("We saw no use since {}.", day(since)),
        (None, None) => "We have not read the audit log without a gap.".to_owned(),
    };
    let log = match uses_leave_events {
        Knowledge::Proven => "Calls that Atlassian does not log would not appear here.",
        Knowledge::Refuted => {
            "This org's log does not seem to show uses of tokens, so there may be many that we cannot see."
        }
        Knowledge::Unknown => {
            "It is not proven that this org's log shows uses of tokens, so there may be some that we cannot see."
        }
    };
    format!("{atlassian} {ours} {log}")
}

/// What blocking the tokens of a group of people would do: label and owner of those that probably stop, and how many
/// others.
pub fn group(people: usize, stopping: &[(&str, Option<&str>)], do_not: u64, unknown: u64) -> String {
    let all = stopping.len() as u64 + do_not + unknown;
    let name = |(label, owner): &(&str, Option<&str>)| match owner {
        Some(owner) => format!("{} of {}", quoted(label), plain(owner)),
        None => quoted(label),
    };
    let mut names: Vec<String> = stopping.iter().take(NAMED).map(name).collect();
    if stopping.len() > NAMED {
        names.push(format!("{} more", stopping.len() - NAMED));
    }
    let names = if names.is_empty() { String::new() } else { format!(" ({})", listed(&names)) };
    let hit =
        format!("Blocking tokens for this group hits {} of {}", counted(all, "credential"), counted(people, "account"));
    let stops = stopping.len();
    format!(
        "{hit}. Work that probably stops today: {stops}{names}. Probably none to stop: {do_not}. Not known: {unknown}."
    )
}

fn every(interval_days: i64) -> String {
    match interval_days {
        ..=1 => "about every day".to_owned(),
        7 => "about every week".to_owned(),
        28..=32 => "about every month".to_owned(),
        85..=97 => "about every quarter".to_owned(),
        other => format!("about every {}", days(other)),
    }
}

/// Only where there were days enough to tell.
fn weekdays(of: &Seen<'_>) -> Option<String> {
    match of.weekdays {
        _ if of.days < 4 => None,
        [one] => Some(format!("on {}", WEEKDAYS.get(*one)?)),
        [.., last] if *last < 5 => Some("on working days".to_owned()),
        [..] => None,
    }
}

fn hours(hours: &[usize]) -> Option<String> {
    let at = |hour: &usize| format!("{hour:02}:00");
    match hours {
        [] => None,
        [one] => Some(format!("in the hour from {} UTC", at(one))),
        [_, _] | [_, _, _] => {
            Some(format!("in the hours from {} UTC", listed(&hours.iter().map(at).collect::<Vec<_>>())))
        }
        [_, .., _] if hours.len() >= 18 => Some("at all hours".to_owned()),
        [first, .., last] => Some(format!("between {} and {} UTC", at(first), at(&(last + 1)))),
    }
}

fn networks(of: &Seen<'_>) -> Option<String> {
    let countries = sorted(of.countries);
    let countries = if countries.is_empty() { String::new() } else { format!(" ({})", countries.join(", ")) };
    (of.networks > 0).then(|| format!("from {}{countries}", counted(of.networks, "network")))
}

fn on(places: &[String]) -> Option<String> {
    (!places.is_empty()).then(|| format!("on {}", listed(&sorted(places))))
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts: Vec<String> = texts.iter().map(|text| plain(text)).collect();
    texts.sort_unstable();
    texts
}

#[cfg(test)]
mod tests;
