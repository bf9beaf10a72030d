//! The audit events of 90 days that an org begins with, sorted by processing time.

use super::{Action, Deed, Event, Subject, actions};
use crate::draw::{Domain, Draw};
use crate::population::Population;
use crate::population::habits::{self, Habit};
use crate::population::script::BLOCKED_AGO;
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::population::users::Group;
use crate::time::{DAY, MINUTE, SECOND};
use crate::world::tasks::Policy;

/// How far back the history of a new org reaches.
const HORIZON: i64 = 90 * DAY;

/// The log keeps 180 days; the uses of what runs once a quarter reach back so far, so that the time between two is seen.
const KEPT: i64 = 180 * DAY;

/// The uses of a token that is used daily over the whole horizon, and the room for each token from which on the few
/// that only ever view have all of theirs.
const EVERY_DAY: usize = 92;
const HALF: usize = EVERY_DAY / 2;

/// The kinds whose use the log shows. Use of org API keys and OAuth clients leaves no event (unconfirmed).
const SEEN: [Kind; 3] = [Kind::UserApiToken, Kind::ServiceAccountToken, Kind::ExternalToken];

/// Everything that happened before the base time, at most `most` events: at least the last use of each token comes
/// first; where there are more tokens than room, the uses of the rest left no event.
pub(crate) fn of(people: &Population, most: usize) -> Vec<Event> {
    let mut events = Vec::new();
    let for_use = most / 100 * 62;
    uses(people, for_use, &mut events);
    lives(people, most / 100 * 76, &mut events);
    background(people, most, &mut events);
    events.sort_by_key(|event| event.processed_ms);
    events.shrink_to_fit();
    events
}

fn uses(people: &Population, room: usize, events: &mut Vec<Event>) {
    let users: usize = SEEN.iter().map(|kind| people.count(*kind) as usize).sum();
    let each = (room / users.max(1)).clamp(1, 240);
    for kind in SEEN {
        let share = (room * people.count(kind) as usize / users.max(1)).max(1);
        let until = (events.len() + share).min(room);
        for index in 0..people.count(kind) {
            if events.len() >= until {
                break;
            }
            uses_of(people, &people.token(TokenRef { kind, index }), each, events);
        }
    }
}

/// The latest uses of a token inside the horizon, the last of them exactly at its last-used date.
fn uses_of(people: &Population, token: &Token, most: usize, events: &mut Vec<Event>) {
    let Some(mut use_ms) = token.last_used_ms else { return };
    let mut draw = Draw::of(people.seed, Domain::Use, (token.at.kind as u64) << 32 | u64::from(token.at.index));
    let viewing = token.habit == Habit::Viewing;
    let horizon = if token.habit == Habit::Quarterly { KEPT } else { HORIZON };
    let most = if viewing && most >= HALF { EVERY_DAY.max(most) } else { most };
    for _ in 0..most {
        if use_ms <= token.created_ms || use_ms < people.base_ms - horizon {
            return;
        }
        let action = if viewing { *draw.pick(&actions::VIEWS) } else { *draw.pick(&actions::USES) };
        events.push(event(people, use_ms, action, token.owner, Subject::Use(token.at), &mut draw));
        use_ms = habits::earlier(token.habit, use_ms, &mut draw);
    }
}

/// What became of credentials and accounts: tokens and keys made in the last 90 days, accounts that were deactivated,
/// people who were moved into the policy that blocks tokens.
fn lives(people: &Population, room: usize, events: &mut Vec<Event>) {
    blocked(people, room, events);
    let mut draw = Draw::of(people.seed, Domain::Background, 1);
    for (kind, action) in [(Kind::OrgApiKey, Action::AdminApiKeyCreated), (Kind::UserApiToken, Action::ApiTokenCreated)]
    {
        let room = if kind == Kind::OrgApiKey { room } else { room.saturating_sub(room / 20) };
        for index in 0..people.count(kind) {
            if events.len() >= room {
                break;
            }
            let token = people.token(TokenRef { kind, index });
            if (people.base_ms - HORIZON + 1..=people.base_ms).contains(&token.created_ms) {
                events.push(event(
                    people,
                    token.created_ms,
                    action,
                    token.owner,
                    Subject::Credential(token.at),
                    &mut draw,
                ));
            }
        }
    }
    for number in 0..people.size(Group::Inactive) {
        let left_ms = people.base_ms - draw.between(2 * DAY, 300 * DAY);
        if left_ms > people.base_ms - HORIZON && events.len() < room {
            let admin = people.member(Group::Admin, number);
            let subject = Subject::User(people.member(Group::Inactive, number));
            events.push(event(people, left_ms, Action::UserDeactivated, Some(admin), subject, &mut draw));
        }
    }
}

