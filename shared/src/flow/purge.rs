//! Deletes everything of an org, part by part, and its entry in the registry last.

use crate::{
    decide::purge::{PurgeDue, purge_due},
    error::Result,
    model::{Org, OrgState, Purge, Timestamp, Versioned},
    ports::{Clock, Deadline, PurgeStore, Written},
};

/// So many parts are deleted between two checkpoints; a crash repeats at most these.
const PARTS_A_CHECKPOINT: usize = 50;

/// What an invocation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Purged {
    /// What was under way when the org was removed may still write; it begins after this.
    PurgeWaits {
        /// When.
        until: Timestamp,
    },
    /// The time is up, or another invocation works on it; the next tick goes on.
    Purging {
        /// How many items were deleted so far.
        deleted: u64,
    },
    /// Nothing is left of the org.
    Purged {
        /// How many items were deleted in all.
        deleted: u64,
    },
    /// Nothing is to be deleted.
    NothingDue,
}

/// The orgs whose data are being deleted.
pub fn to_purge(registered: &[Org]) -> impl Iterator<Item = &Org> {
    registered.iter().filter(|org| org.state == OrgState::Purging)
}

/// One invocation: waits, goes on from the checkpoint until the deadline, or does nothing, as [`purge_due`] says.
///
/// # Errors
/// [`crate::error::Error::Store`]; what was deleted is gone, and the next tick goes on.
pub async fn purge<S: PurgeStore>(
    store: &S,
    org: &Org,
    clock: &impl Clock,
    deadline: &impl Deadline,
) -> Result<Purged> {
    let Some(entry) = store.org_entry(&org.id).await? else { return Ok(Purged::NothingDue) };
    match (purge_due(&entry.value, clock.now()), entry.value.purge.clone()) {
        (PurgeDue::From(until), _) => Ok(Purged::PurgeWaits { until }),
        (PurgeDue::Now, Some(progress)) => go_on(store, entry, progress, deadline).await,
        (PurgeDue::Now, None) | (PurgeDue::NotAsked, _) => Ok(Purged::NothingDue),
    }
}

async fn go_on<S: PurgeStore>(
    store: &S,
    mut entry: Versioned<Org>,
    mut progress: Purge,
    deadline: &impl Deadline,
) -> Result<Purged> {
    for part in 1.. {
        let stop = deadline.reached();
        if stop || part % PARTS_A_CHECKPOINT == 0 {
            entry.value.purge = Some(progress.clone());
            let written = store.put_org(&entry).await?;
            entry.version += 1;
            if stop || written == Written::Contended {
                break;
            }
        }
        let purged = store.purge_part(&entry.value, progress.place).await?;
        progress.deleted += purged.deleted;
        let Some(next) = purged.next else { return forget(store, &entry, progress.deleted).await };
        progress.place = next;
    }
    Ok(Purged::Purging { deleted: progress.deleted })
}

async fn forget<S: PurgeStore>(store: &S, entry: &Versioned<Org>, deleted: u64) -> Result<Purged> {
    Ok(match store.forget_org(entry).await? {
        Written::Stored => {
            tracing::info!(org = %entry.value.id, count = deleted, "everything of the org was deleted");
            Purged::Purged { deleted }
        }
        Written::Contended => Purged::Purging { deleted },
    })
}
