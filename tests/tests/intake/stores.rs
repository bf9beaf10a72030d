//! A store that breaks at a chosen call.

use shared::{
    error::{Error, Result},
    model::{
        ActionCatalogue, AuditEvent, EventKey, OrgId, OrgState, Page, PollState, ProfileKey, QuarantineId, Quarantined,
        UsageProfile, Versioned,
    },
    ports::{EventStore, OrgStates, PollStore, QuarantineStore, Written},
    store::Store,
};
use std::{
    collections::HashSet,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// How it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// The call fails and nothing happens.
    Failing,
    /// The process ends before the call.
    DyingBefore,
    /// The process ends when the call has happened and its answer is on the way.
    DyingAfter,
}

/// Clones break together.
#[derive(Clone)]
pub(crate) struct Breaking {
    store: Store,
    breaks: Breaks,
    at: usize,
    calls: Arc<AtomicUsize>,
    died: Arc<Notify>,
}

impl Breaking {
    pub(crate) fn new(store: Store, breaks: Breaks, at: usize) -> Self {
        Self { store, breaks, at, calls: Arc::default(), died: Arc::default() }
    }

    /// Whether the chosen call was reached.
    pub(crate) fn reached(&self) -> bool {
        self.calls.load(Ordering::SeqCst) > self.at
    }

    /// Runs until the end or until the process dies; then everything that was under way is dropped.
    pub(crate) async fn until_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.died.notified() => None,
        }
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if self.calls.fetch_add(1, Ordering::SeqCst) != self.at {
            return call.await;
        }
        match self.breaks {
            Breaks::Failing => return Err(Error::Store("broken by the test".into())),
            Breaks::DyingBefore => {}
            Breaks::DyingAfter => drop(call.await),
        }
        self.died.notify_one();
        std::future::pending().await
    }
}

impl EventStore for Breaking {
    async fn known_events(&self, org: &OrgId, keys: &[EventKey]) -> Result<HashSet<EventKey>> {
        self.call(self.store.known_events(org, keys)).await
    }

    async fn profile(&self, org: &OrgId, key: &ProfileKey) -> Result<Option<Versioned<UsageProfile>>> {
        self.call(self.store.profile(org, key)).await
    }

    async fn record_with_profile(
        &self,
        org: &OrgId,
        profile: &Versioned<UsageProfile>,
        events: &[AuditEvent],
    ) -> Result<Written> {
        self.call(self.store.record_with_profile(org, profile, events)).await
    }

    async fn record_plain(&self, org: &OrgId, events: &[AuditEvent]) -> Result<()> {
        self.call(self.store.record_plain(org, events)).await
    }

    async fn count_ignored(&self, org: &OrgId, count: u64) -> Result<()> {
        self.call(self.store.count_ignored(org, count)).await
    }

    async fn catalogue(&self, org: &OrgId) -> Result<ActionCatalogue> {
        self.call(self.store.catalogue(org)).await
    }

    async fn put_catalogue(&self, org: &OrgId, catalogue: &ActionCatalogue) -> Result<()> {
        self.call(self.store.put_catalogue(org, catalogue)).await
    }
}

impl OrgStates for Breaking {
    async fn org_state(&self, org: &OrgId) -> Result<Option<OrgState>> {
        self.call(self.store.org_state(org)).await
    }
}

impl QuarantineStore for Breaking {
    async fn quarantine(&self, org: &OrgId, header: &Quarantined, body: &[u8]) -> Result<()> {
        self.call(self.store.quarantine(org, header, body)).await
    }

    async fn quarantined(&self, org: &OrgId, cursor: Option<String>, limit: u32) -> Result<Page<Quarantined>> {
        self.call(self.store.quarantined(org, cursor, limit)).await
    }

    async fn quarantined_body(&self, org: &OrgId, id: &QuarantineId) -> Result<Option<(Quarantined, Vec<u8>)>> {
        self.call(self.store.quarantined_body(org, id)).await
    }

    async fn remove_quarantined(&self, org: &OrgId, header: &Quarantined) -> Result<()> {
        self.call(self.store.remove_quarantined(org, header)).await
    }
}

impl PollStore for Breaking {
    async fn poll_state(&self, org: &OrgId) -> Result<Option<Versioned<PollState>>> {
        self.call(self.store.poll_state(org)).await
    }

    async fn put_poll_state(&self, org: &OrgId, state: &Versioned<PollState>) -> Result<Written> {
        self.call(self.store.put_poll_state(org, state)).await
    }
}
