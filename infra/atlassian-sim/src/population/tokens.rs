//! Credentials by kind and index, as they were when the simulator was first started.

use serde::{Deserialize, Serialize};

use super::habits::{self, Habit, Life};
use super::script::ROAMING_EXTERNAL;
use super::users::Group;
use super::{Population, labels};
use crate::draw::{Domain, Draw};
use crate::ids;
use crate::keys::{FIXED_KEYS, FixedKey};
use crate::time::DAY;

/// The kind of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    UserApiToken,
    OrgApiKey,
    ServiceAccountToken,
    OauthClient,
    ExternalToken,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::UserApiToken, Self::OrgApiKey, Self::ServiceAccountToken, Self::OauthClient, Self::ExternalToken];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UserApiToken => "user_api_token",
            Self::OrgApiKey => "org_api_key",
            Self::ServiceAccountToken => "service_account_token",
            Self::OauthClient => "oauth_client",
            Self::ExternalToken => "external_token",
        }
    }

    const fn domain(self) -> Domain {
        match self {
            Self::UserApiToken => Domain::UserToken,
            Self::OrgApiKey => Domain::OrgKey,
            Self::ServiceAccountToken => Domain::ServiceToken,
            Self::OauthClient => Domain::Client,
            Self::ExternalToken => Domain::ExternalToken,
        }
    }
}

/// Which credential of an org: its kind and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TokenRef {
    pub(crate) kind: Kind,
    pub(crate) index: u32,
}

/// One credential as the population made it.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) at: TokenRef,
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) owner: Option<u32>,
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) shows_expiry: bool,
    pub(crate) last_used_ms: Option<i64>,
    pub(crate) scopes: Option<Vec<&'static str>>,
    pub(crate) habit: Habit,
}

const USER_SCOPES: [&str; 5] =
    ["read:jira-work", "write:jira-work", "read:confluence-content.all", "read:jira-user", "write:confluence-content"];
/// Those of the tokens that only ever view.
const VIEWING_SCOPES: [&str; 3] = ["read:jira-work", "write:jira-work", "write:confluence-content"];
const KEY_SCOPES: [&str; 5] =
    ["read:events:admin", "read:accounts:admin", "read:directories:admin", "read:orgs:admin", "read:tokens:admin"];

impl Population {
    /// How many credentials of a kind there are, the fixed keys included.
    pub(crate) fn count(&self, kind: Kind) -> u32 {
        match kind {
            Kind::UserApiToken => self.sizes.user_tokens,
            Kind::OrgApiKey => self.sizes.org_keys + FIXED_KEYS,
            Kind::ServiceAccountToken => self.sizes.service_tokens,
            Kind::OauthClient => self.sizes.clients,
            Kind::ExternalToken => self.sizes.external_tokens,
        }
    }

    /// The id of a credential; the fixed keys come first among the keys and have fixed ids.
    pub(crate) fn token_id(&self, at: TokenRef) -> String {
        match at.kind {
            Kind::OrgApiKey => match FixedKey::at(at.index) {
                Some(key) => key.id(self.org),
                None => ids::uuid(self.seed, Domain::OrgKey, at.index),
            },
            Kind::OauthClient => ids::uuid(self.seed, Domain::Client, at.index).replace('-', ""),
            Kind::UserApiToken | Kind::ServiceAccountToken | Kind::ExternalToken => {
                ids::uuid(self.token_seed(at), at.kind.domain(), at.index)
            }
        }
    }

    /// The place of an id among the credentials of a kind; it may lie past those that the population made.
    pub(crate) fn find_token(&self, kind: Kind, id: &str) -> Option<TokenRef> {
        if kind == Kind::OrgApiKey
            && let Some(key) = FixedKey::ALL.into_iter().find(|key| key.id(self.org) == id)
        {
            return Some(TokenRef { kind, index: key as u32 });
        }
        if let Some(at) = self.shared_token().filter(|at| at.kind == kind && self.token_id(*at) == id) {
            return Some(at);
        }
        let at = TokenRef { kind, index: ids::index_of(id, self.seed, kind.domain())? };
        (self.token_id(at) == id).then_some(at)
    }