fn blocked(people: &Population, room: usize, events: &mut Vec<Event>) {
    if !people.whole_script() || events.len() >= room {
        return;
    }
    let mut draw = Draw::of(people.seed, Domain::Background, 3);
    let (at_ms, admin) = (people.base_ms - BLOCKED_AGO, people.member(Group::Admin, 0));
    let subject = Subject::Policy(Policy::NoTokens.id(people.org).into());
    events.push(event(people, at_ms, Action::OrgSettingsUpdate, Some(admin), subject, &mut draw));
}

/// People at work: logins, issues and pages, and now and then an administrative deed.
fn background(people: &Population, most: usize, events: &mut Vec<Event>) {
    let mut draw = Draw::of(people.seed, Domain::Background, 0);
    while events.len() < most {
        let at_ms = people.base_ms - draw.between(3 * MINUTE, HORIZON);
        let user = people.member(Group::Active, u32::try_from(draw.below(1 << 31)).unwrap_or(0));
        let admin = people.member(Group::Admin, u32::try_from(draw.below(64)).unwrap_or(0));
        let content = Subject::Content(u32::try_from(draw.below(9000)).unwrap_or(0));
        let (action, actor, subject) = match draw.below(1000) {
            0..340 => (Action::UserLogin, Some(user), Subject::User(user)),
            340..370 => (Action::UserLoginFailed, Some(user), Subject::User(user)),
            370..420 => (Action::UserLogout, Some(user), Subject::User(user)),
            420..430 => (Action::UserProfileViewed, Some(admin), Subject::User(user)),
            430..440 => (Action::OrganizationUsersViewed, Some(admin), Subject::User(admin)),
            440..448 => (Action::UserInvitationSent, Some(admin), Subject::User(user)),
            448..454 => (Action::UserGrantedRole, Some(admin), Subject::User(user)),
            454..458 => (Action::UserRevokedRole, Some(admin), Subject::User(user)),
            458..460 => (Action::OrgSettingsUpdate, Some(admin), Subject::Policy("samlEnabled".into())),
            460..463 => (Action::MarketplaceAppInstalled, Some(admin), content),
            463..470 => (Action::ConfluenceRestrictionRemoved, None, content),
            _ => (*draw.pick(&actions::USES), Some(user), content),
        };
        events.push(event(people, at_ms, action, actor, subject, &mut draw));
    }
}

/// Most events are processed within a second, one in five only after up to two minutes.
fn event(
    people: &Population,
    at_ms: i64,
    action: Action,
    actor: Option<u32>,
    subject: Subject,
    draw: &mut Draw,
) -> Event {
    let delay = if draw.chance(200) { draw.between(SECOND, 2 * MINUTE) } else { draw.between(100, SECOND) };
    let processed_ms = (at_ms + delay).min(people.base_ms).max(at_ms);
    Event { time_ms: at_ms, processed_ms, deed: Deed::Known(action), actor, subject, from: None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{HORIZON, SEEN, of};
    use crate::events::Subject;
    use crate::options::SimOptions;
    use crate::population::Population;
    use crate::population::habits::Habit;
    use crate::population::tokens::TokenRef;
    use crate::time::DAY;

    #[test]
    fn the_last_use_of_each_token_is_its_last_event() {
        let people = Population::new(&SimOptions::default(), 1, 1_780_000_000_000);
        let events = of(&people, 20_000);
        assert_eq!(events.len(), 20_000);
        let mut last: HashMap<TokenRef, i64> = HashMap::new();
        for event in &events {
            if let Subject::Use(at) = event.subject {
                let seen = last.entry(at).or_insert(event.time_ms);
                *seen = event.time_ms.max(*seen);
            }
        }
        for kind in SEEN {
            for index in 0..people.count(kind) {
                let token = people.token(TokenRef { kind, index });
                let used = token.last_used_ms.filter(|at| *at >= people.base_ms - HORIZON);
                assert_eq!(last.get(&token.at).copied(), used, "{token:?}");
            }
        }
    }

    #[test]
    fn what_runs_once_a_quarter_is_seen_to_pause_and_go_on() {
        let people = Population::new(&SimOptions::default(), 1, 1_780_000_000_000);
        let mut uses: HashMap<TokenRef, Vec<i64>> = HashMap::new();
        for event in of(&people, 20_000) {
            if let Subject::Use(at) = event.subject {
                uses.entry(at).or_default().push(event.time_ms);
            }
        }
        let quarterly = |at: &TokenRef| people.token(*at).habit == Habit::Quarterly;
        let twice = uses.iter().filter(|(at, uses)| quarterly(at) && uses.len() == 2);
        let apart: Vec<i64> = twice.map(|(_, uses)| (uses[1] - uses[0]) / DAY).collect();
        assert!(!apart.is_empty() && apart.iter().all(|days| (89..=93).contains(days)), "{apart:?}");
    }
}
