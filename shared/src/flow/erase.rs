//! Erases one account, page by page, after what is under way for it has ended.

use super::decide_action::{Decider, TRIES, about, record};
use crate::{
    decide::erase::{ErasureDue, First, asked, check_account, erasure_due, first},
    error::{Error, Result},
    model::{
        AccountId, ActionId, Erasure, ErasurePlace, ErasureWork, LedgerKind, Org, OrgId, Person, SHARDS, Timestamp,
        Versioned, shard_of,
    },
    ports::{
        CaseChange, CaseStore, Clock, Deadline, ErasedPart, ErasureStore, ReportReader, ReportStore, Staged, Written,
    },
};

/// So many pages are gone over between two checkpoints; a crash repeats at most these.
const PAGES_A_CHECKPOINT: u32 = 50;
/// So many actions are read at once.
const ACTIONS: u32 = 200;
/// So many pages of staged accounts are looked through.
const STAGED_PAGES: usize = 5;

/// What an invocation came to for one org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Erased {
    /// It waits: what it waits for stands in the list of erasures.
    ErasureWaits,
    /// The time is up, or another invocation works on it; the next tick goes on.
    Erasing,
    /// Accounts were erased.
    Erased {
        /// How many.
        accounts: u64,
    },
}

/// Whether Atlassian still lists an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It was in the lists that the latest report read.
    Yes,
    /// It was not.
    No,
    /// What the latest report read is not held any more, or there is no report.
    Unknown,
}

/// Asks that an account be erased. The same again gives the one that is open, and changes nothing.
///
/// # Errors
/// [`Error::Invalid`] if it is no account's id.
pub async fn ask_erasure<S: CaseStore>(
    store: &S,
    org: &OrgId,
    account: &AccountId,
    who: Decider<'_>,
) -> Result<Erasure> {
    check_account(account)?;
    for _ in 0..TRIES {
        let id = Erasure::id_of(org, account);
        let known = store.erasures(org).await?.into_iter().find(|known| known.value.id == id);
        let version = known.as_ref().map_or(0, |known| known.version);
        let open = known.map(|known| known.value);
        let Some(erasure) = asked(open.as_ref(), (org, account), (who.by, who.reason), who.at) else {
            return open.ok_or_else(|| Error::NotFound("the erasure".into()));
        };
        let detail = format!("account {account} is to be erased");
        let change = CaseChange {
            erasure: Some(Versioned { version, value: erasure.clone() }),
            record: Some(record(LedgerKind::ErasureAsked, &detail, who)),
            ..CaseChange::default()
        };
        if store.apply(org, &change).await? == Written::Stored {
            return Ok(erasure);
        }
    }
    Err(Error::Contended("the erasure".into()))
}

