//! What was known of an account's credentials on an earlier day.

use super::{Case, End, Replayed, UsedAfter, walk::Slot};
use crate::model::{
    AccountId, Credential, CredentialRow, LastUsedSource, Making, RowHistory, Timestamp, UsageProfile, Use,
};
use crate::rules::{Accounts, Own, Subject};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use std::collections::BTreeMap;

static NO_HISTORY: RowHistory =
    RowHistory { first_seen_at: None, owner_reactivated_at: None, making: Making::NotLookedFor };

/// The moment of a day at which is judged: its last second, so that its uses are known.
pub(super) fn end_of(day: NaiveDate) -> Timestamp {
    begin_of(day) + TimeDelta::days(1) - TimeDelta::seconds(1)
}

fn begin_of(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// What one account holds, as of a day.
pub(super) struct Holding<'a> {
    /// As their lists showed them then; the oldest first.
    credentials: Vec<Credential>,
    /// What else is known of each, in the same order.
    pub(super) known: Vec<Reconstructed<'a>>,
    present: usize,
}

/// One credential, as of a day.
pub(super) struct Reconstructed<'a> {
    /// As the latest report shows it.
    pub(super) row: &'a CredentialRow,
    /// The days with an event of use, in order.
    uses: Vec<NaiveDate>,
    /// The profile as it was.
    pub(super) profile: UsageProfile,
    log_since: Option<Timestamp>,
    /// One a rule.
    pub(super) slots: Vec<Slot>,
    /// How many cases were opened so far.
    pub(super) generation: u32,
    /// Whether it would have been revoked.
    pub(super) gone: bool,
}

impl<'a> Holding<'a> {
    /// Every account's.
    pub(super) fn all(rows: &'a [CredentialRow], rules: usize, log_since: Option<Timestamp>) -> Vec<Self> {
        let mut owned: BTreeMap<&AccountId, Vec<&CredentialRow>> = BTreeMap::new();
        let mut holdings = Vec::new();
        for row in rows {
            match &row.credential.owner {
                Some(owner) => owned.entry(owner).or_default().push(row),
                None => holdings.push(Self::of(vec![row], rules, log_since)),
            }
        }
        holdings.extend(owned.into_values().map(|rows| Self::of(rows, rules, log_since)));
        holdings
    }

    fn of(mut rows: Vec<&'a CredentialRow>, rules: usize, log_since: Option<Timestamp>) -> Self {
        rows.sort_by_key(|row| row.credential.created_at);
        // A use that may be of any of its tokens leaves open whether one was never used.
        let log_since = log_since.filter(|_| !rows.iter().any(|row| is_ambiguous(row)));
        let credentials = rows.iter().map(|row| row.credential.clone()).collect();
        let known = rows.into_iter().map(|row| Reconstructed::of(row, rules, log_since)).collect();
        Self { credentials, known, present: 0 }
    }

    /// The credentials that were made by then.
    pub(super) fn present(&self) -> &[Credential] {
        &self.credentials[..self.present]
    }

    /// Goes on to a day: no earlier one than before.
    pub(super) fn advance(&mut self, day: NaiveDate) {
        let now = end_of(day);
        self.present = self.credentials.partition_point(|credential| credential.created_at.is_none_or(|at| at <= now));
        for (credential, known) in self.credentials.iter_mut().zip(&mut self.known) {
            known.advance(day);
            credential.last_used_at = known.listed_use(now);
        }
    }

    /// What a rule would have known of one of those present.
    pub(super) fn subject(&self, at: usize, now: Timestamp) -> Subject<'_> {
        let (credential, known) = (&self.credentials[at], &self.known[at]);
        let (last_used_at, last_used_source) = known.last_use(credential);
        Subject {
            credential,
            owner: None,
            profile: (known.profile.uses > 0).then_some(&known.profile),
            last_used_at,
            last_used_source,
            usage: known.usage(last_used_source),
            own: if known.row.own { Own::Yes } else { Own::No },
            siblings: self.present(),
            accounts: Accounts::NotWhole,
            history: &NO_HISTORY,
            register: None,
            unlisted: &[],
            other_orgs: &[],
            log_since: known.log_since.filter(|_| !known.is_lost(now)),
        }
    }

    /// A row of the report of that day.
    pub(super) fn row(&self, at: usize) -> CredentialRow {
        let (credential, known) = (&self.credentials[at], &self.known[at]);
        let (last_used_at, last_used_source) = known.last_use(credential);
        CredentialRow {
            credential: credential.clone(),
            last_used_at,
            last_used_source,
            usage: known.usage(last_used_source),
            profile: (known.profile.uses > 0).then(|| known.profile.clone()),
            ..known.row.clone()
        }
    }

    /// All that was begun about its credentials.
    pub(super) fn into_cases(self, rules: &[Replayed], to: NaiveDate) -> Vec<Case> {
        let cases = |known: Reconstructed<'_>| -> Vec<Case> {
            let slots: Vec<Slot> = known.slots;
            slots.into_iter().zip(rules).flat_map(|(slot, ready)| slot.into_cases(ready, known.row, to)).collect()
        };
        self.known.into_iter().flat_map(cases).collect()
    }
}

