//! The seeded company: its sizes, and the pure functions from an index to a user or a credential.

pub(crate) mod habits;
pub(crate) mod labels;
pub(crate) mod owners;
pub(crate) mod script;
pub(crate) mod shared;
pub(crate) mod tokens;
pub(crate) mod users;

use crate::draw::{Domain, Shuffle, hash};
use crate::options::SimOptions;

/// How many of each kind an org has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) users: u32,
    pub(crate) active: u32,
    pub(crate) admins: u32,
    pub(crate) former_admins: u32,
    pub(crate) inactive: u32,
    pub(crate) closed: u32,
    pub(crate) service: u32,
    pub(crate) external: u32,
    pub(crate) user_tokens: u32,
    pub(crate) org_keys: u32,
    pub(crate) service_tokens: u32,
    pub(crate) clients: u32,
    pub(crate) external_tokens: u32,
}

impl Sizes {
    pub(crate) fn of(options: &SimOptions) -> Self {
        let users = u32::try_from(options.users).unwrap_or(u32::MAX);
        let tokens = u32::try_from(options.tokens).unwrap_or(u32::MAX);
        let external = (users / 20).max(1);
        let service = (users / 100).max(1);
        let admins = (users / 200).clamp(1, 25);
        let former_admins = (users / 100).clamp(1, 2);
        let inactive = (users / 25).max(1);
        let closed = (users / 100).max(1);
        let org_keys = (tokens / 12).min(60);
        let service_tokens = tokens / 16;
        let clients = (tokens / 25).min(2000);
        let external_tokens = tokens / 16;
        Self {
            users,
            active: users - external - service - admins - former_admins - inactive - closed,
            admins,
            former_admins,
            inactive,
            closed,
            service,
            external,
            user_tokens: tokens - org_keys - service_tokens - clients - external_tokens,
            org_keys,
            service_tokens,
            clients,
            external_tokens,
        }
    }
}

/// One org's people and credentials as they were when the simulator was first started.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    pub(crate) seed: u64,
    /// 1 for the first org.
    pub(crate) org: usize,
    pub(crate) sizes: Sizes,
    /// The instant that every age is counted from, in epoch milliseconds.
    pub(crate) base_ms: i64,
    user_order: Shuffle,
    owner_order: Shuffle,
    token_order: Shuffle,
    /// What the account and the token of the contractor who is in every org are drawn by, where there is more than one.
    shared_seed: Option<u64>,
}

impl Population {
    pub(crate) fn new(options: &SimOptions, org: usize, base_ms: i64) -> Self {
        let seed = hash(&[options.seed, org as u64]);
        let sizes = Sizes::of(options);
        Self {
            seed,
            org,
            sizes,
            base_ms,
            user_order: Shuffle::of(seed, Domain::UserOrder, sizes.users as usize),
            owner_order: Shuffle::of(seed, Domain::OwnerOrder, sizes.active as usize),
            token_order: Shuffle::of(seed, Domain::TokenOrder, sizes.user_tokens as usize),
            shared_seed: (options.orgs > 1).then(|| hash(&[options.seed])),
        }
    }
}
