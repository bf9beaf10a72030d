//! The credentials of an org as they are now: those of the population, those made since, and what became of them.

use serde::{Deserialize, Serialize};

use super::org::Org;
use crate::dialect::{Dialect, Dialects};
use crate::population::habits::Habit;
use crate::population::script::LAG;
use crate::population::tokens::{Kind, Token, TokenRef};
use crate::population::users::{Group, Relation, Status};

/// A credential that was made after the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) kind: Kind,
    pub(crate) owner: u32,
    pub(crate) label: String,
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) last_used_ms: Option<i64>,
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
    /// The population has it made later than now.
    NotMade,
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
            Self::NotMade => "not_made",
        }
    }
}

impl Org {
    /// One past the last index of a kind, those made later included.
    pub(crate) fn last_index(&self, kind: Kind) -> u32 {
        self.people.count(kind) + u32::try_from(self.made_of(kind).len()).unwrap_or(0)
    }

    fn made_of(&self, kind: Kind) -> &[Made] {
        self.made.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn made_at(&self, at: TokenRef) -> Option<&Made> {
        self.made_of(at.kind).get(at.index.checked_sub(self.people.count(at.kind))? as usize)
    }

    /// Keeps a credential that was made just now.
    pub(crate) fn add(&mut self, made: Made) -> TokenRef {
        let at = TokenRef { kind: made.kind, index: self.last_index(made.kind) };
        self.made.entry(made.kind).or_default().push(made);
        at
    }

    /// A credential as it is now; it must exist.
    pub(crate) fn token(&self, at: TokenRef) -> Token {
        let mut token = self.made_at(at).map_or_else(|| self.people.token(at), |made| self.as_token(at, made));
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
            // A service account's tokens are always scoped.
            scopes: (at.kind == Kind::ServiceAccountToken).then(|| vec!["read:jira-work"]),
            habit: Habit::Fresh,
        }
    }

    /// The owner of a credential.
    pub(crate) fn token_owner(&self, at: TokenRef) -> Option<u32> {
        self.made_at(at).map_or_else(|| self.people.token_owner(at), |made| Some(made.owner))
    }

    /// The kind under which a user's token is known: it goes with the account, whether that is managed or not.
    pub(crate) fn kind(&self, token: &Token) -> Kind {
        self.kind_at(token.at, token.owner, i64::MAX)
    }

    /// The kind under which a token of this owner was known at an instant.
    pub(crate) fn kind_at(&self, at: TokenRef, owner: Option<u32>, at_ms: i64) -> Kind {
        let moved = owner.and_then(|owner| self.persons.get(&owner)?.relation).filter(|moved| moved.1 <= at_ms);
        match (at.kind, moved) {
            (Kind::UserApiToken | Kind::ExternalToken, Some((Relation::Managed, _))) => Kind::UserApiToken,
            (Kind::UserApiToken | Kind::ExternalToken, Some((Relation::External, _))) => Kind::ExternalToken,
            (kind, _) => kind,
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
        if token.created_ms > now_ms {
            return State::NotMade;
        }
        if token.expires_ms.is_some_and(|end| end <= now_ms) {
            return State::Expired;
        }
        let Some(owner) = token.owner.filter(|_| token.at.kind != Kind::OrgApiKey) else { return State::Active };
        match self.status(owner) {
            Status::Inactive => State::OwnerDeactivated,
            Status::Closed => State::OwnerClosed,
            Status::Active if self.kind(token) == Kind::UserApiToken && self.blocks(self.policy(owner)) => {
                State::Blocked
            }
            Status::Active if self.kind(token) == Kind::ExternalToken && self.blocks_external(owner) => State::Blocked,
            Status::Active => State::Active,
        }
    }

    /// Whether a list of Atlassian's shows a credential. That expired ones and those of closed accounts leave the
    /// lists is unconfirmed, and so is when they do: one token of the script is still listed for two days. The tokens of
    /// deactivated accounts stay listed.
    pub(crate) fn listed(&self, token: &Token, dialects: &Dialects, now_ms: i64) -> bool {
        self.kind(token) != Kind::ExternalToken
            && match self.state(token, now_ms) {
                State::Active | State::Blocked | State::OwnerDeactivated => true,
                State::Expired => dialects.has(Dialect::ListsExpired) || lags(token, now_ms),
                State::Revoked | State::OwnerClosed | State::NotMade => false,
            }
    }

    /// The API tokens of a user, whether he is managed or not, revoked ones included.
    pub(crate) fn tokens_of(&self, user: u32) -> Vec<TokenRef> {
        let of = |kind| move |index| TokenRef { kind, index };
        let own = self.people.tokens_of(user).into_iter().map(of(Kind::UserApiToken));
        let (group, number) = self.people.group(user);
        let external = (group == Group::External).then(|| self.people.external_tokens_of(number));
        let external = external.into_iter().flatten().map(of(Kind::ExternalToken));
        let kinds = [Kind::UserApiToken, Kind::ExternalToken].into_iter();
        own.chain(external).chain(kinds.flat_map(|kind| self.made_by(user, kind))).collect()
    }

    /// The tokens of a service account, revoked ones included.
    pub(crate) fn service_tokens(&self, user: u32) -> Vec<TokenRef> {
        let (group, number) = self.people.group(user);
        if group != Group::Service {
            return Vec::new();
        }
        let of = |index| TokenRef { kind: Kind::ServiceAccountToken, index };
        let first = self.people.service_tokens_of(number).map(of);
        first.chain(self.made_by(user, Kind::ServiceAccountToken)).collect()
    }

    fn made_by(&self, user: u32, kind: Kind) -> impl Iterator<Item = TokenRef> {
        let made = (self.people.count(kind)..).zip(self.made_of(kind)).filter(move |(_, made)| made.owner == user);
        made.map(move |(index, _)| TokenRef { kind, index })
    }

    /// The tokens that external users made and that are listed since their accounts are managed, by index.
    pub(crate) fn adopted(&self) -> Vec<u32> {
        let tokens = self.moved(Relation::Managed).into_iter().flat_map(|user| self.tokens_of(user));
        let mut adopted: Vec<u32> = tokens.filter(|at| at.kind == Kind::ExternalToken).map(|at| at.index).collect();
        adopted.sort_unstable();
        adopted
    }
}

/// Whether a list still shows a token that has expired, as lists may lag behind (unconfirmed).
fn lags(token: &Token, now_ms: i64) -> bool {
    token.habit == Habit::Expired && token.expires_ms.is_some_and(|end| now_ms < end + LAG)
}
