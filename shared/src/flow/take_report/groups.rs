//! A shard as a stream of owners: each with his credentials and his profiles, in key order, a page at a time.

use crate::{
    error::Result,
    model::{AccountId, Credential, Org, Owner, Page, Relation, Run, UsageProfile},
    ports::{ReportStore, Staged, StagedRow},
};
use std::collections::VecDeque;

/// One account of a shard.
#[derive(Default)]
pub(super) struct Group {
    pub(super) owner: Option<Owner>,
    /// Whether the list of org admins holds it.
    pub(super) org_admin: bool,
    pub(super) credentials: Vec<Credential>,
    pub(super) profiles: Vec<UsageProfile>,
}

impl Group {
    /// Of two lists that hold the account, the one that knows more of its relation counts: a service account may be in
    /// the list of users as an app.
    fn take_owner(&mut self, owner: Owner) {
        let known = self.owner.as_ref().map(|known| known.relation);
        if !matches!(known, Some(Relation::Service | Relation::Managed)) {
            self.owner = Some(owner);
        }
    }

    fn holds_something(&self) -> bool {
        let external = self.owner.as_ref().is_some_and(|owner| owner.relation == Relation::External);
        external || !self.credentials.is_empty() || !self.profiles.is_empty()
    }
}

/// Walks a shard's staged rows and its profiles together; holds a page of each.
pub(super) struct Groups<'a, S> {
    store: &'a S,
    org: &'a Org,
    run: &'a Run,
    shard: u32,
    staged: Pages<StagedRow>,
    profiles: Pages<UsageProfile>,
}

struct Pages<T> {
    items: VecDeque<T>,
    next: Next,
}

enum Next {
    First,
    At(String),
    End,
}

impl<T> Pages<T> {
    fn new() -> Self {
        Self { items: VecDeque::new(), next: Next::First }
    }

    /// The cursor to read from if another page is needed to know the first item.
    fn wanted(&self) -> Option<Option<String>> {
        match &self.next {
            _ if !self.items.is_empty() => None,
            Next::First => Some(None),
            Next::At(cursor) => Some(Some(cursor.clone())),
            Next::End => None,
        }
    }

    fn fill(&mut self, page: Page<T>) {
        self.items.extend(page.items);
        self.next = page.next.map_or(Next::End, Next::At);
    }
}

impl<'a, S: ReportStore> Groups<'a, S> {
    pub(super) fn new(store: &'a S, org: &'a Org, run: &'a Run, shard: u32) -> Self {
        Self { store, org, run, shard, staged: Pages::new(), profiles: Pages::new() }
    }

    /// The next owner who holds credentials, or `None` at the end of the shard.
    pub(super) async fn next(&mut self) -> Result<Option<Group>> {
        while let Some(account) = self.first_account().await? {
            let mut group = Group::default();
            while self.staged_account().await?.as_ref() == Some(&account) {
                self.take_row(&mut group);
            }
            group.profiles = self.profiles_of(&account).await?;
            if group.holds_something() {
                return Ok(Some(group));
            }
        }
        Ok(None)
    }

    /// The next account that was staged or that used a token.
    async fn first_account(&mut self) -> Result<Option<AccountId>> {
        let staged = self.staged_account().await?;
        let used = self.first_actor().await?;
        Ok(match (staged, used) {
            (Some(staged), Some(used)) => Some(staged.min(used)),
            (staged, used) => staged.or(used),
        })
    }

    async fn first_actor(&mut self) -> Result<Option<AccountId>> {
        while let Some(cursor) = self.profiles.wanted() {
            let page = self.store.profiles(&self.org.id, self.shard, cursor).await?;
            self.profiles.fill(page);
        }
        Ok(self.profiles.items.front().map(|profile| profile.key.actor.clone()))
    }

    async fn staged_account(&mut self) -> Result<Option<AccountId>> {
        while let Some(cursor) = self.staged.wanted() {
            let page = self.store.staged(&self.org.id, &self.run.report, self.shard, cursor).await?;
            self.staged.fill(page);
        }
        Ok(self.staged.items.front().map(|row| account(&row.row)))
    }

    fn take_row(&mut self, group: &mut Group) {
        let Some(row) = self.staged.items.pop_front() else { return };
        if self.run.readings.get(&row.section).map(|reading| reading.attempt) != Some(row.attempt) {
            return;
        }
        match row.row {
            Staged::Owner(owner) => group.take_owner(owner),
            Staged::OrgAdmin(_) => group.org_admin = true,
            Staged::Credential(credential) => group.credentials.push(credential),
        }
    }

    async fn profiles_of(&mut self, account: &AccountId) -> Result<Vec<UsageProfile>> {
        let mut found = Vec::new();
        while self.first_actor().await?.as_ref() == Some(account) {
            found.extend(self.profiles.items.pop_front());
        }
        Ok(found)
    }
}

fn account(row: &Staged) -> AccountId {
    match row {
        Staged::Owner(owner) => owner.account_id.clone(),
        Staged::OrgAdmin(account) => account.clone(),
        Staged::Credential(credential) => credential.owner.clone().unwrap_or_else(|| AccountId::new("-")),
    }
}
