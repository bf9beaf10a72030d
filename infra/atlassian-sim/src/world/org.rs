//! One org: its population, and over it what has changed since.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::tasks::{Policy, Task};
use crate::dialect::{Dialect, Dialects};
use crate::draw::{Domain, Draw};
use crate::events::{Event, history};
use crate::options::SimOptions;
use crate::population::habits::Habit;
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::population::users::{Group, Relation, Status, User};
use crate::population::{Population, labels};

/// What has changed about a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) status: Option<Status>,
    pub(crate) admin: Option<bool>,
    pub(crate) suspended: BTreeSet<usize>,
    pub(crate) policy: Option<Policy>,
}

/// A user API token that was made after the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) owner: u32,
    pub(crate) label: String,
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) last_used_ms: Option<i64>,
    /// An external user's, which no list shows.
    pub(crate) external: bool,
}

/// The state of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    Revoked,
    Expired,
    Blocked,
    OwnerDeactivated,
    OwnerClosed,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Blocked => "blocked",
            Self::OwnerDeactivated => "owner_deactivated",
            Self::OwnerClosed => "owner_closed",
        }
    }
}

/// One simulated org.
#[derive(Debug)]
pub(crate) struct Org {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) people: Population,
    history: Vec<Event>,
    later: Vec<Event>,
    pub(crate) persons: HashMap<u32, Person>,
    pub(crate) used: HashMap<TokenRef, i64>,
    pub(crate) revoked: HashMap<TokenRef, i64>,
    /// When all user API tokens were revoked, and how many there were then.
    pub(crate) all_revoked: Option<(i64, u32)>,
    pub(crate) made: Vec<Made>,
    pub(crate) tasks: HashMap<String, Task>,
}

impl Org {
    pub(crate) fn new(options: &SimOptions, number: usize, base_ms: i64) -> Self {
        let people = Population::new(options, number, base_ms);
        let company = *Draw::of(people.seed, Domain::Background, 2).pick(&labels::COMPANIES);
        Self {
            id: format!("00000000-0000-4000-8000-{number:012}"),
            name: if number == 1 { company.to_owned() } else { format!("{company} {number}") },
            history: history::of(&people, options.max_events),
            people,
            later: Vec::new(),
            persons: HashMap::new(),
            used: HashMap::new(),
            revoked: HashMap::new(),
            all_revoked: None,
            made: Vec::new(),
            tasks: HashMap::new(),
        }
    }

    /// A user as he is now.
    pub(crate) fn user(&self, index: u32) -> User {
        let mut user = self.people.user(index);
        if let Some(person) = self.persons.get(&index) {
            user.status = person.status.unwrap_or(user.status);
            user.admin = person.admin.unwrap_or(user.admin);
        }
        user
    }

    /// The state of a user's account, without making the whole user.
    pub(crate) fn status(&self, index: u32) -> Status {
        let changed = self.persons.get(&index).and_then(|person| person.status);
        changed.unwrap_or_else(|| self.people.status(index))
    }

    /// The user with an account id.
    pub(crate) fn user_by_account(&self, account_id: &str) -> Option<User> {
        self.people.user_by_account(account_id).map(|index| self.user(index))
    }

    pub(crate) fn user_by_email(&self, email: &str) -> Option<u32> {
        self.people.user_by_email(email)
    }

    /// Whether a user's access to a directory is suspended.
    pub(crate) fn suspended(&self, user: u32, directory: usize) -> bool {
        self.persons.get(&user).is_some_and(|person| person.suspended.contains(&directory))
    }

    /// The policy that a user is in.
    pub(crate) fn policy(&self, user: u32) -> Policy {
        self.persons.get(&user).and_then(|person| person.policy).unwrap_or(Policy::Default)
    }

    /// One past the last index of a kind, those made later included.
    pub(crate) fn last_index(&self, kind: Kind) -> u32 {
        self.people.count(kind) + u32::try_from(self.made_of(kind).count()).unwrap_or(0)
    }

    fn made_of(&self, kind: Kind) -> impl Iterator<Item = &Made> {
        let wanted = kind_made(kind);
        self.made.iter().filter(move |made| wanted == Some(made.external))
    }

    /// Keeps a token that was made just now.
    pub(crate) fn add(&mut self, made: Made) -> TokenRef {
        let kind = if made.external { Kind::ExternalToken } else { Kind::UserApiToken };
        let at = TokenRef { kind, index: self.last_index(kind) };
        self.made.push(made);
        at
    }

    /// A credential as it is now; it must exist.
    pub(crate) fn token(&self, at: TokenRef) -> Token {
        let later = at.index.checked_sub(self.people.count(at.kind));
        let made = later.and_then(|nth| self.made_of(at.kind).nth(nth as usize));
        let mut token = made.map_or_else(|| self.people.token(at), |made| self.as_token(at, made));
        if let Some(used_ms) = self.used.get(&at) {
            token.last_used_ms = token.last_used_ms.max(Some(*used_ms));
        }
        token
    }