    /// The owner of a credential, where it has one.
    pub(crate) fn token_owner(&self, at: TokenRef) -> Option<u32> {
        match at.kind {
            Kind::UserApiToken => Some(self.owner(at.index)),
            Kind::OrgApiKey => self.key_creator(at.index),
            Kind::ServiceAccountToken => Some(self.member(Group::Service, at.index)),
            Kind::OauthClient => (at.index % 3 != 2).then(|| self.member(Group::Service, at.index)),
            Kind::ExternalToken => Some(self.member(Group::External, at.index)),
        }
    }

    /// The fixed keys were made by the first org admin; of the others one in four by a former admin, one in six by nobody known.
    fn key_creator(&self, index: u32) -> Option<u32> {
        if index < FIXED_KEYS {
            return Some(self.member(Group::Admin, 0));
        }
        match index % 12 {
            0 | 4 | 8 => Some(self.member(Group::FormerAdmin, index)),
            5 | 9 => None,
            _ => Some(self.member(Group::Admin, index)),
        }
    }

    /// The tokens of an external user, by his number in the group.
    pub(crate) fn external_tokens_of(&self, number: u32) -> impl Iterator<Item = u32> {
        (number..self.sizes.external_tokens).step_by(self.sizes.external.max(1) as usize)
    }

    /// The service-account tokens of a service account, by its number in the group.
    pub(crate) fn service_tokens_of(&self, number: u32) -> impl Iterator<Item = u32> {
        (number..self.sizes.service_tokens).step_by(self.sizes.service.max(1) as usize)
    }

    /// The credential at a place.
    pub(crate) fn token(&self, at: TokenRef) -> Token {
        let mut draw = Draw::of(self.token_seed(at), at.kind.domain(), u64::from(at.index));
        let habit = self.habit(at, &mut draw);
        let life = self.in_this_org(at, habits::life(habit, self.base_ms, &mut draw));
        let token = Token {
            at,
            id: self.token_id(at),
            label: self.label(at, habit, &mut draw),
            owner: self.token_owner(at),
            created_ms: life.created_ms,
            expires_ms: Some(life.expires_ms),
            shows_expiry: !draw.chance(20) || habit == Habit::Expired,
            last_used_ms: life.last_used_ms,
            scopes: None,
            habit,
        };
        match at.kind {
            Kind::OrgApiKey => self.as_key(token, life, &mut draw),
            Kind::OauthClient => Token { expires_ms: None, scopes: None, ..token },
            Kind::ServiceAccountToken => Token { scopes: Some(some_of(&USER_SCOPES, &mut draw)), ..token },
            Kind::UserApiToken | Kind::ExternalToken => {
                let scopes = match habit {
                    Habit::Viewing => Some(VIEWING_SCOPES.to_vec()),
                    Habit::Unscoped => Some(Vec::new()),
                    _ => draw.chance(350).then(|| some_of(&USER_SCOPES, &mut draw)),
                };
                Token { scopes, ..token }
            }
        }
    }

    /// The habit of a credential.
    fn habit(&self, at: TokenRef, draw: &mut Draw) -> Habit {
        if let Some(habit) = self.habit_by_hand(at) {
            return habit;
        }
        let gone = at.kind == Kind::UserApiToken && self.place(at.index).slot >= self.slots().active && {
            let (group, _) = self.group(self.owner(at.index));
            group != Group::Admin
        };
        if gone { Habit::OwnerGone } else { habits::drawn(draw) }
    }