impl<'a> Reconstructed<'a> {
    fn of(row: &'a CredentialRow, rules: usize, log_since: Option<Timestamp>) -> Self {
        let (uses, profile) = match &row.profile {
            Some(profile) => (days_of(profile), UsageProfile::empty(profile.key.clone())),
            None => {
                let key = crate::model::ProfileKey::of_label(row.credential.owner.as_ref(), &row.credential.label);
                (Vec::new(), UsageProfile::empty(key))
            }
        };
        let slots = (0..rules).map(|_| Slot::default()).collect();
        Self { row, uses, profile, log_since, slots, generation: 0, gone: false }
    }

    fn advance(&mut self, day: NaiveDate) {
        let done = usize::try_from(self.profile.uses).unwrap_or(usize::MAX);
        for used in self.uses.iter().skip(done).take_while(|used| **used <= day) {
            let at = begin_of(*used);
            self.profile.days.insert(at);
            self.profile.first_used_at = self.profile.first_used_at.or(Some(at));
            self.profile.last_used_at = Some(at);
            self.profile.uses += 1;
        }
    }

    /// The date of Atlassian's list as of then. Where the list shows a later one by now, the last event stands for it.
    fn listed_use(&self, now: Timestamp) -> Option<Timestamp> {
        let listed = self.row.credential.last_used_at?;
        if listed <= now { Some(listed) } else { self.profile.last_used_at }
    }

    fn last_use(&self, credential: &Credential) -> (Option<Timestamp>, LastUsedSource) {
        match (credential.last_used_at, self.profile.last_used_at) {
            (None, None) => (None, LastUsedSource::None),
            (Some(listed), event) if event.is_none_or(|event| event <= listed) => {
                (Some(listed), LastUsedSource::Inventory)
            }
            (_, event) => (event, LastUsedSource::Event),
        }
    }

    fn usage(&self, source: LastUsedSource) -> Use {
        match source {
            LastUsedSource::None => Use::Unknown,
            LastUsedSource::Inventory | LastUsedSource::Event if is_ambiguous(self.row) => Use::Unknown,
            LastUsedSource::Inventory | LastUsedSource::Event => Use::Known,
        }
    }

    /// Whether its last use by then is not known: the list has moved on, and the log does not reach back to its making.
    fn is_lost(&self, now: Timestamp) -> bool {
        let moved_on = self.row.credential.last_used_at.is_some_and(|listed| listed > now);
        let covered = self.log_since.zip(self.row.credential.created_at).is_some_and(|(since, made)| made >= since);
        moved_on && self.profile.last_used_at.is_none() && !covered
    }

    /// The known uses after a day.
    fn used_after(&self, day: NaiveDate) -> Option<UsedAfter> {
        let listed = self.row.credential.last_used_at.map(|at| at.date_naive());
        let later = self.uses.iter().copied().chain(listed).filter(|used| *used > day);
        let later: std::collections::BTreeSet<NaiveDate> = later.collect();
        let first_on = *later.first()?;
        Some(UsedAfter { first_on, days_after: (first_on - day).num_days(), days_used: later.len() })
    }

    /// That it would have been revoked on a day.
    pub(super) fn revoked(&mut self, on: NaiveDate) -> End {
        self.gone = true;
        End::Revoked { used_after: self.used_after(on) }
    }
}

fn days_of(profile: &UsageProfile) -> Vec<NaiveDate> {
    let epoch = i64::from(NaiveDate::default().num_days_from_ce());
    let day = |day: i64| i32::try_from(epoch + day).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    let mut days: Vec<NaiveDate> = profile.days.days().filter_map(day).collect();
    days.reverse();
    days
}

/// Whether it has a date of use, and yet its use cannot be judged.
fn is_ambiguous(row: &CredentialRow) -> bool {
    row.usage == Use::Unknown && row.last_used_source != LastUsedSource::None
}
