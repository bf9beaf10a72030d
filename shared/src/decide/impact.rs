//! What breaks if a credential is revoked: how it was used, what that looks like, and what cannot be seen.

mod group;
mod rhythm;

pub use group::{GroupImpact, OwnerImpact, group_impact};

use crate::messages::impact as say;
use crate::model::{CredentialKind, CredentialRow, Knowledge, OwnerStatus, Timestamp, UsageProfile, Use, UsedDays};
use rhythm::{Habit, Rhythm};
use serde::Serialize;

/// With a use so few days ago, its work goes on.
const ALIVE_DAYS: i64 = 3;
/// However slow a schedule is, a run so many days ago tells nothing of today.
const SCHEDULE_ALIVE_AT_MOST_DAYS: i64 = 200;
/// The same of anything else.
const ALIVE_AT_MOST_DAYS: i64 = 30;
/// Silence shorter than this is never taken for an end.
const QUIET_AT_LEAST_DAYS: i64 = 7;

/// What its uses look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Something that runs by itself, at its hours.
    Schedule,
    /// Somebody at work, Monday to Friday.
    Person,
    /// Used within a few days and not since.
    OneOff,
    /// Neither of these.
    Irregular,
    /// The log that was read holds no use.
    NoUseSeen,
    /// Too little was seen, or no log was read.
    Unknown,
}

impl Pattern {
    /// The name in the API and the CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Person => "person",
            Self::OneOff => "one_off",
            Self::Irregular => "irregular",
            Self::NoUseSeen => "no_use_seen",
            Self::Unknown => "unknown",
        }
    }
}

/// How likely it is that work stops today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likely {
    /// It was used lately, as often as it is used.
    Yes,
    /// Its work has stopped or moved already.
    No,
    /// Neither can be said.
    Unknown,
}

impl Likely {
    /// The name in the API and the CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What revoking one credential would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// What its uses look like.
    pub pattern: Pattern,
    /// How often, when, from where and on what it was used, what that looks like, and what people entered.
    pub sentence: String,
    /// What the dates rest on and what would not be seen.
    pub limits: String,
    /// Whether work stops today.
    pub breaks_today: Likely,
}

/// What is true of the org's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImpactContext {
    /// Since when it was read without a gap.
    pub log_since: Option<Timestamp>,
    /// Whether a use leaves an event in it.
    pub uses_leave_events: Knowledge,
}

/// What revoking this credential would do.
pub fn impact(row: &CredentialRow, context: &ImpactContext, now: Timestamp) -> Impact {
    let used = row.profile.as_ref().filter(|profile| profile.uses > 0);
    let habit = used.map(Habit::of);
    let pattern = match &habit {
        Some(habit) => habit.pattern(now),
        None if context.log_since.is_some() => Pattern::NoUseSeen,
        None => Pattern::Unknown,
    };
    let (breaks_today, why) = breaks(row, habit.as_ref(), pattern, now);
    let seen = match (used, &habit) {
        (Some(profile), Some(habit)) => say::seen(&seen(profile, habit)),
        (None, _) | (_, None) => say::nothing_seen(context.log_since),
    };
    let looks = used.map(|_| looks(pattern, habit.as_ref().and_then(|habit| habit.rhythm)));
    let entered = row.register.as_ref().and_then(|entry| {
        say::entered(entry.purpose.as_deref(), entry.system.as_deref(), entry.responsible.as_deref())
    });
    let parts = [Some(seen), looks, why, entered];
    let last_seen = used.and_then(|profile| profile.last_used_at);
    let limits = say::limits(row.credential.last_used_at, last_seen, context.log_since, context.uses_leave_events);
    Impact { pattern, sentence: parts.into_iter().flatten().collect::<Vec<_>>().join(" "), limits, breaks_today }
}

fn seen<'a>(profile: &'a UsageProfile, habit: &'a Habit) -> say::Seen<'a> {
    say::Seen {
        uses: profile.uses,
        days: habit.days,
        first: profile.first_used_at,
        last: profile.last_used_at,
        typical_days: habit.typical_days.filter(|_| habit.days > 2),
        hours: &habit.hours,
        weekdays: &habit.weekdays,
        networks: profile.networks.distinct(),
        countries: profile.countries.members(),
        places: profile.places.members(),
        actions: profile.actions.members(),
    }
}

fn looks(pattern: Pattern, rhythm: Option<Rhythm>) -> String {
    match pattern {
        Pattern::Schedule => say::looks_like_a_schedule(rhythm.map(Rhythm::days)),
        Pattern::Person => say::looks_like_a_person(),
        Pattern::OneOff => say::looks_like_a_one_off(),
        Pattern::Irregular => say::looks_irregular(),
        Pattern::NoUseSeen | Pattern::Unknown => say::too_little_seen(),
    }
}

/// Whether work stops today, and why if that is known.
fn breaks(row: &CredentialRow, habit: Option<&Habit>, pattern: Pattern, now: Timestamp) -> (Likely, Option<String>) {
    if let Some(over) = over_already(row, now) {
        return (Likely::No, Some(over));
    }
    let Some(last) = row.last_used_at else { return (Likely::Unknown, None) };
    let quiet = (now - last).num_days();
    let typical = habit.and_then(|habit| habit.typical_days).unwrap_or_default();
    let at_most = if pattern == Pattern::Schedule { SCHEDULE_ALIVE_AT_MOST_DAYS } else { ALIVE_AT_MOST_DAYS };
    if quiet <= (2 * typical).min(at_most).max(ALIVE_DAYS) {
        return (Likely::Yes, Some(say::in_use(last)));
    }
    match longest_pause(row) {
        Some(pause) if quiet > (2 * pause).max(QUIET_AT_LEAST_DAYS) => (Likely::No, Some(say::quiet(quiet, pause))),
        Some(_) | None => (Likely::Unknown, None),
    }
}

/// Its longest pause between two days of use, where Atlassian's own date supports that it is quiet.
fn longest_pause(row: &CredentialRow) -> Option<i64> {
    let days = &row.profile.as_ref()?.days;
    let supported = row.usage == Use::Known && row.credential.last_used_at.is_some() && days.days().nth(2).is_some();
    UsedDays::longest_interval_days(days).filter(|_| supported)
}

/// Why its work has stopped or moved already.
fn over_already(row: &CredentialRow, now: Timestamp) -> Option<String> {
    if let Some(expired) = row.credential.expires_at.filter(|at| *at <= now) {
        return Some(say::expired(expired));
    }
    let off = match row.owner.as_ref().map(|owner| owner.status) {
        Some(OwnerStatus::Inactive | OwnerStatus::Closed) => ends_with_the_account(row.credential.reference.kind),
        Some(OwnerStatus::Active | OwnerStatus::Unknown) | None => false,
    };
    let moved = || row.findings.iter().chain(&row.notes).any(|found| found.rule == "superseded");
    match off {
        true => Some(say::owner_off()),
        false => moved().then(say::moved),
    }
}

/// A key outlives its creator's account; of OAuth clients nothing is known.
fn ends_with_the_account(kind: CredentialKind) -> bool {
    match kind {
        CredentialKind::UserApiToken | CredentialKind::ServiceAccountToken | CredentialKind::ObservedToken => true,
        CredentialKind::OrgApiKey | CredentialKind::OauthClient | CredentialKind::Registered => false,
    }
}

#[cfg(test)]
mod tests;
