//! A shard as a stream of owners: each with his credentials and his profiles, in key order, a page at a time.

use crate::{
    error::Result,
    model::{AccountId, Credential, Org, Owner, Page, Run, SectionName, UsageProfile},
    ports::{ReportStore, Staged, StagedRow},
};
use std::collections::VecDeque;

/// One owner of a shard.
pub(super) struct Group {
    pub(super) owner: Option<Owner>,
    pub(super) credentials: Vec<Credential>,
    pub(super) profiles: Vec<UsageProfile>,
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
            let mut group = Group { owner: None, credentials: Vec::new(), profiles: Vec::new() };
            while self.first_account().await?.as_ref() == Some(&account) {
                self.take_row(&mut group);
            }
            if !group.credentials.is_empty() {
                group.profiles = self.profiles_of(&account).await?;
                return Ok(Some(group));
            }
        }
        Ok(None)
    }

    async fn first_account(&mut self) -> Result<Option<AccountId>> {
        while let Some(cursor) = self.staged.wanted() {
            let page = self.store.staged(&self.org.id, &self.run.report, self.shard, cursor).await?;
            self.staged.fill(page);
        }
        Ok(self.staged.items.front().map(|row| account(&row.row)))
    }

    fn take_row(&mut self, group: &mut Group) {
        let Some(row) = self.staged.items.pop_front() else { return };
        let at = SectionName::ALL.iter().position(|name| *name == row.section);
        if at.and_then(|at| self.run.attempts.get(at)) != Some(&row.attempt) {
            return;
        }
        match row.row {
            Staged::Owner(owner) => group.owner = Some(owner),
            Staged::Credential(credential) => group.credentials.push(credential),
        }
    }

    async fn profiles_of(&mut self, account: &AccountId) -> Result<Vec<UsageProfile>> {
        let mut found = Vec::new();
        loop {
            while let Some(cursor) = self.profiles.wanted() {
                let page = self.store.profiles(&self.org.id, self.shard, cursor).await?;
                self.profiles.fill(page);
            }
            match self.profiles.items.front().map(|profile| profile.key.actor.cmp(account)) {
                Some(std::cmp::Ordering::Less) => drop(self.profiles.items.pop_front()),
                Some(std::cmp::Ordering::Equal) => found.extend(self.profiles.items.pop_front()),
                Some(std::cmp::Ordering::Greater) | None => return Ok(found),
            }
        }
    }
}

fn account(row: &Staged) -> AccountId {
    match row {
        Staged::Owner(owner) => owner.account_id.clone(),
        Staged::Credential(credential) => credential.owner.clone().unwrap_or_else(|| AccountId::new("-")),
    }
}