/// Whether Atlassian listed the account when the latest report was taken: then the next one lists it again.
///
/// # Errors
/// Those of the store.
pub async fn listed<S: ReportReader + ReportStore>(store: &S, org: &OrgId, account: &AccountId) -> Result<Listed> {
    let Some(report) = store.latest_report(org).await? else { return Ok(Listed::Unknown) };
    let (mut cursor, mut found) = (None, Listed::Unknown);
    for _ in 0..STAGED_PAGES {
        let page = store.staged(org, &report.id, shard_of(account.as_str(), SHARDS), cursor).await?;
        for row in &page.items {
            match &row.row {
                Staged::Owner(owner) if owner.account_id == *account => return Ok(Listed::Yes),
                Staged::Credential(credential) if credential.owner.as_ref() == Some(account) => {
                    return Ok(Listed::Yes);
                }
                Staged::Owner(_) | Staged::Credential(_) | Staged::OrgAdmin(_) => found = Listed::No,
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
    Ok(Listed::Unknown)
}

/// One invocation for an org: goes on with each erasure that is open until the deadline. `None` where there is none.
///
/// # Errors
/// Those of the store; what was erased is gone, and the next tick goes on.
pub async fn erase<S: ErasureStore + ReportStore>(
    store: &S,
    org: &Org,
    clock: &impl Clock,
    deadline: &impl Deadline,
) -> Result<Option<Erased>> {
    let mut outcome = None;
    let mut accounts = 0;
    for erasure in store.erasures(&org.id).await? {
        if !erasure.value.is_open() {
            continue;
        }
        match one(store, org, erasure, clock, deadline).await? {
            Erased::Erased { accounts: done } => accounts += done,
            unfinished @ (Erased::ErasureWaits | Erased::Erasing) => outcome = Some(unfinished),
        }
    }
    Ok(outcome.or((accounts > 0).then_some(Erased::Erased { accounts })))
}

async fn one<S: ErasureStore + ReportStore>(
    store: &S,
    org: &Org,
    erasure: Versioned<Erasure>,
    clock: &impl Clock,
    deadline: &impl Deadline,
) -> Result<Erased> {
    let now = clock.now();
    let Some(account) = erasure.value.account.clone() else { return Ok(Erased::Erasing) };
    match erasure_due(&erasure.value, now) {
        ErasureDue::Nothing => return Ok(Erased::Erasing),
        ErasureDue::From(_) => return Ok(Erased::ErasureWaits),
        ErasureDue::Now => {}
    }
    if let Some(reason) = hindrance(store, org, &erasure.value, &account, now).await? {
        return wait(store, org, erasure, &reason).await;
    }
    let work = erasure.value.work.clone().unwrap_or_else(|| ErasureWork {
        person: Person::new(account.clone(), store.pseudonym()),
        place: ErasurePlace::first(erasure.value.asked_at),
    });
    let begun = erasure.value.under_way(work);
    let mut job = Job { store, org, account, erasure: Versioned { version: erasure.version, value: begun } };
    job.go_on(clock, deadline).await
}

/// What must end first; what is only planned for the account ends here.
async fn hindrance<S: ErasureStore + ReportStore>(
    store: &S,
    org: &Org,
    erasure: &Erasure,
    account: &AccountId,
    now: Timestamp,
) -> Result<Option<String>> {
    if store.run(&org.id).await?.is_some() {
        let paused = if org.is_active() { "" } else { "; continue the org, so that it can be finished" };
        return Ok(Some(format!("a report is being made, which holds the account{paused}")));
    }
    let who = Decider { by: &erasure.asked_by, at: now, reason: "the account is being erased" };
    let mut cursor = None;
    loop {
        let page = store.actions(&org.id, cursor, ACTIONS).await?;
        for action in page.items.iter().filter(|action| first(action, account, now) != First::Nothing) {
            if settle(store, org, (&action.id, account), who).await? == Settled::UnderWay {
                return Ok(Some(format!("the action {} of the account is under way", action.id)));
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(None);
        }
    }
}

/// How an action of the account stands.
#[derive(PartialEq, Eq)]
enum Settled {
    Ended,
    UnderWay,
}

/// Ends an action, unless Atlassian may have been called for it.
async fn settle<S: CaseStore>(
    store: &S,
    org: &Org,
    (id, account): (&ActionId, &AccountId),
    who: Decider<'_>,
) -> Result<Settled> {
    let Some(found) = store.action(&org.id, id).await? else { return Ok(Settled::Ended) };
    let ended = match first(&found.value, account, who.at) {
        First::Nothing => return Ok(Settled::Ended),
        First::Wait => return Ok(Settled::UnderWay),
        First::End(ended) => ended,
    };
    let detail = "the account that answers for the credential is being erased";
    let change = CaseChange {
        record: Some(about(&ended, LedgerKind::ActionCancelled, detail, who)),
        action: Some(Versioned { version: found.version, value: *ended }),
        ..CaseChange::default()
    };
    Ok(match store.apply(&org.id, &change).await? {
        Written::Stored => Settled::Ended,
        Written::Contended => Settled::UnderWay,
    })
}

/// Stores what it waits for, if that is news.
async fn wait<S: CaseStore>(store: &S, org: &Org, erasure: Versioned<Erasure>, reason: &str) -> Result<Erased> {
    let waiting = erasure.value.waiting(reason);
    if waiting != erasure.value {
        let change = CaseChange {
            erasure: Some(Versioned { version: erasure.version, value: waiting }),
            ..CaseChange::default()
        };
        // Whoever was faster knows better.
        store.apply(&org.id, &change).await?;
    }
    Ok(Erased::ErasureWaits)
}

/// An erasure that is under way.
struct Job<'a, S> {
    store: &'a S,
    org: &'a Org,
    account: AccountId,
    erasure: Versioned<Erasure>,
}

impl<S: ErasureStore + ReportStore> Job<'_, S> {
    async fn go_on(&mut self, clock: &impl Clock, deadline: &impl Deadline) -> Result<Erased> {
        // The pseudonym stands before anything bears it.
        if self.checkpoint().await? == Written::Contended {
            return Ok(Erased::Erasing);
        }
        for page in 1.. {
            let stop = deadline.reached();
            let due = stop || page % PAGES_A_CHECKPOINT == 0;
            if (due && self.checkpoint().await? == Written::Contended) || stop {
                return Ok(Erased::Erasing);
            }
            match self.page(clock.now()).await? {
                Page::Next => {}
                Page::Last(erased) => return Ok(erased),
            }
        }
        Ok(Erased::Erasing)
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page> {
        let Some(work) = self.erasure.value.work.clone() else { return Ok(Page::Last(Erased::Erasing)) };
        match self.store.erase_part(self.org, self.erasure.value.asked_at, &work).await? {
            // What is known of the person stands before that by which it was learned is gone.
            ErasedPart::Learned(person) => {
                self.erasure.value = self.erasure.value.under_way(ErasureWork { person, ..work });
                Ok(match self.checkpoint().await? {
                    Written::Stored => Page::Next,
                    Written::Contended => Page::Last(Erased::Erasing),
                })
            }
            ErasedPart::Erased { counts, left, next: Some(next) } => {
                self.erasure.value = self.erasure.value.gone_over(&next, &counts, &left);
                Ok(Page::Next)
            }
            ErasedPart::Erased { counts, left, next: None } => {
                self.erasure.value = self.erasure.value.gone_over(&work.place, &counts, &left);
                self.finish(now).await.map(Page::Last)
            }
        }
    }

    async fn checkpoint(&mut self) -> Result<Written> {
        let change = CaseChange { erasure: Some(self.erasure.clone()), ..CaseChange::default() };
        let written = self.store.apply(&self.org.id, &change).await?;
        self.erasure.version += 1;
        Ok(written)
    }

    async fn finish(&mut self, now: Timestamp) -> Result<Erased> {
        if self.was_planned_for_meanwhile().await? {
            self.erasure.value = self.erasure.value.once_more();
            self.checkpoint().await?;
            return Ok(Erased::Erasing);
        }
        let sum = self.erasure.value.sum();
        let detail =
            format!("account {} was erased: {} items deleted, {} without it", self.account, sum.deleted, sum.changed);
        let who = Decider { by: &self.erasure.value.asked_by, at: now, reason: "" };
        let change = CaseChange {
            erasure: Some(Versioned { version: self.erasure.version, value: self.erasure.value.done(now) }),
            record: Some(record(LedgerKind::ErasureDone, &detail, who)),
            ..CaseChange::default()
        };
        match self.store.apply(&self.org.id, &change).await? {
            Written::Contended => Ok(Erased::Erasing),
            Written::Stored => {
                tracing::info!(org = %self.org.id, erasure = %self.erasure.value.id, "an account was erased");
                Ok(Erased::Erased { accounts: 1 })
            }
        }
    }
    /// Whether an action of the account has come up since: the next tick ends it first.
    async fn was_planned_for_meanwhile(&self) -> Result<bool> {
        let mut cursor = None;
        loop {
            let page = self.store.actions(&self.org.id, cursor, ACTIONS).await?;
            if page.items.iter().any(|action| action.plan.target.owner.as_ref() == Some(&self.account)) {
                return Ok(true);
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(false);
            }
        }
    }
}

/// What going over a page came to.
enum Page {
    Next,
    Last(Erased),
}
