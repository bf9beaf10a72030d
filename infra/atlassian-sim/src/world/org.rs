//! One org: its population, and over it what has changed since.

use std::collections::{BTreeSet, HashMap};

use super::credentials::Made;
use super::tasks::{Policy, Task, Tokens};
use crate::draw::{Domain, Draw};
use crate::events::{Event, history};
use crate::options::SimOptions;
use crate::population::tokens::{Kind, TokenRef};
use crate::population::users::{Group, Relation, Status, User};
use crate::population::{Population, labels};

/// What has changed about a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) status: Option<Status>,
    pub(crate) admin: Option<bool>,
    pub(crate) suspended: BTreeSet<usize>,
    pub(crate) policy: Option<Policy>,
    /// How he belongs to the org now, and since when.
    pub(crate) relation: Option<(Relation, i64)>,
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
    pub(crate) made: HashMap<Kind, Vec<Made>>,
    pub(crate) tasks: HashMap<String, Task>,
    /// The policies whose setting for user API tokens somebody changed in the console, and to what.
    pub(crate) clicked: HashMap<Policy, Tokens>,
    /// What the External user policy does with the tokens of external users.
    pub(crate) external_tokens: Tokens,
    /// The external users in the Test policy.
    pub(crate) external_seats: BTreeSet<u32>,
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
            made: HashMap::new(),
            tasks: HashMap::new(),
            clicked: HashMap::new(),
            external_tokens: Tokens::Allowed,
            external_seats: BTreeSet::new(),
        }
    }

    /// Whether a policy blocks its members' user API tokens.
    pub(crate) fn blocks(&self, policy: Policy) -> bool {
        self.clicked.get(&policy).copied().unwrap_or(policy.at_first()) == Tokens::Blocked
    }

    /// Whether the tokens of an external user are blocked.
    pub(crate) fn blocks_external(&self, user: u32) -> bool {
        self.external_tokens == Tokens::Blocked && !self.external_seats.contains(&user)
    }

    /// A user as he is now.
    pub(crate) fn user(&self, index: u32) -> User {
        let mut user = self.people.user(index);
        if let Some(person) = self.persons.get(&index) {
            user.status = person.status.unwrap_or(user.status);
            user.admin = person.admin.unwrap_or(user.admin);
            user.relation = person.relation.map_or(user.relation, |relation| relation.0);
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
        let at_first = || if self.people.blocked(user) { Policy::NoTokens } else { Policy::Default };
        self.persons.get(&user).and_then(|person| person.policy).unwrap_or_else(at_first)
    }

    /// The users who belong to the org in another way than at first, in the order of their indices.
    pub(crate) fn moved(&self, now: Relation) -> Vec<u32> {
        let other = |user: u32| self.people.user(user).relation != now;
        let is = |person: &Person| person.relation.is_some_and(|relation| relation.0 == now);
        let mut users: Vec<u32> =
            self.persons.iter().filter(|(user, person)| is(person) && other(**user)).map(|(user, _)| *user).collect();
        users.sort_unstable();
        users
    }

    /// How many accounts are managed, the service accounts among them.
    pub(crate) fn managed_accounts(&self) -> usize {
        let first = self.people.sizes.users - self.people.size(Group::External);
        first as usize + self.moved(Relation::Managed).len() - self.moved(Relation::External).len()
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