    fn as_token(&self, at: TokenRef, made: &Made) -> Token {
        Token {
            at,
            id: self.people.token_id(at),
            label: made.label.clone(),
            owner: Some(made.owner),
            created_ms: made.created_ms,
            expires_ms: made.expires_ms,
            shows_expiry: true,
            last_used_ms: made.last_used_ms,
            scopes: None,
            habit: Habit::Fresh,
        }
    }

    /// The owner of a credential.
    pub(crate) fn token_owner(&self, at: TokenRef) -> Option<u32> {
        let later = at.index.checked_sub(self.people.count(at.kind));
        match later.and_then(|nth| self.made_of(at.kind).nth(nth as usize)) {
            Some(made) => Some(made.owner),
            None => self.people.token_owner(at),
        }
    }

    /// The credential with an id, revoked ones included.
    pub(crate) fn find(&self, kind: Kind, id: &str) -> Option<TokenRef> {
        self.people.find_token(kind, id).filter(|at| at.index < self.last_index(kind))
    }

    /// When a credential was revoked.
    pub(crate) fn revoked_ms(&self, at: TokenRef) -> Option<i64> {
        let all = self.all_revoked.filter(|all| at.kind == Kind::UserApiToken && at.index < all.1);
        self.revoked.get(&at).copied().or(all.map(|all| all.0))
    }

    /// The state of a credential at an instant.
    pub(crate) fn state(&self, token: &Token, now_ms: i64) -> State {
        if self.revoked_ms(token.at).is_some() {
            return State::Revoked;
        }
        if token.expires_ms.is_some_and(|end| end <= now_ms) {
            return State::Expired;
        }
        let Some(owner) = token.owner.filter(|_| token.at.kind != Kind::OrgApiKey) else { return State::Active };
        match self.status(owner) {
            Status::Inactive => State::OwnerDeactivated,
            Status::Closed => State::OwnerClosed,
            Status::Active if token.at.kind == Kind::UserApiToken && self.policy(owner) == Policy::NoTokens => {
                State::Blocked
            }
            Status::Active => State::Active,
        }
    }

    /// Whether a list of Atlassian's shows a credential. That expired ones and those of closed accounts leave the
    /// lists is unconfirmed; the tokens of deactivated accounts stay listed.
    pub(crate) fn listed(&self, token: &Token, dialects: &Dialects, now_ms: i64) -> bool {
        token.at.kind != Kind::ExternalToken
            && match self.state(token, now_ms) {
                State::Active | State::Blocked | State::OwnerDeactivated => true,
                State::Expired => dialects.has(Dialect::ListsExpired),
                State::Revoked | State::OwnerClosed => false,
            }
    }

    /// The user API tokens of a user, revoked ones included.
    pub(crate) fn tokens_of(&self, user: u32) -> Vec<TokenRef> {
        let kind = Kind::UserApiToken;
        let first = self.people.count(kind);
        let later = (first..).zip(self.made_of(kind)).filter(|(_, made)| made.owner == user).map(|(index, _)| index);
        self.people.tokens_of(user).into_iter().chain(later).map(|index| TokenRef { kind, index }).collect()
    }

    /// The tokens of a service account, revoked ones included.
    pub(crate) fn service_tokens(&self, user: u32) -> Vec<TokenRef> {
        let (group, number) = self.people.group(user);
        if group != Group::Service {
            return Vec::new();
        }
        let of = |index| TokenRef { kind: Kind::ServiceAccountToken, index };
        self.people.service_tokens_of(number).map(of).collect()
    }

    /// Whether an account can be managed: user management reaches the org's own accounts alone.
    pub(crate) fn managed(&self, account_id: &str) -> Option<User> {
        self.user_by_account(account_id).filter(|user| user.relation == Relation::Managed)
    }

    /// How many events the log holds.
    pub(crate) fn events(&self) -> usize {
        self.history.len() + self.later.len()
    }

    /// The event at a position of the log, which is sorted by processing time.
    pub(crate) fn event(&self, position: usize) -> Option<&Event> {
        self.history.get(position).or_else(|| self.later.get(position.checked_sub(self.history.len())?))
    }

    /// The first position whose event was processed at or after an instant.
    pub(crate) fn position_at(&self, processed_ms: i64) -> usize {
        let before = |event: &Event| event.processed_ms < processed_ms;
        let first = self.history.partition_point(before);
        if first < self.history.len() { first } else { first + self.later.partition_point(before) }
    }

    /// Appends an event; time does not go back, so the log stays sorted.
    pub(crate) fn append(&mut self, event: Event) {
        self.later.push(event);
    }
}

const fn kind_made(kind: Kind) -> Option<bool> {
    match kind {
        Kind::UserApiToken => Some(false),
        Kind::ExternalToken => Some(true),
        Kind::OrgApiKey | Kind::ServiceAccountToken | Kind::OauthClient => None,
    }
}
