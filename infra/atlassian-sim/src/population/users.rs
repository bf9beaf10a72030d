//! Users by index: who they are, in which state, and where their index lies in each group.

use super::{Population, labels};
use crate::draw::{Domain, Draw};
use crate::ids;
use crate::time::{DAY, HOUR};

/// The state of an account (`account_status` of the organizations API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Active,
    Inactive,
    Closed,
}

impl Status {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Closed => "closed",
        }
    }
}

/// How a user belongs to the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Relation {
    Managed,
    External,
    Service,
}

impl Relation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::External => "external",
            Self::Service => "service",
        }
    }
}

/// One user.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) index: u32,
    pub(crate) account_id: String,
    pub(crate) name: String,
    pub(crate) nickname: String,
    pub(crate) email: String,
    pub(crate) shows_email: bool,
    pub(crate) status: Status,
    pub(crate) relation: Relation,
    pub(crate) admin: bool,
    pub(crate) added_ms: i64,
    pub(crate) last_active_ms: Option<i64>,
    pub(crate) mfa: bool,
    pub(crate) synced: bool,
    /// Its lifecycle is governed by a directory elsewhere.
    pub(crate) locked: bool,
}

/// The group that a user's rank falls into; ranks are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Active,
    Admin,
    FormerAdmin,
    Inactive,
    Closed,
    Service,
    External,
}

impl Population {
    /// The size of a group and the rank at which it begins.
    fn span(&self, group: Group) -> (u32, u32) {
        let sizes = &self.sizes;
        let spans = [sizes.active, sizes.admins, sizes.former_admins, sizes.inactive, sizes.closed, sizes.service];
        let before = spans.iter().take(group as usize).sum();
        (spans.get(group as usize).copied().unwrap_or(sizes.external), before)
    }

    /// The nth user of a group, by index; the number wraps around.
    pub(crate) fn member(&self, group: Group, nth: u32) -> u32 {
        let (size, first) = self.span(group);
        self.user_order.index(first + nth % size.max(1))
    }

    /// How many users a group has.
    pub(crate) fn size(&self, group: Group) -> u32 {
        self.span(group).0
    }

    /// The group of a user, and his number in it.
    pub(crate) fn group(&self, user: u32) -> (Group, u32) {
        let rank = self.user_order.place(user);
        let groups = [Group::Active, Group::Admin, Group::FormerAdmin, Group::Inactive, Group::Closed, Group::Service];
        let found = groups.into_iter().find(|group| {
            let (size, first) = self.span(*group);
            rank < first + size
        });
        let group = found.unwrap_or(Group::External);
        (group, rank - self.span(group).1)
    }

    /// The state of a user's account.
    pub(crate) fn status(&self, index: u32) -> Status {
        match self.group(index).0 {
            Group::FormerAdmin | Group::Inactive => Status::Inactive,
            Group::Closed => Status::Closed,
            Group::Active | Group::Admin | Group::Service | Group::External => Status::Active,
        }
    }

    /// The user of an index.
    pub(crate) fn user(&self, index: u32) -> User {
        let (group, number) = self.group(index);
        let (seed, origin) = self.origin(index);
        let mut draw = Draw::of(seed, Domain::User, u64::from(origin));
        let (name, nickname, email) = identity(group, origin, number, &mut draw);
        let status = self.status(index);
        let relation = match group {
            Group::External => Relation::External,
            Group::Service => Relation::Service,
            Group::Active | Group::Admin | Group::FormerAdmin | Group::Inactive | Group::Closed => Relation::Managed,
        };
        let added_ms = self.base_ms - draw.between(366 * DAY, 2000 * DAY);
        let last_active_ms = (!draw.chance(120)).then(|| match status {
            Status::Active => self.base_ms - draw.between(HOUR, 20 * DAY),
            Status::Inactive | Status::Closed => self.base_ms - draw.between(20 * DAY, 360 * DAY),
        });
        User {
            index,
            account_id: self.account_id(index),
            name,
            nickname,
            email,
            shows_email: !draw.chance(20),
            status,
            relation,
            admin: group == Group::Admin,
            added_ms,
            last_active_ms,
            mfa: draw.chance(900),
            synced: draw.chance(700),
            locked: draw.chance(30),
        }
    }

    /// The account id of a user, in one of the three forms that accounts of different age have.
    pub(crate) fn account_id(&self, index: u32) -> String {
        let (seed, origin) = self.origin(index);
        match origin % 8 {
            0 => ids::hex24(seed, Domain::UserId, origin),
            1 | 2 => format!("557058:{}", ids::uuid(seed, Domain::UserId, origin)),
            _ => format!("712020:{}", ids::uuid(seed, Domain::UserId, origin)),
        }
    }

    /// The user with an account id.
    pub(crate) fn user_by_account(&self, account_id: &str) -> Option<u32> {
        if let Some(shared) = self.shared_user().filter(|user| self.account_id(*user) == account_id) {
            return Some(shared);
        }
        let index = ids::index_of(account_id, self.seed, Domain::UserId)?;
        (index < self.sizes.users && self.account_id(index) == account_id).then_some(index)
    }

    /// The user with an email address: the digits before the `@` are the index.
    pub(crate) fn user_by_email(&self, email: &str) -> Option<u32> {
        if let Some(shared) = self.shared_user().filter(|user| self.user(*user).email.eq_ignore_ascii_case(email)) {
            return Some(shared);
        }
        let local = email.split('@').next()?;
        let digits = local.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let index = digits.parse().ok()?;
        (index < self.sizes.users && self.user(index).email.eq_ignore_ascii_case(email)).then_some(index)
    }
}

fn identity(group: Group, index: u32, number: u32, draw: &mut Draw) -> (String, String, String) {
    let (first, last) = (*draw.pick(&labels::FIRST), *draw.pick(&labels::LAST));
    if group == Group::Service {
        let name = labels::SERVICE[number as usize % labels::SERVICE.len()];
        return (format!("{name}-{number}"), name.to_owned(), format!("{name}-{index}@serviceaccount.example"));
    }
    let domain = if group == Group::External { *draw.pick(&labels::CONTRACTORS) } else { "example.com" };
    let email = format!("{}.{}{index}@{domain}", first.to_lowercase(), last.to_lowercase());
    (format!("{first} {last}"), first.to_owned(), email)
}
