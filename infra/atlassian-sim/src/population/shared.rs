//! The contractor who works for every org: where there is more than one, the first external user of each is the same
//! account, and his token is the same token, with the same id and label.
//!
//! In the organizations API an Atlassian account is one account wherever it is a guest; that the audit logs of several
//! orgs name its token by one id is unconfirmed.

use super::Population;
use super::habits::Life;
use super::tokens::{Kind, TokenRef};
use super::users::Group;
use crate::time::MINUTE;

/// The number that his account id and email address bear.
const ORIGIN: u32 = 3;

/// His token is used in one org after the other, so long apart.
const APART: i64 = 11 * MINUTE;

impl Population {
    /// The user who is in every org.
    pub(crate) fn shared_user(&self) -> Option<u32> {
        self.shared_seed.map(|_| self.member(Group::External, 0))
    }

    /// His token; an org with fewer than 16 credentials has no token of an external user.
    pub(crate) fn shared_token(&self) -> Option<TokenRef> {
        let at = TokenRef { kind: Kind::ExternalToken, index: 0 };
        (self.shared_seed.is_some() && self.sizes.external_tokens > 0).then_some(at)
    }

    /// The seed and number that a user is drawn by.
    pub(super) fn origin(&self, user: u32) -> (u64, u32) {
        let shared = self.shared_seed.filter(|_| self.shared_user() == Some(user));
        shared.map_or((self.seed, user), |seed| (seed, ORIGIN))
    }

    /// The seed that a credential is drawn by.
    pub(crate) fn token_seed(&self, at: TokenRef) -> u64 {
        self.shared_seed.filter(|_| self.shared_token() == Some(at)).unwrap_or(self.seed)
    }

    /// The life of a credential as this org sees it: a shared token's last use is the last one here.
    pub(super) fn in_this_org(&self, at: TokenRef, life: Life) -> Life {
        if self.shared_token() != Some(at) {
            return life;
        }
        let earlier = i64::try_from(self.org).unwrap_or(1) * APART;
        Life { last_used_ms: life.last_used_ms.map(|used| used - earlier), ..life }
    }
}
