//! Who calls: the key presented, its org, and what it may do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::App;
use super::refusal::Refusal;
use crate::keys::FixedKey;
use crate::population::tokens::{Kind, TokenRef};
use crate::world::World;
use crate::world::credentials::State;
use crate::world::org::Org;

/// A caller whose key is known and in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// The org's place among the orgs.
    pub(crate) org: usize,
    pub(crate) key: FixedKey,
    /// The admin who made the key; limits per user and audit events name him.
    pub(crate) user: u32,
}

impl Caller {
    /// The caller that the headers name. A revoked or expired key is nobody's.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        let bearer = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, value) = bearer.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut world = app.world();
        let now_ms = world.clock.now_ms();
        let (org, key) = known(&world, value.trim())?;
        let at = TokenRef { kind: Kind::OrgApiKey, index: key as u32 };
        let token = world.orgs[org].token(at);
        let user = token.owner?;
        (world.orgs[org].state(&token, now_ms) == State::Active).then_some(Self { org, key, user })
    }

    /// Refuses an org that is not the key's own: 404 where the organizations API documents no 403.
    pub(crate) fn own<'a>(&self, world: &'a World, org_id: &str) -> Result<&'a Org, Refusal> {
        let org = &world.orgs[self.org];
        if org.id == org_id { Ok(org) } else { Err(Refusal::OrgNotFound) }
    }

    /// Refuses a scoped key that lacks a scope.
    pub(crate) fn scope(&self, scope: &str) -> Result<(), Refusal> {
        match self.key.scopes() {
            Some(scopes) if !scopes.contains(&scope) => {
                Err(Refusal::Forbidden(format!("The API key lacks the scope {scope}")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses every scoped key: the operation documents no scope (that it therefore needs an unscoped key is unconfirmed).
    pub(crate) fn unscoped(&self) -> Result<(), Refusal> {
        match self.key.scopes() {
            Some(_) => Err(Refusal::Forbidden("This operation needs an API key without scopes".into())),
            None => Ok(()),
        }
    }
}

/// The org and key of a value: the key's name, then the org's number where it is not 1.
fn known(world: &World, value: &str) -> Option<(usize, FixedKey)> {
    FixedKey::ALL.into_iter().find_map(|key| {
        let rest = value.strip_prefix(&key.value(1))?;
        let number = if rest.is_empty() { 1 } else { rest.strip_prefix('-')?.parse().ok()? };
        let exists = (1..=world.orgs.len()).contains(&number) && key.value(number) == value;
        exists.then(|| (number - 1, key))
    })
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().copied().ok_or(Refusal::Unauthorized)
    }
}
