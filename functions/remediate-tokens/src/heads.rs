//! The heads of the ledgers, on their way out of the tables.

use crate::App;
use shared::{
    flow::{
        announce_head::{Announced, announce_heads},
        publish_head::{Published, publish_head},
    },
    model::Org,
    ports::{Clock, Deadline, HeadSigner, HeadStore, Notifier},
};

impl<S: HeadStore, R, N: Notifier, H: HeadSigner, C: Clock> App<S, R, N, H, C> {
    /// Publishes the heads that are due, before the sweep, which may use up the time day after day. A key that does not
    /// sign is not asked again in this invocation, so that it holds up remediation once. Gives how many were due and were not
    /// published.
    pub(crate) async fn publish_heads(&self, orgs: &[Org], deadline: &impl Deadline) -> u64 {
        let mut unpublished = 0;
        for Org { id, .. } in orgs {
            if deadline.reached() {
                break;
            }
            match publish_head(&self.store, &self.signer, id, self.clock.now()).await {
                Ok(Published::Now | Published::NotDue) => {}
                Ok(Published::Rewritten) => unpublished += 1,
                Ok(Published::SignerFailed) => return unpublished + 1,
                Err(error) => {
                    tracing::error!(org = %id, error = %error, "the head of the ledger was not published");
                    unpublished += 1;
                }
            }
        }
        unpublished
    }

    /// Tells the event bus of the heads that were published, while the orgs are swept: a bus that hangs holds up nothing.
    /// One that fails is not asked again in this invocation.
    pub(crate) async fn announce_heads(&self, orgs: &[Org], deadline: &impl Deadline) {
        for Org { id, .. } in orgs {
            if deadline.reached() {
                return;
            }
            match announce_heads(&self.store, &self.notifier, id, self.clock.now()).await {
                Ok(Announced::All) => {}
                Ok(Announced::BusFailed) => return,
                Err(error) => tracing::error!(org = %id, error = %error, "the event bus was not told of heads"),
            }
        }
    }
}
