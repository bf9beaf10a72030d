//! The rules: one file each, one line in `RULES`.

pub mod expires_soon;
pub mod lifetime_over_policy;
pub mod owner_deactivated;
pub mod unused;