    /// The habit that a credential is given by hand; the first org admin's token is in use.
    pub(crate) fn habit_by_hand(&self, at: TokenRef) -> Option<Habit> {
        if at.index >= self.count(at.kind) {
            return None;
        }
        match at.kind {
            Kind::UserApiToken => {
                let (place, active) = (self.place(at.index), self.slots().active);
                if place.slot == active && place.level == 0 && self.whole_script() {
                    return Some(Habit::Steady);
                }
                (place.slot < active).then(|| self.scripted(place.slot, place.level)).flatten()
            }
            Kind::ExternalToken if self.shared_token() == Some(at) => Some(Habit::Steady),
            Kind::ExternalToken if at.index == ROAMING_EXTERNAL && self.whole_script() => Some(Habit::Roaming),
            Kind::ExternalToken | Kind::OrgApiKey | Kind::ServiceAccountToken | Kind::OauthClient => None,
        }
    }

    fn label(&self, at: TokenRef, habit: Habit, draw: &mut Draw) -> String {
        match at.kind {
            Kind::UserApiToken => match habit {
                Habit::Renewed => label_of_slot(self.place(at.index).slot).to_owned(),
                Habit::Renewal => format!("{} (new)", label_of_slot(self.place(at.index).slot)),
                Habit::Steady => label_of_slot(self.place(at.index).slot).to_owned(),
                _ => self.personal_label(at, habit, draw),
            },
            Kind::ExternalToken => self.personal_label(at, habit, draw),
            Kind::OrgApiKey => (*draw.pick(&labels::KEYS)).to_owned(),
            Kind::ServiceAccountToken => {
                format!("{} {}", draw.pick(&labels::SERVICE), draw.pick(&["prod", "staging", "token"]))
            }
            Kind::OauthClient => (*draw.pick(&labels::CLIENTS)).to_owned(),
        }
    }

    fn personal_label(&self, at: TokenRef, habit: Habit, draw: &mut Draw) -> String {
        if habit == Habit::Quarterly {
            return (*draw.pick(&labels::QUARTERLY)).to_owned();
        }
        if habit != Habit::Workdays && draw.chance(750) {
            return (*draw.pick(&labels::INTEGRATIONS)).to_owned();
        }
        let owner = self.token_owner(at).map(|owner| self.user(owner).nickname.to_lowercase());
        format!("{} {}", owner.unwrap_or_default(), draw.pick(&labels::PERSONAL))
    }

    fn as_key(&self, token: Token, life: Life, draw: &mut Draw) -> Token {
        if let Some(key) = FixedKey::at(token.at.index) {
            return self.fixed(token, key);
        }
        let scopes = draw.chance(500).then(|| some_of(&KEY_SCOPES, draw));
        // Keys may be older than tokens: some were made when no end was asked for.
        if token.at.index.is_multiple_of(5) {
            let created_ms = self.base_ms - draw.between(380 * DAY, 800 * DAY);
            return Token { created_ms, expires_ms: None, scopes, ..token };
        }
        Token { expires_ms: Some(life.expires_ms), shows_expiry: true, scopes, ..token }
    }

    fn fixed(&self, token: Token, key: FixedKey) -> Token {
        let (age, rest) = key.age_and_rest_days();
        Token {
            label: key.label().to_owned(),
            created_ms: self.base_ms - age * DAY,
            expires_ms: Some(self.base_ms + rest * DAY),
            shows_expiry: true,
            last_used_ms: Some(self.base_ms - self.base_ms.rem_euclid(DAY) - DAY),
            scopes: key.scopes().map(<[_]>::to_vec),
            habit: Habit::Nightly,
            ..token
        }
    }
}

fn label_of_slot(slot: u32) -> &'static str {
    labels::INTEGRATIONS[slot as usize % labels::INTEGRATIONS.len()]
}

fn some_of(scopes: &[&'static str], draw: &mut Draw) -> Vec<&'static str> {
    let first = usize::try_from(draw.below(scopes.len() as u64)).unwrap_or(0);
    let many = 1 + usize::try_from(draw.below(3)).unwrap_or(0);
    scopes.iter().cycle().skip(first).take(many).copied().collect()
}
