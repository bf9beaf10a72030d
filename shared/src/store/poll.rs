//! The poll's checkpoint.

use super::{
    Store,
    item::{Draft, Entity, versioned},
    keys::{self, Single},
};
use crate::{
    error::Result,
    model::{OrgId, PollState, Versioned},
    ports::{PollStore, Written},
};

impl PollStore for Store {
    async fn poll_state(&self, org: &OrgId) -> Result<Option<Versioned<PollState>>> {
        self.get(&self.tables.history, keys::single(org, Single::Poll)).await?.map(versioned).transpose()
    }

    async fn put_poll_state(&self, org: &OrgId, state: &Versioned<PollState>) -> Result<Written> {
        let draft = Draft::new(keys::single(org, Single::Poll), Entity::Poll).body(&state.value)?;
        self.put_next(&self.tables.history, draft, state.version).await
    }
}
