//! The four API keys of each org that are known beforehand, with their scopes.

/// How many fixed keys each org has.
pub(crate) const FIXED_KEYS: u32 = 4;

/// A key whose value is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FixedKey {
    /// Made without scopes: may do everything.
    Admin,
    /// Scoped, every reading scope.
    Read,
    /// Scoped, made before reading keys was split from reading tokens (January 2026).
    Tokens,
    /// Scoped, events only.
    Events,
}

const READ: [&str; 10] = [
    "read:events:admin",
    "read:accounts:admin",
    "read:directories:admin",
    "read:domains:admin",
    "read:orgs:admin",
    "read:tokens:admin",
    "read:keys:admin",
    "read:service-accounts:admin",
    "read:service-accounts-tokens:admin",
    "read:policies:admin",
];
const TOKENS: [&str; 3] = ["read:accounts:admin", "read:directories:admin", "read:tokens:admin"];
const EVENTS: [&str; 1] = ["read:events:admin"];

impl FixedKey {
    pub(crate) const ALL: [Self; 4] = [Self::Admin, Self::Read, Self::Tokens, Self::Events];

    pub(crate) fn at(index: u32) -> Option<Self> {
        Self::ALL.get(index as usize).copied()
    }

    /// The value to be sent as the bearer; org 1 has it without a number.
    pub(crate) fn value(self, org: usize) -> String {
        let name = match self {
            Self::Admin => "sim-admin-key",
            Self::Read => "sim-read-key",
            Self::Tokens => "sim-tokens-key",
            Self::Events => "sim-events-key",
        };
        numbered(name, org)
    }

    /// The id under which the list of API keys shows it.
    pub(crate) fn id(self, org: usize) -> String {
        numbered(&format!("{}-id", self.value(1)), org)
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Admin => "tokenwarden remediation",
            Self::Read => "tokenwarden reading",
            Self::Tokens => "token inventory (2025)",
            Self::Events => "siem forwarding",
        }
    }

    pub(crate) const fn scopes(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Admin => None,
            Self::Read => Some(&READ),
            Self::Tokens => Some(&TOKENS),
            Self::Events => Some(&EVENTS),
        }
    }

    /// Days since it was made, and days until it ends. The keys that programs work with last through a year of advanced
    /// time, for an expired key is refused; so the old one is the one that is to be renewed within 30 days.
    pub(crate) const fn age_and_rest_days(self) -> (i64, i64) {
        match self {
            Self::Admin | Self::Read => (31, 334),
            Self::Tokens => (336, 29),
            Self::Events => (200, 165),
        }
    }
}

fn numbered(name: &str, org: usize) -> String {
    if org == 1 { name.to_owned() } else { format!("{name}-{org}") }
}
