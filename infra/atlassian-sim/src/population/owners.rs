//! Who owns which user API token, in both directions and without a table.
//! A token's index is shuffled to a place; the place modulo the number of slots is its owner's slot, but for the few slots
//! whose tokens one person holds by the script.

use super::Population;
use super::users::Group;

/// Where a user API token stands: its owner's slot, and how many tokens that owner has before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) slot: u32,
    pub(crate) level: u32,
}

/// How many slots each group of owners has; slots are in this order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots {
    pub(crate) active: u32,
    admins: u32,
    former: u32,
    inactive: u32,
}

impl Slots {
    const fn all(self) -> u32 {
        self.active + self.admins + self.former + self.inactive
    }
}

impl Population {
    /// About four fifths as many owners as tokens, as far as there are people.
    pub(crate) fn slots(&self) -> Slots {
        let sizes = &self.sizes;
        let wanted = (sizes.user_tokens / 5 * 4).max(u32::from(sizes.user_tokens > 0));
        let admins = (wanted / 24).min(sizes.admins);
        let former = (wanted / 40).min(sizes.former_admins);
        let inactive = (wanted / 16).min(sizes.inactive);
        let active = (wanted - admins - former - inactive).min(sizes.active);
        Slots { active, admins, former, inactive }
    }

    /// The slot and level of a user API token.
    pub(crate) fn place(&self, token: u32) -> Place {
        let place = self.token_order.place(token);
        let slots = self.slots().all().max(1);
        Place { slot: place % slots, level: place / slots }
    }

    /// The owner of a user API token.
    pub(crate) fn owner(&self, token: u32) -> u32 {
        let slot = self.holder(self.place(token).slot);
        let slots = self.slots();
        if slot < slots.active {
            return self.member(Group::Active, self.owner_order.place(slot));
        }
        let slot = slot - slots.active;
        if slot < slots.admins {
            return self.member(Group::Admin, slot);
        }
        let slot = slot - slots.admins;
        if slot < slots.former {
            return self.member(Group::FormerAdmin, slot);
        }
        self.member(Group::Inactive, slot - slots.former)
    }

    /// The user API tokens of a user, by index.
    pub(crate) fn tokens_of(&self, user: u32) -> Vec<u32> {
        let Some(slot) = self.slot_of(user) else { return Vec::new() };
        let every = self.slots().all().max(1) as usize;
        let places = self.held(slot).flat_map(|slot| (slot..self.sizes.user_tokens).step_by(every));
        places.map(|place| self.token_order.index(place)).collect()
    }

    /// Whether a user was moved into the policy that blocks tokens before the base time.
    pub(crate) fn blocked(&self, user: u32) -> bool {
        self.whole_script() && self.slot_of(user).is_some_and(|slot| self.blocked_slot(slot))
    }

    fn slot_of(&self, user: u32) -> Option<u32> {
        let slots = self.slots();
        let (group, number) = self.group(user);
        let (slot, size, before) = match group {
            Group::Active => (self.owner_order.index(number), slots.active, 0),
            Group::Admin => (number, slots.admins, slots.active),
            Group::FormerAdmin => (number, slots.former, slots.active + slots.admins),
            Group::Inactive => (number, slots.inactive, slots.active + slots.admins + slots.former),
            Group::Closed | Group::Service | Group::External => return None,
        };
        (slot < size).then_some(before + slot)
    }
}

#[cfg(test)]
mod tests {
    use crate::options::SimOptions;
    use crate::population::Population;

    #[test]
    fn every_token_is_found_with_its_owner() {
        for (users, tokens) in [(1200, 150), (10, 3), (20, 400)] {
            let options = SimOptions { users, tokens, ..SimOptions::default() };
            let people = Population::new(&options, 1, 0);
            for token in 0..people.sizes.user_tokens {
                assert!(people.tokens_of(people.owner(token)).contains(&token));
            }
            let sum: usize = (0..people.sizes.users).map(|user| people.tokens_of(user).len()).sum();
            assert_eq!(sum, people.sizes.user_tokens as usize);
        }
    }
}
